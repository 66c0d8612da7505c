<?php

namespace WHMCS\Module\Addon\Resetbot;

use WHMCS\Database\Capsule;

/**
 * The admins' settings: addresses and lengths on WHMCS's page for addon modules, the secret on the module's page.
 *
 * WHMCS stores the former in tbladdonmodules. The secret is stored encrypted in one of the module's tables.
 */
final class Settings
{
    const MODULE = 'resetbot';
    const VERSION = '1.0.0';
    const MINIMUM_PASSWORD_LENGTH = 8;
    const MAXIMUM_PASSWORD_LENGTH = 64;

    /** @var array */
    private $values;

    private function __construct(array $values)
    {
        $this->values = $values;
    }

    public static function load(): self
    {
        $rows = Capsule::table('tbladdonmodules')->where('module', self::MODULE)->get();
        $values = [];
        foreach ($rows as $row) {
            $values[$row->setting] = (string) $row->value;
        }
        return new self($values);
    }

    /** Returns the fields for WHMCS's page. */
    public static function fields(): array
    {
        return [
            'allowed_addresses' => [
                'FriendlyName' => 'Addresses of the bot',
                'Type' => 'textarea',
                'Rows' => '3',
                'Cols' => '50',
                'Default' => '',
                'Description' => 'Who may call: one address or network (203.0.113.7, 2001:db8::/64) a line. '
                    . 'Empty: nobody.',
            ],
            'trusted_proxies' => [
                'FriendlyName' => 'Trusted proxies',
                'Type' => 'textarea',
                'Rows' => '2',
                'Cols' => '50',
                'Default' => '',
                'Description' => 'Only if a proxy of yours stands before WHMCS: its addresses. X-Forwarded-For and '
                    . 'X-Forwarded-Proto are believed from there, and from nowhere else.',
            ],
            'minimum_password_length' => [
                'FriendlyName' => 'Shortest password',
                'Type' => 'text',
                'Size' => '4',
                'Default' => (string) self::MINIMUM_PASSWORD_LENGTH,
                'Description' => 'Characters, ' . self::MINIMUM_PASSWORD_LENGTH . ' to ' . self::MAXIMUM_PASSWORD_LENGTH . '.',
            ],
        ];
    }

    public function allowedAddresses(): AddressList
    {
        return new AddressList($this->values['allowed_addresses'] ?? '');
    }

    public function trustedProxies(): AddressList
    {
        return new AddressList($this->values['trusted_proxies'] ?? '');
    }

    /** Returns the number, limited to the range. */
    public function minimumPasswordLength(): int
    {
        $length = (int) ($this->values['minimum_password_length'] ?? 0);
        return max(self::MINIMUM_PASSWORD_LENGTH, min(self::MAXIMUM_PASSWORD_LENGTH, $length));
    }

    /** Returns the secret, or null if the module is not active, has none, or can no longer read it. */
    public static function secret(): ?string
    {
        $encrypted = Tables::exist() ? self::encryptedSecret() : null;
        $secret = $encrypted === null ? '' : (string) decrypt($encrypted);
        return preg_match('/\A[0-9a-f]{64}\z/', $secret) === 1 ? $secret : null;
    }

    /** Returns a value that changes with every new secret. It reveals nothing about it, so a form can hold it. */
    public static function secretMark(): string
    {
        return self::markOf(self::encryptedSecret());
    }

    /**
     * Creates and returns a secret, which replaces the old one at once: 32 random bytes as 64 hex digits.
     *
     * @param string $mark The mark of the secret to replace. Of several calls with the same mark, only the first has an effect.
     * @return string|null Null if the mark is not, or no longer, the current one; then nothing was changed.
     * @throws \RuntimeException if WHMCS could not decrypt it again; then the old one stays.
     */
    public static function renewSecret(string $mark): ?string
    {
        $old = self::encryptedSecret();
        if (!hash_equals(self::markOf($old), $mark)) {
            return null;
        }
        $secret = bin2hex(random_bytes(32));
        $encrypted = encrypt($secret);
        if (decrypt($encrypted) !== $secret) {
            throw new \RuntimeException('WHMCS can not decrypt what it encrypted; nothing was changed.');
        }
        // One statement with the old value as a condition, so of two concurrent ones only one succeeds.
        $table = Capsule::table(Tables::SETTINGS);
        $written = $old === null
            ? $table->insertOrIgnore(['name' => 'secret', 'value' => $encrypted])
            : $table->where('name', 'secret')->where('value', $old)->update(['value' => $encrypted]);
        return $written === 1 ? $secret : null;
    }

    /**
     * Returns when the table of requests was created. An update from a version that did not note it counts as such.
     */
    public static function requestsSince(int $now): int
    {
        Capsule::table(Tables::SETTINGS)->insertOrIgnore(['name' => 'requests_since', 'value' => (string) $now]);
        return (int) Capsule::table(Tables::SETTINGS)->where('name', 'requests_since')->value('value');
    }

    private static function encryptedSecret(): ?string
    {
        return Capsule::table(Tables::SETTINGS)->where('name', 'secret')->value('value');
    }

    private static function markOf(?string $encrypted): string
    {
        return hash('sha256', (string) $encrypted);
    }
}
