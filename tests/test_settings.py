from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.domain.replies import ReplyTemplates
from bot.settings import DatabaseSettings, Settings, SettingsError

REQUIRED = {
    "SLACK_BOT_TOKEN": "xoxb-CANARY-token",
    "SLACK_SIGNING_SECRET": "CANARY-signing",
    "WHMCS_URL": "https://billing.example.com",
    "WHMCS_API_IDENTIFIER": "CANARY-identifier",
    "WHMCS_API_SECRET": "CANARY-secret",
}
SECRETS = {
    "SLACK_BOT_TOKEN": "xoxb-CANARY-from-file",
    "SLACK_SIGNING_SECRET": "CANARY-from-file",
    "SLACK_APP_TOKEN": "xapp-CANARY-from-file",
    "WHMCS_API_IDENTIFIER": "CANARY-from-file",
    "WHMCS_API_SECRET": "CANARY-from-file",
    "WHMCS_API_ACCESS_KEY": "CANARY-from-file",
    "WHMCS_COMPANION_SECRET": "CANARY-from-file",
    "DATABASE_URL": "postgresql://bot:CANARY-from-file@db.example.com/bot",
}


def load(**changed: str) -> Settings:
    return Settings.load(REQUIRED | changed)


def problems(**changed: str) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        load(**changed)
    return caught.value.lines


def reveal(value: object) -> object:
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def test_what_is_not_set_has_its_default() -> None:
    settings = load()
    found = {name: reveal(getattr(settings, name)) for name in type(settings).model_fields}
    given = {name.lower(): value for name, value in REQUIRED.items()}
    assert found == given | {
        "database_url": "sqlite:///var/bot.db",
        "slack_app_token": None,
        "slack_api_url": "https://slack.com/api/",
        "public_url": None,
        "whmcs_api_access_key": None,
        "whmcs_companion_secret": None,
        "whmcs_companion_url": "https://billing.example.com/modules/addons/resetbot/api.php",
        "whmcs_admin_url": "https://billing.example.com/admin",
        "agent_users": frozenset(),
        "agent_user_groups": frozenset(),
        "set_password_users": frozenset(),
        "set_password_user_groups": frozenset(),
        "help_contact": None,
        "ticket_policy": "optional",
        "ticket_departments_signed_in": frozenset(),
        "verification_policy": "set_password",
        "verification_answers": ("called_back", "video_call", "registered_address", "in_person"),
        "protected_client_groups": frozenset(),
        "approval_channel": "",
        "approval_ttl_seconds": 900,
        "modal_ttl_seconds": 1800,
        "whmcs_reply_admin": "",
        "ticket_reply_password": "allow",
        "ticket_reply_status": "",
        "password_notice_template": "",
        "ticket_reply_templates": ReplyTemplates(),
        "password_ttl_seconds": 900,
        "password_length": 20,
        "agent_resets_per_hour": 30,
        "resets_per_hour": None,
        "user_cooldown_seconds": 60,
        "default_locale": "es",
        "host": "127.0.0.1",
        "port": 3000,
        "ops_host": "127.0.0.1",
        "ops_port": 3001,
        "log_level": "INFO",
        "log_format": None,
    }


def test_an_empty_variable_is_as_good_as_none() -> None:
    empty = {name.upper(): "" for name in Settings.model_fields if name.upper() not in REQUIRED}
    assert load(**empty) == load()


@pytest.mark.parametrize("name", REQUIRED)
def test_what_is_required_and_missing_is_named(name: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.load({key: value for key, value in REQUIRED.items() if key != name})
    [line] = caught.value.lines
    assert line.startswith(f"{name}: is required")


def test_nothing_set_names_everything_that_is_required() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.load({})
    assert {line.partition(":")[0] for line in caught.value.lines} == set(REQUIRED)


def test_with_an_app_token_no_signing_secret_is_needed() -> None:
    assert load(SLACK_SIGNING_SECRET="", SLACK_APP_TOKEN="xapp-1").slack_signing_secret is None


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [
        ("PASSWORD_TTL_SECONDS", 30, 86400),
        ("APPROVAL_TTL_SECONDS", 60, 86400),
        ("PASSWORD_LENGTH", 16, 64),
        ("AGENT_RESETS_PER_HOUR", 1, None),
        ("RESETS_PER_HOUR", 1, None),
        ("USER_COOLDOWN_SECONDS", 0, 86400),
        ("PORT", 1, 65535),
        ("OPS_PORT", 1, 65535),
    ],
)
def test_a_number_has_its_range(name: str, least: int, most: int | None) -> None:
    for good in (least, most or 1_000_000):
        assert getattr(load(**{name: str(good)}), name.lower()) == good
    for bad in (str(least - 1), "many", "1.5", "", " ", *([str(most + 1)] if most else [])):
        if bad:
            [line] = problems(**{name: bad})
            assert line.startswith(f"{name}: ")


@pytest.mark.parametrize(
    ("name", "allowed", "bad"),
    [
        ("TICKET_POLICY", ("off", "optional", "required", "requestor"), "always"),
        ("VERIFICATION_POLICY", ("off", "set_password", "always"), "sometimes"),
        ("TICKET_REPLY_PASSWORD", ("allow", "never"), "ask"),
        ("DEFAULT_LOCALE", ("es", "en"), "de"),
        ("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"), "LOUD"),
        ("LOG_FORMAT", ("console", "json"), "xml"),
    ],
)
def test_a_word_is_one_of_those_that_are_known(name: str, allowed: tuple[str, ...], bad: str) -> None:
    for word in allowed:
        assert getattr(load(**{name: word}), name.lower()) == word
    [line] = problems(**{name: bad})
    assert line.startswith(f"{name}: ")
    assert bad not in line


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("AGENT_USERS", "U1, W2 ,,U3", {"U1", "W2", "U3"}),
        ("AGENT_USER_GROUPS", "S1,S2", {"S1", "S2"}),
        ("SET_PASSWORD_USERS", "U1", {"U1"}),
        ("SET_PASSWORD_USER_GROUPS", " S1 ", {"S1"}),
        ("AGENT_USERS", ",", set()),
    ],
)
def test_a_list_of_ids_is_split_at_its_commas(name: str, given: str, expected: set[str]) -> None:
    assert getattr(load(**{name: given}), name.lower()) == expected


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("AGENT_USERS", "S1"),
        ("AGENT_USERS", "ana@example.com"),
        ("AGENT_USERS", "@ana"),
        ("AGENT_USERS", "U1;U2"),
        ("AGENT_USERS", "*"),
        ("AGENT_USERS", "u1"),
        ("AGENT_USER_GROUPS", "U1"),
        ("AGENT_USER_GROUPS", "S1,helpdesk"),
        ("SET_PASSWORD_USERS", "S1"),
        ("SET_PASSWORD_USER_GROUPS", "U1"),
    ],
)
def test_an_id_of_another_kind_is_refused(name: str, given: str) -> None:
    [line] = problems(**{name: given})
    assert line.startswith(f"{name}: must be comma-separated Slack")


@pytest.mark.parametrize(
    "address",
    [
        "https://billing.example.com",
        "https://billing.example.com/",
        "https://billing.example.com/includes/api.php",
        "https://billing.example.com/includes/api.php/",
    ],
)
def test_whmcs_may_be_named_with_or_without_its_api(address: str) -> None:
    settings = load(WHMCS_URL=address)
    assert settings.whmcs_url == "https://billing.example.com"
    assert settings.whmcs_companion_url == "https://billing.example.com/modules/addons/resetbot/api.php"
    assert settings.whmcs_admin_url == "https://billing.example.com/admin"


def test_whmcs_may_be_in_a_folder() -> None:
    settings = load(WHMCS_URL="https://example.com/billing/includes/api.php")
    assert settings.whmcs_url == "https://example.com/billing"
    assert settings.whmcs_admin_url == "https://example.com/billing/admin"


def test_the_other_addresses_may_be_elsewhere() -> None:
    settings = load(
        WHMCS_ADMIN_URL="https://admin.example.com/secret-folder/",
        WHMCS_COMPANION_URL="https://internal.example.com/companion.php",
        SLACK_API_URL="https://slack-gov.com/api",
        PUBLIC_URL="https://bot.example.com/",
    )
    assert settings.whmcs_admin_url == "https://admin.example.com/secret-folder"
    assert settings.whmcs_companion_url == "https://internal.example.com/companion.php"
    assert settings.slack_api_url == "https://slack-gov.com/api/"
    assert settings.public_url == "https://bot.example.com"


ADDRESSES = ["WHMCS_URL", "WHMCS_COMPANION_URL", "WHMCS_ADMIN_URL", "SLACK_API_URL", "PUBLIC_URL"]


@pytest.mark.parametrize("name", ADDRESSES)
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.9.1", "[::1]"])
def test_http_is_good_enough_on_this_machine(name: str, host: str) -> None:
    assert getattr(load(**{name: f"http://{host}:8080/x"}), name.lower()).startswith(f"http://{host}:8080/x")


@pytest.mark.parametrize("name", ADDRESSES)
@pytest.mark.parametrize(
    "address",
    [
        "http://billing.example.com",
        "http://192.168.1.10",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "http://0.0.0.0",
        "billing.example.com",
        "ftp://billing.example.com",
        "file:///etc/passwd",
        "https://",
        "https:///includes/api.php",
        "https://user:CANARY@billing.example.com",
        "https://billing.example.com/?key=CANARY",
        "https://billing.example.com/#CANARY",
    ],
)
def test_an_address_to_which_secrets_go_is_https_and_holds_none_itself(name: str, address: str) -> None:
    [line] = problems(**{name: address})
    assert line.startswith(f"{name}: must be")
    assert "CANARY" not in line


@pytest.mark.parametrize(
    "address", ["mysql://h/d", "sqlite", "bot.db", "/var/bot.db", "http://h", "sqlite:/x", "://", "oracle+x://h"]
)
def test_a_database_of_another_kind_is_refused(address: str) -> None:
    [line] = problems(DATABASE_URL=address)
    assert line.startswith("DATABASE_URL: must begin with sqlite:// or postgresql://")


@pytest.mark.parametrize(
    "address", ["sqlite:////data/bot.db", "sqlite+aiosqlite:///bot.db", "postgresql://h/d", "postgresql+psycopg://h/d"]
)
def test_a_database_may_be_named_with_or_without_its_driver(address: str) -> None:
    assert load(DATABASE_URL=address).database_url.get_secret_value() == address


def test_everything_that_is_wrong_is_told_at_once_in_one_line_each_without_a_value() -> None:
    wrong = {
        "SLACK_BOT_TOKEN": "CANARY",
        "SLACK_APP_TOKEN": "CANARY",
        "SLACK_API_URL": "CANARY",
        "PUBLIC_URL": "CANARY",
        "WHMCS_URL": "CANARY",
        "WHMCS_API_SECRET": "",
        "WHMCS_COMPANION_URL": "CANARY",
        "WHMCS_ADMIN_URL": "CANARY",
        "DATABASE_URL": "CANARY",
        "AGENT_USERS": "CANARY!",
        "AGENT_USER_GROUPS": "CANARY",
        "SET_PASSWORD_USERS": "CANARY",
        "SET_PASSWORD_USER_GROUPS": "CANARY",
        "TICKET_POLICY": "CANARY",
        "VERIFICATION_POLICY": "CANARY",
        "VERIFICATION_ANSWERS": "/CANARY",
        "PROTECTED_CLIENT_GROUPS": "CANARY",
        "APPROVAL_CHANNEL": "canary",
        "PASSWORD_TTL_SECONDS": "CANARY",
        "PASSWORD_LENGTH": "CANARY",
        "AGENT_RESETS_PER_HOUR": "CANARY",
        "USER_COOLDOWN_SECONDS": "CANARY",
        "DEFAULT_LOCALE": "CANARY",
        "PORT": "CANARY",
        "OPS_PORT": "CANARY",
        "LOG_LEVEL": "CANARY",
        "LOG_FORMAT": "CANARY",
    }
    lines = problems(**wrong)
    assert sorted(line.partition(":")[0] for line in lines) == sorted(wrong)
    assert all("\n" not in line for line in lines)
    assert "CANARY" not in "".join(lines)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "holds no answer"),
        ("  \n\n", "holds no answer"),
        ("Videollamada\nVideollamada\n", "twice"),
        ("x" * 76, "at most 75 characters"),
        ("\n".join(map(str, range(101))), "100 answers"),
    ],
)
def test_a_file_of_answers_that_slack_could_not_show_is_refused(tmp_path: Path, text: str, why: str) -> None:
    file = tmp_path / "answers.txt"
    file.write_text(text)
    [line] = problems(VERIFICATION_ANSWERS=str(file))
    assert line.startswith("VERIFICATION_ANSWERS: ")
    assert why in line


def test_answers_are_read_a_line_each(tmp_path: Path) -> None:
    file = tmp_path / "answers.txt"
    file.write_text("  Videollamada \n\nDevolución de llamada\r\n", encoding="utf-8")
    assert load(VERIFICATION_ANSWERS=str(file)).verification_answers == ("Videollamada", "Devolución de llamada")
    file.write_bytes(b"\xff")
    [line] = problems(VERIFICATION_ANSWERS=str(file))
    assert line == "VERIFICATION_ANSWERS: the file can't be read: it is not UTF-8"


def test_the_secrets_here_are_all_that_there_are() -> None:
    secret = {name.upper() for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)}
    assert secret == SECRETS.keys()
    assert not {name.upper() for name in Settings.model_fields if name.endswith(("token", "secret", "key"))} - secret


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_may_stand_in_a_file(tmp_path: Path, name: str) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{SECRETS[name]}\n")
    settings = Settings.load(
        {key: value for key, value in REQUIRED.items() if key != name} | {f"{name}_FILE": str(file)}
    )
    assert reveal(getattr(settings, name.lower())) == SECRETS[name]


def test_what_is_no_secret_is_not_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "port"
    file.write_text("4000")
    assert load(PORT_FILE=str(file)).port == 3000


def test_a_secret_of_the_wrong_shape_in_a_file_is_told_without_it(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("CANARY")
    [line] = problems(SLACK_BOT_TOKEN="", SLACK_BOT_TOKEN_FILE=str(file))
    assert line == "SLACK_BOT_TOKEN: must begin with xoxb-"


def test_settings_never_show_their_secrets() -> None:
    every = {name: value.replace("CANARY-from-file", f"CANARY-{name}") for name, value in SECRETS.items()}
    settings = load(**every)
    assert "CANARY" not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"
    assert set(settings.secrets) >= set(every.values())


def test_an_error_about_settings_leads_nowhere_to_a_value() -> None:
    with pytest.raises(SettingsError) as caught:
        load(SLACK_BOT_TOKEN="CANARY", PORT="x")
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert "CANARY" not in repr(caught.value)


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load().port = 4000  # type: ignore[misc]  # what mypy refuses is what the test tries


def test_the_commands_that_need_only_the_database_ask_for_nothing_else(tmp_path: Path) -> None:
    assert reveal(DatabaseSettings.load({}).database_url) == "sqlite:///var/bot.db"
    file = tmp_path / "url"
    file.write_text("postgresql://bot:CANARY@db.example.com/bot")
    settings = DatabaseSettings.load({"DATABASE_URL_FILE": str(file), "PORT": "x"})
    assert settings.secrets == ("postgresql://bot:CANARY@db.example.com/bot", "CANARY")


@pytest.mark.parametrize("name", SECRETS)
def test_a_secrets_file_that_is_not_there_is_told_once(tmp_path: Path, name: str) -> None:
    given = {key: value for key, value in REQUIRED.items() if key != name} | {f"{name}_FILE": str(tmp_path / "none")}
    with pytest.raises(SettingsError) as caught:
        Settings.load(given)
    assert caught.value.lines == (f"{name}_FILE: the file can't be read: No such file or directory",)


@pytest.mark.parametrize("content", ["", "\n", "  \t\n"])
def test_a_secrets_file_that_is_empty_is_told_once(tmp_path: Path, content: str) -> None:
    file = tmp_path / "secret"
    file.write_text(content)
    assert problems(WHMCS_API_SECRET="", WHMCS_API_SECRET_FILE=str(file)) == (
        "WHMCS_API_SECRET_FILE: the file is empty",
    )


def test_a_secrets_file_that_is_a_folder_or_no_text_is_told_without_its_content(tmp_path: Path) -> None:
    [line] = problems(WHMCS_API_SECRET="", WHMCS_API_SECRET_FILE=str(tmp_path))
    assert line.startswith("WHMCS_API_SECRET_FILE: the file can't be read")
    file = tmp_path / "secret"
    file.write_bytes(b"CANARY\xff")
    [line] = problems(WHMCS_API_SECRET="", WHMCS_API_SECRET_FILE=str(file))
    assert line.startswith("WHMCS_API_SECRET_FILE: the file can't be read")
    assert "CANARY" not in line


def test_a_secret_that_is_set_twice_is_told(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("CANARY-from-file")
    [line] = problems(WHMCS_API_SECRET_FILE=str(file))
    assert line.startswith("WHMCS_API_SECRET: is set twice")
    assert "CANARY" not in line
