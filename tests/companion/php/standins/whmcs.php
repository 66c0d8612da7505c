<?php
/**
 * Stand-ins for what the companion uses of WHMCS: Capsule on an SQLite file, the tables, and six functions.
 *
 * They follow WHMCS's public documentation and public modules. They prove the companion's logic, not WHMCS's.
 */

namespace WHMCS\Database {
    require_once '/usr/share/php/Illuminate/Database/autoload.php';

    class Capsule extends \Illuminate\Database\Capsule\Manager
    {
    }
}

namespace {
    use WHMCS\Database\Capsule;

    // A notice of the companion's is a failure; Debian's libraries have theirs on newer versions of PHP.
    set_error_handler(function ($level, $message, $file, $line) {
        if (strpos($file, '/resetbot/') !== false) {
            throw new \ErrorException($message, 0, $level, $file, $line);
        }
        return true;
    });

    /** Creates the file where it is missing. */
    function connect(string $file): void
    {
        if ($file !== ':memory:') {
            touch($file);
        }
        $capsule = new Capsule();
        $capsule->addConnection(['driver' => 'sqlite', 'database' => $file, 'options' => [PDO::ATTR_TIMEOUT => 20]]);
        $capsule->setAsGlobal();
    }

    function create_tables(): void
    {
        $pdo = Capsule::connection()->getPdo();
        $pdo->exec(file_get_contents(__DIR__ . '/schema.sql'));
    }

    function logActivity($message, $clientId = 0)
    {
        Capsule::table('tblactivitylog')->insert(['description' => $message, 'userid' => $clientId]);
    }

    function encrypt($text)
    {
        return base64_encode(strrev($text));
    }

    function decrypt($text)
    {
        return strrev((string) base64_decode($text));
    }

    function generate_token($kind = 'form')
    {
        return '<input type="hidden" name="token" value="fake-token">';
    }

    /** WHMCS's own ends the request instead of throwing. */
    function check_token($namespace = '')
    {
        if (($_POST['token'] ?? '') !== 'fake-token') {
            throw new \RuntimeException('Invalid Token');
        }
        return true;
    }
}
