"""The errors of the SoftLayer provider: each message names the resource, the cause and the remedy.

Users see only `str(error)` (the dynamic provider host passes nothing else on), so a message stands for
itself.
"""

from __future__ import annotations


class CloudError(Exception):
    """Anything that stops the provider from bringing a guest or a key to its wanted state."""


class InputError(CloudError):
    """A declared input cannot be what it is."""


class CredentialsError(CloudError):
    """The API key is missing, or the API refuses it."""


class UnavailableError(CloudError):
    """The API could not be reached: nothing was sent."""


class BrokenCallError(CloudError):
    """A call was sent and its answer was lost or unreadable: it may or may not have been carried out."""


class RateLimitError(CloudError):
    """The account's request limit stayed exhausted for longer than the provider waits."""


class NotFoundError(CloudError):
    """The API knows no object of that id."""


class RefusedError(CloudError):
    """The API understood the call and refused it: nothing was changed."""


class CapacityError(RefusedError):
    """The datacenter has no room for the guest: nothing was bought."""


class OrderDoubtError(CloudError):
    """An order was sent and its outcome could not be found out."""


class AccountError(CloudError):
    """The credentials are those of another account than the guest's: that they see no guest says nothing."""


class OwnershipError(CloudError):
    """Something of that name exists and does not carry this stack's mark."""


class MismatchError(CloudError):
    """A guest of this stack exists and differs from the declared one in what cannot be changed in place."""


class TransactionTimeoutError(CloudError):
    """A transaction of the cloud did not end within the time allowed."""


class AbandonedError(CloudError):
    """The engine that asked for the order is gone: nothing was ordered."""
