<?php

foreach (['Activity', 'AddressList', 'Api', 'Call', 'Caller', 'Fields', 'Nonces', 'Page', 'Refusal', 'Requests',
          'SetPassword', 'Settings', 'Tables', 'Users'] as $resetbotClass) {
    require_once __DIR__ . '/' . $resetbotClass . '.php';
}
