"""Slack out: people, messages, modals. The only package that uses `slack_sdk.web`; it renders with `bot.views`."""
