<?php

namespace WHMCS\Module\Addon\Resetbot;

/** An answer of the protocol with `ok` false. */
final class Refusal extends \Exception
{
    const STATUS = [
        'bad_signature' => 401,
        'clock_skew' => 401,
        'replayed' => 401,
        'inactive' => 403,
        'address_not_allowed' => 403,
        'https_required' => 403,
        'user_not_found' => 404,
        'client_not_found' => 404,
        'not_a_user_of_client' => 404,
        'invalid_request' => 400,
        'unknown_action' => 400,
        'password_refused' => 422,
        'request_id_conflict' => 409,
        'rate_limited' => 429,
        'internal' => 500,
    ];

    /** @var string One of the keys of STATUS. */
    private $error;

    /** @var array Further fields beside code and message. */
    private $details;

    /** @var int|null Seconds after which the caller may retry. */
    private $retryAfter;

    public function __construct(string $error, string $message, array $details = [], ?int $retryAfter = null)
    {
        parent::__construct($message);
        $this->error = $error;
        $this->details = $details;
        $this->retryAfter = $retryAfter;
    }

    public function error(): string
    {
        return $this->error;
    }

    public function status(): int
    {
        return self::STATUS[$this->error];
    }

    public function data(): array
    {
        return ['ok' => false, 'error' => $this->error, 'message' => $this->getMessage()] + $this->details;
    }

    public function headers(): array
    {
        return $this->retryAfter === null ? [] : ['Retry-After' => (string) $this->retryAfter];
    }
}
