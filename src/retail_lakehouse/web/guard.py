"""What stands before a server without a login: who may ask, and that asking changes nothing.

A page in somebody's browser reaches a server on the same machine by a name of its own that it
lets point there (DNS rebinding). The header Host tells: it is then a foreign one.
"""

import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from retail_lakehouse.web.body import Message, Receive, UnreadError, read_body, replayed
from retail_lakehouse.web.reading import from_elsewhere, only_reads

Send = Callable[[Message], Awaitable[None]]
App = Callable[[Mapping[str, Any], Receive, Send], Awaitable[None]]

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
# A name or an address, and nothing after it but a port.
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^\[\]:]+)(:[0-9]{1,5})?", re.IGNORECASE)
# What MLflow's pages ask with is some thousand bytes.
_MAX_BYTES = 2**20


class Guard:
    """Lets through to ``app`` only what asks by one of this machine's names for ``host``.

    host: where the server listens. read_only: refuse what may change something in MLflow.
    """

    def __init__(self, app: App, host: str, read_only: bool = False) -> None:
        self._app, self._host, self._read_only = app, host.strip("[]").lower(), read_only
        self._local = is_loopback(host)
        self._names = set(_LOOPBACK) | {self._host}
        if not self._local:
            self._names |= {socket.gethostname().lower(), socket.getfqdn().lower()}

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """One request, as ASGI has it."""
        if scope["type"] != "http":
            return
        named = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        if len(named) != 1 or not self._knows(named[0]):
            await _refuse(send, "This server has another name.\n")
        elif self._read_only:
            await self._look(named[0], scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _look(
        self, host: str, scope: Mapping[str, Any], receive: Receive, send: Send
    ) -> None:
        method, headers = scope["method"], scope["headers"]
        if not only_reads(method, scope["path"]):
            await _refuse(send, "Here experiments and models are looked at, and not changed.\n")
            return
        if from_elsewhere(method, host, headers):
            await _refuse(send, "Another server's page may not ask here.\n")
            return
        told = dict(headers).get(b"content-length", b"0")
        try:
            # MLflow reads bodies of any size.
            body = await read_body(told, receive, _MAX_BYTES, 4 * _MAX_BYTES)
        except UnreadError as error:
            await _refuse(send, f"{error}\n", error.status)
            return
        await self._app(scope, replayed(body, receive), send)

    def _knows(self, host: str) -> bool:
        parts = _HOST.fullmatch(host)
        if parts is None:
            return False
        name = parts[1].strip("[]").lower()
        # An address is no name that could be pointed elsewhere.
        return name in self._names or (not self._local and _is_address(name))


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a server that listens at ``host``."""
    name = host.strip("[]").lower()
    if name == "localhost":
        return True
    return _is_address(name) and ipaddress.ip_address(name).is_loopback


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


async def _refuse(send: Send, reason: str, status: int = 403) -> None:
    content = reason.encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", b"%d" % len(content)),
        # Whatever of the request is still to come is not waited for.
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
