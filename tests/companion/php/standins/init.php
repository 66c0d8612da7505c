<?php
/**
 * Stands where WHMCS's init.php does: three levels above the module. Like WHMCS and its other modules may, it changes
 * what was posted, sets a time zone, prints, and rewrites the caller's address.
 */

define('WHMCS', true);
date_default_timezone_set('America/Bogota');

require_once getenv('RESETBOT_STANDINS') . '/whmcs.php';
connect(getenv('RESETBOT_DATABASE'));

foreach ($_POST as $name => $value) {
    $_POST[$name] = htmlspecialchars((string) $value, ENT_QUOTES);
}
$_SERVER['REMOTE_ADDR'] = '198.51.100.99';
echo "<!-- printed by another module -->\n";
trigger_error('a notice of another module', E_USER_NOTICE);
register_shutdown_function(function () {
    echo '<!-- printed at the end by another module -->';
});
