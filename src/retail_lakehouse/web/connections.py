"""How many connections a server holds, and for how long those that ask nothing.

uvicorn's own limit answers requests above it, but keeps connections that never send one: these take
all the files that a process may open, and it then says so without end.
"""

import asyncio
import logging
import resource

from uvicorn.protocols.http.h11_impl import H11Protocol

from retail_lakehouse.web.body import PATIENCE

# Accepted at once, before the first of them is looked at.
BACKLOG = 32
_MOST = 256
_FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\nContent-Length: 31\r\n\r\n"
    b"Too many connections: ask later"
)


def most_connections() -> int:
    """Few enough to leave files for the answers."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _MOST if files == resource.RLIM_INFINITY else max(8, min(_MOST, files // 4))


class Connection(H11Protocol):
    """Closed where there are too many, or where it is idle from one look at it to the next."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take it, or say that there are too many."""
        super().connection_made(transport)
        if len(self.connections) > most_connections():
            transport.write(_FULL)
            transport.close()
        else:
            self.loop.call_later(PATIENCE, self._look, None)

    def _look(self, before: object) -> None:
        if self.transport.is_closing():
            return
        answering = self.cycle is not None and not self.cycle.response_complete
        if not answering and self.cycle is before:
            self.transport.close()
        else:
            self.loop.call_later(PATIENCE, self._look, self.cycle)


class Once(logging.Filter):
    """Of a server out of files one record, without where that was."""

    def __init__(self) -> None:
        super().__init__()
        self._said = False

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is to be written."""
        if not record.getMessage().startswith("socket.accept() out of system resource"):
            return True
        first, self._said = not self._said, True
        record.msg, record.args, record.exc_info = "There are too many connections.", (), None
        return first
