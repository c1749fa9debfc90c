"""The whole run and a plain script of the same job, side by side: python whole_run.py WORKBOOK.

Each in processes of its own and in an empty folder, one after the other, on the cores the machine
gives. Prints seconds and the peak resident memory of all processes together (Python and JVM).
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

HERE = Path(__file__).parent
# Five times a second, reading the memory of all processes took an eighth of a core from them.
EVERY_SECONDS = 1.0


@dataclass(frozen=True)
class Measured:
    """Wall-clock seconds and peak resident memory in GiB."""

    seconds: float
    peak_gib: float


def measure(command: list[str], log: Path) -> Measured:
    """Run the command to its end, its output in ``log``; an exit code other than 0 is an error."""
    began = time.perf_counter()
    with log.open("w") as out:
        process = psutil.Popen(command, stdout=out, stderr=subprocess.STDOUT)
        peak = max(residents(process), default=0)
    seconds = time.perf_counter() - began
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{log.read_text()[-3000:]}")
    return Measured(seconds, peak / 2**30)


def residents(process: psutil.Popen) -> Iterator[int]:
    """Until it ends, again and again: bytes in memory of the process and all that it started."""
    while process.poll() is None:
        yield _resident(process)
        time.sleep(EVERY_SECONDS)


def _resident(process: psutil.Popen) -> int:
    total = 0
    for member in (process, *process.children(recursive=True)):
        try:
            # Shared pages of forked Python workers count once: PSS, not RSS.
            total += member.memory_full_info().pss
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return total


def commands(workbook: str, folder: Path) -> dict[str, list[str]]:
    """What is measured, by name."""
    script, plain, home = (
        str(p) for p in (HERE / "plain_script.py", folder / "plain", folder / "home")
    )
    command = str(Path(sys.executable).with_name("retail-lakehouse"))
    return {
        "plain script": [sys.executable, script, workbook, plain],
        "retail-lakehouse run": [command, "run", "--source", workbook, "--home", home],
    }


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workbook")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        runs = commands(options.workbook, Path(folder))
        logs = {name: Path(folder) / f"{i}.log" for i, name in enumerate(runs)}
        found = {name: measure(run, logs[name]) for name, run in runs.items()}
        base = found["plain script"].seconds
        grid = Table("", "seconds", "ratio", "peak GiB", title=f"{os.cpu_count()} cores")
        for name, one in found.items():
            grid.add_row(
                name, f"{one.seconds:.1f}", f"{one.seconds / base:.2f}", f"{one.peak_gib:.2f}"
            )
        console = Console()
        for name, log in logs.items():
            console.print(f"[bold]{name}[/], step by step")
            steps = [s for s in log.read_text().splitlines() if " s  " in s or s.endswith(" s")]
            console.print("\n".join(steps), highlight=False, soft_wrap=True)
        console.print(grid)


if __name__ == "__main__":
    main()
