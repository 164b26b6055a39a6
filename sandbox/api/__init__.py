"""SoftLayer's XML-RPC API over a `NodeDriver`, with its state in SQLite."""

from sandbox.api.server import Server, serve

__all__ = ["Server", "serve"]
