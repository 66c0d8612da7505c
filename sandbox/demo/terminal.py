"""The demo in the terminal: puts the servers, the bot, the story and the screen together."""

import tempfile
from pathlib import Path
from typing import Final

from rich.console import Console

from sandbox.demo.processes import BotProcess, ProcessError, build_settings, run_command
from sandbox.demo.screen import TerminalScreen
from sandbox.demo.story import Story, StoryError, check_audit
from sandbox.demo.words import Chapter, Language, choose_words
from sandbox.slack import LocalSlack
from sandbox.whmcs import LocalWhmcs

GROUP: Final = "S0AGENTS"


async def walk_through(language: Language, console: Console) -> bool:
    """Tell the whole story and return whether it ended as it should. Nothing is left over, whatever happens."""
    screen = TerminalScreen(console, choose_words(language))
    screen.begin()
    with tempfile.TemporaryDirectory(prefix="reset-password-demo-") as name:
        async with LocalSlack() as slack, LocalWhmcs() as whmcs:
            walk = _Walk(slack, whmcs, Path(name), language, screen)
            try:
                await walk.go()
            except (StoryError, ProcessError) as error:
                screen.failed(str(error), walk.bot.log_end())
                return False
    screen.finished()
    return True


class _Walk:
    def __init__(
        self, slack: LocalSlack, whmcs: LocalWhmcs, folder: Path, language: Language, screen: TerminalScreen
    ) -> None:
        words = choose_words(language)
        agent = slack.add_person(words.agent, locale=words.locale, groups=[GROUP])
        stranger = slack.add_person(words.stranger, locale=words.locale)
        self._settings = build_settings(
            slack, whmcs, folder, group=GROUP, locale=language, help_contact=words.help_contact
        )
        self._folder = folder
        self._screen = screen
        self._story = Story(slack, whmcs, agent, stranger, words.labels, screen)
        self.bot = BotProcess(self._settings, folder / "bot.log")
        slack.connect_bot(self.bot.events_url)

    async def go(self) -> None:
        """Raises: StoryError, ProcessError."""
        async with self.bot:
            self._screen.ready()
            await self._story.tell()
            self._screen.chapter(Chapter.AUDIT)
            exit_code = await self.bot.stop()
        if exit_code != 0:
            raise ProcessError(f"the bot ended with exit code {exit_code} after SIGTERM")
        self._check_traces()
        self._screen.ended(exit_code)
        # Asked once the bot has ended, since what it still had to record is recorded then.
        audit = await run_command(self._settings, "audit", "list")
        self._screen.audit("python -m bot audit list", audit)
        check_audit(audit)

    def _check_traces(self) -> None:
        password = self._story.password.encode()
        found = [path.name for path in self._folder.iterdir() if password in path.read_bytes()]
        if found:
            raise StoryError(f"the generated password stands in {', '.join(found)}")
