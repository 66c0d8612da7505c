"""A client is selected only if the whole text leads to it."""

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.clients import ClientMatch, Search
from bot.domain.finding import FoundTickets, choose, find_doubt, join_searches
from bot.domain.reading import Reading
from bot.domain.resets import Failure, Outcome, Reason
from bot.domain.tickets import Ticket

CLIENTS = st.sampled_from([41, 42, 43])
MATCHES = st.builds(ClientMatch, client_id=CLIENTS, name=st.just("Ana"), is_exact=st.booleans())
FAILURES = st.sampled_from([None, None, None, Failure(Outcome.FAILED, Reason.WEB_PAGE)])
SEARCHES = st.lists(
    st.builds(
        Search,
        query=st.just("ana@example.com"),
        matches=st.lists(MATCHES, max_size=2).map(tuple),
        total=st.integers(0, 3),
        failure=FAILURES,
    ),
    max_size=3,
)
TICKETS = st.builds(
    Ticket,
    number=st.sampled_from(["516757", "705533"]),
    client_id=st.one_of(CLIENTS, st.none()),
    subject=st.just(""),
    status=st.just("Open"),
    department=st.just(""),
)
FOUND = st.builds(
    FoundTickets, tickets=st.lists(TICKETS, max_size=2).map(tuple), is_asked=st.booleans(), failure=FAILURES
)


def make_ticket(number: str, client_id: int | None, merged_from: str = "") -> Ticket:
    return Ticket(number=number, client_id=client_id, subject="", status="Open", department="", merged_from=merged_from)


def make_search(*client_ids: int, is_exact: bool = True) -> Search:
    matches = tuple(ClientMatch(client_id=each, name="", is_exact=is_exact) for each in client_ids)
    return Search(query="ana@example.com", matches=matches, total=len(matches))


@given(searches=SEARCHES, found=FOUND, is_whole=st.booleans())
def test_nobody_is_selected_from_only_a_part_of_the_text(
    searches: list[Search], found: FoundTickets, *, is_whole: bool
) -> None:
    reading = Reading(tickets=("516757",), addresses=("ana@example.com",), is_whole=is_whole)
    choice = choose(reading, searches, found)
    if choice is None:
        return
    assert is_whole
    assert found.failure is None
    assert all(search.failure is None for search in searches)
    assert all(ticket.client_id == choice.client_id for ticket in found.tickets)
    exact = [{match.client_id for match in search.matches if match.is_exact} for search in searches]
    assert all(choice.client_id in ids for ids in exact if ids)
    assert found.tickets or set().union(*exact) == {choice.client_id}


@given(SEARCHES)
def test_everybody_found_is_offered_once(searches: list[Search]) -> None:
    search = join_searches(Reading(query="ana"), searches)
    ids = [match.client_id for match in search.matches]
    assert sorted(ids) == sorted({match.client_id for each in searches for match in each.matches})
    assert search.total >= len(ids)


def test_an_address_with_access_to_the_tickets_client_agrees_with_the_ticket() -> None:
    reading = Reading(tickets=("516757",), addresses=("ana@example.com",))
    found = FoundTickets(tickets=(make_ticket("516757", 42),), is_asked=True)
    choice = choose(reading, [make_search(42, 43)], found)
    assert choice is not None
    assert (choice.client_id, choice.ticket) == (42, "516757")
    assert choose(reading, [make_search(43)], found) is None
    assert find_doubt(reading, [make_search(43)], found) is not None


def test_two_tickets_of_one_client_select_the_client_and_neither_ticket() -> None:
    reading = Reading(tickets=("516757", "ABC-123456"))
    two = FoundTickets(tickets=(make_ticket("516757", 42), make_ticket("ABC-123456", 42)), is_asked=True)
    choice = choose(reading, [], two)
    assert choice is not None
    assert (choice.client_id, choice.ticket) == (42, "")
    same = FoundTickets(tickets=(make_ticket("516757", 42), make_ticket("516757", 42, "118830")), is_asked=True)
    choice = choose(reading, [], same)
    assert choice is not None
    assert choice.ticket


def test_two_addresses_that_share_a_client_among_others_select_nobody() -> None:
    reading = Reading(addresses=("ana@example.com", "eva@example.com"))
    assert choose(reading, [make_search(42, 43), make_search(42)], FoundTickets()) is None
    choice = choose(reading, [make_search(42), make_search(42)], FoundTickets())
    assert choice is not None
    assert choice.client_id == 42


def test_longer_addresses_are_offered_only_if_nobody_has_the_written_one() -> None:
    reading = Reading(addresses=("ana@example.com",))
    both = Search(query="", matches=(*make_search(42).matches, *make_search(43, is_exact=False).matches), total=2)
    assert [match.client_id for match in join_searches(reading, [both]).matches] == [42]
    longer = make_search(43, is_exact=False)
    assert [match.client_id for match in join_searches(reading, [longer]).matches] == [43]
    assert choose(reading, [longer], FoundTickets()) is None
