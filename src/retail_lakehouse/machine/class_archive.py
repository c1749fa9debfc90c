"""Prepare a laptop: Delta's jars, and an archive of the Java classes that a run loads.

Java reads thousands of Spark's classes from their jars on every start. From an archive of them, as
JDK 17 can make (application class-data sharing, JEP 310 and 350), a session stands some five
seconds earlier. Java leaves an archive alone that was made by another Java or of other jars.
"""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from retail_lakehouse import pipeline
from retail_lakehouse.errors import LakehouseError
from retail_lakehouse.machine import jars
from retail_lakehouse.settings import Settings
from retail_lakehouse.spark import class_archive, delta_jars

_STEPS = ("land", "bronze")


def main() -> None:
    """Fetch and check the jars; run some steps on the demo shop and keep the classes they load."""
    target = class_archive()
    part = target.with_suffix(".part")
    # Of other jars, or of another Java, it would be of no use any more, and Java does not say so.
    for old in (target, part):
        old.unlink(missing_ok=True)
    try:
        jars.ensure(delta_jars(), check=True)
    except LakehouseError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    options = f"{os.environ.get('JDK_JAVA_OPTIONS', '')} -XX:ArchiveClassesAtExit='{part}'"
    # Java writes the archive as it exits, after Python: it holds the pipe open until then.
    run = subprocess.run(
        [
            sys.executable,
            "-c",
            "from retail_lakehouse.machine.class_archive import run_steps; run_steps()",
        ],
        env=os.environ | {"JDK_JAVA_OPTIONS": options.strip()},
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode == 0 and part.is_file():
        part.replace(target)
    else:
        print(f"No class archive was made, so Spark starts more slowly here:\n{run.stderr[-2000:]}")


def run_steps() -> None:
    """Load what a run loads, on a shop of a few lines."""
    from retail_lakehouse.landing import demo
    from retail_lakehouse.steps.harness.context import Context

    with TemporaryDirectory() as folder:
        workbook = Path(folder) / "shop.xlsx"
        demo.write(2000, workbook)
        context = Context(Settings(home=Path(folder) / "home"), (str(workbook),))
        for name in _STEPS:
            pipeline.STEPS_BY_NAME[name].run(context)
        context.lakehouse.spark.stop()


if __name__ == "__main__":
    main()
