"""Text in place of an answer, or before it."""

# WHMCS in maintenance mode: a page with status 200 (docs.whmcs.com, Maintenance Mode; its wording is ours).
MAINTENANCE = "<!DOCTYPE html>\n<html><head><title>Down for Maintenance</title></head><body>Back shortly.</body></html>"

# A challenge of Cloudflare: status 403, a page that asks for JavaScript (theorigamicorporation/toc-whmcs-mcp CHANGELOG).
CHALLENGE = (
    '<!DOCTYPE html><html lang="en-US"><head><title>Just a moment...</title></head>'
    "<body><noscript>Enable JavaScript and cookies to continue</noscript></body></html>"
)

# Stray output by a hook or an addon: status 500, after the work (yashodhank/whmcs-mcp-server, debug report).
EMITTER = (
    "<!DOCTYPE html><html><body><h1>Oops!</h1><pre>Laminas\\HttpHandlerRunner\\Exception\\EmitterException: "
    "Output has been emitted previously; cannot emit response</pre></body></html>"
)

# PHP with display_errors prints this before the JSON, on lines of its own.
PHP_WARNING = (
    '<br />\n<b>Warning</b>:  Undefined array key "x" in <b>/srv/www/includes/hooks/y.php</b> on line <b>3</b><br />\n'
)
BYTE_ORDER_MARK = "\ufeff"
