"""The people of the demo's workspace, one or more for each level of permission."""

from dataclasses import dataclass
from typing import Final, Literal

from sandbox.slack import LocalSlack, Person
from sandbox.slack.workspace import Channel
from sandbox.whmcs.seed_tickets import OWNERS_TICKET

AGENTS: Final = "S0AGENTS"
SETTERS: Final = "S0SETTERS"

Role = Literal["agent", "no_set_password", "employee", "guest", "outsider"]

_ES: Final = "es-ES"
_EN: Final = "en-GB"


@dataclass(frozen=True)
class CastMember:
    person: Person
    role: Role


def invite(slack: LocalSlack) -> tuple[CastMember, ...]:
    """Add all people, agents first. The guest and the outsider are in the agents' group, which must not suffice."""
    both = (AGENTS, SETTERS)
    cast = (
        CastMember(slack.add_person("Sofía Soporte", locale=_ES, groups=both), "agent"),
        CastMember(slack.add_person("Alex Agent", locale=_EN, tz="Europe/London", groups=both), "agent"),
        CastMember(slack.add_person("Leo Lector", locale=_ES, groups=[AGENTS]), "no_set_password"),
        CastMember(slack.add_person("Nico Nuevo", locale=_ES), "employee"),
        CastMember(slack.add_person("Gina Guest", locale=_EN, is_guest=True, groups=both), "guest"),
        CastMember(
            slack.add_person("Otto Outsider", locale=_EN, is_stranger=True, team_id="T0000OTHER", groups=both),
            "outsider",
        ),
    )
    everybody = {member.person.id for member in cast}
    channels = (
        # The bot is in neither; commands typed there reach it nevertheless.
        Channel("C0GENERAL", "general", everybody),
        Channel("D0COLLEAGUES", "directmessage", {cast[0].person.id, cast[1].person.id}, is_direct=True),
    )
    for channel in channels:
        slack.workspace.channels[channel.id] = channel
    return cast


async def begin_talk(cast: tuple[CastMember, ...]) -> None:
    """Post a message to the support channel on which a message shortcut can be used."""
    [employee] = [member.person for member in cast if member.role == "employee"]
    await employee.posts(f"Una clienta no recuerda su contraseña, es el ticket {OWNERS_TICKET}. ¿Quién la ayuda?")
