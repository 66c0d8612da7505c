<?php

use PHPUnit\Framework\TestCase;
use WHMCS\Database\Capsule;
use WHMCS\Module\Addon\Resetbot\Settings;

/** An activated module in an SQLite database of the test's own, in memory. */
abstract class ModuleTestCase extends TestCase
{
    protected function setUp(): void
    {
        connect(':memory:');
        create_tables();
        resetbot_activate();
        $_POST = [];
        $_SERVER['REQUEST_METHOD'] = 'GET';
    }

    protected function configure(string $setting, string $value): void
    {
        Capsule::table('tbladdonmodules')->insert(['module' => 'resetbot', 'setting' => $setting, 'value' => $value]);
    }

    protected function makeSecret(): string
    {
        return Settings::renewSecret(Settings::secretMark());
    }

    /** All that stands in PHP's own log after this was done. */
    protected function phpLogOf(callable $doing): string
    {
        $file = tempnam(sys_get_temp_dir(), 'log');
        $before = ini_set('error_log', $file);
        try {
            $doing();
        } finally {
            ini_set('error_log', $before);
            $written = file_get_contents($file);
            unlink($file);
        }
        return $written;
    }

    /** The module's page as an admin gets it, who posts this form or only looks. */
    protected function page(array $form = []): string
    {
        $_POST = $form;
        $_SERVER['REQUEST_METHOD'] = $form === [] ? 'GET' : 'POST';
        ob_start();
        try {
            resetbot_output(['modulelink' => 'addonmodules.php?module=resetbot&x=1']);
        } finally {
            $html = ob_get_clean();
        }
        return $html;
    }
}
