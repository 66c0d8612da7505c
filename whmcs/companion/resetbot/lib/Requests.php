<?php

namespace WHMCS\Module\Addon\Resetbot;

use WHMCS\Database\Capsule;

/**
 * The record of each request_id, kept for a day. A row without `changed_at` is pending: a request that failed on tables
 * without roll-back. A repeat of it writes again, and `result` does not know if it was done.
 */
final class Requests
{
    const KEPT_SECONDS = 86400;

    /** Returns the time since when every request is known: that of the table, or of the oldest rows that are kept. */
    public static function rememberedSince(int $now): int
    {
        return max(Settings::requestsSince($now), $now - self::KEPT_SECONDS);
    }

    public static function prune(int $now): void
    {
        Capsule::table(Tables::REQUESTS)->where('created_at', '<', $now - self::KEPT_SECONDS)->delete();
    }

    /** @return \stdClass|null The row of the request. */
    public static function find(string $requestId)
    {
        return Capsule::table(Tables::REQUESTS)->where('request_id', $requestId)->first();
    }

    /**
     * Records a request as pending unless it exists, and returns its row.
     *
     * Of two concurrent ones the second waits here until the first has ended. The row is read without a lock of its
     * own: all that wait already hold a shared one, and would deadlock if they requested more.
     */
    public static function begin(SetPassword $asked, string $passwordHash, int $now): \stdClass
    {
        Capsule::table(Tables::REQUESTS)->insertOrIgnore([
            'request_id' => $asked->requestId,
            'client_id' => $asked->clientId,
            'user_id' => $asked->userId,
            'password_hash' => $passwordHash,
            'created_at' => $now,
        ]);
        return self::find($asked->requestId);
    }

    public static function finish(string $requestId, int $now): void
    {
        Capsule::table(Tables::REQUESTS)->where('request_id', $requestId)->update(['changed_at' => $now]);
    }

    /** @throws Refusal if the row is that of another request. */
    public static function requireSame(\stdClass $row, SetPassword $asked): void
    {
        $isSame = $row->request_id === $asked->requestId
            && (int) $row->client_id === $asked->clientId
            && (int) $row->user_id === $asked->userId;
        if (!$isSame || !password_verify($asked->password, $row->password_hash)) {
            throw new Refusal('request_id_conflict', 'This request_id belongs to another request.');
        }
    }
}
