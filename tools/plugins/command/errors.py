"""Errors of the plugin. Their text reaches the user's terminal, so it is redacted before it is raised."""


class CommandError(Exception):
    """A command, a connection or a copy failed; the message says where, why and what to look at."""
