"""Looking for a client: the search, what it found, and the options of the type-ahead."""

from collections.abc import Iterable
from typing import Any, Final

from bot.domain.clients import ClientMatch, Search
from bot.domain.finding import Doubt, Found
from bot.domain.names import shorten
from bot.domain.resets import Failure, Outcome, Reason
from bot.domain.tickets import Ticket
from bot.views import labels
from bot.views.blocks import (
    OPTION,
    Block,
    Option,
    View,
    actions,
    button,
    describe,
    input_block,
    join_known,
    option,
    paragraph,
    radio_buttons,
    small,
)
from bot.views.reset_password import CANDIDATE, build_form
from bot.views.state import UNAVAILABLE, State, block_id
from bot.views.text import Texts, failures, outcomes

SEARCH_AGAIN: Final = "search_again"

_BEST: Final = 10
_OPTIONS: Final = 100
_BUTTON: Final = 2000


def build_searching(state: State, query: str, t: Texts) -> View:
    """The first view when text followed the command."""
    return build_form(state, [small(t.say("One moment: searching WHMCS for “{query}”…", query=query))], t)


def build_unavailable(state: State, t: Texts) -> View:
    """The type-ahead's option that there is no answer was chosen."""
    text = outcomes.unchanged(t, Failure(Outcome.FAILED, Reason.TIMED_OUT))
    return build_form(state, [paragraph(text), *labels.contact_blocks(t)], t)


def build_found(state: State, found: Found, t: Texts) -> View:
    """The clients that were found, if none of them is selected."""
    search = found.search
    parts: list[Block] = [paragraph(_describe_guest(ticket, t)) for ticket in found.tickets.guests]
    is_said = bool(parts) and not search.matches
    unread = _describe_unread_tickets(found, t)
    if not is_said:
        parts.append(paragraph(_describe_result(found, unread, t)))
    if search.matches:
        parts.append(_candidates(state, search.matches[:_BEST], t))
    if search.failure is not None and search.matches:
        lacking = t.say("Some clients may be missing from this list, because WHMCS answered only in part.")
        parts.append(small(f"{lacking} {failures.why(t, search.failure)}"))
    if unread and (search.matches or search.failure is not None):
        parts.append(small(unread))
    if found.doubt is Doubt.PARTIAL and search.matches:
        text = t.say(
            "Part of the text was ignored, so no client is selected. Check who it refers to before you choose."
        )
        parts.append(small(text))
    if not is_said:
        parts.append(_search_again(search.again or search.query, t))
    return build_form(state, [*parts, *labels.contact_blocks(t)], t)


def build_failed(state: State, client_id: int, failure: Failure, t: Texts) -> View:
    """The chosen client could not be read."""
    text = outcomes.unchanged(t, failure, client_id)
    return build_form(state, [paragraph(text), _search_again(f"#{client_id}", t), *labels.contact_blocks(t)], t)


def build_suggestions(search: Search, t: Texts) -> list[dict[str, Any]]:
    """Return the type-ahead's options, at most 100; if there is no answer, one option that says so."""
    if search.matches:
        shown = [client_option(match, t) for match in search.matches[: _OPTIONS - 1]]
        more = search.total - len(shown)
        if search.failure is not None:
            return [*shown, _explanation(t.say("WHMCS answered only in part; clients may be missing"))]
        if more > 0:
            return [*shown, _explanation(t.count("{number} more: keep typing", "{number} more: keep typing", more))]
        return shown
    return [labels.unanswered_option(t)] if search.failure is not None else []


def build_refused_suggestions(t: Texts) -> list[dict[str, Any]]:
    return [_explanation(t.say("You don’t have permission to reset passwords"))]


def client_option(match: ClientMatch, t: Texts) -> Option:
    """Name and address are cut to fit, the id never."""
    end = f" · #{match.client_id}"
    who = join_known(shorten(match.name, 28), shorten(match.company, 20))
    text = shorten(join_known(who, match.email), OPTION - len(end)) + end
    description = describe(_list_grounds(match, t))
    return option(text=text, value=str(match.client_id), description=description or None)


def client_status(t: Texts, status: str) -> str:
    """Return WHMCS's own statuses in the reader's language, and others as they are."""
    known = {"Active": t.say("Active"), "Inactive": t.say("Inactive"), "Closed": t.say("Closed")}
    return known.get(status, status)


def _list_grounds(match: ClientMatch, t: Texts) -> list[str]:
    """Return through what the client was found, and its status unless it is active."""
    grounds = [t.say("Ticket {ticket}", ticket=match.ticket)] if match.ticket else []
    if match.via_email:
        grounds.append(t.say("User {email}", email=match.via_email))
    if match.domain:
        grounds.append(t.say("Domain {domain}", domain=match.domain))
    if match.status and match.status != "Active":
        grounds.append(client_status(t, match.status))
    return grounds


def _explanation(text: str) -> dict[str, Any]:
    return option(text=text, value=UNAVAILABLE)


def _describe_result(found: Found, unread: str, t: Texts) -> str:
    """Return what the search found. A failure is never worded as if there were no client."""
    search = found.search
    if search.matches:
        return _describe_matches(found, t)
    if search.failure is not None:
        return outcomes.unchanged(t, search.failure)
    if unread:
        return unread
    if found.tickets.is_asked:
        return t.say(
            "No ticket and no client found for “{query}”. WHMCS finds only whole ticket numbers, and the "
            "beginning of names, companies and e-mail addresses. Type another beginning in the field above.",
            query=search.query,
        )
    return t.say(
        "No client found for “{query}”. WHMCS searches only by the beginning of names, companies and "
        "e-mail addresses. Type another beginning in the field above.",
        query=search.query,
    )


def _describe_matches(found: Found, t: Texts) -> str:
    search = found.search
    total = max(search.total, len(search.matches))
    if found.doubt is Doubt.DIFFERENT:
        return t.say(
            "“{query}” matches different clients, so none is selected. Choose the right one below.", query=search.query
        )
    if total > min(len(search.matches), _BEST):
        return t.count(
            "{number} client begins with “{query}”. The best {shown} are below; type more to narrow it down.",
            "{number} clients begin with “{query}”. The best {shown} are below; type more to narrow it down.",
            total,
            query=search.query,
            shown=min(len(search.matches), _BEST),
        )
    return t.count(
        "{number} client found for “{query}”.", "{number} clients found for “{query}”.", total, query=search.query
    )


def _describe_guest(ticket: Ticket, t: Texts) -> str:
    """Explain why the ticket that was typed leads to no client."""
    return t.say(
        "Ticket {ticket} was opened by a guest without an account ({who}), so it belongs to no client and "
        "proves nothing. If the person is a client anyway, search for the client above.",
        ticket=ticket.number,
        who=join_known(ticket.requestor_name, ticket.requestor_email) or "?",
    )


def _describe_unread_tickets(found: Found, t: Texts) -> str:
    """Return which numbers could not be looked up, and why; empty if all were."""
    tickets = found.tickets
    if tickets.failure is None:
        return ""
    unknown = t.say("It is not known whether “{ticket}” is a ticket’s number.", ticket=", ".join(tickets.unread))
    return f"{unknown} {failures.why(t, tickets.failure)}"


def _candidates(state: State, matches: Iterable[ClientMatch], t: Texts) -> Block:
    return input_block(
        block_id=block_id(state, CANDIDATE),
        label=t.say("Matches"),
        element=radio_buttons(action_id=CANDIDATE, options=[client_option(match, t) for match in matches]),
        dispatch_action=True,
        optional=True,
    )


def _search_again(query: str, t: Texts) -> Block:
    return actions(elements=[button(text=t.say("Search again"), action_id=SEARCH_AGAIN, value=query[:_BUTTON])])
