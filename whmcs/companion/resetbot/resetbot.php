<?php
/**
 * WHMCS addon module of the reset-password bot: sets a user's password and reads a user's last sign-in.
 *
 * PHP 7.2 syntax, for WHMCS 8.0 to 9.x. WHMCS calls this file; the bot calls api.php.
 */

if (!defined('WHMCS')) {
    http_response_code(404);
    exit;
}

require_once __DIR__ . '/lib/autoload.php';

use WHMCS\Module\Addon\Resetbot\Page;
use WHMCS\Module\Addon\Resetbot\Settings;
use WHMCS\Module\Addon\Resetbot\Tables;

function resetbot_config()
{
    return [
        'name' => 'Reset Bot',
        'description' => 'Lets the reset-password bot set the password of a user, and read the last sign-in.',
        'version' => Settings::VERSION,
        'author' => 'Reset Bot',
        'fields' => Settings::fields(),
    ];
}

function resetbot_activate()
{
    try {
        Tables::create();
        Settings::requestsSince(time());
    } catch (\Throwable $error) {
        return ['status' => 'error', 'description' => 'The tables could not be made: ' . $error->getMessage()];
    }
    return [
        'status' => 'success',
        'description' => 'Press Configure to grant access and to enter the addresses of the bot. '
            . 'Then open Addons > Reset Bot and make a secret.',
    ];
}

/** Removes all data of the module, including the secret. */
function resetbot_deactivate()
{
    try {
        Tables::drop();
    } catch (\Throwable $error) {
        return ['status' => 'error', 'description' => 'The tables could not be removed: ' . $error->getMessage()];
    }
    return ['status' => 'success', 'description' => 'The secret and all that was kept are gone.'];
}

/** Called once after the files of another version were installed. */
function resetbot_upgrade($vars)
{
    Tables::create();
}

function resetbot_output($vars)
{
    $isPost = isset($_SERVER['REQUEST_METHOD']) && $_SERVER['REQUEST_METHOD'] === 'POST';
    echo (new Page($vars['modulelink']))->render($isPost ? $_POST : []);
}
