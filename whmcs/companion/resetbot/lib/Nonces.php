<?php

namespace WHMCS\Module\Addon\Resetbot;

use WHMCS\Database\Capsule;

/** The nonces of all signed requests, which also count them for the rate limit. */
final class Nonces
{
    const KEPT_SECONDS = 3600;
    const REQUESTS_PER_MINUTE = 240;

    /**
     * Uses up a nonce. Runs outside every transaction, so that it persists if the request fails.
     *
     * @throws Refusal
     */
    public static function spend(string $nonce, int $now): void
    {
        Capsule::table(Tables::NONCES)->where('used_at', '<', $now - self::KEPT_SECONDS)->delete();
        $row = ['nonce' => strtolower($nonce), 'used_at' => $now];
        if (Capsule::table(Tables::NONCES)->insertOrIgnore($row) === 0) {
            throw new Refusal('replayed', 'The nonce was used before.');
        }
    }

    /** @throws Refusal */
    public static function limit(int $now): void
    {
        $recent = Capsule::table(Tables::NONCES)->where('used_at', '>', $now - 60)->orderBy('used_at', 'desc');
        $oldest = $recent->skip(self::REQUESTS_PER_MINUTE)->take(1)->value('used_at');
        if ($oldest !== null) {
            $wait = max(1, (int) $oldest + 60 - $now);
            throw new Refusal('rate_limited', 'Too many requests.', [], $wait);
        }
    }
}
