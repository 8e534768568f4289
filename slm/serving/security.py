"""The gate before the application: who may come in, with how much, and what browsers are told.

Everything is checked before any route runs: Host (against DNS rebinding), API key, Origin (against pages of others),
body. Answers get security headers here, events their log line.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from slm.serving.api_keys import ApiKeys
from slm.serving.event_log import EventLog
from slm.serving.figures import Figures
from slm.serving.limits import Limits
from slm.serving.proxies import Network, client_address
from slm.serving.refusals import ApiError, engine_failed

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

CONTENT_SECURITY_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    b"font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    b"content-security-policy": CONTENT_SECURITY_POLICY,
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), microphone=(), geolocation=()",
    b"cache-control": b"no-store",
}
READ_ON = 8  # times a body's bound, without keeping it: a client that still sends would not see that it is refused
OPEN_ROUTES = {"/health", "/ready"}  # balancers and kubelets ask them, who should hold no key
WRITING_ROUTES = {"/v1/completions", "/v1/chat/completions"}
LOOPBACK_NAMES = {"localhost"}


@dataclass(frozen=True)
class Rules:
    """Who is served. Without `keys` all who reach the server; `hosts` are names beside addresses and localhost;
    `proxies` are those whose X-Forwarded-For is believed."""

    keys: ApiKeys | None = None
    hosts: frozenset[str] = frozenset()
    proxies: tuple[Network, ...] = ()


class Gate:
    """An ASGI application around another one."""

    def __init__(
        self, app: Any, rules: Rules, limits: Limits, figures: Figures, log: EventLog,
        check_room: Callable[[str], None] = lambda client: None,
    ):  # fmt: skip
        self.app, self.rules, self.limits, self.figures, self.log = app, rules, limits, figures, log
        self._check_room = check_room

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, Watched(send))

    async def _answer(self, scope: Scope, receive: Receive, send: Watched) -> None:
        began = time.monotonic()
        scope["slm"] = {}  # what the routes tell of an event
        try:
            headers = _single_headers(scope)
            self._check_host(headers)
            scope["slm"]["client"] = self._client(scope, headers)
            self._check_origin(scope, headers)
            if scope["path"] in WRITING_ROUTES and scope["method"] == "POST":
                self._check_room(scope["slm"]["client"])  # before the body is read: refusals have to be cheap
            await self.app(scope, await self._with_body(headers, receive), send)
        except ApiError as error:
            await self._refuse(scope, send, error)
        except Exception:
            self.log.failure("request")
            await self._refuse(scope, send, engine_failed())
        self._tell(scope, send, time.monotonic() - began)

    def _check_host(self, headers: dict[bytes, bytes]) -> None:
        host = _host_name(headers.get(b"host", b""))
        if not (host in LOOPBACK_NAMES or host in self.rules.hosts or _is_address(host)):
            raise ApiError(
                403, "host_not_served", "the Host header names another server; start this one with --allow-host NAME"
            )

    def _client(self, scope: Scope, headers: dict[bytes, bytes]) -> str:
        """Who asks: the holder of the key, or the address. Raises ApiError, 401."""
        if self.rules.keys is not None:
            holder = self.rules.keys.holder(headers.get(b"authorization", b""))
            if holder is not None:
                return holder
            if scope["path"] not in OPEN_ROUTES:
                raise ApiError(401, "invalid_api_key", "expected a header Authorization: Bearer KEY with a key we know")
        return self._address(scope)

    def _address(self, scope: Scope) -> str:
        if not scope.get("client"):
            return "local"
        forwarded = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
        return client_address(scope["client"][0], forwarded, self.rules.proxies)

    def _check_origin(self, scope: Scope, headers: dict[bytes, bytes]) -> None:
        """A page of another server may not have a browser do anything here."""
        origin = headers.get(b"origin")
        if origin is None or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            return
        if origin.partition(b"://")[2].lower() != headers.get(b"host", b"").lower():
            raise ApiError(403, "origin_not_served", "the Origin header is not this server's: pages of others may not")

    async def _with_body(self, headers: dict[bytes, bytes], receive: Receive) -> Receive:
        """Take in the body, as far as it may go; gives a `receive` that has it, and then waits for the client's end."""
        length = int(headers.get(b"content-length", b"0"))
        body, more, total = bytearray(), length > 0 or b"transfer-encoding" in headers, 0
        while more:
            if max(length, total) > READ_ON * self.limits.body_bytes:
                raise self._too_large()
            message = await receive()
            if message["type"] == "http.disconnect":
                break
            part, more = message.get("body", b""), message.get("more_body", False)
            total += len(part)
            if total <= self.limits.body_bytes:
                body += part
        if total > self.limits.body_bytes:
            raise self._too_large()
        whole = [{"type": "http.request", "body": bytes(body), "more_body": False}]

        async def replay() -> MutableMapping[str, Any]:
            if whole:
                return whole.pop()
            while (message := await receive())["type"] == "http.request":
                pass  # the rest of a body that we did not ask for
            return message

        return replay

    def _too_large(self) -> ApiError:
        return ApiError(413, "body_too_large", f"the body may have {self.limits.body_bytes:,} bytes; send less")

    async def _refuse(self, scope: Scope, send: Watched, error: ApiError) -> None:
        scope["slm"]["reason"] = error.code
        if send.status:
            return  # half an answer is out: uvicorn closes the connection, and so the client sees that it is not whole
        headers = [(name.lower().encode(), value.encode()) for name, value in error.headers.items()]
        if error.status == 401:
            basic = b'Basic realm="slm", charset="UTF-8"'
            headers.append((b"www-authenticate", basic if _wants_page(scope) else b"Bearer"))
        headers += [(b"content-type", b"application/json"), (b"content-length", str(len(error.body)).encode())]
        await send({"type": "http.response.start", "status": error.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else error.body})

    def _tell(self, scope: Scope, send: Watched, seconds: float) -> None:
        route = _route(scope)
        if "reason" in scope["slm"]:
            self.figures.refusals.labels(scope["slm"]["reason"]).inc()
        self.figures.responses.labels(route, str(send.status)).inc()
        if send.status < 400 and scope["method"] == "GET" and not route.startswith("/v1/"):
            return  # monitors and the page ask again and again
        facts = {"method": scope["method"] if scope["method"].isalpha() else "?", "route": route}
        self.log.write("request", **facts, status=send.status, seconds=round(seconds, 4), **scope["slm"])


class Watched:
    """A `send` that adds the security headers, and knows the status."""

    def __init__(self, send: Send):
        self._send, self.status = send, 0

    async def __call__(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            present = [(name.lower(), value) for name, value in message.get("headers", [])]
            names = {name for name, _ in present}
            message["headers"] = present + [item for item in HEADERS.items() if item[0] not in names]
        await self._send(message)


def _single_headers(scope: Scope) -> dict[bytes, bytes]:
    """Headers by name; those that decide anything here may not come twice."""
    found: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        if name in found and name in (b"host", b"authorization", b"content-length", b"origin"):
            raise ApiError(400, "invalid_header", f"the header {name.decode()} comes twice")
        found[name] = value
    if not found.get(b"content-length", b"0").isdigit():
        raise ApiError(400, "invalid_header", "Content-Length expects a number")
    return found


def _host_name(host: bytes) -> str:
    """'localhost' of b'localhost:8000', '::1' of b'[::1]:8000'."""
    text = host.decode("latin-1").lower()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.rpartition(":")[0] if text.rpartition(":")[2].isdigit() and ":" in text else text


def _is_address(host: str) -> bool:
    """An address was typed by a person or a program: it is no name that somebody else could point at us."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _wants_page(scope: Scope) -> bool:
    return scope["method"] == "GET" and any(
        name == b"accept" and b"text/html" in value for name, value in scope["headers"]
    )


def _route(scope: Scope) -> str:
    """The route's own pattern, never what a client wrote."""
    return getattr(scope.get("route"), "path", "") or ("page" if "endpoint" in scope else "none")
