"""A local Slack over real sockets: Web API, signed requests, and people who type and click."""

from sandbox.slack.delivery import Acknowledgement, BotRequest, Retry
from sandbox.slack.faults import Fault, Faults
from sandbox.slack.home import Home
from sandbox.slack.local import LocalSlack
from sandbox.slack.message import Message
from sandbox.slack.modal import Modal
from sandbox.slack.person import Person
from sandbox.slack.web_api import ApiCall
from sandbox.slack.workspace import Channel, Member, RefusedError

__all__ = [
    "Acknowledgement",
    "ApiCall",
    "BotRequest",
    "Channel",
    "Fault",
    "Faults",
    "Home",
    "LocalSlack",
    "Member",
    "Message",
    "Modal",
    "Person",
    "RefusedError",
    "Retry",
]
