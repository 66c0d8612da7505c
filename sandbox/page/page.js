// Focus and keyboard of the page. The content comes from the server; this script moves the focus.
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

  // Focus the first item of a menu when it opens, and its button when it closes.
  let menu, opener;
  const followMenu = () => {
    const open = document.querySelector("[role=menu]");
    if (open === (menu ?? null)) return;
    if (open) {
      opener = open.parentElement.querySelector("[aria-haspopup=menu]");
      open.querySelector("[role=menuitem]").focus();
    } else if (isLost()) {
      opener?.focus();
    }
    menu = open;
  };

  // Arrow keys move within a menu or tab list, which is a single tab stop.
  const goAlong = (event) => {
    const group = event.target.closest?.("[role=menu], [role=tablist]");
    if (!group) return;
    const all = [...group.querySelectorAll("[role=menuitem], [role=tab]")];
    const [next, previous] = group.matches("[role=menu]") ? ["ArrowDown", "ArrowUp"] : ["ArrowRight", "ArrowLeft"];
    const place = all.indexOf(document.activeElement);
    const to = { [next]: place + 1, [previous]: place - 1 + all.length, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined || place < 0) return;
    event.preventDefault();
    const target = all[to % all.length];
    target.focus();
    if (target.matches("[role=tab]")) target.click();
  };

  const isLost = () => document.activeElement === document.body || document.activeElement?.closest("[inert]");

  const nameOf = (field) => field.labels?.[0]?.textContent || field.getAttribute("aria-label");

  // The last focused field of a modal: when it is drawn again, focus the field with the same name.
  let last;
  document.addEventListener("focusin", (event) => {
    if (topDialog()?.contains(event.target)) last = nameOf(event.target);
  });

  const focusAgain = (dialog) => {
    const same = reachable(dialog).find((one) => last && nameOf(one) === last);
    (same ?? dialog).focus();
  };

  // Focus the composer, or if there is none, the open tab or the messages.
  const focusConversation = () => {
    const all = reachable(document.querySelector(".conversation"));
    const places = ["[data-composer]", "[role=tab][aria-selected=true]", ".messages"];
    places.map((place) => all.find((one) => one.matches(place))).find((one) => one)?.focus();
  };

  // Focus a modal when it opens or its focused element is removed, and the conversation when it closes.
  let top;
  const follow = () => {
    const dialog = topDialog();
    if (dialog !== top) {
      const wasOpen = top !== undefined;
      top = dialog;
      if (dialog) focusIn(dialog);
      else if (wasOpen && isLost()) focusConversation();
    } else if (dialog && isLost()) {
      focusAgain(dialog);
    }
  };

  // Scroll new messages into view.
  const scroll = (changes) => {
    for (const change of changes) {
      const list = change.target.nodeType === 1 && change.target.closest(".messages");
      if (list && change.addedNodes.length > 0) list.scrollTop = list.scrollHeight;
    }
  };

  // Tab stays in the modal; F6 switches between Slack and the panes, as between the parts of Slack.
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
      else focusConversation();
    } else {
      reachable(panes)[0]?.focus();
    }
  };

  document.addEventListener("keydown", (event) => {
    if (event.key === "Tab") keepInside(event);
    if (event.key === "F6") changePart(event);
    goAlong(event);
  });

  new MutationObserver((changes) => {
    scroll(changes);
    followMenu();
    follow();
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
