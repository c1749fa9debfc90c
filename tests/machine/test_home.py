import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from retail_lakehouse.errors import HomeInUseError, SettingsError
from retail_lakehouse.machine.home import writing

_HOLD = """
import sys, time
from pathlib import Path
from retail_lakehouse.machine.home import writing
sys.argv = ["retail-lakehouse", "run", "--source", "demo"]
with writing(Path({home!r}), Path({home!r}) / "landing"):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def holder(home: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that writes to the home."""
    command = [sys.executable, "-c", _HOLD.format(home=str(home))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_writer_is_told_who_writes(home, holder):
    with (
        pytest.raises(HomeInUseError, match=rf"process {holder.pid}: run --source demo.*wait"),
        writing(home, home / "landing"),
    ):
        pass


def test_a_killed_process_holds_nothing(home, holder):
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    with writing(home, home / "landing"):
        pass


def test_who_ended_is_not_named(home):
    with writing(home, home / "landing"):
        pass
    assert not (home / ".lock-holder").exists()


def test_what_a_holder_is_called_is_text_on_one_line(home, holder):
    (home / ".lock-holder").write_text("process 1: run \x1b[2J\n" + "x" * 5000)
    with pytest.raises(HomeInUseError) as refused, writing(home, home / "landing"):
        pass
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 600


def test_leftovers_of_a_killed_process_are_cleared_and_nothing_else(home):
    lines = home / "landing" / "lines"
    silver, gold = home / "warehouse" / "silver", home / "warehouse" / "gold"
    kept = (
        lines / "files-1.parquet",
        home / "landing" / "online_retail_ii.zip.part",  # a download goes on from there
        silver / "sales" / "_delta_log" / f"{0:020}.json",
    )
    left = (
        lines / f"files-2.{'a' * 32}.part",
        silver / "_classified" / "_delta_log" / f"{0:020}.json",
        silver / "returns" / "_delta_log" / ".tmp",
        gold / "products" / "part-0.parquet",
    )
    for path in (*kept, *left):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    with writing(home, home / "landing"):
        assert all(path.exists() for path in kept)
        assert not any(path.exists() for path in left)


def test_a_home_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(SettingsError, match=r"file/home cannot be written \(Not a directory\)"),
        writing(tmp_path / "file" / "home", tmp_path),
    ):
        pass


def test_the_lock_is_not_handed_to_other_programs(home):
    """Else a JVM or a browser that outlives its command would hold the home."""
    with writing(home, home / "landing"):
        listing = subprocess.run(
            [sys.executable, "-c", "import os; print(os.listdir('/proc/self/fd'))"],
            capture_output=True,
            text=True,
            check=True,
            close_fds=False,
        )
        mine = {
            number
            for number in map(str, range(1024))
            if Path(f"/proc/self/fd/{number}").resolve() == (home / ".lock").resolve()
        }
        assert mine
        assert not any(f"'{number}'" in listing.stdout for number in mine)


def test_other_folders_in_the_warehouse_are_peoples_own(home, tmp_path):
    gold, elsewhere = home / "warehouse" / "gold", tmp_path / "elsewhere"
    kept = (gold / "my_exports" / "customers.csv", gold / "_notes" / "a.txt", elsewhere / "b")
    for path in kept:
        path.parent.mkdir(parents=True)
        path.touch()
    (gold / "linked").symlink_to(elsewhere)
    (gold / "products").symlink_to(elsewhere)
    with writing(home, home / "landing"):
        assert all(path.exists() for path in kept)
        assert (gold / "linked" / "b").exists()


def test_a_landing_folder_of_two_homes_is_held_too(home, tmp_path):
    shared = tmp_path / "shared"
    (shared / "lines").mkdir(parents=True)
    with writing(home, shared):
        part = shared / "lines" / "files-1.abc.part"
        part.touch()
        with pytest.raises(HomeInUseError, match="--landing"), writing(tmp_path / "b", shared):
            pass
        assert part.exists()
    with writing(tmp_path / "b", shared):
        assert not part.exists()


def test_a_command_that_is_no_text_can_hold_a_home(home, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["retail-lakehouse", "land", "bad\udcff.csv"])
    with writing(home, home / "landing"):
        assert "bad?.csv" in (home / ".lock-holder").read_text()


def test_a_home_whose_name_is_no_text_is_refused(tmp_path):
    odd = tmp_path / "bad\udcff"
    with pytest.raises(SettingsError, match="not text"), writing(odd, odd / "landing"):
        pass
