"""The person who is acted as in a browser window, and their language."""

from dataclasses import dataclass

from sandbox.page.people import CastMember
from sandbox.page.world import App, World
from sandbox.slack import Person
from sandbox.words import Words, choose_words


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
        return choose_words(self.person.member.locale, "page")

    @property
    def app(self) -> App:
        return self.world.apps[self.words["language"]]
