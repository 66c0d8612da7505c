<?php

namespace WHMCS\Module\Addon\Resetbot;

use WHMCS\Database\Capsule;

/** The module's own tables. Times in them are Unix seconds, which no time zone changes. */
final class Tables
{
    const SETTINGS = 'mod_resetbot_settings';
    const NONCES = 'mod_resetbot_nonces';
    const REQUESTS = 'mod_resetbot_requests';
    const CALLS = 'mod_resetbot_calls';

    /** Creates the missing tables. */
    public static function create(): void
    {
        self::createOne(self::SETTINGS, function ($table) {
            $table->string('name', 40)->primary();
            $table->text('value');
        });
        self::createOne(self::NONCES, function ($table) {
            $table->string('nonce', 32)->primary();
            $table->unsignedInteger('used_at')->index();
        });
        self::createOne(self::REQUESTS, function ($table) {
            $table->string('request_id', 64)->primary();
            $table->unsignedBigInteger('client_id');
            $table->unsignedBigInteger('user_id');
            $table->string('password_hash', 255);
            $table->unsignedInteger('created_at')->index();
            $table->unsignedInteger('changed_at')->nullable();
        });
        self::createOne(self::CALLS, function ($table) {
            $table->increments('id');
            $table->unsignedInteger('called_at');
            $table->string('address', 45);
            $table->string('action', 40);
            $table->string('agent', 200);
            $table->unsignedBigInteger('client_id')->nullable();
            $table->unsignedBigInteger('user_id')->nullable();
            $table->string('request_id', 64);
            $table->string('outcome', 40);
        });
    }

    public static function drop(): void
    {
        foreach ([self::SETTINGS, self::NONCES, self::REQUESTS, self::CALLS] as $name) {
            Capsule::schema()->dropIfExists($name);
        }
    }

    /** Returns true if the module is activated; deactivating it drops the tables. */
    public static function exist(): bool
    {
        return Capsule::schema()->hasTable(self::SETTINGS);
    }

    private static function createOne(string $name, callable $columns): void
    {
        if (!Capsule::schema()->hasTable($name)) {
            Capsule::schema()->create($name, $columns);
        }
    }
}
