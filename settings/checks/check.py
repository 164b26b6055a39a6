"""What a check is: a small pure function over a configuration of the right shape."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from settings.model import StackConfig
from settings.problems import Problem


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a check may look at."""

    config: StackConfig
    stack: str
    root: Path
    #: Keys or sections known to be encrypted; None when that is not known.
    secret_keys: Collection[str] | None = None


@dataclass(frozen=True, kw_only=True)
class Check:
    """One rule of the configuration.

    `reads` are the keys that have to be right for the rule to mean anything: it is left out while one of them
    has a problem of its own.
    """

    reads: tuple[str, ...]
    find: Callable[[Context], Iterable[Problem]]
