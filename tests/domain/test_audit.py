from datetime import UTC, datetime
from itertools import product

import pytest

from bot.domain.audit import Action, AuditEvent, Happened

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)

GRAMMAR = {
    "reset": {"STARTED", "SUCCEEDED", "REFUSED", "FAILED", "UNKNOWN", "SETTLED"},
    "access": {"DENIED"},
    "form": {"TAMPERED"},
    "limit": {"REACHED"},
    "message": {"DELETED", "OVERDUE"},
    "reply": {"SENT", "FAILED", "REDACTED"},
    "approval": {"REQUESTED", "GRANTED", "REJECTED", "EXPIRED"},
    "settings": {"LOADED"},
}


@pytest.mark.parametrize(
    ("action", "outcome"), [(action, word) for action in GRAMMAR for word in sorted(GRAMMAR[action])]
)
def test_the_vocabulary_can_be_recorded(action: str, outcome: str) -> None:
    event = AuditEvent(at=NOW, actor="U1", action=Action(action), outcome=Happened(outcome))
    assert (event.action, event.outcome) == (action, outcome)


@pytest.mark.parametrize(
    ("action", "outcome"),
    [
        (action, word)
        for action, word in product(Action, Happened)
        if word.value not in GRAMMAR.get(action.value, set())
    ],
)
def test_nothing_but_the_vocabulary_can_be_recorded(action: Action, outcome: Happened) -> None:
    with pytest.raises(ValueError, match="can't be"):
        AuditEvent(at=NOW, actor="U1", action=action, outcome=outcome)
