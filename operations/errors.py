"""What stops an operation. Each message names what it concerns, the cause and the remedy."""


class OperationError(Exception):
    """The operation was not begun, or says how far it came."""
