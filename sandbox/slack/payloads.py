"""The bodies of what Slack sends to an app: slash command, choice, options request, submission, closing."""

from collections.abc import Mapping
from typing import Final

from sandbox.slack.workspace import APP_ID, TEAM_DOMAIN, JsonObject, Member, StoredMessage, Workspace

VERIFICATION_TOKEN: Final = "fake-verification-token"


class Payloads:
    """Builds payloads, and issues the trigger and response_url that belong into each."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def command(self, member: Member, text: str, channel_id: str) -> JsonObject:
        """Return the form fields of a slash command; `text` is the whole line as typed."""
        command, _, rest = text.strip().partition(" ")
        channel = self._workspace.channel(channel_id)
        return {
            "token": VERIFICATION_TOKEN,
            "team_id": member.team_id,
            "team_domain": TEAM_DOMAIN,
            "channel_id": channel.id,
            "channel_name": channel.name,
            "user_id": member.id,
            "user_name": member.name.lower().replace(" ", "."),
            "command": command,
            "text": rest.strip(),
            "api_app_id": APP_ID,
            "is_enterprise_install": "false",
            "response_url": self._workspace.issue_response_url(member.id, channel.id),
            "trigger_id": self._workspace.issue_trigger(member.id),
        }

    def view_action(self, member: Member, view: Mapping[str, object], action: JsonObject) -> JsonObject:
        """Return the payload of a choice or a pressed button in a modal."""
        return self._interaction("block_actions", member) | {
            "container": {"type": "view", "view_id": view["id"]},
            "trigger_id": self._workspace.issue_trigger(member.id, str(view["root_view_id"])),
            "view": dict(view),
            "actions": [{**action, "action_ts": self._workspace.new_ts()}],
        }

    def message_action(self, member: Member, message: StoredMessage, action: JsonObject) -> JsonObject:
        """Return the payload of a pressed button in a message; an ephemeral message is not in it, as in Slack."""
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
        """Return the payload that tells that a person closed a view."""
        return self._interaction("view_closed", member) | {"view": dict(view), "is_cleared": is_cleared}

    def _interaction(self, kind: str, member: Member) -> JsonObject:
        name = member.name.lower().replace(" ", ".")
        return {
            "type": kind,
            "team": {"id": member.team_id, "domain": TEAM_DOMAIN},
            "user": {"id": member.id, "username": name, "name": name, "team_id": member.team_id},
            "api_app_id": APP_ID,
            "token": VERIFICATION_TOKEN,
            "enterprise": None,
            "is_enterprise_install": False,
        }
