"""The installation's doctor: looks at everything that the bot needs, and changes nothing of it."""
