<?php

namespace WHMCS\Module\Addon\Resetbot;

/** Lines in WHMCS's activity log. */
final class Activity
{
    const MAXIMUM_LENGTH = 500;

    public static function write(string $text, int $clientId = 0): void
    {
        logActivity('Reset Bot: ' . self::plain($text), $clientId);
    }

    /** Returns false if the log can't be written; PHP's own log then has the line. */
    public static function tryToWrite(string $text): bool
    {
        try {
            self::write($text);
            return true;
        } catch (\Throwable $error) {
            error_log('Reset Bot: ' . self::plain($text));
            return false;
        }
    }

    /**
     * Logs a failure without confidential values, in PHP's own log if the activity log can't be written.
     *
     * @param string[] $confidential
     */
    public static function writeFailure(\Throwable $error, array $confidential): void
    {
        self::tryToWrite(self::failure($error, $confidential));
    }

    /** Writes only to PHP's own log, since unauthenticated requests fill the server's logs in any case. */
    public static function reportToPhp(\Throwable $error): void
    {
        error_log('Reset Bot: ' . self::failure($error, []));
    }

    /** Returns one line without tags, invalid bytes and characters that MySQL's three-byte UTF-8 can't hold. */
    public static function plain(string $text): string
    {
        if (preg_match('//u', $text) !== 1) {
            $text = preg_replace('/[\x80-\xff]/', '?', $text);
        }
        $text = preg_replace('/[\x{10000}-\x{10FFFF}]/u', '?', $text);
        $text = preg_replace('/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/u', ' ', $text);
        return strtr($text, '<>', '()');
    }

    private static function failure(\Throwable $error, array $confidential): string
    {
        return 'internal error: ' . self::cause($error, $confidential);
    }

    /** Returns the innermost error; the outer ones quote the whole statement with its values. */
    private static function cause(\Throwable $error, array $confidential): string
    {
        while ($error->getPrevious() !== null) {
            $error = $error->getPrevious();
        }
        $message = str_replace(array_filter($confidential), '***', $error->getMessage());
        $message = preg_replace('/\$2[aby]\$[^\s\'"]+/', '***', $message);
        $place = basename($error->getFile()) . ':' . $error->getLine();
        $text = self::plain(get_class($error) . ' (' . $place . '): ' . $message);
        preg_match('/\A.{0,' . self::MAXIMUM_LENGTH . '}/u', $text, $found);
        return $found[0];
    }
}
