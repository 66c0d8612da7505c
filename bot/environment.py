"""How settings are read: each value comes from the environment or a file, is cleaned and checked, and is never shown.

Every secret can be in a file instead, named by the same variable with the suffix `_FILE`.
"""

import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Self, get_args

from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

_FILE: Final = "_FILE"
_PROXY: Final = "_PROXY"
_LARGEST_BYTES: Final = 65_536
_ENDS: Final = re.compile(r"^[\s\ufeff\u200b\u2060]+|[\s\ufeff\u200b\u2060]+$")
"""Whitespace, byte order marks and zero-width characters that are copied along with a value."""

_QUOTED: Final = re.compile(r"""(["']).*\1""", re.DOTALL)
_UNSEEN: Final = frozenset({"Cc", "Cf", "Zl", "Zp"})
"""Unicode categories: control and format characters, separators of lines and paragraphs."""


class SettingsError(Exception):
    """One line for each wrong variable. No line holds a value."""

    def __init__(self, lines: tuple[str, ...]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


class EnvironmentSettings(BaseSettings):
    """Base class for settings. Subclasses declare them."""

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True, validate_default=True, extra="ignore")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic's signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic's signature
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic's signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic's signature
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Use only what `load` has read and cleaned; pydantic would also read the process's environment."""
        return (init_settings,)

    @classmethod
    def load(cls, environ: Mapping[str, str]) -> Self:
        """Read the settings from `environ` and the files that it names.

        Raises: SettingsError: lists everything that is wrong.
        """
        environment = _Environment(cls, environ)
        values = environment()
        lines = environment.problems
        try:
            settings = cls.model_validate(values)
        except ValidationError as error:
            # Without the cause: pydantic's error holds the values, including secrets.
            lines += [_describe(problem["loc"], problem["type"], problem["msg"]) for problem in error.errors()]
        else:
            if not lines:
                return settings
        raise SettingsError(tuple(_once_each(lines)))


class _Environment(PydanticBaseSettingsSource):
    """Values by field name, from `environ` and from the files that `X_FILE` names."""

    def __init__(self, settings_cls: type[BaseSettings], environ: Mapping[str, str]) -> None:
        super().__init__(settings_cls)
        self.problems: list[str] = []
        self._environ = environ

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[str | None, str, bool]:
        name = field_name.upper()
        value = self._get(name)
        path = self._get(name + _FILE) if _is_secret(field) else ""
        if value and path:
            self.problems.append(f"{name}: is set twice, here and by {name}{_FILE}")
        if path:
            self._note_problem(name + _FILE, path)
            value, name = self._read(name + _FILE, path), name + _FILE
        self._note_problem(name, value, is_secret=_is_secret(field))
        return value or None, field_name, False

    def __call__(self) -> dict[str, Any]:
        fields = self.settings_cls.model_fields.items()
        values = {name: self.get_field_value(field, name)[0] for name, field in fields}
        return {name: value for name, value in values.items() if value is not None}

    def _get(self, name: str) -> str:
        # Proxy variables exist in either case; lower case takes precedence, as in curl.
        names = (name.lower(), name) if name.endswith(_PROXY) else (name,)
        return next((value for value in (_clean(self._environ.get(name, "")) for name in names) if value), "")

    def _note_problem(self, name: str, value: str, *, is_secret: bool = False) -> None:
        if problem := _find_problem(value, is_secret=is_secret):
            self.problems.append(f"{name}: {problem}")

    def _read(self, name: str, path: str) -> str:
        try:
            with Path(path).open("rb") as file:
                content = file.read(_LARGEST_BYTES + 1)
            text = _clean(content.decode())
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else "it is not UTF-8"
            self.problems.append(f"{name}: the file can't be read: {reason}")
            return ""
        if len(content) > _LARGEST_BYTES:
            self.problems.append(f"{name}: the file is larger than any secret")
        elif not text:
            self.problems.append(f"{name}: the file is empty")
        return text


def _clean(value: str) -> str:
    return _ENDS.sub("", value)


def _find_problem(value: str, *, is_secret: bool) -> str | None:
    """Return what is wrong with any value, regardless of its variable."""
    if any("\ud800" <= character <= "\udfff" for character in value):
        return "is not UTF-8"
    if _QUOTED.fullmatch(value):
        return "is wrapped in quotes, which would be part of the value: remove them"
    if is_secret and any(unicodedata.category(character) in _UNSEEN for character in value):
        return "holds a line break or another character that can't be seen: copy it again"
    return None


def _is_secret(field: FieldInfo) -> bool:
    return field.annotation is SecretStr or SecretStr in get_args(field.annotation)


def _describe(location: tuple[int | str, ...], kind: str, message: str) -> str:
    name = str(location[0]).upper() if location else "settings"
    if kind == "missing":
        return f"{name}: is required"
    text = message.removeprefix("Value error, ")
    return f"{name}: {text[:1].lower()}{text[1:]}"


def _once_each(lines: list[str]) -> list[str]:
    """Keep the first line for each variable: a secret whose file can't be read is not also reported as required."""
    named: dict[str, str] = {}
    for line in lines:
        named.setdefault(line.partition(":")[0].removesuffix(_FILE), line)
    return list(named.values())
