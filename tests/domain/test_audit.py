from datetime import UTC, datetime

import pytest

from bot.domain.audit import GRAMMAR, Action, AuditEvent, AuditOutcome

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("action", Action)
def test_only_outcomes_of_the_grammar_can_be_recorded(action: Action) -> None:
    for outcome in GRAMMAR[action]:
        event = AuditEvent(at=NOW, actor="U1", action=action, outcome=outcome)
        assert (event.action, event.outcome) == (action, outcome)
    for outcome in set(AuditOutcome) - GRAMMAR[action]:
        with pytest.raises(ValueError, match="can't be"):
            AuditEvent(at=NOW, actor="U1", action=action, outcome=outcome)


def test_every_outcome_belongs_to_an_action() -> None:
    assert set().union(*GRAMMAR.values()) == set(AuditOutcome)
