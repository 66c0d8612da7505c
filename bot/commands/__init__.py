"""The subcommands of `python -m bot`; `bot.__main__` lists them."""
