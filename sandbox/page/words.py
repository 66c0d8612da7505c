"""What the page says itself, in the language of the person who is acted as."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, kw_only=True)
class Words:
    """What stands in braces is filled in where the word is used."""

    language: str
    title: str
    acting_as: str
    workspace: str
    channels: str
    direct_messages: str
    apps: str
    app: str
    slackbot: str
    panes: str
    conversation: str
    messages: str
    home: str
    tabs: str
    nothing_published: str
    read_only: str
    more_actions: str
    shortcuts: str
    no_messages: str
    composer: str
    composer_hint: str
    send: str
    commands: str
    only_visible: str
    edited: str
    unread: str
    no_command: str
    dismiss: str
    close: str
    back: str
    choose_option: str
    loading: str
    nothing_found: str
    type_more: str
    optional: str
    sending: str
    undrawable: str
    # WHMCS
    whmcs: str
    sign_in: str
    email: str
    password: str
    try_it: str
    opens: str
    opens_not: str
    users: str
    filter_users: str
    user: str
    client: str
    password_changed: str
    never: str
    no_user: str
    more_users: str
    reset_emails: str
    no_reset_emails: str
    activity: str
    no_activity: str
    fill_in: str
    # Traffic
    traffic: str
    traffic_hint: str
    no_traffic: str
    of_limit: str
    trigger_age: str
    under_way: str
    sent: str
    answered: str
    show_password: str
    hide_password: str
    # Faults
    faults: str
    faults_hint: str
    clear_faults: str
    bot: str
    bot_states: dict[str, str]
    kill: str
    start: str
    freeze: str
    thaw: str
    delivery: str
    rules: str
    two_agents: str
    modes: dict[str, str]
    log_end: str
    roles: dict[str, str]
    fault_names: dict[str, str]


_ES: Final = Words(
    language="es",
    title="Demostración: un Slack y un WHMCS locales con el bot de verdad",
    acting_as="Actuar como",
    workspace="Espacio de trabajo",
    channels="Canales",
    direct_messages="Mensajes directos",
    apps="Aplicaciones",
    app="App",
    slackbot="Slackbot",
    panes="Paneles",
    conversation="Conversación",
    messages="Mensajes",
    home="Inicio",
    tabs="Pestañas de la aplicación",
    nothing_published="La aplicación todavía no muestra nada aquí.",
    read_only="El envío de mensajes a esta aplicación está desactivado.",
    more_actions="Más acciones",
    shortcuts="Atajos",
    no_messages="Todavía no hay mensajes.",
    composer="Mensaje para {channel}",
    composer_hint="Escriba un mensaje, o / para un comando",
    send="Enviar",
    commands="Comandos",
    only_visible="Solo visible para usted",
    edited="editado",
    unread="sin leer",
    no_command="{command} no es un comando válido.",
    dismiss="Descartar",
    close="Cerrar",
    back="Atrás",
    choose_option="Elija una opción",
    loading="Cargando…",
    nothing_found="No hay resultados",
    type_more="Escriba al menos {count} caracteres",
    optional="opcional",
    sending="Enviando…",
    undrawable="Esta página no dibuja «{name}».",
    whmcs="WHMCS",
    sign_in="¿Da acceso a la cuenta?",
    email="Correo electrónico",
    password="Contraseña",
    try_it="Probar",
    opens="Sí: {email} entra con esta contraseña.",
    opens_not="No: {email} no entra con esta contraseña.",
    users="Clientes y usuarios",
    filter_users="Buscar por nombre, correo, #id o ticket",
    user="Usuario",
    client="Cliente",
    password_changed="Cambio de contraseña",
    never="nunca",
    no_user="Ninguno coincide.",
    more_users="y {count} más",
    reset_emails="Correos de restablecimiento enviados",
    no_reset_emails="Ninguno todavía.",
    activity="Registro de actividad",
    no_activity="Vacío.",
    fill_in="Usar {email}",
    traffic="Tráfico",
    traffic_hint="Cada petición entre Slack, el bot y WHMCS. Los secretos están ocultos.",
    no_traffic="Todavía no hay peticiones.",
    of_limit="{seconds} s de {limit} s",
    trigger_age="trigger usado a los {seconds} s de {limit} s",
    under_way="en curso",
    sent="Enviado",
    answered="Respuesta",
    show_password="Mostrar la contraseña",
    hide_password="Ocultar la contraseña",
    faults="Fallos",
    faults_hint="Rompa algo y use el bot. Se aplica a todas las ventanas.",
    clear_faults="Quitar todos los fallos",
    bot="Bot",
    bot_states={
        "starting": "se está iniciando",
        "running": "en marcha",
        "frozen": "congelado: no responde",
        "stopped": "detenido",
        "failed": "no arrancó",
    },
    kill="Matar el bot",
    start="Iniciar el bot",
    freeze="Congelar el bot",
    thaw="Descongelar el bot",
    delivery="Cómo llega Slack al bot",
    rules="Reglas",
    two_agents="Dos agentes: sin prueba fuerte, otro aprueba en #soporte",
    modes={"http": "HTTP firmado", "socket": "Socket Mode"},
    log_end="Final del registro del bot",
    roles={
        "agent": "agente",
        "no_set_password": "agente, no puede cambiar contraseñas",
        "employee": "empleado, no es agente",
        "guest": "invitado",
        "outsider": "de otra organización",
    },
    fault_names={
        "whmcs_slow": "WHMCS lento (4 s)",
        "whmcs_down": "WHMCS caído",
        "whmcs_html": "WHMCS responde HTML",
        "whmcs_credentials": "Credenciales incorrectas",
        "whmcs_no_companion": "Sin el módulo complementario",
        "whmcs_no_tickets": "El rol no permite los tickets",
        "whmcs_reply_refused": "Rechaza las respuestas en los tickets",
        "whmcs_drop_after": "Hace el trabajo y pierde la respuesta",
        "slack_ratelimited": "Slack responde 429",
        "slack_lost_post": "Se pierde la respuesta al mensaje",
        "slack_expired_trigger": "Trigger caducado",
    },
)

_EN: Final = Words(
    language="en",
    title="Demo: a local Slack and a local WHMCS with the real bot",
    acting_as="Acting as",
    workspace="Workspace",
    channels="Channels",
    direct_messages="Direct messages",
    apps="Apps",
    app="App",
    slackbot="Slackbot",
    panes="Panes",
    conversation="Conversation",
    messages="Messages",
    home="Home",
    tabs="Tabs of the app",
    nothing_published="The app does not show anything here yet.",
    read_only="Sending messages to this app has been turned off.",
    more_actions="More actions",
    shortcuts="Shortcuts",
    no_messages="No messages yet.",
    composer="Message {channel}",
    composer_hint="Type a message, or / for a command",
    send="Send",
    commands="Commands",
    only_visible="Only visible to you",
    edited="edited",
    unread="unread",
    no_command="{command} is not a valid command.",
    dismiss="Dismiss",
    close="Close",
    back="Back",
    choose_option="Choose an option",
    loading="Loading…",
    nothing_found="No results",
    type_more="Type at least {count} characters",
    optional="optional",
    sending="Sending…",
    undrawable="This page does not draw “{name}”.",
    whmcs="WHMCS",
    sign_in="Does it open the account?",
    email="E-mail",
    password="Password",
    try_it="Try it",
    opens="Yes: {email} can sign in with this password.",
    opens_not="No: {email} can’t sign in with this password.",
    users="Clients and users",
    filter_users="Find by name, e-mail, #id or ticket",
    user="User",
    client="Client",
    password_changed="Password changed",
    never="never",
    no_user="Nobody matches.",
    more_users="and {count} more",
    reset_emails="Reset e-mails sent",
    no_reset_emails="None yet.",
    activity="Activity log",
    no_activity="Empty.",
    fill_in="Use {email}",
    traffic="Traffic",
    traffic_hint="Each request among Slack, the bot and WHMCS. Secrets are masked.",
    no_traffic="No requests yet.",
    of_limit="{seconds} s of {limit} s",
    trigger_age="trigger used {seconds} s of {limit} s after it was issued",
    under_way="under way",
    sent="Sent",
    answered="Answer",
    show_password="Show the password",
    hide_password="Hide the password",
    faults="Faults",
    faults_hint="Break something, then use the bot. It counts for every window.",
    clear_faults="End all faults",
    bot="Bot",
    bot_states={
        "starting": "starting",
        "running": "running",
        "frozen": "frozen: it does not answer",
        "stopped": "stopped",
        "failed": "did not start",
    },
    kill="Kill the bot",
    start="Start the bot",
    freeze="Freeze the bot",
    thaw="Thaw the bot",
    delivery="How Slack reaches the bot",
    rules="Rules",
    two_agents="Two agents: without strong proof another one approves in #soporte",
    modes={"http": "Signed HTTP", "socket": "Socket Mode"},
    log_end="End of the bot’s log",
    roles={
        "agent": "agent",
        "no_set_password": "agent, may not set passwords",
        "employee": "employee, no agent",
        "guest": "guest",
        "outsider": "from another organisation",
    },
    fault_names={
        "whmcs_slow": "WHMCS slow (4 s)",
        "whmcs_down": "WHMCS down",
        "whmcs_html": "WHMCS answers HTML",
        "whmcs_credentials": "Wrong credentials",
        "whmcs_no_companion": "Without the companion module",
        "whmcs_no_tickets": "The role lacks the tickets",
        "whmcs_reply_refused": "Refuses replies on tickets",
        "whmcs_drop_after": "Does the work, loses the answer",
        "slack_ratelimited": "Slack answers 429",
        "slack_lost_post": "The answer to a post is lost",
        "slack_expired_trigger": "Expired trigger",
    },
)


def choose_words(locale: str) -> Words:
    """Return the words for a Slack locale such as es-ES."""
    return _ES if locale.startswith("es") else _EN
