import pytest

from bot.domain.clients import ClientMatch, Search
from bot.domain.resets import Failure, Outcome, Reason

ANA = ClientMatch(client_id=42, name="Ana López")
EXACT = ClientMatch(client_id=43, name="Ana López", is_exact=True)
OTHER = ClientMatch(client_id=44, name="Anabel", is_exact=True)


@pytest.mark.parametrize(
    ("search", "chosen"),
    [
        (Search(query="ana"), None),
        (Search(query="ana", matches=(ANA,), total=1), ANA),
        (Search(query="ana", matches=(ANA,), total=2), None),
        (Search(query="ana", matches=(ANA, EXACT), total=2), EXACT),
        (Search(query="ana", matches=(ANA, EXACT), total=200), EXACT),
        (Search(query="ana", matches=(EXACT, OTHER), total=2), None),
        (Search(query="ana", matches=(ANA, OTHER, EXACT), total=3), None),
    ],
)
def test_the_only_match_or_the_only_exact_address_is_chosen(search: Search, chosen: ClientMatch | None) -> None:
    assert search.chosen == chosen


@pytest.mark.parametrize("matches", [(), (ANA,), (EXACT, ANA)])
def test_an_incomplete_search_result_selects_nobody(matches: tuple[ClientMatch, ...]) -> None:
    search = Search(query="ana", matches=matches, total=len(matches), failure=Failure(Outcome.FAILED, Reason.TIMED_OUT))
    assert search.chosen is None
