<?php

namespace WHMCS\Module\Addon\Resetbot;

use WHMCS\Database\Capsule;

/** A call, as the module's page shows it: caller, action and outcome. */
final class Call
{
    const KEPT = 500;

    /** @var string */
    public $address = '';

    /** @var string */
    public $action = '';

    /** @var SetPassword|null */
    public $order;

    /** @var int|null */
    public $clientId;

    /** Stores the call, and drops the oldest ones. */
    public function record(string $outcome, int $now): void
    {
        $id = Capsule::table(Tables::CALLS)->insertGetId([
            'called_at' => $now,
            'address' => $this->address,
            'action' => Activity::plain($this->action),
            'agent' => $this->order === null ? '' : Activity::plain($this->order->agent),
            'client_id' => $this->order === null ? $this->clientId : $this->order->clientId,
            'user_id' => $this->order === null ? null : $this->order->userId,
            'request_id' => $this->order === null ? '' : $this->order->requestId,
            'outcome' => $outcome,
        ]);
        Capsule::table(Tables::CALLS)->where('id', '<=', $id - self::KEPT)->delete();
    }

    /** @return \stdClass[] The newest rows, newest first. */
    public static function latest(int $number): array
    {
        return Capsule::table(Tables::CALLS)->orderBy('id', 'desc')->limit($number)->get()->all();
    }
}
