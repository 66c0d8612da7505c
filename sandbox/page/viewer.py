"""Who looks at the page, and in which words."""

from dataclasses import dataclass

from sandbox.page.people import CastMember
from sandbox.page.words import Words, choose_words
from sandbox.page.world import App, World
from sandbox.slack import Person


@dataclass(frozen=True)
class Viewer:
    world: World
    cast_member: CastMember

    @property
    def person(self) -> Person:
        return self.cast_member.person

    @property
    def tz(self) -> str:
        return self.person.member.tz

    @property
    def words(self) -> Words:
        return choose_words(self.person.member.locale)

    @property
    def app(self) -> App:
        return self.world.apps[self.words.language]
