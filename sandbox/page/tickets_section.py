"""The tickets in the WHMCS pane: their messages and notes, and the actions of the people on them."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Final

from sandbox.page.elements import button, draw_labelled, on_script, set_text, tag
from sandbox.page.lists import ExpandableList, Line, draw_time
from sandbox.page.traffic import list_passwords, mask
from sandbox.page.viewer import Viewer
from sandbox.whmcs import Ticket, TicketMessage

_SHOWN: Final = 8


class TicketsSection:
    def __init__(self, viewer: Viewer, refresh: Callable[[], None]) -> None:
        self._viewer = viewer
        heading = viewer.words["ticket.tickets"]
        tag("h3", heading)
        self._list = ExpandableList(heading, viewer, refresh)
        self._more = tag("p", " ", classes="quiet", role="status")

    def show(self, wanted: str) -> None:
        """Show the tickets that contain the text, those with the newest messages first."""
        words, world = self._viewer.words, self._viewer.world
        tickets = sorted(world.whmcs.desk.tickets.values(), key=lambda one: one.last_reply_at)[::-1]
        found = [ticket for ticket in tickets if wanted in self._describe(ticket)]
        passwords = list_passwords(world)
        self._list.show(self._line(ticket, passwords) for ticket in found[:_SHOWN])
        hidden = len(found) - _SHOWN
        rest = words["ticket.more_tickets"].format(count=hidden) if hidden > 0 else " "
        set_text(self._more, rest if found else words["ticket.no_ticket"])

    def _line(self, ticket: Ticket, passwords: frozenset[str]) -> Line:
        written = "\n".join([one.message for one in ticket.messages] + [one.message for one in ticket.notes])
        found = frozenset(one for one in passwords if one in written)
        return Line(
            key=ticket.number,
            signature=f"{ticket} {self._list_targets(ticket)}",
            passwords=found,
            draw_summary=partial(self._draw_summary, ticket),
            draw_contents=lambda shown: self._draw_contents(ticket, found - shown),
        )

    def _describe(self, ticket: Ticket) -> str:
        requestor = ticket.requestor
        told = f"{ticket.number} {ticket.subject} {requestor.name} {requestor.email} {self._name_client(ticket)} "
        return told.casefold()

    def _name_client(self, ticket: Ticket) -> str:
        client = self._viewer.world.whmcs.clients.get(ticket.client_id)
        return (
            self._viewer.words["ticket.no_client"]
            if client is None
            else f"#{client.id} {client.companyname or client.fullname}"
        )

    def _draw_summary(self, ticket: Ticket) -> None:
        tag("strong", ticket.number)
        tag("span", self._describe_status(ticket), classes="outcome")
        tag("span", ticket.subject, classes="subject")
        tag("span", self._name_client(ticket), classes="way")

    def _describe_status(self, ticket: Ticket) -> str:
        if not ticket.merged_into:
            return ticket.status
        target = self._viewer.world.whmcs.desk.tickets.get(ticket.merged_into)
        return self._viewer.words["ticket.merged_into"].format(
            number=target.number if target else f"#{ticket.merged_into}"
        )

    def _draw_contents(self, ticket: Ticket, hidden: frozenset[str]) -> None:
        words, requestor = self._viewer.words, ticket.requestor
        department = self._viewer.world.whmcs.desk.departments.get(ticket.department_id)
        name = department.name if department else f"#{ticket.department_id}"
        tag("p", f"{words['ticket.requestor']}: {requestor.name}, {requestor.email} ({requestor.type})")
        only = f" ({words['ticket.clients_only']})" if department and department.is_clients_only else ""
        tag("p", f"{words['ticket.department']}: {name}{only}")
        tag("h4", words["ticket.messages"])
        for message in ticket.messages:
            self._draw_message(ticket, message, hidden)
        tag("h4", words["ticket.notes"])
        for note in ticket.notes:
            self._draw_text(note.at, note.admin, note.message, hidden)
        if not ticket.notes:
            tag("p", words["ticket.no_notes"], classes="quiet")
        if not ticket.merged_into:
            self._draw_actions(ticket)

    def _draw_message(self, ticket: Ticket, message: TicketMessage, hidden: frozenset[str]) -> None:
        author = message.requestor or ticket.requestor
        named = f"{author.name}, {author.email} ({author.type})"
        byline = self._viewer.words["ticket.of_the_team"].format(name=message.admin) if message.admin else named
        self._draw_text(message.at, byline, message.message, hidden)

    def _draw_text(self, at: datetime, byline: str, text: str, hidden: frozenset[str]) -> None:
        with tag("p", classes="quiet"):
            draw_time(at, self._viewer, "%Y-%m-%d %H:%M")
            tag("span", f" {byline}")
        tag("p", str(mask(text, hidden)), classes="letter-text")

    def _draw_actions(self, ticket: Ticket) -> None:
        words = self._viewer.words
        answer = draw_labelled(words["ticket.answer"], "textarea", rows=2, autocomplete="off")
        with tag("div", classes="row"):
            send = tag("button", words["ticket.send_answer"], classes="slack-button", type="button")
            written = f"() => emit(document.getElementById('{answer.html_id}').value)"
            on_script(send, "click", partial(self._answer, ticket.number), written)
            if ticket.status != "Closed":
                close = partial(self._viewer.world.whmcs.close_ticket, ticket.number)
                button(words["ticket.close_ticket"], close, classes="slack-button")
        targets = self._list_targets(ticket)
        if targets:
            self._draw_merge(ticket, targets)

    def _draw_merge(self, ticket: Ticket, targets: list[str]) -> None:
        words = self._viewer.words
        with tag("div", classes="row"):
            with draw_labelled(words["ticket.merge_with"], "select") as target:
                for number in targets:
                    tag("option", number, value=number)
            merge = tag("button", words["ticket.merge"], classes="slack-button", type="button")
        chosen = f"() => emit(document.getElementById('{target.html_id}').value)"
        on_script(merge, "click", partial(self._viewer.world.whmcs.merge_tickets, ticket.number), chosen)

    def _list_targets(self, ticket: Ticket) -> list[str]:
        """Return the other tickets of the same client, as WHMCS offers them."""
        every = self._viewer.world.whmcs.desk.tickets.values()
        return [
            one.number
            for one in every
            if one is not ticket and one.client_id == ticket.client_id and not one.merged_into
        ]

    def _answer(self, number: str, text: str) -> None:
        if text.strip():
            self._viewer.world.whmcs.reply_as_client(number, text.strip())
