<?php

use WHMCS\Module\Addon\Resetbot\AddressList;
use WHMCS\Module\Addon\Resetbot\Caller;
use WHMCS\Module\Addon\Resetbot\Settings;

final class SettingsTest extends ModuleTestCase
{
    /** @dataProvider addresses */
    public function testAnAddressIsInTheListOrNot(string $list, string $address, bool $expected): void
    {
        $this->assertSame($expected, (new AddressList($list))->contains($address));
    }

    public function addresses(): array
    {
        return [
            'the same' => ['203.0.113.7', '203.0.113.7', true],
            'another' => ['203.0.113.7', '203.0.113.70', false],
            'nothing' => ['', '203.0.113.7', false],
            'a line each' => ["192.0.2.1\r\n203.0.113.7", '203.0.113.7', true],
            'commas' => ['192.0.2.1, 203.0.113.7', '203.0.113.7', true],
            'first of a network' => ['203.0.113.0/24', '203.0.113.0', true],
            'last of a network' => ['203.0.113.0/24', '203.0.113.255', true],
            'past a network' => ['203.0.113.0/24', '203.0.114.0', false],
            'first of a small one' => ['203.0.113.8/30', '203.0.113.8', true],
            'last of a small one' => ['203.0.113.8/30', '203.0.113.11', true],
            'past a small one' => ['203.0.113.8/30', '203.0.113.12', false],
            'before a small one' => ['203.0.113.8/30', '203.0.113.7', false],
            'all of IPv4' => ['0.0.0.0/0', '203.0.113.7', true],
            'all of IPv4 is not IPv6' => ['0.0.0.0/0', '2001:db8::1', false],
            'the same, written otherwise' => ['2001:db8::1', '2001:0DB8:0:0::1', true],
            'IPv6 network' => ['2001:db8:1::/47', '2001:db8:0:ffff::1', true],
            'past an IPv6 network' => ['2001:db8:1::/48', '2001:db8:2::1', false],
            'IPv4 in IPv6' => ['203.0.113.7', '::ffff:203.0.113.7', true],
            'IPv4 network in IPv6' => ['203.0.113.0/24', '::ffff:203.0.113.7', true],
            'no address' => ['203.0.113.7', 'bot.example.com', false],
            'no address at all' => ['0.0.0.0/0', '', false],
            'prefix too long' => ['203.0.113.7/33', '203.0.113.7', false],
            'prefix negative' => ['203.0.113.7/-1', '203.0.113.7', false],
            'prefix empty' => ['203.0.113.7/', '203.0.113.7', false],
            'a name in the list' => ['bot.example.com 203.0.113.7', '203.0.113.7', true],
        ];
    }

    public function testWhatIsNoAddressIsNamed(): void
    {
        $this->assertSame(['bot.example.com', '1.2.3'], (new AddressList('bot.example.com 192.0.2.1 1.2.3'))->unreadable());
    }

    /** @dataProvider callers */
    public function testWhoCallsAndHowSafely(array $server, string $address, bool $isSecure): void
    {
        $caller = new Caller($server, new AddressList('10.0.0.0/8'));

        $this->assertSame([$address, $isSecure], [$caller->address(), $caller->isSecure()]);
    }

    public function callers(): array
    {
        $web = ['REMOTE_ADDR' => '203.0.113.7'];
        $proxy = ['REMOTE_ADDR' => '10.0.0.1'];
        return [
            'https' => [$web + ['HTTPS' => 'on'], '203.0.113.7', true],
            'https as a number' => [$web + ['HTTPS' => '1'], '203.0.113.7', true],
            'https off, as IIS says' => [$web + ['HTTPS' => 'off'], '203.0.113.7', false],
            'http' => [$web, '203.0.113.7', false],
            'http that says https' => [$web + ['HTTP_X_FORWARDED_PROTO' => 'https'], '203.0.113.7', false],
            'https that says another address' => [
                $web + ['HTTPS' => 'on', 'HTTP_X_FORWARDED_FOR' => '127.0.0.1'],
                '203.0.113.7',
                true,
            ],
            'port 443 alone' => [$web + ['SERVER_PORT' => '443'], '203.0.113.7', false],
            'loopback' => [['REMOTE_ADDR' => '127.0.0.1'], '127.0.0.1', true],
            'loopback of IPv6' => [['REMOTE_ADDR' => '::1'], '::1', true],
            'unknown proxy on loopback' => [
                ['REMOTE_ADDR' => '127.0.0.1', 'HTTP_X_REAL_IP' => '203.0.113.7'],
                '127.0.0.1',
                false,
            ],
            'trusted proxy' => [
                $proxy + ['HTTP_X_FORWARDED_FOR' => '203.0.113.7', 'HTTP_X_FORWARDED_PROTO' => 'https'],
                '203.0.113.7',
                true,
            ],
            'trusted proxy, caller claims loopback' => [
                $proxy + ['HTTP_X_FORWARDED_FOR' => '127.0.0.1', 'HTTP_X_FORWARDED_PROTO' => 'http'],
                '127.0.0.1',
                false,
            ],
            'trusted proxy over https that hears http' => [
                $proxy + ['HTTPS' => 'on', 'HTTP_X_FORWARDED_FOR' => '203.0.113.7', 'HTTP_X_FORWARDED_PROTO' => 'http'],
                '203.0.113.7',
                false,
            ],
            'trusted proxy itself' => [$proxy + ['HTTPS' => 'on'], '10.0.0.1', true],
            'two trusted proxies' => [
                $proxy + ['HTTPS' => 'on', 'HTTP_X_FORWARDED_FOR' => '192.0.2.1, 203.0.113.7, 10.9.9.9'],
                '203.0.113.7',
                true,
            ],
            'only trusted addresses, whose first the caller may have made up' => [
                $proxy + ['HTTPS' => 'on', 'HTTP_X_FORWARDED_FOR' => '10.0.0.99, 10.1.1.1, 10.9.9.9'],
                '10.9.9.9',
                true,
            ],
            'nobody' => [[], '', false],
        ];
    }

    /** @dataProvider headersOfProxies */
    public function testARequestFromLoopbackThatPassedAProxyIsNotALocalOne(string $header): void
    {
        $caller = new Caller(['REMOTE_ADDR' => '127.0.0.1', $header => 'x'], new AddressList(''));
        $overHttps = new Caller(['REMOTE_ADDR' => '127.0.0.1', 'HTTPS' => 'on', $header => 'x'], new AddressList(''));

        $this->assertFalse($caller->isSecure());
        $this->assertTrue($overHttps->isSecure());
    }

    public function headersOfProxies(): array
    {
        return array_map(function (string $name) {
            return ['HTTP_' . $name];
        }, [
            'X_FORWARDED', 'X_FORWARDED_FOR', 'X_FORWARDED_PROTO', 'X_FORWARDED_HOST', 'X_FORWARDED_SSL',
            'X_ORIGINAL_FORWARDED_FOR', 'FORWARDED', 'FORWARDED_FOR', 'X_REAL_IP', 'VIA', 'CLIENT_IP', 'X_CLIENT_IP',
            'X_CLUSTER_CLIENT_IP', 'TRUE_CLIENT_IP', 'FASTLY_CLIENT_IP', 'CF_CONNECTING_IP', 'CF_RAY', 'CDN_LOOP',
            'X_VARNISH',
        ]);
    }

    /** @dataProvider headersOfTheBot */
    public function testWhatTheBotSendsItselfLeavesALocalRequestLocal(string $header): void
    {
        $caller = new Caller(['REMOTE_ADDR' => '127.0.0.1', $header => 'x'], new AddressList(''));

        $this->assertTrue($caller->isSecure());
    }

    public function headersOfTheBot(): array
    {
        return array_map(function (string $name) {
            return [$name];
        }, [
            'HTTP_HOST', 'HTTP_ACCEPT', 'HTTP_ACCEPT_ENCODING', 'HTTP_CONNECTION', 'HTTP_USER_AGENT', 'CONTENT_TYPE',
            'CONTENT_LENGTH', 'HTTP_X_RESETBOT_TIMESTAMP', 'HTTP_X_RESETBOT_NONCE', 'HTTP_X_RESETBOT_SIGNATURE',
        ]);
    }

    /** @dataProvider lengths */
    public function testTheShortestPasswordStaysWithinItsLimits(string $written, int $expected): void
    {
        $this->configure('minimum_password_length', $written);

        $this->assertSame($expected, Settings::load()->minimumPasswordLength());
    }

    public function lengths(): array
    {
        return [['8', 8], ['20', 20], ['64', 64], ['7', 8], ['65', 64], ['', 8], ['many', 8], ['-20', 8]];
    }
}
