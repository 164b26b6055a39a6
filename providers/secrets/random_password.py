"""A password made once, kept in the stack's state as a secret, and never changed by anything after that."""

import secrets
import string
from dataclasses import dataclass
from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, Resource

from providers.stateless import StatelessProvider, holds_unknown, whole, without_provider

#: Nothing that a shell, a URL, SQL or a configuration file would take for something else.
ALPHABET = string.ascii_letters + string.digits + "-_"
#: Shorter ones could be guessed.
SHORTEST = 12


@dataclass(frozen=True, kw_only=True)
class RandomPasswordArgs:
    """length: number of characters, at least 12; read when the password is made and never again."""

    length: int = 32


class RandomPasswordProvider(StatelessProvider):
    """Names no property in its diff, so that nothing can change a password that is in use."""

    INPUTS: ClassVar = ("length",)

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Refuse a length that is too short to be a password."""
        length = news.get("length")
        if not holds_unknown(length) and whole(news, "length", 32) < SHORTEST:
            reason = f"a password needs at least {SHORTEST} characters, not {whole(news, 'length', 32)}"
            return CheckResult(without_provider(news), [CheckFailure("length", reason)])
        return CheckResult(without_provider(news), [])

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Make the password; its id is independent of it."""
        outs = {**without_provider(props), "result": random_password(whole(props, "length", 32))}
        return CreateResult(secrets.token_hex(8), outs=outs)


class RandomPassword(Resource, module="secrets", name="RandomPassword"):
    """One generated password."""

    result: pulumi.Output[str]
    """The password, a secret."""

    def __init__(
        self, name: str, args: RandomPasswordArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        hidden = pulumi.ResourceOptions(additional_secret_outputs=["result"])
        super().__init__(
            RandomPasswordProvider(),
            name,
            {"length": args.length, "result": None},
            pulumi.ResourceOptions.merge(opts, hidden),
        )


def random_password(length: int) -> str:
    """Characters of ALPHABET from the system's source of randomness; the first is a letter or a digit.

    A leading dash would be taken for an option where the password is an argument.
    """
    first = secrets.choice(string.ascii_letters + string.digits)
    return first + "".join(secrets.choice(ALPHABET) for _ in range(length - 1))
