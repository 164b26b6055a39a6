"""Faults the way SoftLayer names them; every refusal of the API is an `ApiError`.

The functions raise, so that a rule reads as one line: what is broken, and `refuse(...)`.
"""

from typing import NoReturn


class ApiError(Exception):
    """A refusal as the client sees it: a string code (`SoftLayer_Exception_…`) and one sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code if code.startswith(("SoftLayer_", "-")) else f"SoftLayer_Exception_{code}"
        self.message = message


def refuse(message: str) -> NoReturn:
    """The general refusal, which the cloud uses for most of its errors."""
    code = "Public"
    raise ApiError(code, message)


def refuse_as(code: str, message: str) -> NoReturn:
    """A refusal with a code of its own, given without `SoftLayer_Exception_`."""
    raise ApiError(code, message)


def refuse_value(name: str, value: object, rule: str) -> NoReturn:
    """A value that the cloud does not accept, with the rule it breaks."""
    refuse_as("InvalidValue", f"Invalid value provided for '{name}': {value!r}. {rule}")


def refuse_missing(identifier: object) -> NoReturn:
    """No object of the service has this id (any more)."""
    refuse_as("ObjectNotFound", f"Unable to find object with id of '{identifier}'.")


def refuse_method(method: str) -> NoReturn:
    """The service has no such method."""
    refuse(f'Function ("{method}") is not a valid method for this service.')
