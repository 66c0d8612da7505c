"""Lines in WHMCS's activity log, which administrators read as a web page."""

import pytest

from tests.whmcs.server import Reply, ScriptedServer
from whmcs import WhmcsClient


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("<script>alert(1)</script>@example.com", "(script)alert(1)(/script)@example.com"),
        ("ana@example.com>", "ana@example.com)"),
        ("&lt;b&gt;", "&lt;b&gt;"),
        ("one\r\ntwo", "one two"),
        ("one\x00\t\x1b\x7f\x85two", "one two"),
        ("one\u2028\u2029two", "one two"),
        ("abc\u202ecba", "abc cba"),
        ("a\u200b\u200db", "a b"),
        ("smile \U0001f600", "smile ?"),
        ("lone \ud800", "lone ?"),
        ("José <ana@example.com> ñ €", "José (ana@example.com) ñ €"),
        ("\uff1cb\uff1e", "\uff1cb\uff1e"),
    ],
)
async def test_a_description_becomes_one_line_without_tags_like_the_companions(
    server: ScriptedServer, client: WhmcsClient, text: str, written: str
) -> None:
    server.plays("LogActivity", Reply({"result": "success"}))

    await client.log_activity(text, client_id=42)

    assert server.received[0].form["description"] == written
