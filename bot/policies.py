"""An installation's rules, built from its settings."""

from datetime import timedelta
from typing import Final

from bot.domain.limits import Limits
from bot.domain.permissions import AccessPolicy
from bot.services.reply_tickets import ReplyRules
from bot.services.set_password import PasswordRules
from bot.settings import Settings

_AGENTS_PER_WORKSPACE: Final = 10
"""Without RESETS_PER_HOUR, the workspace's limit is that of this many agents."""


def make_limits(settings: Settings) -> Limits:
    return Limits(
        agent_resets_per_hour=settings.agent_resets_per_hour,
        resets_per_hour=settings.resets_per_hour or _AGENTS_PER_WORKSPACE * settings.agent_resets_per_hour,
        user_cooldown=timedelta(seconds=settings.user_cooldown_seconds),
    )


def make_access_policy(settings: Settings) -> AccessPolicy:
    return AccessPolicy(
        agent_users=settings.agent_users,
        agent_groups=settings.agent_user_groups,
        set_password_users=settings.set_password_users,
        set_password_groups=settings.set_password_user_groups,
    )


def make_password_rules(settings: Settings) -> PasswordRules:
    return PasswordRules(length=settings.password_length, ttl=timedelta(seconds=settings.password_ttl_seconds))


def make_reply_rules(settings: Settings) -> ReplyRules:
    return ReplyRules(
        admin=settings.whmcs_reply_admin,
        status=settings.ticket_reply_status,
        allows_password=settings.ticket_reply_password == "allow",  # noqa: S105 - a setting's word
    )
