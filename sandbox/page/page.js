// Focus and keys of the page. What is shown comes from the server; this only moves the focus to where a person expects it.
(() => {
  const FOCUSABLE = "a[href], button, input, select, textarea, [tabindex='0']";

  const reachable = (root) =>
    [...root.querySelectorAll(FOCUSABLE)].filter((one) => !one.disabled && one.getClientRects().length > 0);

  const topDialog = () => [...document.querySelectorAll("[aria-modal=true]")].pop();

  const focusIn = (dialog) => {
    const fields = reachable(dialog).filter((one) => one.matches("input, select, textarea"));
    const first = dialog.querySelector("[data-first]") ?? fields[0] ?? dialog;
    first.focus();
  };

  const isLost = () => document.activeElement === document.body || document.activeElement?.closest("[inert]");

  const nameOf = (field) => field.labels?.[0]?.textContent || field.getAttribute("aria-label");

  // Where the focus was last: when a field is drawn anew, it goes to the one of the same name.
  let last;
  document.addEventListener("focusin", (event) => {
    if (topDialog()?.contains(event.target)) last = nameOf(event.target);
  });

  const focusAgain = (dialog) => {
    const same = reachable(dialog).find((one) => last && nameOf(one) === last);
    (same ?? dialog).focus();
  };

  // A modal takes the focus when it opens, takes it back when what had it is gone, and gives it to the composer at last.
  let top;
  const follow = () => {
    const dialog = topDialog();
    if (dialog !== top) {
      const wasOpen = top !== undefined;
      top = dialog;
      if (dialog) focusIn(dialog);
      else if (wasOpen && isLost()) document.querySelector("[data-composer]")?.focus();
    } else if (dialog && isLost()) {
      focusAgain(dialog);
    }
  };

  // New messages come into view, unless somebody is reading further up.
  const scroll = (changes) => {
    for (const change of changes) {
      const list = change.target.nodeType === 1 && change.target.closest(".messages");
      if (list && change.addedNodes.length > 0) list.scrollTop = list.scrollHeight;
    }
  };

  // Tab stays in the modal; F6 goes from Slack to the panes and back, as it goes from part to part in Slack.
  const keepInside = (event) => {
    const dialog = topDialog();
    if (!dialog?.contains(document.activeElement)) return;
    const all = reachable(dialog);
    const [first, last] = [all[0], all[all.length - 1]];
    if (event.shiftKey && (document.activeElement === first || document.activeElement === dialog)) {
      last.focus();
      event.preventDefault();
    } else if (!event.shiftKey && document.activeElement === last) {
      first.focus();
      event.preventDefault();
    }
  };

  const changePart = (event) => {
    event.preventDefault();
    const panes = document.querySelector(".panes");
    if (panes.contains(document.activeElement)) {
      const dialog = topDialog();
      if (dialog) focusIn(dialog);
      else document.querySelector("[data-composer]")?.focus();
    } else {
      reachable(panes)[0]?.focus();
    }
  };

  document.addEventListener("keydown", (event) => {
    if (event.key === "Tab") keepInside(event);
    if (event.key === "F6") changePart(event);
  });

  new MutationObserver((changes) => {
    scroll(changes);
    follow();
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
