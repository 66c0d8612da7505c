"""Frozen values and pure rules. Nothing here waits, reads a clock or knows Slack, WHMCS or the database."""
