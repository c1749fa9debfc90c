"""Online Retail II from the UCI Machine Learning Repository."""

from collections.abc import Callable
from pathlib import Path
from time import sleep

import requests

from retail_lakehouse.errors import SettingsError, SourceError, SourceUnreachableError
from retail_lakehouse.landing.landed import Told, landed_files, shop_in, told
from retail_lakehouse.landing.source_lines import Reading, read
from retail_lakehouse.machine.watch import BYTES, Done, Watch, unwatched
from retail_lakehouse.shops.shop_file import ONLINE_RETAIL_II, packaged

URL = "https://archive.ics.uci.edu/static/public/502/online+retail+ii.zip"
ZIP_NAME = "online_retail_ii.zip"
WORKBOOK_NAME = "online_retail_II.xlsx"
SHEETS = ("Year 2009-2010", "Year 2010-2011")
SIZE_LIMIT = 200 * 2**20
_TRIES = 4
_PAUSE_SECONDS = 1.0
_TIMEOUT = (10, 30)
_CHUNK = 2**18


def present(folder: Path) -> Path | None:
    """The workbook or archive in the folder, if it is there; a user may have put it there."""
    here = (folder / WORKBOOK_NAME, folder / ZIP_NAME)
    return next((path for path in here if path.is_file()), None)


def lines_alone(landing: Path, alike: Callable[[Told], bool]) -> dict[Path, Told]:
    """Landed public lines whose archive is gone, as it goes with a forgotten customer.

    None where it is there, or where one of the files is not ``alike``: it has to be read then.
    """
    here = [path for path in landed_files(landing) if shop_in(path) == "uci"]
    said = {path: found for path in here if (found := told(path)) is not None and alike(found)}
    return said if present(landing) is None and len(said) == len(here) else {}


def fetch(folder: Path, watch: Watch = unwatched, url: str = URL) -> Path:
    """Path of the workbook or archive in ``folder``, downloaded unless it lies there already.

    A workbook that the user put there counts as well. SourceUnreachableError where the server
    does not answer; SourceError where what it sends is not the data set. ``watch`` is told
    of the bytes so far, and of how many, if the server says it.
    """
    if (here := present(folder)) is not None:
        return here
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / (ZIP_NAME + ".part")
    resumed = part.is_file()
    try:
        _download(url, part, watch)
        check(part, url)
    except SourceUnreachableError:
        raise  # what has come so far is kept, for the next run to go on from
    except SourceError:
        part.unlink(missing_ok=True)
        if resumed:  # its start may be of an older archive, or what a broken run left
            return fetch(folder, watch, url)
        raise
    return part.replace(folder / ZIP_NAME)


def check(archive: Path, name: str) -> None:
    """Raise SourceError unless the archive holds the two sheets with their eight columns."""
    shop = packaged(ONLINE_RETAIL_II)
    found = read(archive, Reading(WORKBOOK_NAME, shop, name=name, kind=".zip"))
    sheets = {lines.sheet for lines in found if lines.table.num_rows}
    missing = [sheet for sheet in SHEETS if sheet not in sheets]
    if missing:
        raise SourceError(
            f"The workbook in {name} has no lines in a sheet {missing[0]!r}, only in "
            f"{', '.join(sorted(sheets)) or 'none'}: download it by hand and give its path with "
            "--source."
        )


def _download(url: str, part: Path, watch: Watch) -> None:
    """Fill ``part``, going on where a broken connection left it; the last error is raised."""
    for left in reversed(range(_TRIES)):
        try:
            _download_once(url, part, watch)
        except requests.RequestException as error:
            if left == 0 or _is_final(error):
                raise SourceUnreachableError(
                    f"{url} could not be downloaded ({_reason(error)}): check the network, or give "
                    "a workbook's path with --source."
                ) from error
            sleep(_PAUSE_SECONDS)
        except OSError as error:
            raise SettingsError(
                f"{part} cannot be written ({error.strerror}): choose another --home."
            ) from error
        else:
            return


def _is_final(error: requests.RequestException) -> bool:
    """Whether the server says that asking again will not help (4xx), save for its being busy."""
    if error.response is None:
        return False
    status = error.response.status_code
    return 400 <= status < 500 and status not in (408, 429)


def _reason(error: requests.RequestException) -> str:
    if error.response is None:
        return type(error).__name__
    return f"HTTP status {error.response.status_code}"


def _download_once(url: str, part: Path, watch: Watch) -> None:
    done = part.stat().st_size if part.is_file() else 0
    # Identity: a part must be counted, and gone on from, in the bytes of the file itself.
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={done}-"} if done else {})
    with requests.get(url, headers=headers, stream=True, timeout=_TIMEOUT) as answer:
        if answer.status_code == requests.codes.requested_range_not_satisfiable:
            part.unlink()
            raise requests.ConnectionError("the part on disk does not fit: starting over")
        answer.raise_for_status()
        resumed = answer.status_code == requests.codes.partial_content
        done = done if resumed else 0
        length = answer.headers.get("Content-Length")
        total = done + int(length) if length else None
        if (total or 0) > SIZE_LIMIT:
            raise SourceError(_too_large(url))
        with part.open("ab" if resumed else "wb") as file:
            for chunk in answer.iter_content(_CHUNK):
                done += len(chunk)
                if done > SIZE_LIMIT:
                    raise SourceError(_too_large(url))
                file.write(chunk)
                watch(Done("downloading", done, total, BYTES))
    if total is not None and done != total:
        raise requests.ConnectionError(f"{done} of {total} bytes came")


def _too_large(url: str) -> str:
    return (
        f"{url} sends more than {SIZE_LIMIT:,} bytes, which is not the data set: download it by "
        "hand and give its path with --source."
    )
