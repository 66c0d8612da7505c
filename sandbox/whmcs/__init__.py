"""A local WHMCS for tests, the demo and benchmarks: real sockets, honest state, faults on demand.

It answers what the public reference documents; it shares no code with WHMCS, and proves nothing about a real one.
"""

from sandbox.whmcs.faults import Fault, FaultKind, Faults
from sandbox.whmcs.records import Activity, Call, Client, ClientStatus, Data, Link, ResetEmail, User
from sandbox.whmcs.seed import make_seed, seed_password
from sandbox.whmcs.server import LocalWhmcs

__all__ = [
    "Activity",
    "Call",
    "Client",
    "ClientStatus",
    "Data",
    "Fault",
    "FaultKind",
    "Faults",
    "Link",
    "LocalWhmcs",
    "ResetEmail",
    "User",
    "make_seed",
    "seed_password",
]
