"""What the server answers where it does not do what was asked, in the shape that OpenAI's clients know."""

from __future__ import annotations

import functools
import json
import math
from typing import Any

ENDS_CONNECTION = {413, 431, 503}
"""What is left of the request is not read; or who comes again shall come by a new connection, which a balancer may give
to another server."""
LONGEST_RETRY = 30  # seconds that a refused request is told to wait
INVALID, RATE, SERVER = "invalid_request_error", "rate_limit_error", "server_error"


class ApiError(Exception):
    """An answer other than 2xx. `code` is for programs, and the reason under which it is counted."""

    def __init__(
        self, status: int, code: str, message: str, param: str | None = None, retry_after: float | None = None,
        closes: bool = False,
    ):  # fmt: skip
        super().__init__(message)
        self.status, self.code, self.message, self.param, self.retry_after = status, code, message, param, retry_after
        self.closes = closes or status in ENDS_CONNECTION

    @property
    def content(self) -> dict[str, Any]:
        """The JSON of the answer: {"error": {"message", "type", "param", "code"}}."""
        kind = {401: "authentication_error", 429: RATE}.get(self.status, INVALID if self.status < 500 else SERVER)
        return {"error": {"message": self.message, "type": kind, "param": self.param, "code": self.code}}

    @functools.cached_property
    def body(self) -> bytes:
        """In ASCII: a message may quote what cannot be encoded."""
        return json.dumps(self.content).encode()

    @property
    def headers(self) -> dict[str, str]:
        made = {"Connection": "close"} if self.closes else {}
        if self.retry_after is not None:
            made["Retry-After"] = str(max(1, math.ceil(self.retry_after)))
        return made


def invalid(message: str, param: str | None = None, code: str = "invalid_value") -> ApiError:
    return ApiError(400, code, message, param)


def shutting_down() -> ApiError:
    return ApiError(503, "shutting_down", "the server is being stopped; try again in a little while", retry_after=5)


def engine_failed() -> ApiError:
    return ApiError(500, "engine_failed", "the engine failed on this text; the server's log says how")


def waited_too_long() -> ApiError:
    message = "waited for a place until the deadline; the server has more to do than it can: try later"
    return ApiError(429, "waited_too_long", message, retry_after=5)


def left_unread(texts: int) -> ApiError:
    message = f"{texts} of your texts are not being read: read them, or close their connections, and ask again"
    return ApiError(429, "unread", message, retry_after=5, closes=True)
