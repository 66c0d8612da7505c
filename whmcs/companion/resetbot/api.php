<?php
/**
 * The bot's endpoint: one signed JSON request, one JSON answer.
 */

// WHMCS may change both while it starts; other modules may print.
$resetbotServer = $_SERVER;
$resetbotLevel = ob_get_level();
ob_start();

require_once __DIR__ . '/../../../init.php';
require_once __DIR__ . '/lib/autoload.php';

list($resetbotStatus, $resetbotHeaders, $resetbotBody) = (new \WHMCS\Module\Addon\Resetbot\Api(
    $resetbotServer,
    time()
))->answer();

while (ob_get_level() > $resetbotLevel && ob_end_clean()) {
    continue;
}
http_response_code($resetbotStatus);
header('Content-Type: application/json');
header('Cache-Control: no-store');
foreach ($resetbotHeaders as $resetbotName => $resetbotValue) {
    header($resetbotName . ': ' . $resetbotValue);
}
echo $resetbotBody;
flush();
// Output during PHP's shutdown would follow the answer.
ob_start(function () {
    return '';
});
exit;
