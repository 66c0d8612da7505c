"""Builds the payloads that Slack sends to an app."""

import secrets
from collections.abc import Mapping
from typing import Final, Literal

from sandbox.slack.workspace import (
    APP_ID,
    BOT_USER_ID,
    TEAM_DOMAIN,
    JsonObject,
    Member,
    StoredMessage,
    Workspace,
)

VERIFICATION_TOKEN: Final = "fake-verification-token"

Tab = Literal["home", "messages"]


class Payloads:
    """Builds payloads, and issues their triggers and response_urls."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def command(self, member: Member, text: str, channel_id: str) -> JsonObject:
        """Return the form fields of a slash command; `text` is the whole typed line."""
        command, _, rest = text.strip().partition(" ")
        channel = self._workspace.channel(channel_id)
        return {
            "token": VERIFICATION_TOKEN,
            "team_id": member.team_id,
            "team_domain": TEAM_DOMAIN,
            "channel_id": channel.id,
            "channel_name": channel.name,
            "user_id": member.id,
            "user_name": _handle(member),
            "command": command,
            "text": rest.strip(),
            "api_app_id": APP_ID,
            "is_enterprise_install": "false",
            "response_url": self._workspace.issue_response_url(member.id, channel.id),
            "trigger_id": self._workspace.issue_trigger(member.id),
        }

    def shortcut(self, member: Member, callback_id: str) -> JsonObject:
        """Return the payload of a global shortcut, which has neither channel nor response_url."""
        return self._shortcut("shortcut", member, callback_id)

    def message_shortcut(self, member: Member, callback_id: str, message: StoredMessage) -> JsonObject:
        """Return the payload of a message shortcut."""
        channel = self._workspace.channel(message.channel)
        return self._shortcut("message_action", member, callback_id) | {
            "channel": {"id": channel.id, "name": channel.name},
            "message": message.as_json(),
            "message_ts": message.ts,
            "response_url": self._workspace.issue_response_url(member.id, channel.id),
        }

    def home_opened(self, member: Member, view: Mapping[str, object] | None, tab: Tab = "home") -> JsonObject:
        """Return the event app_home_opened; `view` is the published Home tab."""
        event: JsonObject = {
            "type": "app_home_opened",
            "user": member.id,
            "channel": self._workspace.direct_channel(member.id).id,
            "tab": tab,
            "event_ts": self._workspace.new_ts(),
        }
        if view is not None:
            event["view"] = dict(view)
        return {
            "token": VERIFICATION_TOKEN,
            "team_id": self._workspace.team_id,
            "api_app_id": APP_ID,
            "event": event,
            "type": "event_callback",
            "event_id": f"Ev{secrets.token_hex(5).upper()}",
            "event_time": int(self._workspace.clock()),
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": self._workspace.team_id,
                    "user_id": BOT_USER_ID,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": False,
        }

    def url_verification(self) -> JsonObject:
        """Return the url_verification request, by which Slack checks an events address."""
        return {"token": VERIFICATION_TOKEN, "challenge": secrets.token_urlsafe(32), "type": "url_verification"}

    def view_action(self, member: Member, view: Mapping[str, object], action: JsonObject) -> JsonObject:
        """Return the payload of a choice or a pressed button in a modal or a Home tab."""
        # A trigger from a modal can push a view onto it; one from a Home tab opens a modal.
        root = str(view["root_view_id"]) if view.get("type") == "modal" else None
        return self._interaction("block_actions", member) | {
            "container": {"type": "view", "view_id": view["id"]},
            "trigger_id": self._workspace.issue_trigger(member.id, root),
            "view": dict(view),
            "actions": [{**action, "action_ts": self._workspace.new_ts()}],
        }

    def message_action(self, member: Member, message: StoredMessage, action: JsonObject) -> JsonObject:
        """Return the payload of a button pressed in a message; it does not contain an ephemeral message, as in Slack."""
        channel = self._workspace.channel(message.channel)
        payload = self._interaction("block_actions", member) | {
            "container": {
                "type": "message",
                "message_ts": message.ts,
                "channel_id": channel.id,
                "is_ephemeral": message.ephemeral_to is not None,
            },
            "channel": {"id": channel.id, "name": channel.name},
            "trigger_id": self._workspace.issue_trigger(member.id),
            "state": {"values": {}},
            "response_url": self._workspace.issue_response_url(member.id, channel.id, message),
            "actions": [{**action, "action_ts": self._workspace.new_ts()}],
        }
        if message.ephemeral_to is None:
            payload["message"] = message.as_json()
        if message.thread_ts:
            payload["container"]["thread_ts"] = message.thread_ts
        return payload

    def suggestion(
        self, member: Member, view: Mapping[str, object], *, block_id: str, action_id: str, value: str
    ) -> JsonObject:
        """Return the payload of an options request: no trigger_id and no response_url."""
        return self._interaction("block_suggestion", member) | {
            "container": {"type": "view", "view_id": view["id"]},
            "block_id": block_id,
            "action_id": action_id,
            "value": value,
            "view": dict(view),
        }

    def submission(self, member: Member, view: Mapping[str, object]) -> JsonObject:
        """Return the payload of a submitted view."""
        return self._interaction("view_submission", member) | {
            "trigger_id": self._workspace.issue_trigger(member.id, str(view["root_view_id"])),
            "view": dict(view),
            "response_urls": [],
        }

    def closing(self, member: Member, view: Mapping[str, object], *, is_cleared: bool) -> JsonObject:
        """Return the payload of a closed view."""
        return self._interaction("view_closed", member) | {"view": dict(view), "is_cleared": is_cleared}

    def _shortcut(self, kind: str, member: Member, callback_id: str) -> JsonObject:
        return {
            "type": kind,
            "token": VERIFICATION_TOKEN,
            "action_ts": self._workspace.new_ts(),
            "team": {"id": member.team_id, "domain": TEAM_DOMAIN},
            "user": {"id": member.id, "username": _handle(member), "team_id": member.team_id},
            "is_enterprise_install": False,
            "enterprise": None,
            "callback_id": callback_id,
            "trigger_id": self._workspace.issue_trigger(member.id),
        }

    def _interaction(self, kind: str, member: Member) -> JsonObject:
        name = _handle(member)
        return {
            "type": kind,
            "team": {"id": member.team_id, "domain": TEAM_DOMAIN},
            "user": {"id": member.id, "username": name, "name": name, "team_id": member.team_id},
            "api_app_id": APP_ID,
            "token": VERIFICATION_TOKEN,
            "enterprise": None,
            "is_enterprise_install": False,
        }


def _handle(member: Member) -> str:
    return member.name.lower().replace(" ", ".")
