"""What Slack's own client says to somebody, in their language. The words are near to Slack's, not a copy of them."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, kw_only=True)
class ClientWords:
    """What stands in braces is filled in where the word is used."""

    trouble: str
    command_failed: str
    no_options: str
    required: str
    too_short: str
    too_long: str


_ES: Final = ClientWords(
    trouble="Hubo un problema al conectar. ¿Quiere intentarlo de nuevo?",
    command_failed='{command} falló con el error "{error}"',
    no_options="No se pudieron cargar las opciones ({error})",
    required="Complete este campo obligatorio.",
    too_short="Escriba al menos {count} caracteres.",
    too_long="Escriba como máximo {count} caracteres.",
)
_EN: Final = ClientWords(
    trouble="We had some trouble connecting. Try again?",
    command_failed='{command} failed with the error "{error}"',
    no_options="The options could not be loaded ({error})",
    required="Please complete this required field.",
    too_short="Please use at least {count} characters.",
    too_long="Please use no more than {count} characters.",
)


def choose_client_words(locale: str) -> ClientWords:
    """Return the words for a Slack locale such as es-ES."""
    return _ES if locale.startswith("es") else _EN
