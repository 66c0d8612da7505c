"""The languages. The texts in the code are English; the others are in `bot/locales/`, read once at start.

To add a text, write it in English in a view, run `make texts`, and fill in the empty translation in the `.po` file.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache, lru_cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Final, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import format_date, format_time, format_timedelta
from babel.localedata import locale_identifiers
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from bot.domain.permissions import Agent

ENGLISH: Final = "en"
_LOCALES: Final = Path(__file__).parent.parent.parent / "locales"


def mark(message: str) -> str:
    """Return the message unchanged. Marks a text that is passed to `say` elsewhere, so that `make texts` collects it."""
    return message


@dataclass(frozen=True, kw_only=True)
class Texts:
    """Texts in the reader's language, with times as the reader's country writes them, in the reader's time zone.

    `timezone`: an IANA name. Times are in UTC, and say so, if it is empty or unknown. `is_markup`: times of day are
    Slack's markup, which each reader sees in their own time zone; for mrkdwn only.
    """

    language: str
    country_locale: str
    translations: NullTranslations
    help_contact: str = ""
    timezone: str = ""
    is_markup: bool = False

    def in_timezone(self, timezone: str) -> Self:
        return replace(self, timezone=timezone)

    def in_markup(self) -> Self:
        return replace(self, is_markup=True)

    def say(self, message: str, /, **values: object) -> str:
        return self.translations.gettext(message).format(**values)

    def count(self, singular: str, plural: str, number: int, /, **values: object) -> str:
        return self.translations.ngettext(singular, plural, number).format(number=number, **values)

    def clock(self, at: datetime) -> str:
        """Return the time of day."""
        if self.is_markup:
            # docs.slack.dev, formatting message text
            return f"<!date^{int(at.timestamp())}^{{time}}|{at.astimezone(UTC):%H:%M} UTC>"
        zone = _find_zone(self.timezone)
        text = _format_clock(at.astimezone(zone or UTC).time().replace(second=0, microsecond=0), self.country_locale)
        return text if zone is not None else f"{text} UTC"

    def ago(self, age: timedelta) -> str:
        """Return how long ago something was, in the largest unit that fits: `2 days ago`."""
        return format_timedelta(-abs(age), add_direction=True, threshold=1, locale=self.language)

    def day(self, at: datetime) -> str:
        """Return the day, without naming the time zone."""
        return _format_day(at.astimezone(_find_zone(self.timezone) or UTC).date(), self.country_locale)

    def date(self, at: datetime) -> str:
        """Return the day and the time of day."""
        return f"{self.day(at)}, {self.clock(at)}"


class Languages:
    """All languages. Readers whose language is unknown get the default."""

    def __init__(self, texts: Mapping[str, Texts], default: str) -> None:
        self._texts = texts
        self._default = default

    @classmethod
    def load(cls, default: str, help_contact: str | None = None) -> Self:
        """Read the catalogues. `default`: one of their languages."""
        contact = help_contact or ""
        texts = {ENGLISH: _make_texts(ENGLISH, NullTranslations(), contact)}
        for catalogue in sorted(_LOCALES.glob("*/LC_MESSAGES/bot.po")):
            language = catalogue.parent.parent.name
            texts[language] = _make_texts(language, _read(catalogue), contact)
        return cls(texts, default)

    def for_agent(self, agent: Agent) -> Texts:
        return self.for_locale(agent.locale).in_timezone(agent.timezone)

    def for_locale(self, locale: str) -> Texts:
        """Return the texts for Slack's name of a locale, such as `es-ES`; times are in UTC."""
        language, _, country = locale.replace("_", "-").partition("-")
        texts = self._texts.get(language.lower())
        if texts is None:
            return self._texts[self._default]
        return replace(texts, country_locale=_find_country_locale(texts.language, country))

    def for_whmcs(self, language: str) -> Texts:
        """Return the texts for WHMCS's name of a client's language, such as `spanish`; else the default's."""
        return self._texts.get(_WHMCS_LANGUAGES.get(language.lower(), ""), self._texts[self._default])


# Countries for readers whose locale names none. Slack's es-LA and CLDR's es-419 stand for all of Latin America.
_COUNTRIES: Final = {"es": "es_CO", "en": "en_US"}
_REGIONS: Final = frozenset({"LA", "419"})

_PLAIN_SPACES: Final = str.maketrans("\N{NARROW NO-BREAK SPACE}\N{NO-BREAK SPACE}", "  ")

# The folder names under WHMCS's /lang (docs.whmcs.com/Language_Overrides).
_WHMCS_LANGUAGES: Final = {"spanish": "es", "english": "en"}


@cache
def _read(catalogue: Path) -> Translations:
    """Read the .po file as it is, so that no compiled copy of it can go stale."""
    with catalogue.open("rb") as source:
        parsed = read_po(source, locale=catalogue.parent.parent.name)
    compiled = BytesIO()
    write_mo(compiled, parsed)
    compiled.seek(0)
    return Translations(compiled)


def _make_texts(language: str, translations: NullTranslations, help_contact: str) -> Texts:
    return Texts(
        language=language,
        country_locale=_COUNTRIES[language],
        translations=translations,
        help_contact=help_contact,
    )


def _find_country_locale(language: str, country: str) -> str:
    """Return Babel's name of a locale; the language's usual country if this one is none that Babel knows."""
    name = f"{language}_{country.upper()}"
    return name if country.upper() not in _REGIONS and name in _list_locales() else _COUNTRIES[language]


@cache
def _list_locales() -> frozenset[str]:
    return frozenset(locale_identifiers())


# Cached, since Babel takes most of the time of a card with many users.
@lru_cache(maxsize=4096)
def _format_day(day: date, locale: str) -> str:
    return format_date(day, "d MMM y", locale=locale)


@lru_cache(maxsize=4096)
def _format_clock(minute: time, locale: str) -> str:
    # A search for a time would not find CLDR's no-break spaces.
    return format_time(minute, "short", locale=locale).translate(_PLAIN_SPACES)


def _find_zone(timezone: str) -> tzinfo | None:
    try:
        return ZoneInfo(timezone) if timezone else None
    except (ZoneInfoNotFoundError, ValueError):
        return None
