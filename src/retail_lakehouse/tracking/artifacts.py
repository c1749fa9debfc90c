"""Files of a registered version, read only where they belong to the home, and are not too large.

Whoever can write to a registry can let a version point to any file of this machine, and a home
that was copied may point to the one it was copied from.
"""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from retail_lakehouse.errors import SettingsError

# As large as a recommender may be; one of 5,000 products has some 10 MB.
MAX_BYTES = 256 * 2**20
# Below a version, where MLflow keeps the artifacts of a pyfunc.
FOLDER = "artifacts"


class UnusableError(ValueError):
    """A version has not the file that it must have; the message says what is wrong."""


def read_local(address: str, file: str, home: Path) -> bytes:
    """Content of a version's file; ``address``: of the version's files, as MLflow notes it."""
    try:
        root = (home / "mlartifacts").resolve()
        path = (_path_of(address) / FOLDER / file).resolve()
        if not path.is_relative_to(root):
            raise UnusableError(f"its files lie outside of {root}")
        if not path.is_file():
            raise UnusableError(f"it holds no {file}")
        check_size(file, path.stat().st_size)
        return path.read_bytes()
    # The second: links that lead round and round.
    except (OSError, RuntimeError) as error:
        raise SettingsError(f"{file} in {address} cannot be read: {error}.") from error


def check_listed(file: str, listed: list[Any]) -> None:
    """UnusableError unless the file is among MLflow's ``listed``, and not too large."""
    sizes = {Path(one.path).name: one.file_size or 0 for one in listed}
    if file not in sizes:
        raise UnusableError(f"it holds no {file}")
    check_size(file, sizes[file])


def check_size(file: str, size: int) -> None:
    """UnusableError for a file that is no model's."""
    if size > MAX_BYTES:
        raise UnusableError(f"{file} has more than {MAX_BYTES:,} bytes")


def _path_of(address: str) -> Path:
    parts = urlsplit(address)
    if parts.scheme == "file" and parts.netloc in ("", "localhost"):
        return Path(url2pathname(parts.path))
    if "://" in address or parts.scheme in ("models", "runs"):
        raise UnusableError(f"its files lie at {address}")
    return Path(address)
