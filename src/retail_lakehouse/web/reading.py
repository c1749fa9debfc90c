"""Which requests to MLflow's server only read.

Both methods are lists of what is let through: in MLflow requests with GET, too, start programs,
ask other servers, and open a database where the server was started.
"""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

_ID = r"[A-Za-z0-9_.:-]+"
_FILE = r"[A-Za-z0-9_.~@+-]+"
# Below the address of an API.
_GETS = (
    r"artifacts/list",
    rf"datasets/(search|{_ID}(/(experiment-ids|records))?)",
    r"experiments/(get|get-by-name|search)",
    r"get-trace-artifact",
    rf"issues/{_ID}",
    rf"logged-models/{_ID}(/artifacts/(directories|files))?",
    r"metrics/get-history(-bulk|-bulk-interval)?",
    r"model-versions/(get|get-download-uri|search)",
    r"prompt-optimization/jobs/search",
    r"registered-models/(alias|get|get-latest-versions|search)",
    r"runs/get",
    r"scorers/(get|list|online-configs|versions)",
    r"server-info",
    rf"traces(/(batchGet|get|{_ID}(/(info|assessments/{_ID}))?))?",
    r"ui-telemetry",
    r"users/current",
)
# What MLflow's pages ask for with POST, and does not change anything.
_POSTS = (
    r"datasets/search",
    r"experiments/(search|search-datasets)",
    r"issues/search",
    r"logged-models/search",
    r"prompt-optimization/jobs/search",
    r"registered-models/get-latest-versions",
    r"runs/search",
    r"traces/(batchGetInfos|calculate-filter-correlation|metrics|search)",
)
_PAGES = r"/(health|version|get-artifact|model-versions/get-artifact|graphql)?"


def _one_of(others: str, asked: Sequence[str]) -> re.Pattern[str]:
    return re.compile(rf"{others}|/(ajax-)?api/[23]\.0/mlflow/({'|'.join(asked)})")


_GET = _one_of(rf"{_PAGES}|/static-files(/{_FILE})+", _GETS)
_READS = {"GET": _GET, "HEAD": _GET, "POST": _one_of("/graphql", _POSTS)}
_UPWARDS = re.compile(r"(^|/)\.{1,2}(/|$)")


def only_reads(method: str, path: str) -> bool:
    """Whether a request is known to change nothing.

    path: percent-decoded once, as ASGI has it. What is still encoded, leads upwards or has empty
    parts is not set right but refused: whoever sets it right later might do so in another way.
    """
    known = _READS.get(method)
    return known is not None and bool(known.fullmatch(path)) and not _UPWARDS.search(path)


def from_elsewhere(method: str, host: str, headers: Sequence[tuple[bytes, bytes]]) -> bool:
    """Whether a page of another origin than this ``host`` lets its browser ask.

    A link to here may be followed: it opens in place of the page, which does not see the answer.
    """
    told = {name: value.decode("latin-1").strip().lower() for name, value in headers}
    origin = told.get(b"origin")
    if origin is not None and _host_of(origin) != host.lower():
        return True
    if told.get(b"sec-fetch-site", "none") in ("none", "same-origin"):
        return False
    opened = told.get(b"sec-fetch-mode"), told.get(b"sec-fetch-dest")
    return method != "GET" or opened != ("navigate", "document")


def _host_of(origin: str) -> str | None:
    """Host and port of an origin of HTTP; None of any other, such as ``null``."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return None
    return parts.netloc if parts.scheme in ("http", "https") else None
