<?php

namespace WHMCS\Module\Addon\Resetbot;

/** The module's page in the admin area. WHMCS shows it only to admins who were granted access to the module. */
final class Page
{
    const CALLS = 50;

    /** @var string */
    private $link;

    public function __construct(string $link)
    {
        $this->link = $link;
    }

    /** @param array $form The posted form; empty if the page is only viewed. */
    public function render(array $form): string
    {
        if (!isset($form['resetbot_action']) || $form['resetbot_action'] !== 'new_secret') {
            return $this->overview();
        }
        // WHMCS ends the request if the token is wrong; a version that returns false is handled the same way.
        if (check_token('WHMCS.admin.default') === false) {
            $tooOld = 'The form is too old. Nothing was changed: press the button again.';
            return self::alert('danger', $tooOld) . $this->overview();
        }
        $mark = $form['resetbot_mark'] ?? '';
        $secret = Settings::renewSecret(is_string($mark) ? $mark : '');
        if ($secret === null) {
            $usedUp = 'This form was sent before, as reloading the page does, or somebody made a secret since. '
                . 'Nothing was changed: the secret made last stays valid.';
            return self::alert('danger', $usedUp) . $this->overview();
        }
        return $this->newSecret($secret);
    }

    private function overview(): string
    {
        return $this->state() . $this->secretForm() . $this->calls();
    }

    /** Shows only the secret: the old one is gone, so no failure may prevent the new one from being seen. */
    private function newSecret(string $secret): string
    {
        if (!headers_sent()) {
            header('Cache-Control: no-store');
        }
        $admin = (int) ($_SESSION['adminid'] ?? 0);
        $isLogged = Activity::tryToWrite("admin $admin made a new secret on the page of the module");
        $shown = self::alert(
            'warning',
            '<strong>The new secret, shown this once:</strong><br><code>' . self::escape($secret) . '</code><br>'
            . 'Put it into the bot\'s setting <code>WHMCS_COMPANION_SECRET</code> and restart the bot. '
            . 'The secret before it is not accepted any more.'
        );
        $unlogged = 'That it was made could not be written into the activity log.';
        return $shown . ($isLogged ? '' : self::alert('danger', $unlogged))
            . '<p><a href="' . self::escape($this->link) . '">I have copied it: back to the page</a></p>';
    }

    private function state(): string
    {
        $settings = Settings::load();
        $allowed = $settings->allowedAddresses();
        $hasSecret = Settings::secret() !== null;
        $rows = [
            'State' => $hasSecret && !$allowed->isEmpty() ? 'Ready' : 'Not ready: nobody can call yet',
            'Version' => Settings::VERSION,
            'Secret' => $hasSecret ? 'Set' : 'None that can be used. Make one below.',
            'Addresses of the bot' => self::describe($allowed, 'None: nobody is let in.'),
            'Trusted proxies' => self::describe($settings->trustedProxies(), 'None'),
            'Shortest password' => $settings->minimumPasswordLength() . ' characters',
        ];
        $cells = '';
        foreach ($rows as $name => $value) {
            $cells .= '<tr><th>' . self::escape($name) . '</th><td>' . self::escape($value) . '</td></tr>';
        }
        return '<h2>State</h2><table class="table">' . $cells . '</table>'
            . '<p>Addresses and lengths are changed on WHMCS\'s page of addon modules, with Configure.</p>';
    }

    private function secretForm(): string
    {
        return '<form method="post" action="' . self::escape($this->link) . '">' . generate_token('form')
            . '<input type="hidden" name="resetbot_action" value="new_secret">'
            . '<input type="hidden" name="resetbot_mark" value="' . Settings::secretMark() . '">'
            . '<button type="submit" class="btn btn-danger">Make a new secret</button> '
            . 'The bot can set no password until it has the new one.</form>';
    }

    private function calls(): string
    {
        $rows = '';
        foreach (Call::latest(self::CALLS) as $call) {
            $cells = [
                gmdate('Y-m-d H:i:s', (int) $call->called_at),
                $call->address,
                $call->action,
                $call->agent,
                $call->client_id,
                $call->user_id,
                $call->request_id,
                $call->outcome,
            ];
            $rows .= '<tr><td>' . implode('</td><td>', array_map([self::class, 'escape'], $cells)) . '</td></tr>';
        }
        $names = ['Time (UTC)', 'Address', 'Action', 'Agent', 'Client', 'User', 'Request', 'Outcome'];
        return '<h2>Last calls</h2><table class="table table-striped"><tr><th>' . implode('</th><th>', $names)
            . '</th></tr>' . $rows . '</table>'
            . ($rows === '' ? '<p>None yet.</p>' : '<p>Pings that went well are left out.</p>');
    }

    private static function describe(AddressList $list, string $none): string
    {
        $shown = implode(', ', $list->entries());
        $unreadable = $list->unreadable() === [] ? '' : ' (not understood: ' . implode(', ', $list->unreadable()) . ')';
        return $shown === '' ? $none : $shown . $unreadable;
    }

    private static function alert(string $kind, string $html): string
    {
        return '<div class="alert alert-' . $kind . '">' . $html . '</div>';
    }

    private static function escape($text): string
    {
        return htmlspecialchars((string) $text, ENT_QUOTES, 'UTF-8');
    }
}
