"""The proof that a ticket gives, and the verification that a reset requires."""

from datetime import timedelta

import pytest

from bot.domain.identity import (
    IdentityPolicy,
    Proof,
    ProofReason,
    TicketPolicy,
    VerificationPolicy,
    judge,
)
from bot.domain.resets import Method
from bot.domain.tickets import Ticket

ANA = "ana@example.com"
USERS = (ANA, "beto@example.com")
MAX_AGE = timedelta(hours=72)


def make_ticket(
    email: str = ANA,
    kind: str = "Owner",
    *,
    client_id: int | None = 42,
    is_signed_in: bool = False,
    is_opened_by_admin: bool = False,
    status: str = "Open",
    age: timedelta | None = timedelta(hours=1),
    is_opening_newest: bool = True,
) -> Ticket:
    return Ticket(
        number="516757",
        client_id=client_id,
        subject="",
        status=status,
        department="",
        requestor_email=email,
        requestor_type=kind,
        is_signed_in=is_signed_in,
        is_opened_by_admin=is_opened_by_admin,
        age=age,
        is_opening_newest=is_opening_newest,
    )


@pytest.mark.parametrize(
    ("ticket", "proof", "reason"),
    [
        (None, Proof.NONE, ProofReason.NO_TICKET),
        (make_ticket(), Proof.SOME, ProofReason.REQUESTOR),
        (make_ticket("ANA@Example.com"), Proof.SOME, ProofReason.REQUESTOR),
        (make_ticket(is_signed_in=True), Proof.STRONG, ProofReason.REQUESTOR_SIGNED_IN),
        (make_ticket(is_signed_in=True, age=timedelta(0)), Proof.STRONG, ProofReason.REQUESTOR_SIGNED_IN),
        (make_ticket(is_signed_in=True, age=MAX_AGE), Proof.STRONG, ProofReason.REQUESTOR_SIGNED_IN),
        (make_ticket(is_signed_in=True, age=-timedelta(minutes=10)), Proof.STRONG, ProofReason.REQUESTOR_SIGNED_IN),
        (make_ticket(is_signed_in=True, age=-timedelta(minutes=11)), Proof.SOME, ProofReason.REQUESTOR_UNDATED),
        (make_ticket(is_signed_in=True, age=None), Proof.SOME, ProofReason.REQUESTOR_UNDATED),
        (make_ticket(is_signed_in=True, age=MAX_AGE + timedelta(seconds=1)), Proof.SOME, ProofReason.REQUESTOR_OLD),
        (make_ticket(is_signed_in=True, is_opening_newest=False), Proof.SOME, ProofReason.REQUESTOR_ANSWERED),
        (make_ticket(is_signed_in=True, status="closed"), Proof.SOME, ProofReason.REQUESTOR_CLOSED),
        (make_ticket("weiß@example.com", is_signed_in=True), Proof.NONE, ProofReason.OTHER_ADDRESS),
        (make_ticket("beto@example.com", is_signed_in=True), Proof.NONE, ProofReason.ANOTHER_USER),
        (make_ticket("carla@example.test", is_signed_in=True), Proof.NONE, ProofReason.OTHER_ADDRESS),
        (make_ticket(""), Proof.NONE, ProofReason.UNNAMED),
        (make_ticket(kind="Guest", is_signed_in=True), Proof.NONE, ProofReason.GUEST),
        (make_ticket(client_id=None), Proof.NONE, ProofReason.GUEST),
        (make_ticket(kind="Operator", is_signed_in=True), Proof.NONE, ProofReason.STAFF),
        (make_ticket(is_opened_by_admin=True, is_signed_in=True), Proof.NONE, ProofReason.STAFF),
    ],
)
def test_a_ticket_proves_only_its_requestor_and_strongly_only_if_signed_in(
    ticket: Ticket | None, proof: Proof, reason: ProofReason
) -> None:
    judgement = judge(ticket, ANA, USERS, MAX_AGE)
    assert (judgement.proof, judgement.reason) == (proof, reason)


def test_a_user_without_an_address_is_never_the_requestor() -> None:
    assert judge(make_ticket(""), "", USERS, MAX_AGE).proof is Proof.NONE


def test_proofs_have_an_order() -> None:
    assert Proof.NONE.rank < Proof.SOME.rank < Proof.STRONG.rank


@pytest.mark.parametrize(
    ("policy", "method", "proof", "is_needed"),
    [
        (VerificationPolicy.OFF, Method.SET_PASSWORD, Proof.NONE, False),
        (VerificationPolicy.SET_PASSWORD, Method.SET_PASSWORD, Proof.NONE, True),
        (VerificationPolicy.SET_PASSWORD, Method.SET_PASSWORD, Proof.SOME, True),
        (VerificationPolicy.SET_PASSWORD, Method.SET_PASSWORD, Proof.STRONG, False),
        (VerificationPolicy.SET_PASSWORD, Method.RESET_EMAIL, Proof.NONE, False),
        (VerificationPolicy.ALWAYS, Method.RESET_EMAIL, Proof.SOME, True),
        (VerificationPolicy.ALWAYS, Method.RESET_EMAIL, Proof.STRONG, False),
    ],
)
def test_a_verification_is_required_without_strong_proof(
    policy: VerificationPolicy, method: Method, proof: Proof, *, is_needed: bool
) -> None:
    assert IdentityPolicy(verification=policy).needs_answer(method, proof) is is_needed


def test_sharp_s_differs_from_double_s() -> None:
    ticket = make_ticket("weiß@example.com", is_signed_in=True)
    assert judge(ticket, "weiss@example.com", ["weiss@example.com"], MAX_AGE).proof is Proof.NONE
    assert judge(ticket, "WEIß@example.com", ["WEIß@example.com"], MAX_AGE).proof is Proof.STRONG


@pytest.mark.parametrize(("department_id", "name"), [(2, "Any"), (9, "área de CLIENTES")])
def test_a_department_is_named_by_id_or_name(department_id: int, name: str) -> None:
    policy = IdentityPolicy(signed_in_departments=frozenset({"2", "Área de clientes"}))
    assert policy.is_signed_in(department_id, name)
    assert not policy.is_signed_in(1, "Soporte")
    assert not IdentityPolicy().is_signed_in(department_id, name)


def test_the_policies_have_the_documented_values() -> None:
    assert [policy.value for policy in TicketPolicy] == ["off", "optional", "required", "requestor"]
