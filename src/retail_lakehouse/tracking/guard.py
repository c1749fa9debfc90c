"""What stands before a server without a login: who may ask, and that asking changes nothing.

A page in somebody's browser reaches a server on the same machine by a name of its own that it
lets point there (DNS rebinding). The header Host tells: it is then a foreign one.
"""

import ipaddress
import socket
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Mapping[str, Any], Receive, Send], Awaitable[None]]

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
# What MLflow's pages ask for with POST, and does not change anything, below an API's version.
_READS = frozenset(
    {
        "experiments/search",
        "experiments/search-datasets",
        "logged-models/search",
        "registered-models/get-latest-versions",
        "runs/search",
        "datasets/search",
        "issues/search",
        "prompt-optimization/jobs/search",
        "traces/batchGetInfos",
        "traces/calculate-filter-correlation",
        "traces/metrics",
        "traces/search",
    }
)


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
        if not self._knows(scope["headers"]):
            await _refuse(send, "This server has another name.\n")
        elif self._read_only and not _only_reads(scope["method"], scope["path"]):
            await _refuse(send, "Here experiments and models are looked at, and not changed.\n")
        else:
            await self._app(scope, receive, send)

    def _knows(self, headers: list[tuple[bytes, bytes]]) -> bool:
        named = [value for name, value in headers if name == b"host"]
        if len(named) != 1:
            return False
        name = _without_port(named[0].decode("latin-1")).lower()
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


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def _only_reads(method: str, path: str) -> bool:
    if method in ("GET", "HEAD", "OPTIONS"):
        return True
    api, mlflow, asked = path.partition("/mlflow/")
    known = api in ("/api/2.0", "/api/3.0", "/ajax-api/2.0", "/ajax-api/3.0") and asked in _READS
    return method == "POST" and (path == "/graphql" or (known and bool(mlflow)))


async def _refuse(send: Send, reason: str) -> None:
    content = reason.encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", b"%d" % len(content)),
    ]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": content})
