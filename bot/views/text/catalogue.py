"""The languages. The texts in the code are the English ones; the others are in `bot/locales/`, read once at start.

To change or add a text: write it here in English, run `make texts`, translate what is empty in the `.po` file.
"""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from functools import cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Final, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import format_datetime, format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from bot.domain.permissions import Agent

ENGLISH: Final = "en"
_LOCALES: Final = Path(__file__).parent.parent.parent / "locales"


class Texts:
    """One language, for a reader in one time zone. `say` and `count` are what `make texts` looks for in the code."""

    def __init__(
        self, language: str, translations: NullTranslations, help_contact: str = "", timezone: str = ""
    ) -> None:
        self.language = language
        self.help_contact = help_contact
        self.timezone = timezone
        self._translations = translations

    def in_timezone(self, timezone: str) -> "Texts":
        return Texts(self.language, self._translations, self.help_contact, timezone)

    def say(self, message: str, /, **values: object) -> str:
        return self._translations.gettext(message).format(**values)

    def count(self, singular: str, plural: str, number: int, /, **values: object) -> str:
        return self._translations.ngettext(singular, plural, number).format(number=number, **values)

    def clock(self, at: datetime, timezone: str) -> str:
        """The time of day where the reader is, or in UTC, named, where that is not known."""
        zone = _zone(timezone)
        text = format_time(at, "short", tzinfo=zone, locale=self.language)
        return text if zone is not None else f"{text} UTC"

    def date(self, at: datetime, timezone: str) -> str:
        """Day and time of day where the reader is, or in UTC, named, where that is not known."""
        zone = _zone(timezone)
        text = format_datetime(at, "d MMM y, H:mm", tzinfo=zone, locale=self.language)
        return text if zone is not None else f"{text} UTC"


class Languages:
    """All languages; `for_locale` never fails."""

    def __init__(self, texts: Mapping[str, Texts], default: str) -> None:
        self._texts = texts
        self._default = default

    @classmethod
    def load(cls, default: str, help_contact: str | None = None) -> Self:
        """Read the catalogues; `default` is for people whose language is unknown or not ours."""
        contact = help_contact or ""
        texts = {ENGLISH: Texts(ENGLISH, NullTranslations(), contact)}
        for catalogue in sorted(_LOCALES.glob("*/LC_MESSAGES/bot.po")):
            language = catalogue.parent.parent.name
            texts[language] = Texts(language, _read(catalogue), contact)
        return cls(texts, default)

    def for_agent(self, agent: Agent) -> Texts:
        return self.for_locale(agent.locale).in_timezone(agent.timezone)

    def for_locale(self, locale: str) -> Texts:
        """Take Slack's name of a locale, such as `es-ES`."""
        return self._texts.get(locale.replace("_", "-").partition("-")[0].lower(), self._texts[self._default])

    def for_whmcs(self, language: str) -> Texts:
        """Take WHMCS's name of a client's language, such as `spanish`; empty or unknown: the default."""
        return self._texts.get(_WHMCS_LANGUAGES.get(language.lower(), ""), self._texts[self._default])


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


def _zone(timezone: str) -> tzinfo | None:
    try:
        return ZoneInfo(timezone) if timezone else None
    except (ZoneInfoNotFoundError, ValueError):
        return None
