<?php

use WHMCS\Database\Capsule;
use WHMCS\Module\Addon\Resetbot\Activity;

final class ActivityTest extends ModuleTestCase
{
    private function lines(): array
    {
        return Capsule::table('tblactivitylog')->pluck('description')->all();
    }

    public function testAFailureIsToldByItsInnermostCauseWithoutStatementPasswordOrHash(): void
    {
        $hash = password_hash('Fake-New-Password-1', PASSWORD_BCRYPT, ['cost' => 4]);
        try {
            Capsule::table('missing')->where('password', $hash)->update(['password' => 'Fake-New-Password-1']);
            $this->fail('there is no such table');
        } catch (\Exception $error) {
            Activity::writeFailure($error, ['Fake-New-Password-1']);
        }
        Activity::writeFailure(new \RuntimeException("near 'Fake-New-Password-1' and $hash"), ['Fake-New-Password-1']);

        [$first, $second] = $this->lines();
        $this->assertStringContainsString('no such table: missing', $first);
        $this->assertStringContainsString("near '***' and ***", $second);
        foreach ([$first, $second] as $line) {
            $this->assertStringNotContainsString('Fake-New-Password-1', $line);
            $this->assertStringNotContainsString($hash, $line);
        }
    }

    public function testAFailureIsOneShortLine(): void
    {
        Activity::writeFailure(new \RuntimeException("<b>\n" . str_repeat('ñ', 5000)), []);

        [$line] = $this->lines();
        $this->assertStringContainsString('RuntimeException (ActivityTest.php:', $line);
        $this->assertStringContainsString('(b) ñ', $line);
        $this->assertLessThan(1100, strlen($line));
    }

    public function testAFailureWithBrokenBytesIsStillTold(): void
    {
        Activity::writeFailure(new \RuntimeException("before \xff\xfe behind"), []);

        [$line] = $this->lines();
        $this->assertStringEndsWith(': before ?? behind', $line);
    }

    public function testAFailureThatStrangersCanBringAboutStandsInPhpsLogAlone(): void
    {
        $log = $this->phpLogOf(function () {
            Activity::reportToPhp(new \RuntimeException("the cause\nof it"));
        });

        $this->assertStringContainsString('the cause of it', $log);
        $this->assertSame([], $this->lines());
    }

    public function testWhereTheLogCanNotBeWrittenPhpsOwnHasTheCause(): void
    {
        Capsule::schema()->drop('tblactivitylog');

        $log = $this->phpLogOf(function () {
            Activity::writeFailure(new \RuntimeException('the cause of it'), []);
        });

        $this->assertStringContainsString('the cause of it', $log);
    }
}
