"""The job, run for real without a workspace: its wheel, in environments of their own, task by task.

What a workspace alone has is replaced: Unity Catalog by a home, the volume by a folder of the same
path. All else of the job's YAML is as deployed. It takes minutes and a package index, so it runs
only when asked for: make test-job.
"""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from graphlib import TopologicalSorter
from importlib import metadata
from pathlib import Path
from time import perf_counter

import deltalake
import pandas as pd
import pytest

from asset_bundle import BUNDLE, RESOURCES, ROOT, copy_bundle, of_type, resolve
from retail_lakehouse import pipeline
from retail_lakehouse import tables as t
from retail_lakehouse.assets import REPORT

pytestmark = pytest.mark.job

TARGET = "dev"
JOB = RESOURCES["jobs", "retail_lakehouse"]
TASKS = {task["task_key"]: task for task in JOB["tasks"]}
VOLUME = "/Volumes/workspace/dev_jane_bronze/landing"
ROWS = 6000
ENGINES = {"classic": {}, "connect": {"SPARK_REMOTE": "local[2]"}}
SECONDS_AT_MOST = 600

# As Databricks starts a wheel's task: the distribution by name, in it the entry point by name. To
# leave with SystemExit would be a failure there, whatever the code.
LAUNCH = """
import sys
from importlib import metadata
package, name, *arguments = sys.argv[1:]
found = metadata.distribution(package).entry_points
(entry,) = found.select(group="console_scripts", name=name)
sys.argv = [name, *arguments]
entry.load()()
print("the task returned")
"""

# Every module, by walking; nothing is imported by a list that could forget one. But for what runs
# the command as soon as it is imported.
IMPORT_ALL = """
import importlib, json, pkgutil
import retail_lakehouse
walked = pkgutil.walk_packages(retail_lakehouse.__path__, "retail_lakehouse.")
names = [m.name for m in walked if not m.name.endswith(".__main__")]
for name in names:
    importlib.import_module(name)
print(json.dumps(names))
"""

INSTALLED = """
import json
from importlib import metadata
print(json.dumps(sorted({d.name.lower().replace("_", "-") for d in metadata.distributions()})))
"""


def checked(command, **options):
    """Standard output of a command that must end well."""
    answer = subprocess.run(
        [*map(str, command)],
        capture_output=True,
        text=True,
        **{"timeout": SECONDS_AT_MOST, **options},
    )
    assert answer.returncode == 0, f"{answer.stdout[-2000:]}\n{answer.stderr[-8000:]}"
    return answer.stdout


def bare(folder, **more):
    """An environment without what belongs to this checkout, and with a home that is empty."""
    ours = ("DATABRICKS_", "MLFLOW_", "PYSPARK_", "PYTHON", "RETAIL_LAKEHOUSE_", "SPARK_")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
    for name in ("home", "tmp"):
        (folder / name).mkdir(parents=True)
    return {**kept, "HOME": str(folder / "home"), "TMPDIR": str(folder / "tmp"), **more}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Path of what the bundle's artifact command builds, in a copy of the bundle."""
    bundle = copy_bundle(tmp_path_factory.mktemp("wheel") / "bundle")
    (artifact,) = BUNDLE["artifacts"].values()
    # The CLI runs it in a shell, in the bundle's folder, with the python of the PATH.
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    environment = {**os.environ, "PATH": path}
    checked(["bash", "-c", resolve(artifact["build"], TARGET)], cwd=bundle, env=environment)
    (built,) = (bundle / "dist").iterdir()
    return built


def test_the_wheel_that_is_built_is_the_one_that_the_jobs_install(wheel):
    resources = wheel.parents[1] / "resources"
    for job in of_type("jobs").values():
        # Of arrivals: it starts the job that installs it.
        if all("run_job_task" in task for task in job["tasks"]):
            continue
        pattern = job["environments"][0]["spec"]["dependencies"][0]
        assert [path.resolve() for path in resources.glob(pattern)] == [wheel.resolve()]


@pytest.fixture(scope="module")
def install(tmp_path_factory):
    """Make a virtual environment with the packages in it, in the versions of this checkout's."""

    def make(name, *packages):
        folder = tmp_path_factory.mktemp(name)
        pins = folder / "constraints.txt"
        # With their hashes pip would want one of the wheel itself.
        lines = (ROOT / "requirements-dev.txt").read_text().splitlines()
        pins.write_text("\n".join(line.rstrip("\\ ") for line in lines if "--hash" not in line))
        checked([sys.executable, "-m", "venv", folder / "venv"])
        pip = [folder / "venv" / "bin" / "python", "-m", "pip", "install", "--quiet"]
        checked([*pip, "--constraint", pins, *packages], timeout=1800)
        return folder / "venv"

    return make


@pytest.fixture(scope="module")
def laptop(install, wheel):
    """The wheel with a laptop's Spark, as 'pip install retail-lakehouse[local]' makes it."""
    venv = install("laptop", f"{wheel}[local]")
    jars = Path(sys.prefix) / "share" / "retail-lakehouse"
    if jars.is_dir():
        # Fetched when this checkout was installed: not again.
        shutil.copytree(jars, venv / "share" / "retail-lakehouse")
    return venv


@dataclass(frozen=True)
class Place:
    """Where the job runs, and what the task's arguments name that only a workspace has."""

    folder: Path

    @property
    def home(self):
        return self.folder / "home-of-the-job"

    @property
    def exports(self):
        """A folder in the volume, as somebody uploads it."""
        return self.folder / VOLUME.lstrip("/") / "exports"

    @property
    def replaced(self):
        return {
            "--catalog=workspace": f"--home={self.home}",
            f"--landing={VOLUME}": f"--landing={self.exports.parent}",
        }

    def arguments(self, task):
        """What the target gives the task, but for what is replaced; nothing is left out."""
        given = {p["name"]: resolve(p["default"], TARGET) for p in JOB["parameters"]}
        given["source"] = str(self.exports)
        parameters = task["python_wheel_task"]["parameters"]
        arguments = [resolve(text, TARGET, **given) for text in parameters]
        assert [a for a in arguments if a in self.replaced] == [*self.replaced]
        return [self.replaced.get(a, a) for a in arguments]


def in_order():
    """The tasks, each after those it depends on."""
    needs = {
        key: [need["task_key"] for need in task.get("depends_on", ())]
        for key, task in TASKS.items()
    }
    return [TASKS[key] for key in TopologicalSorter(needs).static_order()]


def folder_of(home, table):
    return home / "warehouse" / table.layer / table.name


def commits(home):
    """Names of every table's Delta commits."""
    return {
        table: {path.name for path in (folder_of(home, table) / "_delta_log").glob("*.json")}
        for table in t.TABLES
    }


def written(task):
    """Tables that the step of the task says it writes."""
    step = pipeline.STEPS_BY_NAME[task["python_wheel_task"]["parameters"][0]]
    return {thing for thing in step.writes if isinstance(thing, t.Table)}


def tables_in(home):
    return {
        f"{log.parent.parent.name}.{log.parent.name}"
        for log in (home / "warehouse").glob("*/*/_delta_log")
    }


def rows(home, table):
    """The table's rows in the order of its key; when they came is the clock's business."""
    frame = deltalake.DeltaTable(folder_of(home, table)).to_pyarrow_table().to_pandas()
    frame = frame.drop(columns=["ingested_at", "arrived_at"], errors="ignore")
    for column in table.columns:
        if column.type.startswith("ARRAY"):
            # As text: pandas compares what is nested loosely, whatever it is told.
            frame[column.name] = [repr(list(items)) for items in frame[column.name]]
    return frame.sort_values([*table.key], ignore_index=True)


def assert_same_tables(home, other):
    # A backtest's figures are none yet, but the dashboard and the report read its tables.
    prepared = {table.full_name for step in pipeline.STEPS for table in step.prepares}
    made = {table.full_name for table in t.TABLES} | prepared
    assert tables_in(home) == tables_in(other) == made
    for table in t.TABLES:
        expected = rows(other, table)
        # This shop sends no invoice twice.
        assert expected.empty == (table == t.RESENT_INVOICES), table.full_name
        # All is equal to the letter but DOUBLE: Spark adds up partitions in the order in which they
        # come, and the last bits of a sum depend on it.
        pd.testing.assert_frame_equal(
            rows(home, table), expected, rtol=1e-9, atol=1e-12, obj=table.full_name
        )


@pytest.mark.parametrize("engine", ENGINES)
def test_the_job_s_tasks_make_the_tables_of_one_run(engine, laptop, tmp_path):
    place = Place(tmp_path)
    place.exports.mkdir(parents=True)
    python, command = laptop / "bin" / "python", laptop / "bin" / "retail-lakehouse"
    checked(
        [command, "demo", "--rows", ROWS, place.exports / "shop.xlsx"],
        env=bare(tmp_path / "demo"),
    )
    seconds = {}
    for task in in_order():
        key, wheel_task = task["task_key"], task["python_wheel_task"]
        before = commits(place.home)
        # A folder, home and temporary files of its own: tasks share the home's tables, the volume
        # and the registry, and nothing else.
        own = tmp_path / key
        environment = bare(own, **ENGINES[engine])
        began = perf_counter()
        output = checked(
            [python, "-c", LAUNCH, wheel_task["package_name"], wheel_task["entry_point"],
             *place.arguments(task)],
            cwd=own, env=environment,
        )  # fmt: skip
        seconds[key] = perf_counter() - began
        print(f"\n{engine} {key:<24} {seconds[key]:6.1f} s  {output.splitlines()[0]}", end="")
        assert output.endswith("the task returned\n")
        after = commits(place.home)
        assert {table for table in t.TABLES if after[table] != before[table]} == written(task)
    assert set(seconds) == set(TASKS)

    began = perf_counter()
    home = tmp_path / "home-of-the-run"
    checked(
        [command, "run", "--source", place.exports, "--home", home],
        cwd=tmp_path,
        env=bare(tmp_path / "run", **ENGINES[engine]),
    )
    seconds["retail-lakehouse run"] = perf_counter() - began
    report = "\n".join(f"{key:<24} {value:6.1f} s" for key, value in seconds.items())
    (tmp_path / "seconds.txt").write_text(report + "\n")
    print(f"\n{engine} {report.splitlines()[-1]}\n{tmp_path / 'seconds.txt'}")
    assert_same_tables(place.home, home)
    assert all((folder / REPORT.file).is_file() for folder in (place.home, home))


@pytest.fixture(scope="module")
def thin(install, wheel):
    """The wheel as it is beside a Spark Connect client, as on serverless: no Spark of its own."""
    return install("thin", wheel, f"pyspark-client=={metadata.version('pyspark')}")


@pytest.fixture
def nowhere(tmp_path):
    """What a process gets that shall find no Java: the environment, and an empty folder."""
    return {"cwd": tmp_path, "env": {"PATH": "", "JAVA_HOME": "", "HOME": str(tmp_path)}}


def test_the_wheel_brings_no_second_spark(thin, nowhere):
    installed = set(json.loads(checked([thin / "bin" / "python", "-c", INSTALLED], **nowhere)))
    assert {"retail-lakehouse", "pyspark-client", "mlflow-skinny"} <= installed
    assert not {"pyspark", "delta-spark", "databricks-connect", "py4j", "mlflow"} & installed
    assert [*thin.rglob("*.jar")] == []


def test_beside_a_connect_client_every_module_imports_without_java(thin, wheel, nowhere):
    names = json.loads(checked([thin / "bin" / "python", "-c", IMPORT_ALL], **nowhere))
    package = wheel.parents[1] / "src" / "retail_lakehouse"
    walked = (path for path in package.rglob("*.py") if path.name != "__main__.py")
    modules = [path for path in walked if path != package / "__init__.py"]
    assert len(names) == len(modules)
    assert {"retail_lakehouse.recommend.candidates.als", "retail_lakehouse.steps.segments"} <= set(
        names
    )


def test_help_answers_in_under_a_second(thin, nowhere):
    def seconds():
        began = perf_counter()
        output = checked([thin / "bin" / "retail-lakehouse", "--help"], **nowhere)
        assert all(step.name in output for step in pipeline.STEPS)
        return perf_counter() - began

    # The best of three: what else the machine does is not the command's doing.
    assert min(seconds() for _ in range(3)) < 1.0


def test_a_step_without_what_a_laptop_needs_says_so_in_one_line(thin, nowhere):
    answer = subprocess.run(
        [thin / "bin" / "retail-lakehouse", "silver"], capture_output=True, text=True, **nowhere
    )
    assert answer.returncode == 2
    (line,) = answer.stderr.splitlines()
    assert line.endswith("install the package with its extra, retail-lakehouse[local].")
