"""The recommender over HTTP: an ASGI application in the protocol of MLflow's scoring server.

MLflow's own server runs the code that lies beside a registered model, tells why a request is bad
by a stack trace only, reads Parquet of any size, and takes no null in a column of whole numbers.
"""

import asyncio
import json
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from typing import Any

import pandas as pd

from retail_lakehouse.arrays.request_error import RequestError
from retail_lakehouse.recommend.inference.online import answer
from retail_lakehouse.recommend.model import Recommender
from retail_lakehouse.serving import parsing
from retail_lakehouse.web.body import Receive, UnreadError, read_body
from retail_lakehouse.web.guard import Send

_JSON = "application/json"
# A body up to this size is read to its end, though not kept.
_HEARD_OUT = 16 * parsing.MAX_BYTES
_METHODS = {"/invocations": "POST", "/ping": "GET", "/health": "GET", "/version": "GET"}
_logger = logging.getLogger("retail_lakehouse.serve")


@dataclass(frozen=True)
class Reply:
    """Status and content of an answer."""

    status: int
    content: str = "\n"

    @classmethod
    def refusal(cls, status: int, reason: str) -> "Reply":
        """As MLflow words its errors, but without a stack trace."""
        code = "INTERNAL_ERROR" if status >= 500 else "BAD_REQUEST"
        return cls(status, json.dumps({"error_code": code, "message": reason}))


class RecommenderApp:
    """Answers ``POST /invocations``; ``GET /ping``, ``/health`` and ``/version`` as MLflow does."""

    def __init__(self, model: Recommender) -> None:
        self._model = model
        self._version = metadata.version("mlflow-skinny")
        # Each request is computed on one thread of its own, and NumPy uses all cores anyway.
        self._turns = asyncio.Semaphore(os.cpu_count() or 1)

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """One request, as ASGI has it."""
        if scope["type"] != "http":
            return
        reply = await self._reply(scope, receive)
        content = reply.content.encode()
        headers = [(b"content-type", _JSON.encode()), (b"content-length", b"%d" % len(content))]
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    async def _reply(self, scope: Mapping[str, Any], receive: Receive) -> Reply:
        path, method = scope["path"], scope["method"]
        if path not in _METHODS:
            return Reply.refusal(404, f"There is only {', '.join(_METHODS)}.")
        if method != _METHODS[path]:
            return Reply.refusal(405, f"{path} takes {_METHODS[path]} only.")
        if path != "/invocations":
            return Reply(200, self._version if path == "/version" else "\n")
        headers = dict(scope["headers"])
        kind = headers.get(b"content-type", b"").split(b";")[0].strip().lower()
        if kind != _JSON.encode() or b"content-encoding" in headers:
            return Reply.refusal(415, f"Send JSON, with the header Content-Type: {_JSON}.")
        told = headers.get(b"content-length", b"0")
        try:
            body = await read_body(told, receive, parsing.MAX_BYTES, _HEARD_OUT)
        except UnreadError as error:
            return Reply.refusal(error.status, str(error))
        async with self._turns:
            return await asyncio.to_thread(reply_to, self._model, body)


def reply_to(model: Recommender, body: bytes) -> Reply:
    """Lists for the body of a request; 400 with the reason where it cannot be answered."""
    try:
        rows, request = parsing.parse(body)
        found = answer(model, rows, request)
        return Reply(200, json.dumps({"predictions": _records(found)}, allow_nan=False))
    except RequestError as error:
        return Reply.refusal(400, str(error))
    except Exception:
        _logger.exception("A request could not be answered.")
        return Reply.refusal(500, "The request could not be answered: see the server's messages.")


def _records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    columns = [rows[name].tolist() for name in rows]
    return [
        {
            name: None if pd.isna(value) else value
            for name, value in zip(rows.columns, values, strict=True)
        }
        for values in zip(*columns, strict=True)
    ]
