<?php

namespace WHMCS\Module\Addon\Resetbot;

use WHMCS\Database\Capsule;

/**
 * WHMCS's users and the clients that they have access to: tblusers, tblclients, tblusers_clients.
 *
 * They are read and written as rows, not through WHMCS's models: a model may fire hooks, and one of WHMCS's hooks passes
 * the plain password to every module. Rows are read whole, since a column that a version lacks can't be named.
 */
final class Users
{
    /**
     * @return array The users of the client, as the protocol returns them.
     * @throws Refusal
     */
    public static function ofClient(int $clientId): array
    {
        self::requireClient($clientId);
        $ids = Capsule::table('tblusers_clients')->where('client_id', $clientId)->pluck('auth_user_id')->all();
        $clients = [];
        foreach (Capsule::table('tblusers_clients')->whereIn('auth_user_id', $ids)->orderBy('client_id')->get() as $link) {
            $clients[(int) $link->auth_user_id][] = (int) $link->client_id;
        }
        $users = [];
        foreach (Capsule::table('tblusers')->whereIn('id', $ids)->orderBy('id')->get() as $row) {
            $users[] = [
                'id' => (int) $row->id,
                'email' => (string) $row->email,
                'last_sign_in_at' => self::moment($row->last_login ?? null),
                'second_factor' => !empty($row->second_factor),
                'email_verified' => self::moment($row->email_verified_at ?? null) !== null,
                'client_ids' => $clients[(int) $row->id],
            ];
        }
        return $users;
    }

    /** @throws Refusal unless the user belongs to the client. */
    public static function get(int $userId, int $clientId): \stdClass
    {
        $row = Capsule::table('tblusers')->where('id', $userId)->first();
        if ($row === null) {
            throw new Refusal('user_not_found', 'There is no such user.');
        }
        self::requireClient($clientId);
        $links = Capsule::table('tblusers_clients')->where('auth_user_id', $userId)->where('client_id', $clientId);
        if (!$links->exists()) {
            throw new Refusal('not_a_user_of_client', 'The user does not open this client.');
        }
        return $row;
    }

    /** Writes a new hash, and voids reset links sent earlier and cookies that keep the user signed in. */
    public static function setPassword(\stdClass $row, string $passwordHash, int $now): void
    {
        $changes = ['password' => $passwordHash];
        $others = [
            'reset_token' => '',
            'reset_token_expiry' => null,
            'remember_token' => '',
            'updated_at' => date('Y-m-d H:i:s', $now),
        ];
        $changes += array_intersect_key($others, (array) $row);
        Capsule::table('tblusers')->where('id', $row->id)->update($changes);
    }

    private static function requireClient(int $clientId): void
    {
        if (!Capsule::table('tblclients')->where('id', $clientId)->exists()) {
            throw new Refusal('client_not_found', 'There is no such client.');
        }
    }

    /** WHMCS writes times without a zone; they are read in the zone that WHMCS sets in PHP. */
    private static function moment($value): ?string
    {
        $isTime = is_string($value) && $value !== '' && strpos($value, '0000-00-00') !== 0;
        $at = $isTime ? strtotime($value) : false;
        return $at === false ? null : gmdate('Y-m-d\TH:i:s\Z', $at);
    }
}
