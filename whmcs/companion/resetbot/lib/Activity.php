<?php

namespace WHMCS\Module\Addon\Resetbot;

/** Lines for people in WHMCS's activity log. */
final class Activity
{
    const MAXIMUM_LENGTH = 500;

    public static function write(string $text, int $clientId = 0): void
    {
        logActivity('Reset Bot: ' . self::plain($text), $clientId);
    }

    /** Where the log can't be written, PHP's own has the line, and false is returned. */
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
     * Say what broke, without what is confidential. Where the log can't be written either, PHP's own log has it.
     *
     * @param string[] $confidential
     */
    public static function writeFailure(\Throwable $error, array $confidential): void
    {
        self::tryToWrite(self::failure($error, $confidential));
    }

    /** Say it in PHP's own log alone: strangers make that server's logs grow with each request in any case. */
    public static function reportToPhp(\Throwable $error): void
    {
        error_log('Reset Bot: ' . self::failure($error, []));
    }

    /** One line, without tags, broken bytes, and characters that MySQL's three-byte UTF-8 has no room for. */
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

    /** The innermost error, since those around it quote the whole statement with its values. */
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
