"""The part of the WHMCS pane with the tickets: what was written on them, and what the people there can do to them."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

from nicegui.element import Element

from sandbox.page.elements import Item, LiveList, button, on_click, on_script, set_attributes, set_text, tag
from sandbox.page.ticket_words import choose_ticket_words
from sandbox.page.traffic import list_passwords, mask
from sandbox.page.viewer import Viewer
from sandbox.whmcs import Ticket, TicketMessage

_SHOWN: Final = 8


class TicketsPart:
    def __init__(self, viewer: Viewer, refresh: Callable[[], None]) -> None:
        self._viewer = viewer
        self._refresh = refresh
        self._words = choose_ticket_words(viewer.words.language)
        self._opened: set[str] = set()
        self._revealed: set[str] = set()
        tag("h3", self._words.tickets)
        self._list = LiveList(tag("ul", classes="traffic", aria_label=self._words.tickets))
        self._more = tag("p", " ", classes="quiet", role="status")

    def show(self, wanted: str) -> None:
        """Show the tickets that the text is about, those first on which was written last."""
        tickets = sorted(self._viewer.world.whmcs.desk.tickets.values(), key=lambda one: one.last_reply_at)[::-1]
        found = [ticket for ticket in tickets if wanted in self._tell(ticket)]
        self._list.show(Item(str(one.id), self._sign(one), partial(self._draw, one)) for one in found[:_SHOWN])
        hidden = len(found) - _SHOWN
        rest = self._words.more_tickets.format(count=hidden) if hidden > 0 else " "
        set_text(self._more, rest if found else self._words.no_ticket)

    def _tell(self, ticket: Ticket) -> str:
        requestor = ticket.requestor
        told = f"{ticket.number} {ticket.subject} {requestor.name} {requestor.email} {self._name_client(ticket)} "
        return told.casefold()

    def _name_client(self, ticket: Ticket) -> str:
        client = self._viewer.world.whmcs.clients.get(ticket.client_id)
        return self._words.no_client if client is None else f"#{client.id} {client.companyname or client.fullname}"

    def _sign(self, ticket: Ticket) -> str:
        is_open, is_revealed = ticket.number in self._opened, ticket.number in self._revealed
        return f"{ticket} {is_open} {is_revealed} {is_open and self._list_targets(ticket)}"

    def _draw(self, ticket: Ticket) -> Element:
        is_open = ticket.number in self._opened
        with tag("li", classes="exchange") as line:
            opener = tag("button", classes="summary", type="button", aria_expanded="true" if is_open else "false")
            with on_click(opener, lambda: self._toggle(self._opened, ticket)):
                tag("strong", ticket.number)
                tag("span", self._tell_status(ticket), classes="outcome")
                tag("span", ticket.subject, classes="subject")
                tag("span", self._name_client(ticket), classes="way")
            if is_open:
                self._draw_contents(ticket)
        return line

    def _tell_status(self, ticket: Ticket) -> str:
        if not ticket.merged_into:
            return ticket.status
        target = self._viewer.world.whmcs.desk.tickets.get(ticket.merged_into)
        return self._words.merged_into.format(number=target.number if target else f"#{ticket.merged_into}")

    def _draw_contents(self, ticket: Ticket) -> None:
        words, requestor = self._words, ticket.requestor
        department = self._viewer.world.whmcs.desk.departments.get(ticket.department_id)
        name = department.name if department else f"#{ticket.department_id}"
        tag("p", f"{words.requestor}: {requestor.name}, {requestor.email} ({requestor.type})")
        only = f" ({words.clients_only})" if department and department.is_clients_only else ""
        tag("p", f"{words.department}: {name}{only}")
        tag("h4", words.messages)
        self._draw_reveal(ticket)
        for message in ticket.messages:
            self._draw_message(ticket, message)
        tag("h4", words.notes)
        for note in ticket.notes:
            self._draw_text(note.at, note.admin, self._hide(ticket, note.message))
        if not ticket.notes:
            tag("p", words.no_notes, classes="quiet")
        if not ticket.merged_into:
            self._draw_actions(ticket)

    def _draw_message(self, ticket: Ticket, message: TicketMessage) -> None:
        author = message.requestor or ticket.requestor
        byline = self._words.of_the_team.format(name=message.admin) if message.admin else author.name
        self._draw_text(message.at, byline, self._hide(ticket, message.message))

    def _draw_text(self, at: datetime, byline: str, text: str) -> None:
        here = at.astimezone(ZoneInfo(self._viewer.tz))
        with tag("p", classes="quiet"):
            tag("time", f"{here:%Y-%m-%d %H:%M}", datetime=here.isoformat(timespec="seconds"))
            tag("span", f" {byline}")
        tag("p", text, classes="letter-text")

    def _draw_reveal(self, ticket: Ticket) -> None:
        """As in the traffic: a password can be seen by whom Slack has shown it."""
        if self._find_visible(ticket):
            words = self._viewer.words
            label = words.hide_password if ticket.number in self._revealed else words.show_password
            button(label, lambda: self._toggle(self._revealed, ticket), classes="slack-button")

    def _find_visible(self, ticket: Ticket) -> frozenset[str]:
        slack, person = self._viewer.world.slack, self._viewer.person
        written = "\n".join([one.message for one in ticket.messages] + [one.message for one in ticket.notes])
        passwords = list_passwords(self._viewer.world)
        return frozenset(one for one in passwords if one in written and person in slack.people_who_saw(one))

    def _hide(self, ticket: Ticket, text: str) -> str:
        shown = self._find_visible(ticket) if ticket.number in self._revealed else frozenset()
        return str(mask(text, list_passwords(self._viewer.world), shown))

    def _draw_actions(self, ticket: Ticket) -> None:
        words = self._words
        with tag("div", classes="labelled"):
            caption = tag("label", words.answer)
            answer = tag("textarea", rows=2, autocomplete="off")
            set_attributes(caption, for_=answer.html_id)
        with tag("div", classes="row"):
            send = tag("button", words.send_answer, classes="slack-button", type="button")
            written = f"() => emit(document.getElementById('{answer.html_id}').value)"
            on_script(send, "click", partial(self._answer, ticket.number), written)
            if ticket.status != "Closed":
                close = partial(self._viewer.world.whmcs.close_ticket, ticket.number)
                button(words.close_ticket, close, classes="slack-button")
        targets = self._list_targets(ticket)
        if targets:
            self._draw_merge(ticket, targets)

    def _draw_merge(self, ticket: Ticket, targets: list[str]) -> None:
        words = self._words
        with tag("div", classes="row"):
            with tag("div", classes="labelled"):
                caption = tag("label", words.merge_with)
                with tag("select") as target:
                    for number in targets:
                        tag("option", number, value=number)
                set_attributes(caption, for_=target.html_id)
            merge = tag("button", words.merge, classes="slack-button", type="button")
        chosen = f"() => emit(document.getElementById('{target.html_id}').value)"
        on_script(merge, "click", partial(self._viewer.world.whmcs.merge_tickets, ticket.number), chosen)

    def _list_targets(self, ticket: Ticket) -> list[str]:
        """The other tickets of the same client, as WHMCS offers them."""
        every = self._viewer.world.whmcs.desk.tickets.values()
        return [
            one.number
            for one in every
            if one is not ticket and one.client_id == ticket.client_id and not one.merged_into
        ]

    def _answer(self, number: str, text: str) -> None:
        if text.strip():
            self._viewer.world.whmcs.reply_as_client(number, text.strip())

    def _toggle(self, numbers: set[str], ticket: Ticket) -> None:
        numbers ^= {ticket.number}
        self._refresh()
