"""The demo: a local Slack, a local WHMCS and the real bot between them."""
