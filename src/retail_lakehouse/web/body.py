"""Reading the body of a request, of bounded size and in bounded time."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]

# A client that takes longer, in seconds, holds a connection that others could have.
PATIENCE = 60


class UnreadError(Exception):
    """Why a body was not read; status: HTTP's number for it."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


async def read_body(told: bytes, receive: Receive, most: int, heard_out: int) -> bytes:
    """The body, or UnreadError if it has more than ``most`` bytes or takes too long.

    told: the header Content-Length. Bodies up to ``heard_out`` bytes are read to their end: a
    client that still sends does not see the answer.
    """
    too_large = UnreadError(413, f"The request has more than {most:,} bytes.")
    if told.isdigit() and (len(told) > 18 or int(told) > heard_out):
        raise too_large
    # In Python 3.10 this is another error than TimeoutError.
    try:
        body = await asyncio.wait_for(_read(receive, most, heard_out), PATIENCE)
    except asyncio.TimeoutError as error:
        slow = f"The request did not arrive within {PATIENCE} seconds."
        raise UnreadError(408, slow) from error
    if body is None:
        raise too_large
    return body


async def _read(receive: Receive, most: int, heard_out: int) -> bytes | None:
    parts, size, more = [], 0, True
    while more and size <= heard_out:
        message = await receive()
        part = message.get("body", b"")
        size += len(part)
        if size <= most:
            parts.append(part)
        more = message.get("more_body", False)
    return b"".join(parts) if size <= most else None


def replayed(body: bytes, receive: Receive) -> Receive:
    """As ``receive`` was before the body was read from it."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again
