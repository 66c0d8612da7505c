"""The only place that words a sentence. Everything else says what is the case, with codes and values."""

from bot.views.text.catalogue import Languages, Texts

__all__ = ["Languages", "Texts"]
