"""Refusals of the API, each with the observed HTTP status, if known, and its meaning."""

from typing import NamedTuple

from whmcs import (
    AddressRefusedError,
    CredentialsError,
    NotFoundError,
    NotPermittedError,
    RefusedError,
    UnknownActionError,
    WhmcsError,
)


class Refusal(NamedTuple):
    message: str
    kind: type[WhmcsError]
    source: str


REFUSALS = [
    Refusal("Invalid IP 203.0.113.7", AddressRefusedError, "theorigamicorporation/toc-whmcs-mcp: 403"),
    Refusal("Invalid IP 2001:db8::7", AddressRefusedError, "scarecr0w12/whmcs-mcp-tool #43: IPv6 switched on"),
    Refusal("Invalid or missing credentials", CredentialsError, "darthsoup/php-whmcs-api; yashodhank: 403, 8.13, 9.0"),
    Refusal("Authentication Failed", CredentialsError, "darthsoup/php-whmcs-api, older versions"),
    Refusal("Access Denied", CredentialsError, "darthsoup/php-whmcs-api: the admin lacks API Access"),
    Refusal("ACCESS DENIED", CredentialsError, "the same, since spellings differ between versions"),
    Refusal("Administrator Account Disabled", CredentialsError, "darthsoup/php-whmcs-api"),
    Refusal("Invalid password provided", CredentialsError, "darthsoup/php-whmcs-api"),
    Refusal(
        'Invalid Permissions: API action "resetpassword" is not allowed',
        NotPermittedError,
        "drosendo/whmcs-custom-apis #1, eksoverzero/whmcs-freeradius #34: 403",
    ),
    Refusal("Action not found", UnknownActionError, "several public clients; status not known"),
    Refusal("Command Not Found", UnknownActionError, "vexxhost/whmcs-api test, 2016"),
    Refusal("API Function Not Found", UnknownActionError, "several public clients; status not known"),
    Refusal("The requested API Action could not be found.", UnknownActionError, "several public clients"),
    Refusal("User Not Found", NotFoundError, "reference, ResetPassword"),
    Refusal("Client not found", NotFoundError, "reference, GetClientsDetails, in another spelling"),
    Refusal("Client ID Not Found", NotFoundError, "reference, ResetPassword, older"),
    Refusal("Empty action request", RefusedError, "darthsoup/php-whmcs-api: 400"),
    Refusal("Please provide a valid email address", RefusedError, "reference, ResetPassword"),
    Refusal("Please enter the email address or provide the id", RefusedError, "reference, ResetPassword"),
    Refusal(
        "The security question answer must be provided for this account",
        RefusedError,
        "reference, ResetPassword, older",
    ),
    Refusal("Either clientid Or email Is Required", RefusedError, "reference, GetClientsDetails"),
]

# sburina/laravel-whmcs-up #6; the status is unknown. One bad row breaks the page, or the answer to a write.
NOT_WORDED = "Error generating JSON encoded response: Malformed UTF-8 characters, possibly incorrectly encoded"


def as_pairs(message: str) -> str:
    """Return the name=value; format, sent without responsetype=json (vexxhost/whmcs-api test, 2016)."""
    return f"result=error;message={message};"


def as_xml(message: str) -> str:
    """Return the same in XML, whose root is `whmcsapi` (apocas/node-whmcs)."""
    escaped = message.replace("&", "&amp;").replace('"', "&quot;")
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<whmcsapi version="5.3.14">\n<action>resetpassword</action>\n'
        f"<result>error</result>\n<message>{escaped}</message>\n</whmcsapi>"
    )
