"""A local WHMCS for tests, the demo and benchmarks, with real sockets, state, and faults on demand.

It follows the public reference. It shares no code with WHMCS, so it is no evidence of the behaviour of a real one.
"""

from sandbox.whmcs.faults import Fault, FaultKind, Faults
from sandbox.whmcs.records import Activity, Call, Client, ClientStatus, Data, Link, ResetEmail, User
from sandbox.whmcs.seed import make_seed, seed_password
from sandbox.whmcs.server import LocalWhmcs
from sandbox.whmcs.tickets import (
    REPLY_ADMIN,
    Department,
    Desk,
    Requestor,
    SentNotice,
    Ticket,
    TicketMail,
    TicketMessage,
    TicketNote,
)

__all__ = [
    "REPLY_ADMIN",
    "Activity",
    "Call",
    "Client",
    "ClientStatus",
    "Data",
    "Department",
    "Desk",
    "Fault",
    "FaultKind",
    "Faults",
    "Link",
    "LocalWhmcs",
    "Requestor",
    "ResetEmail",
    "SentNotice",
    "Ticket",
    "TicketMail",
    "TicketMessage",
    "TicketNote",
    "User",
    "make_seed",
    "seed_password",
]
