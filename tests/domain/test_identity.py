"""What a ticket proves, and what has to be known before a reset."""

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
from bot.domain.tickets import Ticket, may_be_ticket

ANA = "ana@example.com"
USERS = (ANA, "beto@example.com")


def make_ticket(
    email: str = ANA,
    kind: str = "Owner",
    *,
    client_id: int | None = 42,
    is_signed_in: bool = False,
    is_opened_by_admin: bool = False,
    status: str = "Open",
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
    )


@pytest.mark.parametrize(
    ("ticket", "proof", "reason"),
    [
        (None, Proof.NONE, ProofReason.NO_TICKET),
        (make_ticket(), Proof.SOME, ProofReason.REQUESTOR),
        (make_ticket("ANA@Example.com"), Proof.SOME, ProofReason.REQUESTOR),
        (make_ticket(is_signed_in=True), Proof.STRONG, ProofReason.REQUESTOR_SIGNED_IN),
        (make_ticket(is_signed_in=True, status="closed"), Proof.SOME, ProofReason.REQUESTOR_CLOSED),
        (make_ticket("beto@example.com", is_signed_in=True), Proof.NONE, ProofReason.ANOTHER_USER),
        (make_ticket("carla@example.test", is_signed_in=True), Proof.NONE, ProofReason.OTHER_ADDRESS),
        (make_ticket(""), Proof.NONE, ProofReason.UNNAMED),
        (make_ticket(kind="Guest", is_signed_in=True), Proof.NONE, ProofReason.GUEST),
        (make_ticket(client_id=None), Proof.NONE, ProofReason.GUEST),
        (make_ticket(kind="Operator", is_signed_in=True), Proof.NONE, ProofReason.STAFF),
        (make_ticket(is_opened_by_admin=True, is_signed_in=True), Proof.NONE, ProofReason.STAFF),
    ],
)
def test_only_who_whmcs_names_as_the_requestor_is_proven_and_strongly_only_if_signed_in(
    ticket: Ticket | None, proof: Proof, reason: ProofReason
) -> None:
    judgement = judge(ticket, ANA, USERS)
    assert (judgement.proof, judgement.reason) == (proof, reason)


def test_a_user_without_an_address_is_never_the_requestor() -> None:
    assert judge(make_ticket(""), "", USERS).proof is Proof.NONE


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
def test_an_answer_is_needed_without_strong_proof(
    policy: VerificationPolicy, method: Method, proof: Proof, *, is_needed: bool
) -> None:
    assert IdentityPolicy(verification=policy).needs_answer(method, proof) is is_needed


@pytest.mark.parametrize("method", Method)
@pytest.mark.parametrize("proof", Proof)
@pytest.mark.parametrize("is_protected", [True, False])
@pytest.mark.parametrize("has_approvals", [True, False])
def test_a_password_for_a_protected_client_is_set_by_two_or_by_nobody(
    method: Method, proof: Proof, *, is_protected: bool, has_approvals: bool
) -> None:
    policy = IdentityPolicy(has_approvals=has_approvals)
    is_set = method is Method.SET_PASSWORD
    assert policy.forbids(method, is_protected=is_protected) is (is_set and is_protected and not has_approvals)
    is_doubtful = is_protected or proof is not Proof.STRONG
    assert policy.needs_approval(method, proof, is_protected=is_protected) is (is_set and has_approvals and is_doubtful)


@pytest.mark.parametrize(("department_id", "name"), [(2, "Any"), (9, "área de CLIENTES")])
def test_a_department_is_named_by_id_or_name(department_id: int, name: str) -> None:
    policy = IdentityPolicy(signed_in_departments=frozenset({"2", "Área de clientes"}))
    assert policy.is_signed_in(department_id, name)
    assert not policy.is_signed_in(1, "Soporte")
    assert not IdentityPolicy().is_signed_in(department_id, name)


@pytest.mark.parametrize(
    ("typed", "is_one"),
    [
        ("516757", True),
        ("ABC-123456", True),
        ("AAA - 111 - 2013", True),
        ("#42", False),
        ("ana2@example.com", False),
        ("Ana López", False),
        ("", False),
    ],
)
def test_what_has_a_digit_and_names_neither_an_address_nor_a_client_may_be_a_ticket(
    typed: str, *, is_one: bool
) -> None:
    assert may_be_ticket(typed) is is_one


def test_the_policies_have_the_documented_words() -> None:
    assert [policy.value for policy in TicketPolicy] == ["off", "optional", "required", "requestor"]
