import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from retail_lakehouse.errors import SettingsError, SourceError, SourceUnreachableError
from retail_lakehouse.landing import uci
from retail_lakehouse.landing.land import land
from support import HEADER

CELLS = [489434, 85048, "LIGHTS", 12, "2009-12-01 07:45:00", 6.95, 13085, "France"]
YEARS = ("Year 2009-2010", "Year 2010-2011")


@dataclass
class Site:
    """A server that sends ``content`` but breaks off after so many bytes, answer by answer."""

    content: bytes
    breaks: list[int] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    honours_range: bool = True
    says_length: bool = True
    ranges: list[str | None] = field(default_factory=list)
    url: str = ""

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        asked = request.headers.get("Range")
        self.ranges.append(asked)
        status = self.statuses.pop(0) if self.statuses else 200
        if status != 200:
            request.send_error(status)
            return
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
        if not self.honours_range:
            start = 0
        if start >= len(self.content) > 0:
            request.send_error(416)
            return
        body = self.content[start:]
        request.send_response(206 if start else 200)
        if self.says_length:
            request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body[: self.breaks.pop(0)] if self.breaks else body)


@pytest.fixture
def site(make_workbook, monkeypatch) -> Iterator[Site]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(uci, "_PAUSE_SECONDS", 0)
    monkeypatch.setattr(uci, "_CHUNK", 512)
    workbook = make_workbook("made/x.xlsx", {year: [HEADER, CELLS] for year in YEARS})
    found = Site(archive_of(workbook))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.answer(self)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}/shop.zip"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


def archive_of(workbook: Path) -> bytes:
    archive = workbook.with_suffix(".zip")
    with zipfile.ZipFile(archive, "w") as opened:
        opened.write(workbook, "online_retail_II.xlsx")
    return archive.read_bytes()


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_archive_is_kept_and_not_downloaded_twice(site, tmp_path):
    seen: list[tuple[int, int | None]] = []
    landing = tmp_path / "landing"
    path = uci.fetch(landing, lambda done: seen.append((done.count, done.total)), site.url)
    assert path == landing / "online_retail_ii.zip"
    assert path.read_bytes() == site.content
    assert names_in(landing) == ["online_retail_ii.zip"]
    size = len(site.content)
    assert seen[0] == (512, size)
    assert seen[-1] == (size, size)
    assert uci.fetch(landing, url=site.url) == path
    assert site.ranges == [None]


def test_workbook_put_there_by_hand_is_not_downloaded(site, tmp_path):
    (tmp_path / "online_retail_II.xlsx").write_bytes(b"by hand")
    assert uci.fetch(tmp_path, url=site.url) == tmp_path / "online_retail_II.xlsx"
    assert site.ranges == []


def test_broken_connection_is_resumed(site, tmp_path):
    site.breaks = [1024, 512]
    path = uci.fetch(tmp_path / "l", url=site.url)
    assert path.read_bytes() == site.content
    assert site.ranges == [None, "bytes=1024-", "bytes=1536-"]


def test_progress_of_a_resumed_download_counts_what_was_there(site, tmp_path):
    site.breaks = [1024]
    seen: list[tuple[int, int | None]] = []
    uci.fetch(tmp_path / "l", lambda done: seen.append((done.count, done.total)), site.url)
    assert all(total == len(site.content) for _, total in seen)
    assert [done for done, _ in seen][:3] == [512, 1024, 1536]
    assert seen[-1][0] == len(site.content)


def test_server_that_ignores_range_starts_over(site, tmp_path):
    site.breaks = [1024]
    site.honours_range = False
    path = uci.fetch(tmp_path / "l", url=site.url)
    assert path.read_bytes() == site.content
    assert site.ranges == [None, "bytes=1024-"]


def test_next_run_goes_on_where_this_one_gave_up(site, tmp_path):
    site.breaks = [1024, 0, 0, 0]
    with pytest.raises(SourceUnreachableError):
        uci.fetch(tmp_path / "l", url=site.url)
    assert names_in(tmp_path / "l") == ["online_retail_ii.zip.part"]
    path = uci.fetch(tmp_path / "l", url=site.url)
    assert path.read_bytes() == site.content
    assert site.ranges[-1] == "bytes=1024-"
    assert names_in(tmp_path / "l") == ["online_retail_ii.zip"]


def test_part_that_does_not_fit_is_dropped_and_all_fetched_again(site, tmp_path):
    (tmp_path / "online_retail_ii.zip.part").write_bytes(b"<html>" * 100)
    path = uci.fetch(tmp_path, url=site.url)
    assert path.read_bytes() == site.content
    assert site.ranges == ["bytes=600-", None]


def test_part_longer_than_the_archive_is_dropped(site, tmp_path):
    (tmp_path / "online_retail_ii.zip.part").write_bytes(site.content + b"x")
    path = uci.fetch(tmp_path, url=site.url)
    assert path.read_bytes() == site.content


def test_server_that_is_busy_for_a_while_is_asked_again(site, tmp_path):
    site.statuses = [503, 429]
    assert uci.fetch(tmp_path / "l", url=site.url).read_bytes() == site.content
    assert len(site.ranges) == 3


def test_server_that_stays_broken_is_unreachable(site, tmp_path):
    site.statuses = [500] * 10
    with pytest.raises(SourceUnreachableError) as caught:
        uci.fetch(tmp_path / "l", url=site.url)
    assert str(caught.value) == (
        f"{site.url} could not be downloaded (HTTP status 500): check the network, or give a "
        "workbook's path with --source."
    )
    assert len(site.ranges) == 4


def test_missing_page_is_not_asked_for_again(site, tmp_path):
    site.statuses = [404] * 10
    with pytest.raises(SourceUnreachableError, match=r"\(HTTP status 404\)"):
        uci.fetch(tmp_path / "l", url=site.url)
    assert len(site.ranges) == 1
    assert names_in(tmp_path / "l") == []


def test_no_server_is_unreachable(site, tmp_path):
    with pytest.raises(SourceUnreachableError, match=r"\(ConnectionError\): check the network"):
        uci.fetch(tmp_path / "l", url="http://127.0.0.1:9/shop.zip")


def test_web_page_instead_of_the_archive_is_refused_and_not_kept(site, tmp_path):
    site.content = b"<!DOCTYPE html><html>Sign in</html>"
    with pytest.raises(SourceError) as caught:
        uci.fetch(tmp_path / "l", url=site.url)
    assert not isinstance(caught.value, SourceUnreachableError)
    assert str(caught.value) == (
        f"{site.url} is a web page, not a zip archive: download the file itself again."
    )
    assert names_in(tmp_path / "l") == []


def test_answer_cut_off_without_a_length_is_refused_and_not_kept(site, tmp_path):
    site.says_length = False
    site.breaks = [2000]
    with pytest.raises(SourceError, match="is not a readable zip archive, perhaps cut off"):
        uci.fetch(tmp_path / "l", url=site.url)
    assert names_in(tmp_path / "l") == []


@pytest.mark.parametrize("says_length", [True, False])
def test_too_much_is_refused_and_not_kept(site, tmp_path, monkeypatch, says_length):
    monkeypatch.setattr(uci, "SIZE_LIMIT", 1000)
    site.says_length = says_length
    with pytest.raises(SourceError) as caught:
        uci.fetch(tmp_path / "l", url=site.url)
    assert str(caught.value) == (
        f"{site.url} sends more than 1,000 bytes, which is not the data set: download it by hand "
        "and give its path with --source."
    )
    assert names_in(tmp_path / "l") == []


def test_archive_without_the_second_sheet_is_refused(site, tmp_path, make_workbook):
    site.content = archive_of(make_workbook("made/y.xlsx", {YEARS[0]: [HEADER, CELLS]}))
    with pytest.raises(SourceError) as caught:
        uci.fetch(tmp_path / "l", url=site.url)
    assert str(caught.value) == (
        f"The workbook in {site.url} has no lines in a sheet 'Year 2010-2011', only in "
        "Year 2009-2010: download it by hand and give its path with --source."
    )
    assert names_in(tmp_path / "l") == []


def test_archive_without_a_column_is_refused(site, tmp_path, make_workbook):
    sheets = {YEARS[0]: [HEADER, CELLS], YEARS[1]: [HEADER[:7], CELLS[:7]]}
    site.content = archive_of(make_workbook("made/y.xlsx", sheets))
    with pytest.raises(SourceError, match="sheet 'Year 2010-2011', lacks the column Country"):
        uci.fetch(tmp_path / "l", url=site.url)
    assert names_in(tmp_path / "l") == []


def test_place_that_cannot_be_written_is_no_fault_of_the_network(site, tmp_path):
    (tmp_path / "online_retail_ii.zip.part").mkdir()
    with pytest.raises(SettingsError, match=r"cannot be written \(Is a directory\)"):
        uci.fetch(tmp_path, url=site.url)


def test_land_takes_the_lines_of_both_sheets(site, tmp_path, monkeypatch):
    fetch = uci.fetch
    monkeypatch.setattr(uci, "fetch", lambda folder, progress: fetch(folder, progress, site.url))
    landing = tmp_path / "landing"
    first = land(["uci"], landing)
    assert (first.shop, first.lines) == ("uci", 2)
    assert land(["uci"], landing) == first
    assert site.ranges == [None]
    assert names_in(landing) == ["lines", "online_retail_ii.zip", "shop.toml"]
