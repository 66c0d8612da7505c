"""A local Slack on real sockets: Web API, signed requests, and people who type and click."""

from sandbox.slack.delivery import Acknowledgement, BotRequest, Retry
from sandbox.slack.faults import Fault, Faults
from sandbox.slack.home import Home
from sandbox.slack.local_slack import LocalSlack
from sandbox.slack.message import Message
from sandbox.slack.modal import Modal
from sandbox.slack.person import NotOpenedError, Person
from sandbox.slack.refusal import RefusedError
from sandbox.slack.web_api import ApiCall
from sandbox.slack.workspace import Channel, Member

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
    "NotOpenedError",
    "Person",
    "RefusedError",
    "Retry",
]
