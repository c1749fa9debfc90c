"""Files that people get: each whole, or not there."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from retail_lakehouse.errors import SettingsError


def check_name(out: Path, suffixes: Collection[str], option: str = "") -> None:
    """SettingsError unless a file of that name can be written. option: what gave the name."""
    given = f"{option} {out}".lstrip()
    if out.suffix.lower() not in suffixes:
        raise SettingsError(f"{given} is none of {', '.join(suffixes)}: give such a name.")
    if not out.parent.is_dir():
        raise SettingsError(f"There is no folder {out.parent} for {given}: make it first.")


@contextmanager
def written_whole(paths: Sequence[Path]) -> Iterator[list[Path]]:
    """Files to write instead of these, which take their places when all is well.

    SettingsError where one cannot be written.
    """
    parts = [path.with_name(f".{path.name}.part") for path in paths]
    try:
        yield parts
        for part, path in zip(parts, paths, strict=True):
            part.replace(path)
    except OSError as error:
        raise SettingsError(
            f"{paths[0]} cannot be written ({error.strerror}): choose another file."
        ) from error
    finally:
        for part in parts:
            part.unlink(missing_ok=True)
