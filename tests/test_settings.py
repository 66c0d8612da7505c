from collections.abc import Callable
from pathlib import Path

import certifi
import pytest
import yarl
from pydantic import SecretStr

import whmcs
from bot.domain.replies import ReplyTemplates
from bot.environment import SettingsError
from bot.settings import DatabaseSettings, ManifestSettings, OperationsSettings, Settings

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
    "HTTPS_PROXY": "http://bot:CANARY-from-file@proxy.example.com:3128",
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
        "https_proxy": None,
        "all_proxy": "",
        "no_proxy": "",
        "ssl_cert_file": "",
        "ssl_cert_dir": "",
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
        "approval_policy": "unproven",
        "ticket_proof_hours": 72,
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


def test_nothing_is_read_but_what_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "4000")
    monkeypatch.setenv("ops_port", "4001")
    assert (load().port, load(PORT=" ").ops_port) == (3000, 3001)


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
    for bad in (str(least - 1), "many", "1.5", "9" * 5000, "tcp://10.0.0.7:3000", *([str(most + 1)] if most else [])):
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
        "https://billing.example.com:99999",
        "https://billing.example.com:0",
        "https://billing.example.com:CANARY",
        "https://billing..example.com",
        "https://999.1.1.1",
        "https://[::1",
        "https://[CANARY]",
        "https://-billing.example.com",
        "https://xn--.example",
        "https://billing.example.com\\CANARY",
        "https://billing.exa mple.com",
        "https://billing.example.com/\x01",
        f"https://{'x' * 64}.example.com",
        f"https://billing.example.com/{'x' * 5000}",
        "https://@billing.example.com",
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
    ("address", "told"),
    [
        ("postgresql+asyncpg://bot:CANARY@db/bot", "begin it with postgresql://"),
        ("postgresql+psycopg2://bot:CANARY@db/bot", "begin it with postgresql://"),
        ("postgresql+pg8000://bot:CANARY@db/bot", "begin it with postgresql://"),
        ("postgresql+://bot:CANARY@db/bot", "begin it with postgresql://"),
        ("sqlite+pysqlite:///bot.db", "begin it with sqlite://"),
        (
            "postgresql://bot:CANARY@db/bot?pgbouncer=true",
            "has an option pgbouncer that PostgreSQL does not know: remove it",
        ),
        (
            "postgresql://bot:CANARY@db/bot?sslmode=require&pgbouncer=true",
            "has an option pgbouncer that PostgreSQL does not know: remove it",
        ),
        ("postgresql://bot:CANARY@db/bot?schema=public", "option schema that PostgreSQL"),
        ("postgresql://bot:CANARY@db/bot?prepare_threshold=0", "option prepare_threshold that PostgreSQL"),
        ("postgresql://bot:CANARY@db/bot?CANARY/=1", "has an option that PostgreSQL does not know"),
        ("postgresql://bot:CANARY#x@db/bot", "have to be written as %40"),
        ("postgresql://bot:CANARY/x@db/bot", "have to be written as %40"),
        ("postgresql://bot:CANARY?x@db/bot", "have to be written as %40"),
        ("postgresql://bot:12#CANARY@db/bot", "have to be written as %40"),
        ("postgresql://bot:12/CANARY@db/bot", "have to be written as %40"),
        ("postgresql://bot:12?CANARY=x@db/bot", "have to be written as %40"),
        ("postgresql://bot:x@CANARY@db/bot", "have to be written as %40"),
        ("postgresql://bot:CANARY x@db/bot", "have to be written as %40"),
        ("postgresql://bot:CANARY@db:x/bot", "host and port"),
        ("postgresql://bot:CANARY@db:99999/bot", "host and port"),
        ("postgresql://bot:CANARY@db:0/bot", "port must be from 1 to 65535"),
        ("postgresql://bot:CANARY@[::1/bot", "host and port"),
        (f"postgresql://bot:CANARY@{'x' * 5000}/bot", "too long"),
        ("sqlite://var/bot.db", "three slashes"),
        ("sqlite://CANARY@var/bot.db", "three slashes"),
        ("sqlite:///bot.db?mode=ro", "option mode that counts only in sqlite:///file:"),
        ("sqlite:///bot.db?timeout=abc", "timeout must be a number"),
        ("sqlite:///bot.db?uri=true", "uri must be true, in sqlite:///file:"),
        ("sqlite:///file:bot.db?uri=yes&mode=ro", "option mode that counts only in sqlite:///file:"),
    ],
)
def test_what_can_be_wrong_in_the_address_of_a_database_is_told_without_a_secret(address: str, told: str) -> None:
    for load_settings in (Settings.load, DatabaseSettings.load):
        with pytest.raises(SettingsError) as caught:
            load_settings(REQUIRED | {"DATABASE_URL": address})
        [line] = caught.value.lines
        assert line.startswith("DATABASE_URL: ")
        assert told in line
        assert "CANARY" not in line


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://",
        "postgresql:///bot?host=/var/run/postgresql",
        "postgresql://bot:p%40s%23s@db.example.com:6432/bot?sslmode=verify-full&sslrootcert=/etc/ssl/db.pem",
        "postgresql://bot@/bot?host=a:5432&host=b:5432&target_session_attrs=read-write",
        "postgresql://bot@db/bot?options=-c%20search_path%3Dbot&application_name=bot@host",
        "postgresql://[::1]:5432/bot",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:////srv/with blank/bot#1@home.db",
        "sqlite:///bot.db?timeout=10",
        "sqlite:///file:/srv/bot.db?mode=ro&uri=true",
    ],
)
def test_the_address_of_a_database_may_have_what_its_driver_takes(address: str) -> None:
    assert load(DATABASE_URL=address).database_url.get_secret_value() == address


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
    file.write_text("\ufeffVideollamada\r\n", encoding="utf-8", newline="")
    assert load(VERIFICATION_ANSWERS=str(file)).verification_answers == ("Videollamada",)
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


SIGNING = "0123456789abcdef0123456789abcdef"
ENDS = ["\ufeff", "\r", "\r\n", "\n", " ", "\t", "\u00a0", "\u200b", "\ufeff \r\n", "\u3000"]


@pytest.mark.parametrize("end", ENDS, ids=ascii)
def test_what_stands_invisibly_at_the_ends_of_a_value_is_no_part_of_it(tmp_path: Path, end: str) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{end}{SIGNING}{end}", encoding="utf-8", newline="")
    around = {name: f"{end}{value}{end}" for name, value in REQUIRED.items()}
    around["DEFAULT_LOCALE"] = f"{end}en{end}"
    around["WHMCS_REPLY_ADMIN"] = f"{end}support{end}"
    around["HOST"] = f"{end}127.0.0.1{end}"
    around["PORT"] = f"{end}4000{end}"
    around["AGENT_USERS"] = f"{end}U1,U2{end}"
    around["DATABASE_URL"] = f"{end}sqlite:////srv/bot.db{end}"
    around["APPROVAL_CHANNEL"] = f"{end}C012AB3CD{end}"
    clean = {name: value.removeprefix(end).removesuffix(end) for name, value in around.items()}
    assert Settings.load(around) == Settings.load(clean)
    del around["SLACK_SIGNING_SECRET"]
    assert Settings.load(around | {"SLACK_SIGNING_SECRET_FILE": f"{file}{end}"}).slack_signing_secret == SecretStr(
        SIGNING
    )


@pytest.mark.parametrize("nothing", ["", *ENDS], ids=ascii)
def test_a_variable_with_nothing_that_can_be_seen_is_as_good_as_none(nothing: str) -> None:
    assert load(HOST=nothing, PORT=nothing, WHMCS_COMPANION_SECRET=nothing, HTTPS_PROXY=nothing) == load()


@pytest.mark.parametrize("wrapped", ['"{}"', "'{}'", ' "{}"\r\n', '\ufeff"{}"', '"{} "', '""', "''"], ids=ascii)
def test_a_value_wrapped_in_quotes_is_refused_by_the_name_of_its_variable(tmp_path: Path, wrapped: str) -> None:
    quoted = {name: wrapped.format(value) for name, value in (REQUIRED | {"AGENT_USERS": "U1", "HOST": "::1"}).items()}
    lines = problems(**quoted)
    assert sorted(line.partition(":")[0] for line in lines) == sorted(quoted)
    assert all("is wrapped in quotes" in line for line in lines)
    assert "CANARY" not in "".join(lines)
    file = tmp_path / "secret"
    file.write_text(wrapped.format("CANARY"), encoding="utf-8")
    [line] = problems(SLACK_SIGNING_SECRET="", SLACK_SIGNING_SECRET_FILE=str(file))
    assert line.startswith("SLACK_SIGNING_SECRET_FILE: is wrapped in quotes")
    [line] = problems(SLACK_SIGNING_SECRET="", SLACK_SIGNING_SECRET_FILE=wrapped.format(file))
    assert line.startswith("SLACK_SIGNING_SECRET_FILE: is wrapped in quotes")


def test_quotes_within_a_value_belong_to_it() -> None:
    assert load(HELP_CONTACT='ask "Ana"').help_contact == 'ask "Ana"'
    assert load(HELP_CONTACT="\"Ana\" or 'Luz'").help_contact == "\"Ana\" or 'Luz'"


@pytest.mark.parametrize("inside", ["\n", "\r\n", "\x00", "\x1b", "\u200b", "\u202e", "\ufeff", "\u2028"], ids=ascii)
@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_with_something_invisible_inside_is_refused(name: str, inside: str) -> None:
    [line] = problems(**{name: SECRETS[name].replace("CANARY", f"CANARY{inside}CANARY")})
    assert line.startswith(f"{name}: holds a line break or another character that can't be seen")
    assert "CANARY" not in line


@pytest.mark.parametrize("name", [*REQUIRED, "DATABASE_URL", "HTTPS_PROXY", "HELP_CONTACT", "HOST", "AGENT_USERS"])
def test_a_value_that_is_not_utf_8_is_refused(name: str) -> None:
    [line] = problems(**{name: "CANARY\udcff"})
    assert line == f"{name}: is not UTF-8"


def test_a_secrets_file_as_windows_writes_it_in_utf_16_is_told(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    for encoding, told in (("utf-16", "it is not UTF-8"), ("utf-16-le", "character that can't be seen")):
        file.write_text("CANARY", encoding=encoding)
        [line] = problems(WHMCS_API_SECRET="", WHMCS_API_SECRET_FILE=str(file))
        assert line.startswith("WHMCS_API_SECRET_FILE: ")
        assert told in line


@pytest.mark.parametrize("path", ["/dev/zero", "/proc/self/mem", "x" * 5000, "/nowhere/\ud7ff", "\udcff", "a\x00b"])
def test_a_secrets_file_that_can_not_be_one_is_told(path: str) -> None:
    [line] = problems(WHMCS_API_SECRET="", WHMCS_API_SECRET_FILE=path)
    assert line.startswith("WHMCS_API_SECRET_FILE: ")


@pytest.mark.parametrize(
    ("given", "expected"),
    [("127.0.0.1", "127.0.0.1"), ("[::]", "::"), ("::1", "::1"), (" [::1] ", "::1"), ("localhost", "localhost")],
)
def test_a_listener_may_be_at_an_address_or_a_name_of_this_host(given: str, expected: str) -> None:
    assert load(HOST=given, OPS_HOST=given).host == expected
    assert OperationsSettings.load({"OPS_HOST": given}).ops_host == expected


HOSTS = [
    "x86_64-conda-linux-gnu",
    "aarch64-conda-linux-gnu",
    "nowhere.invalid",
    "http://127.0.0.1",
    "127.0.0.1:3000",
    "[::1]:3000",
    "[127.0.0.1",
    "*",
    "127.0.0.1 ::1",
    "127.0.0.1\n::1",
    "256.1.1.1",
    "a..b",
    "x" * 64,
    "x" * 5000,
    "::1::",
    "\u2603",
]


@pytest.mark.parametrize("host", HOSTS, ids=ascii)
def test_a_host_that_is_none_is_told_by_its_own_name(host: str) -> None:
    for name in ("HOST", "OPS_HOST"):
        [line] = problems(**{name: host})
        assert line.startswith(f"{name}: must be an address of this host, such as 127.0.0.1")


def test_each_way_of_running_asks_only_for_the_settings_that_it_uses() -> None:
    socket_mode = {"SLACK_APP_TOKEN": "xapp-1", "HOST": HOSTS[0], "PORT": "tcp://10.0.0.7:3000"}
    assert load(**socket_mode).host == "127.0.0.1"
    wrong = {"HOST": HOSTS[0], "HTTPS_PROXY": "socks5://CANARY", "SSL_CERT_FILE": "/nowhere", "WHMCS_URL": "?"}
    DatabaseSettings.load(wrong | {"OPS_HOST": HOSTS[0]})
    OperationsSettings.load(wrong | {"DATABASE_URL": "?"})
    ManifestSettings.load(wrong | {"DATABASE_URL": "?", "OPS_HOST": HOSTS[0]})


SLACK = "https://slack.com/api/"
WHMCS = "https://billing.example.com"


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy"])
def test_a_proxy_is_used_for_slack_and_whmcs_alike_in_either_case(name: str) -> None:
    proxies = load(
        **{name: "proxy:8123", name.replace("https", "no").replace("HTTPS", "NO"): "fd00::/8,.example.com"}
    ).proxies
    assert (proxies.find_proxy(SLACK), proxies.find_proxy(WHMCS)) == ("http://proxy:8123", None)


def test_the_lower_case_goes_first_where_both_are_set_and_not_empty() -> None:
    both = {"https_proxy": "http://lower:1", "HTTPS_PROXY": "http://upper:1"}
    assert load(**both).proxies.find_proxy(SLACK) == "http://lower:1"
    assert load(**both | {"https_proxy": ""}).proxies.find_proxy(SLACK) == "http://upper:1"


@pytest.mark.parametrize("name", ["ALL_PROXY", "all_proxy"])
@pytest.mark.parametrize("value", ["socks5://CANARY:1080", "socks://127.0.0.1:9/", "http://proxy:3128", "CANARY"])
def test_all_proxy_is_ignored_beside_https_proxy_and_refused_without(name: str, value: str) -> None:
    settings = load(**{name: value, "HTTPS_PROXY": "http://proxy:3128"})
    assert settings.proxies.find_proxy(SLACK) == "http://proxy:3128"
    assert "CANARY" not in repr(settings)
    [line] = problems(**{name: value})
    assert line == "ALL_PROXY: is not read: set HTTPS_PROXY to the address of an http proxy, or unset ALL_PROXY"
    [line] = problems(**{name: value, "HTTPS_PROXY": "socks5://CANARY"})
    assert line.startswith("HTTPS_PROXY: must be the address of an http proxy")


def test_proxies_for_what_the_bot_does_not_do_are_none_of_its_settings() -> None:
    assert load(HTTP_PROXY="CANARY#", http_proxy="socks5://x", FTP_PROXY="::", ws_proxy="x") == load()


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda _: None, "No such file or directory"),
        (lambda path: path.mkdir(), "Is a directory"),
        (lambda path: path.touch(), "holds no certificate in PEM format"),
        (lambda path: path.write_bytes(b"\xff\x00CANARY"), "holds no certificate in PEM format"),
        (
            lambda path: path.write_text("-----BEGIN CERTIFICATE-----\nCANARY\n-----END CERTIFICATE-----\n"),
            "holds no certificate",
        ),
    ],
)
def test_a_file_of_certificates_that_is_none_is_told(tmp_path: Path, make: Callable[[Path], object], told: str) -> None:
    make(tmp_path / "ca.pem")
    [line] = problems(SSL_CERT_FILE=str(tmp_path / "ca.pem"))
    assert line.startswith("SSL_CERT_FILE: the file ")
    assert told in line
    assert "CANARY" not in line


def test_a_folder_of_certificates_counts_where_there_is_no_file_of_them(tmp_path: Path) -> None:
    assert load(SSL_CERT_DIR=f"/nowhere:{tmp_path}").certificates
    [line] = problems(SSL_CERT_DIR=str(tmp_path / "none"))
    assert line == "SSL_CERT_DIR: is not a folder: correct or unset it"
    assert load(SSL_CERT_DIR=str(tmp_path / "none"), SSL_CERT_FILE=certifi.where()).certificates


@pytest.mark.parametrize("secret", ["a1b2c3d4e5f6://[CANARY", "a1b2c3d4e5f6://CANARY\u2100@x"])
def test_a_secret_that_looks_like_an_address_is_a_secret_all_the_same(secret: str) -> None:
    assert secret in load(WHMCS_API_SECRET=secret).secrets


def test_the_password_of_a_proxy_is_a_secret_as_it_is_written_and_as_it_is_meant() -> None:
    secrets = load(HTTPS_PROXY="http://bot:CANARY%23x@proxy:3128").secrets
    assert {"http://bot:CANARY%23x@proxy:3128", "CANARY%23x", "CANARY#x"} <= set(secrets)


@pytest.mark.parametrize(
    "address",
    [
        "https://facturación.example",
        "https://FACTURACIÓN.example/x",
        "https://straße.example",
        "https://☃.example",
        "https://xn--n3h.example",
        "https://[::1]",
        "https://[fe80::1%25eth0]",
        "https://1.2.3.4:8443/x y".replace(" ", "%20"),
        "https://billing_1.example.com./whmcs/",
        "HTTPS://Billing.Example.com",
        "https://xn--80ak6aa92e.example",
        "https://billing.example.com/ñ",
        "https://billing.example.com:/",
    ],
)
def test_every_address_that_is_taken_can_be_connected_to_later(address: str) -> None:
    settings = load(WHMCS_URL=address, WHMCS_COMPANION_URL=address, SLACK_API_URL=address)
    whmcs.WhmcsClient.connect(settings.whmcs_url, "i", "s")
    whmcs.CompanionClient.connect(settings.whmcs_companion_url, "s")
    assert yarl.URL(settings.slack_api_url).host
