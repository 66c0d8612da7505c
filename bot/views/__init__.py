"""Data in, Block Kit out; no I/O. A modal's ids, `build_…()` and `parse_…()` share a module.

Whatever WHMCS or a person typed stands in plain_text or rich_text, never in mrkdwn, so that nothing in it turns live.
"""
