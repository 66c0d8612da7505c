<?php

namespace WHMCS\Module\Addon\Resetbot;

use WHMCS\Database\Capsule;

/** One request of the companion protocol, version 1. */
final class Api
{
    const PROTOCOL = 1;
    const MAXIMUM_SKEW_SECONDS = 300;
    const MAXIMUM_READ_BYTES = 1048576;

    /** @var array */
    private $server;

    /** @var int */
    private $now;

    /** @var Call */
    private $call;

    /** @var bool True once the signature was verified; until then the sender is unknown. */
    private $isSigned = false;

    /**
     * @param array $server PHP's $_SERVER, as it was when the request came in.
     * @param int $now Unix seconds.
     */
    public function __construct(array $server, int $now)
    {
        $this->server = $server;
        $this->now = $now;
        $this->call = new Call();
    }

    /** @return array Status, headers by name, and body. Throws nothing. */
    public function answer(): array
    {
        try {
            $data = ['ok' => true] + $this->perform();
            $this->record(empty($data['repeated']) ? 'ok' : 'repeated');
            return [200, [], self::encode($data)];
        } catch (\Throwable $error) {
            $refusal = $this->refusalOf($error);
            $this->record($refusal->error());
            return [$refusal->status(), $refusal->headers(), self::encode($refusal->data())];
        }
    }

    private function perform(): array
    {
        $secret = Settings::secret();
        if ($secret === null) {
            throw new Refusal('inactive', 'The module is not activated, or has no secret yet.');
        }
        $settings = Settings::load();
        $this->admit($settings);
        // Not $_POST: WHMCS may have escaped its values.
        $body = (string) file_get_contents('php://input', false, null, 0, self::MAXIMUM_READ_BYTES);
        $this->authenticate($secret, $body);
        Requests::prune($this->now);
        Nonces::limit($this->now);
        return $this->dispatch(Fields::parse($body), $settings);
    }

    private function admit(Settings $settings): void
    {
        $caller = new Caller($this->server, $settings->trustedProxies());
        if (!$caller->isSecure()) {
            throw new Refusal('https_required', 'Only https is accepted.');
        }
        if (!$settings->allowedAddresses()->contains($caller->address())) {
            $details = ['address' => $caller->address()];
            throw new Refusal('address_not_allowed', 'This address is not in the list of the module.', $details);
        }
        $this->call->address = $caller->address();
    }

    private function authenticate(string $secret, string $body): void
    {
        $timestamp = (string) ($this->server['HTTP_X_RESETBOT_TIMESTAMP'] ?? '');
        $nonce = (string) ($this->server['HTTP_X_RESETBOT_NONCE'] ?? '');
        $signature = (string) ($this->server['HTTP_X_RESETBOT_SIGNATURE'] ?? '');
        $expected = 'v1=' . hash_hmac('sha256', "v1:$timestamp:$nonce:" . $body, $secret);
        $isWellFormed = preg_match('/\A[0-9]{1,12}\z/', $timestamp) === 1
            && preg_match('/\A[0-9a-fA-F]{32}\z/', $nonce) === 1;
        if (!hash_equals($expected, $signature) || !$isWellFormed) {
            throw new Refusal('bad_signature', 'The signature does not match.');
        }
        $this->isSigned = true;
        if (abs($this->now - (int) $timestamp) > self::MAXIMUM_SKEW_SECONDS) {
            $details = ['time' => gmdate('Y-m-d\TH:i:s\Z', $this->now)];
            throw new Refusal('clock_skew', 'The clocks differ too much.', $details);
        }
        Nonces::spend($nonce, $this->now);
    }

    private function dispatch(Fields $fields, Settings $settings): array
    {
        $action = $fields->text('action', 40);
        $this->call->action = $action;
        switch ($action) {
            case 'ping':
                return $this->ping($settings);
            case 'users':
                $this->call->clientId = $fields->id('client_id');
                return ['users' => Users::ofClient($this->call->clientId)];
            case 'set_password':
                $this->call->order = new SetPassword($fields);
                return $this->call->order->perform($settings->minimumPasswordLength(), $this->now);
            case 'result':
                return $this->result($fields->reference('request_id'));
            default:
                throw new Refusal('unknown_action', 'There is no such action.');
        }
    }

    private function ping(Settings $settings): array
    {
        $version = (string) Capsule::table('tblconfiguration')->where('setting', 'Version')->value('value');
        return [
            'name' => Settings::MODULE,
            'version' => Settings::VERSION,
            'protocol' => self::PROTOCOL,
            'whmcs_version' => explode('-', $version)[0],
            'php_version' => PHP_MAJOR_VERSION . '.' . PHP_MINOR_VERSION . '.' . PHP_RELEASE_VERSION,
            'time' => self::moment($this->now),
            'capabilities' => ['users', 'set_password', 'result'],
            'minimum_password_length' => $settings->minimumPasswordLength(),
            'remembers_since' => self::moment(Requests::rememberedSince($this->now)),
            // The offset of the zone set by WHMCS's init.php, which its times without a zone are in.
            'utc_offset_seconds' => (int) date('Z', $this->now),
        ];
    }

    private function result(string $requestId): array
    {
        $row = Requests::find($requestId);
        $isFound = $row !== null && $row->request_id === $requestId;
        $isDone = $isFound && $row->changed_at !== null;
        return [
            // Null while it is pending: on tables without roll-back the password may have been written or not.
            'known' => $isFound && !$isDone ? null : $isDone,
            'action' => $isFound ? 'set_password' : null,
            'user_id' => $isDone ? (int) $row->user_id : null,
            'changed_at' => $isDone ? self::moment((int) $row->changed_at) : null,
            'remembers_since' => self::moment(Requests::rememberedSince($this->now)),
        ];
    }

    private static function moment(int $seconds): string
    {
        return gmdate('Y-m-d\TH:i:s\Z', $seconds);
    }

    private function refusalOf(\Throwable $error): Refusal
    {
        if ($error instanceof Refusal) {
            return $error;
        }
        $this->report($error);
        $log = $this->isSigned ? 'the activity log' : 'PHP\'s error log';
        return new Refusal('internal', "Something went wrong; see $log.");
    }

    /** Unauthenticated callers must not be able to fill WHMCS's activity log. */
    private function report(\Throwable $error): void
    {
        if ($this->isSigned) {
            Activity::writeFailure($error, $this->call->order === null ? [] : [$this->call->order->password]);
        } else {
            Activity::reportToPhp($error);
        }
    }

    /** Keeps no rows for unauthenticated callers and successful pings. */
    private function record(string $outcome): void
    {
        if ($this->call->address === '' || ($this->call->action === 'ping' && $outcome === 'ok')) {
            return;
        }
        try {
            $this->call->record($outcome, $this->now);
        } catch (\Throwable $error) {
            $this->report($error);
        }
    }

    private static function encode(array $data): string
    {
        return json_encode($data, JSON_UNESCAPED_SLASHES | JSON_INVALID_UTF8_SUBSTITUTE);
    }
}
