<?php

use WHMCS\Database\Capsule;
use WHMCS\Module\Addon\Resetbot\Settings;
use WHMCS\Module\Addon\Resetbot\Tables;

final class ActivationTest extends ModuleTestCase
{
    const TABLES = [Tables::SETTINGS, Tables::NONCES, Tables::REQUESTS, Tables::CALLS];

    public function testActivatingMakesTheTablesAndNoSecret(): void
    {
        foreach (self::TABLES as $table) {
            $this->assertTrue(Capsule::schema()->hasTable($table), $table);
        }
        $this->assertNull(Settings::secret());
    }

    public function testDeactivatingRemovesEverythingAndTheSecretIsGone(): void
    {
        $this->makeSecret();

        $this->assertSame('success', resetbot_deactivate()['status']);

        foreach (self::TABLES as $table) {
            $this->assertFalse(Capsule::schema()->hasTable($table), $table);
        }
        $this->assertNull(Settings::secret());
        resetbot_activate();
        $this->assertNull(Settings::secret());
    }

    public function testAnActivatedModuleRemembersRequestsFromThenOn(): void
    {
        $since = Capsule::table('mod_resetbot_settings')->where('name', 'requests_since')->value('value');
        $this->assertEqualsWithDelta(time(), (int) $since, 5);
    }

    public function testDeactivatingTwiceAndActivatingTwiceDoNoHarm(): void
    {
        $this->assertSame('success', resetbot_activate()['status']);
        resetbot_deactivate();
        $this->assertSame('success', resetbot_deactivate()['status']);
    }

    public function testActivatingThatFailsIsSaidToHaveFailed(): void
    {
        Capsule::connection()->disconnect();
        Capsule::connection()->setPdo(function () {
            throw new \PDOException('no database');
        });

        $this->assertSame('error', resetbot_activate()['status']);
        $this->assertSame('error', resetbot_deactivate()['status']);
    }

    public function testUpgradingMakesTablesThatAreMissingAndKeepsTheSecret(): void
    {
        $secret = $this->makeSecret();
        Capsule::schema()->drop(Tables::CALLS);

        resetbot_upgrade(['version' => '0.9']);

        $this->assertTrue(Capsule::schema()->hasTable(Tables::CALLS));
        $this->assertSame($secret, Settings::secret());
    }

    public function testWhmcsIsToldNameVersionAndFieldsOfKnownTypes(): void
    {
        $config = resetbot_config();

        $this->assertSame('1.0.0', $config['version']);
        foreach (['name', 'description', 'author'] as $key) {
            $this->assertNotSame('', $config[$key]);
        }
        foreach ($config['fields'] as $field) {
            $this->assertContains($field['Type'], ['text', 'textarea']);
        }
    }

    public function testASecretIsAlwaysNewAndStandsEncryptedInTheDatabase(): void
    {
        $first = $this->makeSecret();
        $second = $this->makeSecret();

        $this->assertMatchesRegularExpression('/\A[0-9a-f]{64}\z/', $second);
        $this->assertNotSame($first, $second);
        $this->assertSame($second, Settings::secret());
        $kept = Capsule::table(Tables::SETTINGS)->where('name', 'secret')->get();
        $this->assertCount(1, $kept);
        $this->assertStringNotContainsString($second, json_encode($kept));
    }
}
