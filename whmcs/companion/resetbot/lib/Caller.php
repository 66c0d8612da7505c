<?php

namespace WHMCS\Module\Addon\Resetbot;

/**
 * The caller's address and the security of its connection.
 *
 * A request's own headers (X-Forwarded-For, X-Forwarded-Proto) count only if it comes from a proxy that the
 * module's settings name. Otherwise both come from the web server.
 */
final class Caller
{
    const HEADERS_OF_PROXIES = '/\AHTTP_(.*FORWARDED.*|.*CLIENT_IP|.*REAL_IP|VIA|X_VARNISH|CDN_LOOP|CF_.*)\z/';

    /** @var string */
    private $address;

    /** @var bool */
    private $isSecure;

    /** @param array $server PHP's $_SERVER. */
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

    /** Returns true if the request can't be read on a network: https, or this machine. */
    public function isSecure(): bool
    {
        return $this->isSecure;
    }

    /**
     * Each proxy appends the address it was called from, so the last one that is not a trusted proxy is the caller. If
     * all are trusted, it is the last one, seen by the proxy itself: the caller may have forged those before it.
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

    /** A proxy on this machine calls from loopback; it is recognized by any proxy header. */
    private static function isForwarded(array $server): bool
    {
        return preg_grep(self::HEADERS_OF_PROXIES, array_map('strval', array_keys($server))) !== [];
    }
}
