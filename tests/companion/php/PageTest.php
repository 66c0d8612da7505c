<?php

use WHMCS\Database\Capsule;
use WHMCS\Module\Addon\Resetbot\Call;
use WHMCS\Module\Addon\Resetbot\Settings;
use WHMCS\Module\Addon\Resetbot\Tables;

final class PageTest extends ModuleTestCase
{
    const NEW_SECRET = ['resetbot_action' => 'new_secret', 'token' => 'fake-token'];

    public function testAFreshModuleSaysWhatIsMissing(): void
    {
        $html = $this->page();

        $this->assertStringContainsString('Not ready', $html);
        $this->assertStringContainsString('None that can be used', $html);
        $this->assertStringContainsString('nobody is let in', $html);
    }

    public function testAModuleWithSecretAndAddressesIsReady(): void
    {
        Settings::renewSecret();
        $this->configure('allowed_addresses', "203.0.113.7\n2001:db8::/64");

        $html = $this->page();

        $this->assertStringContainsString('<td>Ready</td>', $html);
        $this->assertStringContainsString('1.0.0', $html);
        $this->assertStringContainsString('203.0.113.7, 2001:db8::/64', $html);
    }

    public function testAddressesThatAreNoneAreNamed(): void
    {
        $this->configure('allowed_addresses', 'bot.example.com');

        $this->assertStringContainsString('not understood: bot.example.com', $this->page());
    }

    public function testTheButtonMakesASecretThatIsShownOnce(): void
    {
        $this->page(self::NEW_SECRET);
        $html = $this->page(self::NEW_SECRET);

        $this->assertSame(1, preg_match_all('/<code>([0-9a-f]{64})<\/code>/', $html, $found));
        $this->assertSame($found[1][0], Settings::secret());
        $this->assertStringNotContainsString($found[1][0], $this->page());
        $this->assertStringNotContainsString($found[1][0], json_encode(Capsule::table('tblactivitylog')->get()));
    }

    public function testTheActivityLogSaysWhichAdminMadeASecret(): void
    {
        $_SESSION['adminid'] = 7;

        $this->page(self::NEW_SECRET);

        $lines = Capsule::table('tblactivitylog')->pluck('description')->all();
        $this->assertSame(['Reset Bot: admin 7 made a new secret on the page of the module'], $lines);
    }

    public function testLookingAtThePageChangesNothing(): void
    {
        $secret = Settings::renewSecret();
        $_GET = self::NEW_SECRET;

        $this->page();
        $_GET = [];

        $this->assertSame($secret, Settings::secret());
    }

    public function testAFormWithoutWhmcsTokenMakesNoSecret(): void
    {
        $secret = Settings::renewSecret();

        foreach (['', 'another'] as $token) {
            try {
                $this->page(['token' => $token] + self::NEW_SECRET);
                $this->fail('WHMCS ends such a request');
            } catch (RuntimeException $error) {
                $this->assertSame('Invalid Token', $error->getMessage());
            }
        }
        $this->assertSame($secret, Settings::secret());
    }

    public function testTheFormIsPostedToTheModuleWithWhmcsToken(): void
    {
        $html = $this->page();

        $this->assertStringContainsString('<form method="post" action="addonmodules.php?module=resetbot&amp;x=1">', $html);
        $this->assertStringContainsString('name="token" value="fake-token"', $html);
    }

    public function testTheLastCallsAreShownNewestFirstWithoutMarkupOfTheirs(): void
    {
        foreach (['first', '<script>alert(1)</script>', '"quoted" & \'said\''] as $action) {
            Capsule::table(Tables::CALLS)->insert([
                'called_at' => 1795484344,
                'address' => '203.0.113.7',
                'action' => $action,
                'agent' => $action,
                'client_id' => 42,
                'user_id' => null,
                'request_id' => $action,
                'outcome' => 'ok',
            ]);
        }

        $html = $this->page();

        $this->assertStringNotContainsString('<script>', $html);
        $this->assertStringContainsString('&lt;script&gt;', $html);
        $this->assertStringContainsString('&quot;quoted&quot; &amp; &#039;said&#039;', $html);
        $this->assertStringContainsString('<td>2026-11-24 01:39:04</td><td>203.0.113.7</td>', $html);
        $this->assertLessThan(strpos($html, 'first'), strpos($html, '&quot;quoted'));
    }

    public function testFiftyCallsAreShown(): void
    {
        $call = new Call();
        for ($number = 0; $number < 60; $number++) {
            $call->record('ok', 1795484344);
        }

        $this->assertSame(50, substr_count($this->page(), '<td>ok</td>'));
    }
}
