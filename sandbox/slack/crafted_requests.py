"""Requests that a test composes: forged, repeated, or for a view that the person never saw."""

from collections.abc import Mapping

from sandbox.slack.delivery import Acknowledgement, Delivery, Retry
from sandbox.slack.home_tabs import HomeTabs
from sandbox.slack.message import Message
from sandbox.slack.payloads import Payloads, Tab
from sandbox.slack.person import Person
from sandbox.slack.shown_view import ShownView
from sandbox.slack.workspace import GENERAL_ID, JsonObject


class CraftedRequests:
    """Builds and sends requests without an action of a person. Each payload has a new trigger and response_url."""

    home_tabs: HomeTabs

    def __init__(self, payloads: Payloads, delivery: Delivery) -> None:
        self.payloads = payloads
        self.delivery = delivery

    def command_payload(self, person: Person, text: str, channel: str | None = None) -> JsonObject:
        """Return the form fields of a slash command."""
        return self.payloads.command(person.member, text, channel or GENERAL_ID)

    def shortcut_payload(self, person: Person, callback_id: str, message: Message | None = None) -> JsonObject:
        """Return a global shortcut, or with `message` a message shortcut."""
        if message is None:
            return self.payloads.shortcut(person.member, callback_id)
        return self.payloads.message_shortcut(person.member, callback_id, message.stored)

    def home_opened_payload(self, person: Person, tab: Tab = "home") -> JsonObject:
        """Return the app_home_opened event of this person."""
        published = self.home_tabs.find(person.id)
        view = published.as_json(person.member.team_id) if published else None
        return self.payloads.home_opened(person.member, view, tab)

    def url_verification_payload(self) -> JsonObject:
        """Return a url_verification request."""
        return self.payloads.url_verification()

    def action_payload(
        self,
        person: Person,
        *,
        view: ShownView | Mapping[str, object] | None = None,
        message: Message | None = None,
        action: JsonObject,
    ) -> JsonObject:
        """Return block_actions of this person for any view or message."""
        if message is not None:
            return self.payloads.message_action(person.member, message.stored, action)
        if view is None:
            raise ValueError("action_payload() needs a view or a message")
        return self.payloads.view_action(person.member, _raw(view), action)

    def suggestion_payload(
        self, person: Person, view: ShownView | Mapping[str, object], *, block_id: str, action_id: str, value: str
    ) -> JsonObject:
        """Return an options request of this person."""
        return self.payloads.suggestion(person.member, _raw(view), block_id=block_id, action_id=action_id, value=value)

    def submission_payload(
        self, person: Person, view: ShownView | Mapping[str, object], values: JsonObject | None = None
    ) -> JsonObject:
        """Return a submission of this person; `values` replaces `state.values` whole."""
        raw = _raw(view)
        return self.payloads.submission(person.member, raw if values is None else {**raw, "state": {"values": values}})

    async def deliver(
        self,
        kind: str,
        payload: JsonObject,
        *,
        sign: bool = True,
        timestamp: str | None = None,
        signature: str | None = None,
        headers: Mapping[str, str] | None = None,
        retry: Retry | None = None,
    ) -> Acknowledgement:
        """Send a request to the bot and return the response, without acting on it.

        `retry=Retry(1)` sends the event as Slack repeats one that was not acknowledged.
        """
        return await self.delivery.deliver(
            kind, payload, sign=sign, timestamp=timestamp, signature=signature, headers=headers, retry=retry
        )


def _raw(view: ShownView | Mapping[str, object]) -> Mapping[str, object]:
    return view.view if isinstance(view, ShownView) else view
