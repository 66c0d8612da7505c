<?php

namespace WHMCS\Module\Addon\Resetbot;

/** The fields of a request, read by type. Every method can throw a Refusal. */
final class Fields
{
    const MAXIMUM_BODY_BYTES = 16384;

    /** @var array */
    private $values;

    private function __construct(array $values)
    {
        $this->values = $values;
    }

    public static function parse(string $body): self
    {
        if (strlen($body) > self::MAXIMUM_BODY_BYTES) {
            throw new Refusal('invalid_request', 'The body is too long.');
        }
        $values = json_decode($body);
        if (!$values instanceof \stdClass) {
            throw new Refusal('invalid_request', 'The body is no JSON object.');
        }
        return new self((array) $values);
    }

    /** Text of 1 to $maximum characters. */
    public function text(string $name, int $maximum): string
    {
        $value = $this->values[$name] ?? null;
        if (!is_string($value) || preg_match('/\A.{1,' . $maximum . '}\z/us', $value) !== 1) {
            throw self::malformed($name);
        }
        return $value;
    }

    /** A Slack user's id: nothing else gets into the activity log as the name of an agent. */
    public function slackId(string $name): string
    {
        $value = $this->values[$name] ?? null;
        if (!is_string($value) || preg_match('/\A[UW][A-Z0-9]{1,20}\z/', $value) !== 1) {
            throw self::malformed($name);
        }
        return $value;
    }

    /** A Slack user's id, or an empty text if the field is missing. */
    public function optionalSlackId(string $name): string
    {
        return array_key_exists($name, $this->values) ? $this->slackId($name) : '';
    }

    /** Text of 1 to 64 visible ASCII characters. */
    public function reference(string $name): string
    {
        $value = $this->values[$name] ?? null;
        if (!is_string($value) || preg_match('/\A[!-~]{1,64}\z/', $value) !== 1) {
            throw self::malformed($name);
        }
        return $value;
    }

    public function id(string $name): int
    {
        $value = $this->values[$name] ?? null;
        if (!is_int($value) || $value < 1) {
            throw self::malformed($name);
        }
        return $value;
    }

    /** Any text, including an empty one. */
    public function password(string $name): string
    {
        $value = $this->values[$name] ?? null;
        if (!is_string($value)) {
            throw self::malformed($name);
        }
        return $value;
    }

    public function refuseTemporary(): void
    {
        if (array_key_exists('temporary', $this->values) && $this->values['temporary'] !== false) {
            throw new Refusal('invalid_request', 'temporary is not among the capabilities.');
        }
    }

    private static function malformed(string $name): Refusal
    {
        return new Refusal('invalid_request', $name . ' is missing or malformed.');
    }
}
