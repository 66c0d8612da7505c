<?php
/**
 * Fills an SQLite file, whose name is the first argument, with the clients and users that stand on standard input as
 * JSON, activates the module, and prints its secret.
 */

define('WHMCS', true);
require_once __DIR__ . '/standins/whmcs.php';
require_once $argv[2] . '/resetbot.php';

use WHMCS\Database\Capsule;
use WHMCS\Module\Addon\Resetbot\Settings;

connect($argv[1]);
create_tables();
Capsule::connection()->transaction(function () {
    foreach (json_decode(stream_get_contents(STDIN), true) as $table => $rows) {
        foreach ($rows as $row) {
            if (isset($row['password'])) {
                $row['password'] = password_hash($row['password'], PASSWORD_BCRYPT, ['cost' => 4]);
            }
            Capsule::table($table)->insert($row);
        }
    }
});
resetbot_activate();
echo Settings::renewSecret(Settings::secretMark());
