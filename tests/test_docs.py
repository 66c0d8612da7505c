"""What is written for people agrees with the code, and leads somewhere."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from babel.messages.pofile import read_po
from pydantic import SecretStr

from bot.domain.audit import Action, AuditOutcome, Step
from bot.domain.limits import LimitKind
from bot.domain.permissions import Denial
from bot.domain.replies import ReplyText
from bot.domain.resets import Method, Reason, Settled
from bot.metrics import Metrics
from bot.settings import Settings
from bot.store.audit import COLUMNS

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])

# Example names, this machine, and the public pages that a reader is sent to.
HOSTS = {
    "127.0.0.1",
    "api.slack.com",
    "developers.whmcs.com",
    "docs.whmcs.com",
    "hooks.slack.com",
    "keepachangelog.com",
    "semver.org",
    "slack.com",
}
EXAMPLES = re.compile(r"(^|\.)(example\.(com|org|net)|example|test)$")

# Where an absolute path in the docs may begin: an address of ours or of WHMCS, a command in Slack, a place on a host.
PATHS = {"admin", "healthz", "includes", "invite", "metrics", "modules", "readyz", "reset-password", "slack", "srv"}
PATHS |= {"app", "dev", "etc", "opt", "tmp", "usr", "var"}


# Slack's and WHMCS's own words, and what an agent may come across in a message.
NOT_OURS = {"Apps", "Emails", "Home", "More actions", "ticket 516757"}
NOT_OURS |= {"Aplicaciones", "Correos", "Inicio", "Más acciones"}


def relative(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.fixture(params=PAGES, ids=relative)
def page(request: pytest.FixtureRequest) -> Path:
    found: Path = request.param
    return found


def test_the_table_of_settings_has_every_setting_once_and_no_other() -> None:
    written = [name for name, *_ in _settings_rows()]
    assert sorted(written) == sorted(name.upper() for name in Settings.model_fields)


def test_the_table_of_settings_tells_the_defaults() -> None:
    for name, _, default, _ in _settings_rows():
        field = Settings.model_fields[name.lower()]
        value = field.default.get_secret_value() if isinstance(field.default, SecretStr) else field.default
        if field.is_required():
            assert default == "required", name
        elif isinstance(value, str | int) and value != "":
            assert default == f"`{value}`", name
        else:
            assert not re.fullmatch(r"`[^`]*`", default), f"{name} has no fixed default"


def test_the_table_of_settings_tells_the_ranges() -> None:
    ranges = {name: written for name, _, _, written in _settings_rows()}
    for name, field in Settings.model_fields.items():
        limits = {type(limit).__name__: limit for limit in field.metadata}
        if "Ge" in limits:
            assert str(getattr(limits["Ge"], "ge", "")) in ranges[name.upper()]
        if "Le" in limits:
            assert str(getattr(limits["Le"], "le", "")) in ranges[name.upper()]


def test_every_secret_is_among_those_that_can_come_from_a_file() -> None:
    [sentence] = [line for line in _text(ROOT / "docs/settings.md").splitlines() if "`SLACK_BOT_TOKEN_FILE`" in line]
    secrets = {name.upper() for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)}
    assert {name for name in re.findall(r"`([A-Z_]+)`", sentence) if not name.endswith("_FILE")} | {
        "SLACK_BOT_TOKEN"
    } == secrets


EXPLAIN_IN_SECURITY = "explain these words in docs/security.md"


def test_the_words_of_the_audit_are_all_explained() -> None:
    text = _text(ROOT / "docs/security.md")
    for words in (Reason, Settled, Denial, LimitKind, Step, Method, Action):
        assert [word.value for word in words if f"`{word.value}`" not in text] == [], EXPLAIN_IN_SECURITY
    assert [column for column in COLUMNS if f"`{column}`" not in text] == [], EXPLAIN_IN_SECURITY
    assert [word.value for word in AuditOutcome if word.value not in text] == [], EXPLAIN_IN_SECURITY


def test_every_text_of_a_reply_is_listed_with_its_files() -> None:
    listed = set(re.findall(r"`(\w+\.\w+\.txt)`", _text(ROOT / "docs/settings.md")))
    assert listed == {f"{text.value}.{language}.txt" for text in ReplyText for language in ("es", "en")}, (
        "the list of texts in docs/settings.md differs from ReplyText"
    )


def test_every_figure_is_explained() -> None:
    metrics = Metrics("0.0.0")
    metrics.watch_socket(lambda: 0.0)
    metrics.watch_whmcs(lambda: 0.0)
    explained = re.findall(r"^\| `(resetbot_\w+)` \|", _text(ROOT / "docs/operations.md"), re.MULTILINE)
    assert {name.removesuffix("_total") for name in explained} == {
        family.name for family in metrics.registry.collect()
    }, "the table of metrics in docs/operations.md differs from bot/metrics.py"


def test_the_header_of_the_export_in_the_readme_is_the_real_one() -> None:
    assert f"\n{','.join(COLUMNS)}\n" in _text(ROOT / "README.md")


def test_the_labels_of_the_glossary_are_those_of_the_interface() -> None:
    said = _catalogue()
    rows = [
        re.findall(r"^\| `([^`]+)` \| `([^`]+)` \|", line) for line in _text(ROOT / "docs/glossary.md").splitlines()
    ]
    labels = dict(pair for row in rows for pair in row)
    assert len(labels) > 20
    assert {english: said.get(english) for english in labels} == labels


def test_the_words_of_the_glossary_occur_in_the_interface() -> None:
    said = _catalogue()
    [_, words] = re.split(r"^## Words$", _text(ROOT / "docs/glossary.md"), flags=re.MULTILINE)
    rows = [[cell.strip() for cell in line.split("|")[1:3]] for line in words.splitlines() if line.startswith("|")][2:]
    assert len(rows) > 20
    english, spanish = "\n".join(said).casefold(), "\n".join(said.values()).casefold()
    assert [word for word, _ in rows if word.casefold() not in english] == []
    assert [word for _, word in rows if word.casefold() not in spanish] == []


@pytest.mark.parametrize("name", ["agents-guide.md", "es/guia-agente.md", "es/procedimiento.md"])
def test_what_agents_read_in_a_guide_is_what_they_see(name: str) -> None:
    """In italics stand labels and the beginnings of sentences."""
    said = _catalogue()
    shown = "\n".join(said.values() if name.startswith("es/") else said)
    quoted = re.findall(r"(?<!\*)\*([^*\n]+)\*(?!\*)", _text(ROOT / "docs" / name))
    assert len(quoted) > 10
    assert {quote for quote in quoted if quote.strip("… .") not in shown} <= NOT_OURS


def test_the_guide_has_the_same_parts_in_both_languages() -> None:
    """Headings, paragraphs, steps, points and rows of tables, in one order."""
    english, spanish = (
        [re.sub(r"^( *(?:#+|\d\.|-|\|)?).*", r"\1", line) for line in _text(ROOT / "docs" / name).splitlines()]
        for name in ("agents-guide.md", "es/guia-agente.md")
    )
    assert english == spanish


def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", _text(page)):
        if urlsplit(target).scheme:
            continue
        path, _, anchor = target.partition("#")
        goal = (page.parent / path).resolve() if path else page
        assert goal.exists(), target
        if anchor:
            assert anchor in _anchors(goal), target


def test_every_make_command_is_in_the_makefile(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", _text(ROOT / "Makefile"), re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z]+)", _text(page), re.MULTILINE))
    assert named - targets == set()


def test_every_file_that_is_named_is_there(page: Path) -> None:
    named = re.findall(r"`((?:bot|whmcs|sandbox|tests|docs|requirements)/[\w./-]*[\w/])`", _text(page))
    missing = {path for path in named if not (ROOT / path).exists()}
    # A migration that a reader is asked to write.
    assert missing <= {"bot/store/migrations/versions/0099_what_it_does.py"}


def test_every_address_is_public_or_an_example(page: Path) -> None:
    hosts = {urlsplit(url).hostname or "" for url in re.findall(r"https?://[^\s)`>…,;]+", _text(page))}
    assert {host for host in hosts if host not in HOSTS and not EXAMPLES.search(host)} == set()
    mail_hosts = set(re.findall(r"[\w.]+@([\w-]+(?:\.[\w-]+)+)", _text(page)))
    assert {host for host in mail_hosts if not EXAMPLES.search(host)} == set()


def test_no_path_of_somebodys_own_machine_is_named(page: Path) -> None:
    begins = set(re.findall(r"(?:^|[\s`'\"(]|:///)/([\w-]+)", "\n".join(_code(page)), re.MULTILINE))
    assert begins - PATHS == set()


def test_nothing_is_left_to_be_written(page: Path) -> None:
    assert re.findall(r"\b(?:TODO|TBD|FIXME|XXX)\b", _text(page)) == []


def _catalogue() -> dict[str, str]:
    """Every text of the interface with its Spanish."""
    with (ROOT / "bot/locales/es/LC_MESSAGES/bot.po").open("rb") as source:
        messages = [message for message in read_po(source, locale="es") if message.id]
    forms = [(_forms(message.id), _forms(message.string)) for message in messages]
    return {english: spanish for one, other in forms for english, spanish in zip(one, other, strict=True)}


def _forms(text: object) -> tuple[str, ...]:
    """The singular and the plural of what is counted, else the one text."""
    return tuple(map(str, text)) if isinstance(text, list | tuple) else (str(text),)


def _settings_rows() -> Iterator[tuple[str, str, str, str]]:
    for line in _text(ROOT / "docs/settings.md").splitlines():
        if line.startswith("| `"):
            variable, meaning, default, written = (cell.strip() for cell in line.strip("|").split("|"))
            yield variable.strip("`"), meaning, default, written


def _anchors(page: Path) -> set[str]:
    """The headings as GitHub makes anchors of them."""
    headings = re.findall(r"^#+ (.+)$", _text(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


def _code(page: Path) -> list[str]:
    """Blocks and spans of code."""
    text = _text(page)
    blocks = re.findall(r"^ *```\w*\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    return [*blocks, *(f"`{span}" for span in re.findall(r"`([^`\n]+)`", text))]


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def list_log_events() -> Iterator[tuple[str, str]]:
    """Return name and level of every event that the code logs."""
    for path in sorted([*(ROOT / "bot").rglob("*.py"), *(ROOT / "whmcs").rglob("*.py")]):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id="_logger"), attr=level), args=[ast.Constant(value=str(event))]
                ):
                    yield event, "error" if level == "exception" else level


def test_every_log_event_is_explained_with_its_level() -> None:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    explained = re.findall(r"^\| `([a-z_.]+)` \| (info|warning|error) \| ", text, re.MULTILINE)
    assert explained == sorted(explained)
    assert set(explained) == set(list_log_events())


def test_log_events_are_named_by_subject_and_verb() -> None:
    names = {name for name, _ in list_log_events()} - {"audit"}
    assert {name for name in names if not re.fullmatch(r"[a-z_]+\.[a-z_]+", name)} == set()
