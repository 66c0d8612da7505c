<?php

use WHMCS\Database\Capsule;
use WHMCS\Module\Addon\Resetbot\Call;
use WHMCS\Module\Addon\Resetbot\Settings;
use WHMCS\Module\Addon\Resetbot\Tables;

final class PageTest extends ModuleTestCase
{
    /** What a browser posts when the button of the page as it is now is pressed. */
    private function form(): array
    {
        preg_match_all('/<input type="hidden" name="([^"]+)" value="([^"]*)">/', $this->page(), $found);
        $this->assertNotSame([], $found[1]);
        return array_combine($found[1], $found[2]);
    }

    /** The secret that a page shows. */
    private function shownOn(string $html): string
    {
        $this->assertSame(1, preg_match_all('/<code>([0-9a-f]{64})<\/code>/', $html, $found));
        return $found[1][0];
    }

    public function testAFreshModuleSaysWhatIsMissing(): void
    {
        $html = $this->page();

        $this->assertStringContainsString('Not ready', $html);
        $this->assertStringContainsString('None that can be used', $html);
        $this->assertStringContainsString('nobody is let in', $html);
    }

    public function testAModuleWithSecretAndAddressesIsReady(): void
    {
        $this->makeSecret();
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
        $first = $this->shownOn($this->page($this->form()));
        $second = $this->shownOn($this->page($this->form()));

        $this->assertNotSame($first, $second);
        $this->assertSame($second, Settings::secret());
        $this->assertStringNotContainsString($second, $this->page());
        $this->assertStringNotContainsString($second, json_encode(Capsule::table('tblactivitylog')->get()));
    }

    /** @dataProvider numbersOfSecrets */
    public function testTheSameFormSentAgainMakesNoOtherSecretAndSaysSo(int $before): void
    {
        for ($number = 0; $number < $before; $number++) {
            $this->makeSecret();
        }
        $form = $this->form();
        $secret = $this->shownOn($this->page($form));

        $html = $this->page($form);

        $this->assertStringContainsString('Nothing was changed', $html);
        $this->assertStringContainsString('sent before', $html);
        $this->assertDoesNotMatchRegularExpression('/[0-9a-f]{64}<\/code>/', $html);
        $this->assertSame($secret, Settings::secret());
        $this->assertSame(1, Capsule::table('tblactivitylog')->count());
        $this->assertNotSame($secret, $this->shownOn($this->page($this->form())));
    }

    public function numbersOfSecrets(): array
    {
        return ['the first secret' => [0], 'one that replaces another' => [1]];
    }

    public function testAPageFromBeforeAnotherAdminMadeASecretMakesNone(): void
    {
        $form = $this->form();
        $secret = $this->makeSecret();

        $this->assertStringContainsString('Nothing was changed', $this->page($form));
        $this->assertSame($secret, Settings::secret());
    }

    /** @dataProvider marks */
    public function testAFormThatDoesNotSayWhichSecretItReplacesMakesNone(array $mark): void
    {
        $secret = $this->makeSecret();
        $form = $this->form();
        unset($form['resetbot_mark']);

        $this->assertStringContainsString('Nothing was changed', $this->page($form + $mark));
        $this->assertSame($secret, Settings::secret());
    }

    public function marks(): array
    {
        return [[[]], [['resetbot_mark' => '']], [['resetbot_mark' => ['a']]]];
    }

    public function testASecretThatCanNotBeReadAnyMoreIsReplaced(): void
    {
        $this->makeSecret();
        Capsule::table(Tables::SETTINGS)->update(['value' => 'AAAA']);

        $this->assertSame($this->shownOn($this->page($this->form())), Settings::secret());
    }

    public function testANewSecretIsShownAlthoughTheActivityLogCanNotBeWritten(): void
    {
        $_SESSION['adminid'] = 7;
        $form = $this->form();
        Capsule::schema()->drop('tblactivitylog');
        $html = '';

        $log = $this->phpLogOf(function () use ($form, &$html) {
            $html = $this->page($form);
        });

        $secret = $this->shownOn($html);
        $this->assertSame($secret, Settings::secret());
        $this->assertStringContainsString('could not be written into the activity log', $html);
        $this->assertStringContainsString('admin 7 made a new secret', $log);
        $this->assertStringNotContainsString($secret, $log);
    }

    public function testANewSecretIsShownAlthoughTheRestOfThePageCanNotBeRead(): void
    {
        $form = $this->form();
        Capsule::schema()->drop(Tables::CALLS);

        $html = $this->page($form);

        $this->assertSame($this->shownOn($html), Settings::secret());
        $this->assertStringContainsString('href="addonmodules.php?module=resetbot&amp;x=1"', $html);
        $this->assertStringNotContainsString('could not be written', $html);
    }

    public function testTheActivityLogSaysWhichAdminMadeASecret(): void
    {
        $_SESSION['adminid'] = 7;

        $this->page($this->form());

        $lines = Capsule::table('tblactivitylog')->pluck('description')->all();
        $this->assertSame(['Reset Bot: admin 7 made a new secret on the page of the module'], $lines);
    }

    public function testLookingAtThePageChangesNothing(): void
    {
        $secret = $this->makeSecret();
        $_GET = $this->form();

        $this->page();
        $_GET = [];

        $this->assertSame($secret, Settings::secret());
    }

    public function testAFormWithoutWhmcsTokenMakesNoSecret(): void
    {
        $secret = $this->makeSecret();
        $form = $this->form();

        foreach (['', 'another'] as $token) {
            try {
                $this->page(['token' => $token] + $form);
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
