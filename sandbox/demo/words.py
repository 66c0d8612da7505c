"""What the demo says itself, and the labels of the bot by which it finds its way; in Spanish and English."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Language(StrEnum):
    ES = "es"
    EN = "en"


class Chapter(StrEnum):
    RESET_EMAIL = "reset_email"
    SET_PASSWORD = "set_password"
    STRANGER = "stranger"
    AUDIT = "audit"


@dataclass(frozen=True, kw_only=True)
class Labels:
    """Fixed labels of the bot."""

    client: str
    user: str
    method: str
    reset_email: str
    set_password: str
    confirm: str
    verified: str
    called_back: str
    delete_now: str
    back: str
    done: str


@dataclass(frozen=True, kw_only=True)
class Words:
    """The demo's own words. What stands in braces is filled in where the word is used."""

    locale: str
    agent: str
    stranger: str
    help_contact: str
    title: str
    introduction: str
    starting: str
    ready: str
    chapters: dict[Chapter, str]
    types: str
    looks_up: str
    no_suggestions: str
    chooses: str
    presses: str
    modal: str
    direct_message: str
    only_visible: str
    message_gone: str
    in_whmcs: str
    emails_sent: str
    email_sent: str
    changed_at: str
    only: str
    password_changed: str
    earlier_password_opens: str
    generated_password_opens: str
    people_who_saw: str
    activity: str
    nothing_asked: str
    yes: str
    no: str
    none: str
    ended: str
    traces: str
    finished: str
    failed: str
    log_end: str
    interrupted: str
    labels: Labels


_ES: Final = Words(
    locale="es-ES",
    agent="Sofía Soporte",
    stranger="Nico Nuevo",
    help_contact="Equipo de sistemas",
    title="Restablecer contraseña: demostración",
    introduction="Un Slack y un WHMCS locales, con el bot de verdad entre ambos. Las personas y las cuentas son "
    "inventadas, y nada sale de este equipo.",
    starting="Iniciando el bot…",
    ready="El bot está listo.",
    chapters={
        Chapter.RESET_EMAIL: "1. Enviar correo electrónico para restablecer la contraseña",
        Chapter.SET_PASSWORD: "2. Cambiar contraseña",
        Chapter.STRANGER: "3. Alguien que no es agente",
        Chapter.AUDIT: "4. El registro de auditoría",
    },
    types="{name} escribe en #soporte:",
    looks_up="{name} escribe «{typed}» en {label}. Slack le ofrece:",
    no_suggestions="nada",
    chooses="{name} elige en {label}:",
    presses="{name} pulsa:",
    modal="Ventana",
    direct_message="Mensaje directo",
    only_visible="Solo visible para usted",
    message_gone="El mensaje con la contraseña ya no está en Slack.",
    in_whmcs="En WHMCS",
    emails_sent="Correos de restablecimiento enviados:",
    email_sent="{email}, a las {time}",
    changed_at="a las {time}",
    only="solo {name}",
    password_changed="Contraseña cambiada:",
    earlier_password_opens="La contraseña anterior da acceso a la cuenta:",
    generated_password_opens="La contraseña generada da acceso a la cuenta:",
    people_who_saw="La contraseña generada la recibió:",
    activity="Registro de actividad, línea nueva:",
    nothing_asked="El bot no consultó nada; no se cambió nada.",
    yes="sí",
    no="no",
    none="ninguno",
    ended="Se pidió al bot que terminara (SIGTERM) y lo hizo: código de salida {code}.",
    traces="La contraseña generada no está en su base de datos ni en su registro.",
    finished="La demostración terminó como se esperaba.",
    failed="La demostración no terminó como se esperaba:",
    log_end="El final del registro del bot:",
    interrupted="La demostración se interrumpió; todo lo que inició ha terminado.",
    labels=Labels(
        client="Cliente",
        user="Usuario",
        method="Método",
        reset_email="Enviar correo electrónico para restablecer la contraseña",
        set_password="Cambiar contraseña",
        confirm="Confirmar",
        verified="¿Cómo se verificó a la persona?",
        called_back="Se le devolvió la llamada al número registrado",
        delete_now="Borrar ahora",
        back="Volver",
        done="Listo",
    ),
)

_EN: Final = Words(
    locale="en-GB",
    agent="Sophie Support",
    stranger="Nick Newcomer",
    help_contact="Systems team",
    title="Reset password: demo",
    introduction="A local Slack and a local WHMCS with the real bot between them. The people and accounts are made up, "
    "and nothing leaves this computer. The clients speak Spanish, so the sentences for them are in Spanish.",
    starting="Starting the bot…",
    ready="The bot is ready.",
    chapters={
        Chapter.RESET_EMAIL: "1. Send a password-reset e-mail",
        Chapter.SET_PASSWORD: "2. Set a password",
        Chapter.STRANGER: "3. Somebody who is no agent",
        Chapter.AUDIT: "4. The audit",
    },
    types="{name} types in #soporte:",
    looks_up="{name} types “{typed}” into {label}. Slack offers:",
    no_suggestions="nothing",
    chooses="{name} chooses in {label}:",
    presses="{name} presses:",
    modal="Modal",
    direct_message="Direct message",
    only_visible="Only visible to you",
    message_gone="The message with the password is no longer in Slack.",
    in_whmcs="In WHMCS",
    emails_sent="Reset e-mails sent:",
    email_sent="{email}, at {time}",
    changed_at="at {time}",
    only="{name} alone",
    password_changed="Password changed:",
    earlier_password_opens="The earlier password opens the account:",
    generated_password_opens="The generated password opens the account:",
    people_who_saw="The generated password was given to:",
    activity="Activity log, new line:",
    nothing_asked="The bot asked nothing; nothing was changed.",
    yes="yes",
    no="no",
    none="none",
    ended="The bot was told to end (SIGTERM) and did: exit code {code}.",
    traces="The generated password is neither in its database nor in its log.",
    finished="The demo ended as expected.",
    failed="The demo did not end as expected:",
    log_end="The end of the bot’s log:",
    interrupted="The demo was interrupted; everything that it started has ended.",
    labels=Labels(
        client="Client",
        user="User",
        method="Method",
        reset_email="Send a password-reset e-mail",
        set_password="Set a password",
        confirm="Confirm",
        verified="How was the person verified?",
        called_back="Called back on the number on file",
        delete_now="Delete now",
        back="Back",
        done="Done",
    ),
)


def choose_words(language: Language) -> Words:
    return {Language.ES: _ES, Language.EN: _EN}[language]
