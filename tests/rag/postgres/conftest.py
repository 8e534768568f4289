"""A server for the tests of this folder."""

from postgres_server import address, server

__all__ = ("address", "server")
