"""The stack's configuration: read once, checked whole, handed to the program as plain frozen values.

`load` is the only reader of `pulumi.Config` in the program. It reports every problem of a stack's
configuration in one message, before anything is touched. `parse` does the same without the engine.
"""

from settings.load import load
from settings.model import Member, Settings
from settings.model.servers import Server
from settings.parse import parse
from settings.problems import Problem

__all__ = ["Member", "Problem", "Server", "Settings", "load", "parse"]
