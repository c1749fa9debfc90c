"""Kill every step with kill -9 at random moments, run it again, and compare with a calm run.

usage: python scripts/torture.py [--kills 5] [--rounds 10] [--rows 2000] [--seed 1] [--step NAME]
                                 [--daily]

--daily: the steps are killed that bring a second file to a home that has had the first. Every other
kill takes Python alone, whose Java then ends by itself; the others take both. Then several whole
runs are started at once on one home. Exit code 1 where anything differs from the calm run, anything
is left over, or a process ends with another exit code than 0 or 2.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter, sleep

from deltalake import DeltaTable

from retail_lakehouse import pipeline
from retail_lakehouse.assets import LANDING
from retail_lakehouse.steps.harness.step import Step
from retail_lakehouse.tables import INVOICE_LINES, Table
from retail_lakehouse.tracking import store

COMMAND = str(Path(sys.executable).with_name("retail-lakehouse"))
# Named by a run, not by what it found.
RUN_COLUMNS = {"ingested_at", "arrived_at", "model_version"}
AT_ONCE = (2, 3, 5)


def main(arguments: Sequence[str]) -> int:
    """Torture as asked; returns the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=5, help="of each step")
    parser.add_argument("--rounds", type=int, default=10, help="of runs at once, of each number")
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--daily", action="store_true", help="kill the work of a second file")
    parser.add_argument("--step", action="append", choices=list(pipeline.STEPS_BY_NAME))
    options = parser.parse_args(arguments)
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory(prefix="torture-") as folder:
        faults = torture(Path(folder), options, chance)
    for fault in faults:
        print(f"FAULT: {fault}")
    print(f"{len(faults)} faults")
    return 1 if faults else 0


def torture(folder: Path, options: argparse.Namespace, chance: random.Random) -> list[str]:
    """All faults found in a shop of its own below the folder."""
    source, calm = folder / "shop", folder / "calm"
    source.mkdir()
    lines = folder / "shop.csv"
    subprocess.run([COMMAND, "demo", str(lines), "--rows", str(options.rows)], check=True)
    if options.daily:
        first_file(lines, source)
        subprocess.run(
            [COMMAND, "run", "--source", str(source), "--home", str(calm)],
            check=True,
            stdout=subprocess.DEVNULL,
        )
    shutil.move(lines, source / "all.csv")
    faults = []
    for step in pipeline.STEPS:
        before, home = folder / "before", folder / "killed"
        shutil.rmtree(before, ignore_errors=True)
        if calm.is_dir():
            shutil.copytree(calm, before)
        began = perf_counter()
        run_step(step, source, calm)
        seconds = perf_counter() - began
        if options.step and step.name not in options.step:
            continue
        for number in range(options.kills):
            shutil.rmtree(home, ignore_errors=True)
            if before.is_dir():
                shutil.copytree(before, home)
            moment = chance.uniform(0.05, 1.0) * seconds
            whole = number % 2 == 1
            killed = kill_step(step, source, home, moment, whole)
            found = run_again(step, source, home) + differences(step, calm, home) + leftovers(home)
            who = "Python and Java" if whole else "Python"
            when = f"{step.name}, {who} killed after {moment:.1f} of {seconds:.1f} s"
            print(f"{when}{'' if killed else ' (it had ended)'}: {found or 'as the calm run'}")
            faults += [f"{when}: {fault}" for fault in found]
    for count in AT_ONCE:
        for _ in range(options.rounds):
            faults += at_once(count, source, folder / "shared", options.rows)
    return faults


def first_file(lines: Path, source: Path) -> None:
    """Nine tenths of the lines as a file of their own; an invoice may go on in the other."""
    header, *rest = lines.read_text().splitlines(keepends=True)
    count = len(rest) * 9 // 10
    (source / "first.csv").write_text(header + "".join(rest[:count]))
    lines.write_text(header + "".join(rest[count:]))


def arguments_of(step: Step, source: Path, home: Path) -> list[str]:
    """The command of one step."""
    sources = ["--source", str(source)] if LANDING in step.writes else []
    return [COMMAND, step.name, *sources, "--home", str(home)]


def run_step(step: Step, source: Path, home: Path) -> None:
    """Run it undisturbed."""
    subprocess.run(arguments_of(step, source, home), check=True, stdout=subprocess.DEVNULL)


def kill_step(step: Step, source: Path, home: Path, seconds: float, whole: bool) -> bool:
    """Start it and kill it; whole: its Java too. False: it had ended by itself before."""
    with subprocess.Popen(
        arguments_of(step, source, home),
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        sleep(seconds)
        running = process.poll() is None
        if running and whole:
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()
    return running


def run_again(step: Step, source: Path, home: Path) -> list[str]:
    """Run the same command once more; what it says if it fails."""
    again = subprocess.run(arguments_of(step, source, home), capture_output=True, text=True)
    return [f"exit {again.returncode}: {again.stderr[-500:]}"] if again.returncode else []


def differences(step: Step, calm: Path, home: Path) -> list[str]:
    """Tables of the step that are not as in the calm run."""
    tables = [table for table in step.writes if isinstance(table, Table)]
    return [
        f"{table.full_name} differs" for table in tables if rows(calm, table) != rows(home, table)
    ]


def rows(home: Path, table: Table) -> list[str] | None:
    """A table's rows as texts in order, without what names the run; None: there is no table."""
    path = home / "warehouse" / table.layer / table.name
    if not (path / "_delta_log").is_dir():
        return None
    found = DeltaTable(str(path)).to_pyarrow_table()
    kept = found.select([name for name in found.column_names if name not in RUN_COLUMNS])
    return sorted(map(repr, kept.to_pylist()))


def leftovers(home: Path) -> list[str]:
    """What a killed process left and the next one did not clear."""
    files = [
        *(home / "landing").rglob("*.part"),
        *(home / "warehouse").glob("*/_*"),
        *home.glob("*.part"),
        *home.glob(".lock-holder"),
        *home.glob(".write-test*"),
    ]
    return [f"left: {path.relative_to(home)}" for path in files] + store.unfinished(home)


def at_once(count: int, source: Path, home: Path, lines: int) -> list[str]:
    """Start whole runs at once on one new home; what is wrong then."""
    shutil.rmtree(home, ignore_errors=True)
    command = [COMMAND, "run", "--source", str(source), "--home", str(home)]
    runs = [
        subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for _ in range(count)
    ]
    said = [run.communicate()[1] for run in runs]
    codes = sorted(run.returncode for run in runs)
    found = []
    if 0 not in codes or set(codes) - {0, 2} or any("Traceback" in text for text in said):
        found.append(f"{count} runs at once ended with {codes}: {' '.join(said)[-500:]}")
    bronze = rows(home, INVOICE_LINES)
    if bronze is None or len(bronze) != lines:
        found.append(f"{count} runs at once left {len(bronze or ())} bronze lines of {lines}")
    found += leftovers(home)
    print(f"{count} runs at once, exit codes {codes}: {found or 'one shop'}")
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
