"""Languages, and the sentences that several views use or that are chosen by a reason. Labels are in their views."""

from bot.views.text.catalogue import Languages, Texts, mark

__all__ = ["Languages", "Texts", "mark"]
