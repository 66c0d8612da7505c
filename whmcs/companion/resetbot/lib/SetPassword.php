<?php

namespace WHMCS\Module\Addon\Resetbot;

use WHMCS\Database\Capsule;

/** One request to set a password. */
final class SetPassword
{
    /** @var string */
    public $requestId;

    /** @var int */
    public $clientId;

    /** @var int */
    public $userId;

    /** @var string */
    public $password;

    /** @var string */
    public $agent;

    /** @var string The second agent who approved it, or empty. */
    public $approvedBy;

    /** @throws Refusal */
    public function __construct(Fields $fields)
    {
        $this->password = $fields->password('password');
        $fields->refuseTemporary();
        $this->requestId = $fields->reference('request_id');
        $this->clientId = $fields->id('client_id');
        $this->userId = $fields->id('user_id');
        $this->agent = $fields->slackId('agent');
        $this->approvedBy = $fields->optionalSlackId('approved_by');
    }

    /**
     * Sets the password, unless the same request was done before.
     *
     * @return array The answer of the protocol.
     * @throws Refusal
     */
    public function perform(int $minimumLength, int $now): array
    {
        $this->requireGoodPassword($minimumLength);
        $row = Requests::find($this->requestId);
        if ($row !== null) {
            Requests::requireSame($row, $this);
        }
        if ($row === null || $row->changed_at === null) {
            // Repeated inside the transaction; here, so that a refusal leaves no rows in tables without roll-back.
            Users::get($this->userId, $this->clientId);
            // Slow, so it runs before any row is locked.
            $hash = password_hash($this->password, PASSWORD_BCRYPT);
            // MySQL may abort one of several concurrent transactions, which then tries again.
            $row = Capsule::connection()->transaction(function () use ($hash, $now) {
                return $this->write($hash, $now);
            }, 3);
        }
        return $row === null ? self::report($this->userId, $now, false) : self::report($row->user_id, $row->changed_at, true);
    }

    /** @return \stdClass|null The row of an earlier request that was done, or null if it was done now. */
    private function write(string $hash, int $now)
    {
        // The order matters on tables without roll-back: pending, password, done.
        $row = Requests::begin($this, $hash, $now);
        Requests::requireSame($row, $this);
        if ($row->changed_at !== null) {
            return $row;
        }
        $user = Users::get($this->userId, $this->clientId);
        Users::setPassword($user, $hash, $now);
        Requests::finish($this->requestId, $now);
        $approval = $this->approvedBy === '' ? '' : ", approved by {$this->approvedBy}";
        Activity::write(
            "{$this->agent} set a new password for user {$user->id} ({$user->email}) of client {$this->clientId},"
            . " request {$this->requestId}$approval",
            $this->clientId
        );
        return null;
    }

    /** ASCII, at most 64 characters: bcrypt ignores everything after 72 bytes, and PHP stops at a NUL. */
    private function requireGoodPassword(int $minimumLength): void
    {
        $pattern = '/\A[ -~]{' . $minimumLength . ',' . Settings::MAXIMUM_PASSWORD_LENGTH . '}\z/';
        if (preg_match($pattern, $this->password) !== 1) {
            throw new Refusal('password_refused', 'The password is too short, too long or not printable ASCII.');
        }
    }

    private static function report($userId, $changedAt, bool $isRepeated): array
    {
        return [
            'user_id' => (int) $userId,
            'changed_at' => gmdate('Y-m-d\TH:i:s\Z', (int) $changedAt),
            'repeated' => $isRepeated,
            'temporary' => false,
        ];
    }
}
