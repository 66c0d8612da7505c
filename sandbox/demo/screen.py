"""The demo drawn in a terminal, or written to a pipe."""

from datetime import datetime
from typing import Final

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from sandbox.demo.blocks import QUIET, STRONG, WRONG, draw_blocks, draw_buttons
from sandbox.demo.columns import fold_columns
from sandbox.demo.story import WhmcsChange
from sandbox.demo.words import Chapter, Words
from sandbox.slack import Message, Modal, Person, reading

_MAX_WIDTH: Final = 96
_GOOD: Final = "green"
_TYPED: Final = "bold yellow"


class TerminalScreen:
    """A `story.Screen`, and what is told before and after the story."""

    def __init__(self, console: Console, words: Words) -> None:
        self._console = console
        self._words = words

    def begin(self) -> None:
        self._print(Panel(self._words.introduction, title=self._words.title, box=box.DOUBLE))
        self._print(Text(self._words.starting, style=QUIET))

    def ready(self) -> None:
        self._print(Text(self._words.ready, style=QUIET))

    def chapter(self, chapter: Chapter) -> None:
        self._console.print()
        self._print(Rule(Text(self._words.chapters[chapter], style=STRONG), align="left"))

    def types(self, person: Person, command: str) -> None:
        self._step(self._words.types.format(name=person.name), command, style=_TYPED)

    def modal(self, modal: Modal) -> None:
        view = modal.view
        content = Table.grid()
        content.add_row(draw_blocks(view["blocks"], view["state"]["values"], modal.errors))
        content.add_row(Text())
        content.add_row(draw_buttons(reading.plain(view["close"]), reading.plain(view["submit"])))
        self._box(f"{self._words.modal}: {modal.title}", content)

    def suggestions(self, person: Person, label: str, typed: str, offered: tuple[str, ...]) -> None:
        words = self._words
        told = words.looks_up.format(name=person.name, typed=typed, label=label)
        self._step(told, "\n".join(offered) or words.no_suggestions)

    def chooses(self, person: Person, label: str, option: str) -> None:
        self._step(self._words.chooses.format(name=person.name, label=label), option)

    def presses(self, person: Person, button: str) -> None:
        self._step(self._words.presses.format(name=person.name), f"[ {button} ]")

    def ephemeral_message(self, message: Message) -> None:
        self._box(self._words.only_visible, draw_blocks(message.blocks, {}, {}), frame=box.ASCII2)

    def direct_message(self, message: Message) -> None:
        self._box(self._words.direct_message, draw_blocks(message.blocks, {}, {}))

    def message_gone(self) -> None:
        self._console.print()
        self._good(self._words.message_gone)

    def whmcs_changed(self, change: WhmcsChange) -> None:
        self._box(self._words.in_whmcs, self._draw_change(change), frame=box.HEAVY)

    def whmcs_not_asked(self) -> None:
        self._box(self._words.in_whmcs, Text(self._words.nothing_asked, style=_GOOD), frame=box.HEAVY)

    def ended(self, exit_code: int) -> None:
        self._console.print()
        self._good(self._words.ended.format(code=exit_code))
        self._good(self._words.traces)

    def audit(self, command: str, table: str) -> None:
        """Show the table as it is; in a terminal that is too narrow for it, each line folded between two columns."""
        self._console.print()
        self._print(Text(f"$ {command}", style=_TYPED))
        width = self._console.width if self._console.is_terminal else None
        self._console.print(Text(fold_columns(table, width)), soft_wrap=True)

    def finished(self) -> None:
        self._console.print()
        self._good(self._words.finished)

    def failed(self, reason: str, log_end: str) -> None:
        self._console.print()
        self._print(Text(f"{self._words.failed}\n{reason}", style=WRONG))
        if log_end:
            self._console.print()
            self._print(Text(self._words.log_end))
            self._console.print(Text(log_end), soft_wrap=True)

    def _draw_change(self, change: WhmcsChange) -> Group:
        words = self._words
        sent = [words.email_sent.format(email=mail.email, time=_clock(mail.at)) for mail in change.reset_emails]
        changed_at = change.password_changed_at
        facts = {
            words.emails_sent: "\n".join(sent) or words.none,
            words.password_changed: words.changed_at.format(time=_clock(changed_at)) if changed_at else words.no,
            words.earlier_password_opens: self._yes_or_no(is_so=change.earlier_opens),
        }
        if change.generated_opens is not None:
            facts[words.generated_password_opens] = self._yes_or_no(is_so=change.generated_opens)
            facts[words.people_who_saw] = words.only.format(name=", ".join(change.people_who_saw))
        table = Table.grid(padding=(0, 1))
        for label, fact in facts.items():
            table.add_row(Text(label, style=QUIET), Text(fact, overflow="fold"))
        activity = Text("\n".join(line.description for line in change.activity))
        return Group(table, Text(words.activity, style=QUIET), Padding(activity, (0, 0, 0, 4)))

    def _yes_or_no(self, *, is_so: bool) -> str:
        return self._words.yes if is_so else self._words.no

    def _step(self, told: str, detail: str, *, style: str = STRONG) -> None:
        self._console.print()
        self._print(Text(told))
        self._print(Padding(Text(detail, style=style), (0, 0, 0, 4), expand=False))

    def _good(self, told: str) -> None:
        self._print(Text(told, style=_GOOD))

    def _box(self, title: str, content: RenderableType, *, frame: box.Box = box.ROUNDED) -> None:
        self._console.print()
        panel = Panel(content, title=Text(title, style=STRONG), title_align="left", box=frame)
        self._print(Padding(panel, (0, 0, 0, 2)))

    def _print(self, drawn: RenderableType) -> None:
        self._console.print(drawn, width=min(self._console.width, _MAX_WIDTH))


def _clock(at: datetime) -> str:
    return f"{at:%H:%M:%S} UTC"
