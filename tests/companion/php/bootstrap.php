<?php

define('WHMCS', true);
date_default_timezone_set('America/Bogota');

require_once __DIR__ . '/standins/whmcs.php';
require_once __DIR__ . '/ModuleTestCase.php';
require_once __DIR__ . '/../../../whmcs/companion/resetbot/resetbot.php';
