"""How seconds and memory grow with the shop: python growth.py FOLDER [--rows N …].

A demo shop of each size, with 50,000 customers and 10,000 products at ten million lines; customers
fewer with the lines, products with their root. Each is written as a folder by Spark, and the whole
run goes through it in a process and a home of its own, which stay in FOLDER. Prints seconds by
step, the peak resident memory of all processes together (Python and JVM) between the end of the
step before and its own, and the power of the lines by which its seconds grow.
"""

import argparse
import math
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import linear_regression

import psutil
from rich.console import Console
from rich.table import Table
from whole_run import Measured, residents

ROWS = (1_000_000, 3_000_000, 10_000_000)
CUSTOMERS, PRODUCTS = 50_000, 10_000
LARGE = 10_000_000
COMMAND = str(Path(sys.executable).with_name("retail-lakehouse"))
_STEP = re.compile(r"(\S+) +[\d,]+ → +[\d,]+ rows +([\d,.]+) s")


def writing(rows: int, out: Path) -> list[str]:
    """The command that writes a demo shop of that size."""
    share = rows / LARGE
    sizes = {
        "--rows": rows,
        "--customers": max(round(CUSTOMERS * share), 20),
        "--products": max(round(PRODUCTS * math.sqrt(share)), 144),
    }
    options = [text for name, size in sizes.items() for text in (name, str(size))]
    return [COMMAND, "demo", str(out), *options]


def running(shop: Path, home: Path) -> list[str]:
    """The command of the whole run."""
    return [COMMAND, "run", "--source", str(shop), "--home", str(home)]


def measured(command: list[str]) -> dict[str, Measured]:
    """The run, by step and ``all``; an exit code other than 0 is an error."""
    said: list[tuple[float, str]] = []
    began = time.perf_counter()
    process = psutil.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def listen() -> None:
        said.extend((time.perf_counter(), line) for line in process.stdout)

    listener = threading.Thread(target=listen)
    listener.start()
    samples = [(time.perf_counter(), size / 2**30) for size in residents(process)]
    listener.join()
    if process.returncode != 0:
        text = "".join(line for _, line in said)
        sys.exit(f"{' '.join(command)} failed:\n{text[-3000:]}")
    ended, before = {}, began
    for moment, line in said:
        if step := _STEP.match(line):
            peak = max((gib for at, gib in samples if before < at <= moment), default=0.0)
            ended[step[1]] = Measured(float(step[2].replace(",", "")), peak)
            before = moment
    whole = time.perf_counter() - began
    return ended | {"all": Measured(whole, max((gib for _, gib in samples), default=0.0))}


def power(rows: Sequence[int], seconds: Sequence[float]) -> float:
    """The slope of the logarithms: 1.0: twice as long for twice the lines. NaN for one size."""
    if len(set(rows)) < 2:
        return math.nan
    logarithms = ([math.log(max(value, 0.1)) for value in values] for values in (rows, seconds))
    return linear_regression(*logarithms).slope


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, nargs="+", default=ROWS)
    options = parser.parse_args(argv)
    options.folder.mkdir(parents=True, exist_ok=True)
    found = {}
    for rows in options.rows:
        shop, home = (options.folder / f"{what}-{rows}" for what in ("shop", "home"))
        for of_a_run_before in (shop, home):
            shutil.rmtree(of_a_run_before, ignore_errors=True)
        subprocess.run(writing(rows, shop), check=True)
        found[rows] = measured(running(shop, home))
    grid = Table("step", *(f"{rows:,} lines" for rows in found), "power", title="seconds, GiB")
    for step in next(iter(found.values())):
        steps = [steps[step] for steps in found.values()]
        times = [one.seconds for one in steps]
        cells = (f"{one.seconds:,.1f}, {one.peak_gib:.1f}" for one in steps)
        grid.add_row(step, *cells, f"{power(list(found), times):.2f}")
    Console(width=100).print(grid)


if __name__ == "__main__":
    main()
