"""Applies the bot's acknowledgements as Slack does."""

import asyncio

from sandbox.slack import validation
from sandbox.slack.delivery import Acknowledgement
from sandbox.slack.faults import Faults
from sandbox.slack.refusal import RefusedError
from sandbox.slack.views import OpenView, Views
from sandbox.slack.workspace import BOT_USER_ID, JsonObject, Member, Workspace
from sandbox.words import choose_words


class Acknowledgements:
    def __init__(self, workspace: Workspace, views: Views, faults: Faults) -> None:
        self._workspace = workspace
        self._views = views
        self._faults = faults

    def command(self, member: Member, payload: JsonObject, answer: Acknowledgement) -> None:
        """Show the response to a slash command: nothing, a message, or Slack's error."""
        if answer.error:
            self._refuse_command(member, payload, answer.error)
            return
        if not answer.body.strip():
            return
        try:
            content = answer.json() if answer.body.lstrip().startswith("{") else {"text": answer.body}
            text, blocks = validation.check_message(content)
        except (ValueError, RefusedError) as error:
            self._refuse_command(member, payload, f"dispatch_failed: {error}")
            return
        is_public = content.get("response_type") == "in_channel"
        channel = self._workspace.channel(payload["channel_id"])
        self._workspace.post(channel, text, blocks, author=BOT_USER_ID, ephemeral_to=None if is_public else member.id)

    def interaction(self, view: OpenView | None, member: Member, answer: Acknowledgement) -> None:
        """Show Slack's error if a choice or a pressed button was not acknowledged."""
        if answer.error:
            self._fail(view, member, answer.error)
        elif view is not None:
            view.notice = ""

    def submission(self, view: OpenView, member: Member, answer: Acknowledgement) -> None:
        """Carry out the response to a submission: close, show errors, update, push or clear."""
        view.errors = {}
        view.notice = ""
        view.overdrawn_by = None
        if answer.error:
            self._fail(view, member, answer.error)
            return
        try:
            self._respond(view, answer.json())
        except (ValueError, RefusedError) as error:
            self._fail(view, member, f"dispatch_failed: {error}")
        self._workspace.notify_members([view.member_id])

    def suggestions(self, answer: Acknowledgement) -> list[JsonObject]:
        """Return the options in the response to an options request. Raises: RefusedError: Slack would not show them."""
        if answer.error:
            raise RefusedError(answer.error)
        try:
            content = answer.json()
        except ValueError as error:
            raise RefusedError("invalid_json", str(error)) from error
        return validation.check_suggestions(content)

    def _respond(self, view: OpenView, content: JsonObject) -> None:
        match content.get("response_action"):
            case None if not content:
                if view.is_open:
                    self._views.close(view)
            case "errors":
                view.errors = validation.check_errors(content, view.definition)
                self._workspace.show([view.member_id], view.errors)
            case "update":
                validation.check_view(content.get("view"))
                self._views.update(view, content["view"])
                if self._faults.swap_updates:
                    view.overdrawn_by = (asyncio.get_running_loop().time(), content["view"])
            case "push":
                validation.check_view(content.get("view"))
                self._views.put_on(view, content["view"])
            case "clear":
                self._views.clear(view.root_id)
            case unknown:
                raise RefusedError("invalid_response_action", f"response_action {unknown!r} in {sorted(content)}")

    def _refuse_command(self, member: Member, payload: JsonObject, error: str) -> None:
        words = choose_words(member.locale, "slack")
        self._workspace.notice(member.id, words["command_failed"].format(command=payload["command"], error=error))

    def _fail(self, view: OpenView | None, member: Member, error: str) -> None:
        notice = f"{choose_words(member.locale, 'slack')['trouble']} ({error})"
        if view is not None:
            view.notice = notice
        self._workspace.notice(member.id, notice)
