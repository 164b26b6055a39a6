"""The methods of the API by service; importing this package registers them all."""

from sandbox.api.services import account, guests, keys, products

__all__ = ["account", "guests", "keys", "products"]
