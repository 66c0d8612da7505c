"""The pane with the content of WHMCS: users, tickets, sent e-mails, the activity log."""

from collections.abc import Callable
from functools import partial
from typing import Final

from nicegui.element import Element

from sandbox.page.elements import (
    Item,
    LiveList,
    button,
    draw_labelled,
    on_script,
    on_value,
    put_value,
    set_attributes,
    set_text,
    tag,
)
from sandbox.page.lists import TimedLines, draw_time
from sandbox.page.tickets_section import TicketsSection
from sandbox.page.viewer import Viewer
from sandbox.whmcs import Client, User

_SHOWN_USERS: Final = 8


class WhmcsPane:
    def __init__(self, viewer: Viewer, refresh: Callable[[], None]) -> None:
        self._viewer = viewer
        self._refresh = refresh
        self._wanted = ""
        words = viewer.words
        self._draw_sign_in()
        tag("h3", words["users"])
        self._draw_filter()
        with tag("div", classes="table-box", tabindex="0", role="group", aria_label=words["users"]), tag("table"):
            with tag("thead"), tag("tr"):
                for heading in (words["user"], words["client"], words["password_changed"]):
                    tag("th", heading, scope="col")
            self._users = LiveList(tag("tbody"))
        self._more = tag("p", " ", classes="quiet", role="status")
        self._tickets = TicketsSection(viewer, refresh)
        self._emails = TimedLines(words["reset_emails"], words["no_reset_emails"], viewer)
        self._notices = TimedLines(words["ticket.notices"], words["ticket.no_notices"], viewer)
        self._activity = TimedLines(words["activity"], words["no_activity"], viewer)

    def show(self) -> None:
        whmcs, words = self._viewer.world.whmcs, self._viewer.words
        rows = [pair for pair in self._list_users() if self._is_wanted(*pair)]
        self._users.show(self._item(user, client) for user, client in rows[:_SHOWN_USERS])
        hidden = len(rows) - _SHOWN_USERS
        set_text(
            self._more, words["more_users"].format(count=hidden) if hidden > 0 else " " if rows else words["no_user"]
        )
        self._tickets.show(self._wanted)
        self._emails.show([(mail.at, mail.email) for mail in whmcs.reset_emails])
        self._notices.show([(one.at, words["ticket.notice"].format_map(vars(one))) for one in whmcs.sent_notices])
        self._activity.show([(one.at, one.description) for one in whmcs.activity])

    def _draw_sign_in(self) -> None:
        words = self._viewer.words
        with tag("div", classes="sign-in", role="group") as group:
            title = tag("h3", words["sign_in"])
            with tag("div", classes="row"):
                self._email = draw_labelled(words["email"], "input", type="email", autocomplete="off")
                password = draw_labelled(words["password"], "input", type="text", autocomplete="off")
                attempt = tag("button", words["try_it"], classes="slack-button", type="button")
            self._answer = tag("p", " ", role="status", classes="answer")
        set_attributes(group, aria_labelledby=title.html_id)
        fields = f"document.getElementById('{self._email.html_id}').value + '\\n'"
        both = f"() => emit({fields} + document.getElementById('{password.html_id}').value)"
        on_script(attempt, "click", self._sign_in, both)
        on_script(password, "keydown.enter.prevent", self._sign_in, both)

    def _sign_in(self, typed: str) -> None:
        email, _, password = typed.partition("\n")
        words = self._viewer.words
        is_open = self._viewer.world.whmcs.opens(email.strip(), password)
        set_text(self._answer, (words["opens"] if is_open else words["opens_not"]).format(email=email.strip()))
        self._answer.classes(replace="answer good" if is_open else "answer bad")

    def _draw_filter(self) -> None:
        words = self._viewer.words
        field = tag("input", type="search", placeholder=words["filter_users"], aria_label=words["filter_users"])
        on_value(field, "input", self._filter)

    def _filter(self, text: str) -> None:
        self._wanted = text.strip().casefold()
        self._refresh()

    def _list_users(self) -> list[tuple[User, Client]]:
        """Return each user with each of their clients; users whose password changed last come first."""
        data = self._viewer.world.whmcs.data
        pairs = [(data.users[link.user_id], data.clients[link.client_id]) for link in data.links]

        def key(pair: tuple[User, Client]) -> tuple[float, int]:
            changed_at = pair[0].password_changed_at
            return (-changed_at.timestamp() if changed_at else 0.0, pair[1].id)

        return sorted(pairs, key=key)

    def _is_wanted(self, user: User, client: Client) -> bool:
        told = f"{user.fullname} {user.email} {client.fullname} {client.companyname} #{client.id} ".casefold()
        return self._wanted in told

    def _item(self, user: User, client: Client) -> Item:
        return Item(f"{user.id}/{client.id}", str(user.password_changed_at), partial(self._draw_user, user, client))

    def _draw_user(self, user: User, client: Client) -> Element:
        words, changed_at = self._viewer.words, user.password_changed_at
        with tag("tr", classes="changed" if changed_at else "") as row:
            with tag("td"):
                tag("span", user.fullname, classes="name")
                use = partial(put_value, self._email, user.email)
                button(user.email, use, classes="link", aria_label=words["fill_in"].format(email=user.email))
            tag("td", f"#{client.id} {client.companyname or client.fullname}")
            with tag("td"):
                if changed_at:
                    draw_time(changed_at, self._viewer)
                else:
                    tag("span", words["never"], classes="quiet")
        return row
