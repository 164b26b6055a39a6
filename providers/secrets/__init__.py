"""Values that are secret and made here."""

from providers.secrets.random_password import (
    RandomPassword,
    RandomPasswordArgs,
    RandomPasswordProvider,
    random_password,
)

__all__ = ["RandomPassword", "RandomPasswordArgs", "RandomPasswordProvider", "random_password"]
