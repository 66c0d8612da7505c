"""The few Block Kit pieces that every view is made of. Built from Slack's classes, which check lengths."""

from typing import Any, Final

from slack_sdk.models.blocks import (
    Block,
    ContextBlock,
    MarkdownTextObject,
    PlainTextObject,
    RichTextBlock,
    RichTextElementParts,
    RichTextPreformattedElement,
    RichTextSectionElement,
    SectionBlock,
)

View = dict[str, Any]
"""A view as the Web API takes it."""

_SECTION: Final = 3000


def plain(text: str) -> PlainTextObject:
    """Literal text: no markup, no mention, and `:name:` stays what it is."""
    return PlainTextObject(text=text, emoji=False)


def paragraph(text: str) -> SectionBlock:
    return SectionBlock(text=plain(text[:_SECTION]))


def small(text: str) -> ContextBlock:
    return ContextBlock(elements=[plain(text)])


def markup(text: str) -> SectionBlock:
    """For our own words and ids alone, never for what somebody typed."""
    return SectionBlock(text=MarkdownTextObject(text=text, verbatim=True))


def small_markup(text: str) -> ContextBlock:
    """As `markup`, in small print."""
    return ContextBlock(elements=[MarkdownTextObject(text=text, verbatim=True)])


def strong(text: str) -> RichTextBlock:
    """A bold line, as literal as the rest."""
    style = RichTextElementParts.TextStyle(bold=True)
    return RichTextBlock(
        elements=[RichTextSectionElement(elements=[RichTextElementParts.Text(text=text, style=style)])]
    )


def copyable(text: str) -> RichTextBlock:
    """Text that is to be taken as it stands, in a box that can be selected whole."""
    return RichTextBlock(elements=[RichTextPreformattedElement(elements=[RichTextElementParts.Text(text=text)])])


def to_dicts(blocks: list[Block]) -> list[dict[str, Any]]:
    """Check the blocks and give them as the Web API takes them."""
    return [block.to_dict() for block in blocks]
