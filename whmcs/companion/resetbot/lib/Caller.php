<?php

namespace WHMCS\Module\Addon\Resetbot;

/**
 * Who calls, and how safely.
 *
 * What a request says of itself (X-Forwarded-For, X-Forwarded-Proto) counts only if it comes from a proxy that the
 * module's settings name. Both are the web server's own word otherwise.
 */
final class Caller
{
    const HEADERS_OF_PROXIES = '/\AHTTP_(.*FORWARDED.*|.*CLIENT_IP|.*REAL_IP|VIA|X_VARNISH|CDN_LOOP|CF_.*)\z/';

    /** @var string */
    private $address;

    /** @var bool */
    private $isSecure;

    /** @param array $server What PHP calls $_SERVER. */
    public function __construct(array $server, AddressList $trustedProxies)
    {
        $peer = (string) ($server['REMOTE_ADDR'] ?? '');
        $forwarded = preg_split('/[\s,]+/', $server['HTTP_X_FORWARDED_FOR'] ?? '', -1, PREG_SPLIT_NO_EMPTY);
        if ($trustedProxies->contains($peer)) {
            $this->address = self::lastStranger($forwarded, $trustedProxies, $peer);
            $protocol = $server['HTTP_X_FORWARDED_PROTO'] ?? null;
            $this->isSecure = $protocol === null ? self::isHttps($server) : strtolower($protocol) === 'https';
        } else {
            $this->address = $peer;
            $this->isSecure = self::isHttps($server);
        }
        $this->isSecure = $this->isSecure || (self::isLoopback($this->address) && !self::isForwarded($server));
    }

    public function address(): string
    {
        return $this->address;
    }

    /** Whether nobody on a network could read along: https, or this machine itself. */
    public function isSecure(): bool
    {
        return $this->isSecure;
    }

    /**
     * Each proxy appends whom it heard from, so the last one that is no proxy of ours is the caller. Where all are, it
     * is the last of all, whom our proxy itself saw: those before it may be the caller's own invention.
     */
    private static function lastStranger(array $forwarded, AddressList $trustedProxies, string $peer): string
    {
        foreach (array_reverse($forwarded) as $address) {
            if (!$trustedProxies->contains($address)) {
                return $address;
            }
        }
        return $forwarded === [] ? $peer : $forwarded[count($forwarded) - 1];
    }

    private static function isHttps(array $server): bool
    {
        return !in_array(strtolower((string) ($server['HTTPS'] ?? '')), ['', 'off', '0'], true);
    }

    private static function isLoopback(string $address): bool
    {
        return (new AddressList('127.0.0.0/8 ::1'))->contains($address);
    }

    /** A proxy on this machine calls from loopback, whoever called it; a header of any proxy's gives it away. */
    private static function isForwarded(array $server): bool
    {
        return preg_grep(self::HEADERS_OF_PROXIES, array_map('strval', array_keys($server))) !== [];
    }
}
