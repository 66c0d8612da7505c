"""Slack out: people, messages, modals. The only place with `slack_sdk.web`; it draws with `bot.views`."""
