<?php

namespace WHMCS\Module\Addon\Resetbot;

use WHMCS\Database\Capsule;

/**
 * What admins set: addresses and lengths on WHMCS's own page for addon modules, the secret on the module's page.
 *
 * WHMCS keeps the former in tbladdonmodules. The secret stands encrypted in a table of the module's.
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

    /** The fields of WHMCS's own page. */
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

    /** What is no number between the limits becomes the nearer limit. */
    public function minimumPasswordLength(): int
    {
        $length = (int) ($this->values['minimum_password_length'] ?? 0);
        return max(self::MINIMUM_PASSWORD_LENGTH, min(self::MAXIMUM_PASSWORD_LENGTH, $length));
    }

    /** The secret, or null if the module is not active, has none yet, or can't read it any more. */
    public static function secret(): ?string
    {
        $encrypted = Tables::exist() ? self::encryptedSecret() : null;
        $secret = $encrypted === null ? '' : (string) decrypt($encrypted);
        return preg_match('/\A[0-9a-f]{64}\z/', $secret) === 1 ? $secret : null;
    }

    /** Another value after every new secret. It tells nothing of the secret, so a form can carry it. */
    public static function secretMark(): string
    {
        return self::markOf(self::encryptedSecret());
    }

    /**
     * Make a new secret, which replaces the one before at once, and return it: 32 random bytes as 64 hex digits.
     *
     * @param string $mark That of the secret to replace. Of several calls with the same one, only the first does it.
     * @return string|null Null if the mark is not, or no longer, that of the secret; then nothing was changed.
     * @throws \RuntimeException if WHMCS could not give it back; then the old one stays.
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
        // One statement that names the old one, so that of two at the same moment only one gets through.
        $table = Capsule::table(Tables::SETTINGS);
        $written = $old === null
            ? $table->insertOrIgnore(['name' => 'secret', 'value' => $encrypted])
            : $table->where('name', 'secret')->where('value', $old)->update(['value' => $encrypted]);
        return $written === 1 ? $secret : null;
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
