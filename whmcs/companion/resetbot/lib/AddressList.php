<?php

namespace WHMCS\Module\Addon\Resetbot;

/** Addresses and networks (203.0.113.7, 2001:db8::/32), as an admin entered them, separated by lines or commas. */
final class AddressList
{
    /** @var array Lists of network (packed) and prefix length (bits). */
    private $networks = [];

    /** @var string[] */
    private $entries;

    /** @var string[] */
    private $unreadable = [];

    public function __construct(string $text)
    {
        $this->entries = preg_split('/[\s,;]+/', $text, -1, PREG_SPLIT_NO_EMPTY);
        foreach ($this->entries as $entry) {
            $network = self::parse($entry);
            if ($network === null) {
                $this->unreadable[] = $entry;
            } else {
                $this->networks[] = $network;
            }
        }
    }

    public function isEmpty(): bool
    {
        return $this->networks === [];
    }

    /** @return string[] All entries, as they were entered. */
    public function entries(): array
    {
        return $this->entries;
    }

    /** @return string[] Entries that are neither an address nor a network, and so match no caller. */
    public function unreadable(): array
    {
        return $this->unreadable;
    }

    public function contains(string $address): bool
    {
        $packed = self::pack($address);
        foreach ($packed === null ? [] : $this->networks as list($network, $bits)) {
            if (strlen($network) === strlen($packed) && self::startAlike($network, $packed, $bits)) {
                return true;
            }
        }
        return false;
    }

    private static function parse(string $entry): ?array
    {
        $parts = explode('/', $entry, 2);
        $packed = self::pack($parts[0]);
        if ($packed === null) {
            return null;
        }
        $all = strlen($packed) * 8;
        if (!isset($parts[1])) {
            return [$packed, $all];
        }
        $isPrefix = preg_match('/\A[0-9]{1,3}\z/', $parts[1]) === 1 && (int) $parts[1] <= $all;
        return $isPrefix ? [$packed, (int) $parts[1]] : null;
    }

    /** Returns the IPv4 address of an IPv4-mapped one (::ffff:203.0.113.7). */
    private static function pack(string $address): ?string
    {
        if (filter_var($address, FILTER_VALIDATE_IP) === false) {
            return null;
        }
        $packed = inet_pton($address);
        $isMapped = strlen($packed) === 16 && strpos($packed, str_repeat("\0", 10) . "\xff\xff") === 0;
        return $isMapped ? substr($packed, 12) : $packed;
    }

    private static function startAlike(string $one, string $other, int $bits): bool
    {
        $bytes = intdiv($bits, 8);
        if (substr($one, 0, $bytes) !== substr($other, 0, $bytes)) {
            return false;
        }
        $rest = $bits % 8;
        return $rest === 0 || (ord($one[$bytes]) >> (8 - $rest)) === (ord($other[$bytes]) >> (8 - $rest));
    }
}
