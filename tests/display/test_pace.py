"""How far long work is, in words, and where the board shows it."""

import io

import pytest

from retail_lakehouse.display import board, screen
from retail_lakehouse.display.grids.pace import Pace
from retail_lakehouse.machine.watch import BYTES, Done
from retail_lakehouse.pipeline import STEPS_BY_NAME

MB = 2**20


class Clock:
    """Seconds that the test sets."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def told(pace: Pace, clock: Clock, *reports: tuple[float, Done]) -> str:
    for seconds, done in reports:
        clock.now = 100.0 + seconds
        pace.told(done)
    return pace.words()


def test_nothing_is_said_before_work_says_anything(clock):
    assert Pace(clock).words() == ""


def test_a_download_has_a_rate_and_an_end(clock):
    pace = Pace(clock)
    first, then = (Done("downloading", n * MB, 44 * MB, BYTES) for n in (4, 12))
    assert told(pace, clock, (0, first)) == "downloading, 4 of 44 MB"
    # What lay there of an earlier try is no part of the rate.
    assert told(pace, clock, (4, then)) == "downloading, 12 of 44 MB, 2.0 MB/s, 16 s left"
    clock.now += 6
    assert pace.words() == "downloading, 12 of 44 MB, 2.0 MB/s, 10 s left"
    clock.now += 60
    assert pace.words() == "downloading, 12 of 44 MB, 2.0 MB/s, 0 s left"


def test_lines_whose_number_is_not_known_have_a_rate(clock):
    pace = Pace(clock)
    assert told(pace, clock, (0, Done("reading a.csv", 0, unit="lines"))) == "reading a.csv"
    some = Done("reading a.csv", 90_000, unit="lines")
    assert told(pace, clock, (2, some)) == "reading a.csv, 90,000 lines, 45,000 lines/s"
    # Another file begins anew.
    other = Done("reading b.csv", 5, unit="lines")
    assert told(pace, clock, (9, other)) == "reading b.csv, 5 lines"


def test_windows_have_no_rate_and_minutes_left(clock):
    pace = Pace(clock)
    assert told(pace, clock, (0, Done("lists", 0, 6, "windows"))) == "lists, 0 of 6 windows"
    second = Done("lists", 2, 6, "windows")
    assert told(pace, clock, (120, second)) == "lists, 2 of 6 windows, 4 min left"
    assert told(pace, clock, (121, Done("fit"))) == "fit"


def test_a_name_is_shown_as_text(clock):
    shown = told(Pace(clock), clock, (0, Done("reading a\x1b[2J.csv")))
    assert "\x1b" not in shown and "[2J.csv" in shown


def test_the_board_shows_how_far_the_step_is_that_goes_on():
    land, bronze = STEPS_BY_NAME["land"], STEPS_BY_NAME["bronze"]
    steps = board.Board((land, bronze))
    console = screen.new_console(width=120, file=io.StringIO())

    def shown() -> str:
        with console.capture() as printed:
            console.print(steps)
        return printed.get()

    steps.started(land)
    assert land.purpose in shown()
    steps.watch("land", Done("reading a.csv", 1200, unit="lines"))
    assert "reading a.csv, 1,200 lines" in shown()
    # What one step says is nothing of another's that goes on beside it.
    steps.started(bronze)
    assert shown().count("1,200") == 1 and bronze.purpose in shown()
    steps.watch("bronze", Done("fit"))
    one, other = (line for line in shown().splitlines() if "land" in line or "bronze" in line)
    assert "1,200" in one and "fit" not in one
    assert "fit" in other and "1,200" not in other
