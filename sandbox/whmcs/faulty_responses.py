"""Responses of faults in WHMCS, or between it and the caller."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final
from xml.sax.saxutils import escape

from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import Scope, Send

from sandbox.serving import drop_connection
from sandbox.whmcs.api import deny_permission, render, unknown_action
from sandbox.whmcs.faults import Fault, FaultKind
from sandbox.whmcs.refusal import CompanionRefusal, Refusal, refuse
from sandbox.whmcs.response_shapes import reshape

_MAINTENANCE = """<!DOCTYPE html>
<html lang="en"><head><title>Down for Maintenance</title></head>
<body><h1>Down for Maintenance</h1><p>We are currently performing maintenance and will be back shortly.</p></body></html>
"""
_FIREWALL = """<!DOCTYPE html>
<html lang="en"><head><title>Attention Required!</title></head>
<body><h1>Sorry, you have been blocked</h1><p>This website uses a security service. Ray ID: 0000000000000000</p></body></html>
"""
_SERVER_ERROR = """<html><head><title>500 Internal Server Error</title></head>
<body><center><h1>500 Internal Server Error</h1></center><hr><center>nginx</center></body></html>
"""
_NOT_FOUND = """<html><head><title>404 Not Found</title></head>
<body><center><h1>404 Not Found</h1></center><hr><center>nginx</center></body></html>
"""
_STRAY_OUTPUT = """<!DOCTYPE html>
<html lang="en"><head><title>Oops!</title></head><body><h1>Oops!</h1><p>Something went wrong and we couldn't process your
request.</p><pre>Laminas\\HttpHandlerRunner\\Exception\\EmitterException: Output has been emitted previously</pre></body></html>
"""
_NOT_WORDED = "Error generating JSON encoded response: Malformed UTF-8 characters, possibly incorrectly encoded"  # sburina/laravel-whmcs-up #6
_HUGE_BYTES = 6_000_000
_PHP_WARNING = (
    b'<br />\n<b>Warning</b>:  Undefined array key "resetbot" in <b>/srv/www/includes/hooks/custom.php</b>'
    b" on line <b>12</b><br />\n"
)


def find_answer_instead(fault: Fault, action: str) -> Response | None:
    """Return the response of a fault without any work, or None for the other kinds."""
    build = _INSTEAD.get(fault.kind)
    return None if build is None else build(fault, action)


def spoil(fault: Fault, answer: Response) -> Response:
    """Return the response after the work was done; most faults do not change it."""
    match fault.kind:
        case "empty":
            return Response(b"", media_type="application/json")
        case "wrong_json":
            return JSONResponse([{"unexpected": True}])
        case "wrong_bytes":
            return Response(bytes(answer.body).replace(b":", b':"\xff",":', 1), media_type="application/json")
        case "huge":
            return Response(b" " * _HUGE_BYTES + bytes(answer.body), media_type="application/json")
        case "bom":
            return Response(b"\xef\xbb\xbf" + bytes(answer.body), answer.status_code, media_type="application/json")
        case "not_worded":
            return _refuse(Refusal(_NOT_WORDED))
        case "php_warning":
            return HTMLResponse(_PHP_WARNING + bytes(answer.body), answer.status_code)
        case "error_500_after":
            return HTMLResponse(_STRAY_OUTPUT, 500)
        case _:
            return reshape(fault, answer)


async def drip(answer: Response, seconds: float, send: Send) -> None:
    """Send a response byte by byte, even if the caller has disconnected."""
    await send({"type": "http.response.start", "status": answer.status_code, "headers": answer.raw_headers})
    for byte in bytes(answer.body):
        await send({"type": "http.response.body", "body": bytes([byte]), "more_body": True})
        await asyncio.sleep(seconds)
    await send({"type": "http.response.body", "body": b""})


async def send_half(answer: Response, scope: Scope, send: Send) -> None:
    """Send the full content length, half of the body, and close."""
    half = bytes(answer.body)[: len(answer.body) // 2]
    await send({"type": "http.response.start", "status": answer.status_code, "headers": answer.raw_headers})
    await send({"type": "http.response.body", "body": half, "more_body": True})
    drop_connection(scope, is_flushed=True)


def not_found() -> Response:
    return HTMLResponse(_NOT_FOUND, 404)


def method_not_allowed() -> Response:
    return HTMLResponse("<h1>405 Method Not Allowed</h1>", 405, {"Allow": "POST"})


def _refuse(refusal: Refusal) -> Response:
    return render({"result": "error", "message": refusal.message}, refusal.status)


def _refuse_in_pairs(fault: Fault) -> Response:
    return Response(f"result=error;message={fault.message};", fault.status or 200, media_type="text/plain")


def _refuse_in_xml(fault: Fault) -> Response:
    text = f"""<?xml version="1.0" encoding="utf-8"?>
<whmcsapi version="5.3.14">
<action></action>
<result>error</result>
<message>{escape(fault.message)}</message>
</whmcsapi>
"""
    return Response(text, fault.status or 200, media_type="application/xml")


def _retry_after(fault: Fault) -> dict[str, str]:
    return {"Retry-After": str(fault.retry_after_seconds)}


_INSTEAD: Final[Mapping[FaultKind, Callable[[Fault, str], Response]]] = {
    "html": lambda _, __: HTMLResponse(_MAINTENANCE),
    "html_403": lambda _, __: HTMLResponse(_FIREWALL, 403),
    "html_500": lambda _, __: HTMLResponse(_SERVER_ERROR, 500),
    "redirect": lambda fault, _: RedirectResponse(fault.location, fault.status or 302),
    "status_429": lambda fault, _: HTMLResponse("<h1>429 Too Many Requests</h1>", 429, _retry_after(fault)),
    "status_503": lambda fault, _: HTMLResponse("<h1>503 Service Unavailable</h1>", 503, _retry_after(fault)),
    # In the format of the API.
    "refused": lambda fault, _: _refuse(Refusal(fault.message, fault.status or 200)),
    "refused_nvp": lambda fault, _: _refuse_in_pairs(fault),
    "refused_xml": lambda fault, _: _refuse_in_xml(fault),
    "invalid_ip": lambda fault, _: _refuse(Refusal(f"Invalid IP {fault.address}", fault.status or 403)),
    "credentials": lambda _, __: _refuse(Refusal("Invalid or missing credentials", 403)),
    "not_permitted": lambda _, action: _refuse(deny_permission(action)),
    "unknown_action": lambda _, __: _refuse(unknown_action()),
    # In the format of the companion, or of the web server in its place.
    "companion_absent": lambda _, __: not_found(),
    "companion_inactive": lambda _, __: refuse(CompanionRefusal("inactive", "The module is not active.")),
    "companion_https": lambda _, __: refuse(CompanionRefusal("https_required", "Plain http is not accepted.")),
    "companion_address": lambda fault, _: refuse(
        CompanionRefusal("address_not_allowed", "The address is not allowed.", address=fault.address)
    ),
    "companion_rate_limited": lambda fault, _: refuse(
        CompanionRefusal("rate_limited", "Too many requests."), _retry_after(fault)
    ),
}
