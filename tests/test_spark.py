import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from retail_lakehouse import pipeline, spark
from retail_lakehouse.errors import HomeInUseError, RuntimeMissingError
from retail_lakehouse.machine.environment import utf8_names
from runs import context
from support import CSV_HEADER, compile_queries


def java_options() -> list[str]:
    return shlex.split(spark.local_conf()["spark.driver.extraJavaOptions"])


def test_java_reads_the_class_archive_where_there_is_one(monkeypatch, tmp_path):
    prepared = tmp_path / "a folder"
    monkeypatch.setattr(spark, "_prepared", lambda: prepared)
    assert not [option for option in java_options() if "SharedArchive" in option]
    prepared.mkdir()
    (prepared / "classes.jsa").touch()
    assert f"-XX:SharedArchiveFile={prepared / 'classes.jsa'}" in java_options()


def test_java_takes_our_options_and_says_nothing_of_an_archive_of_other_jars(tmp_path):
    command = [spark.java_command(), "-cp", str(tmp_path), *java_options(), "-version"]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "warning" not in (run.stdout + run.stderr).lower()


def test_a_process_does_not_wait_for_its_own_java(tmp_path, monkeypatch):
    """A child that inherits standard error stands for Java; it holds the lock on the log."""
    monkeypatch.setattr(spark, "_LAST_JAVA_SECONDS", 0)
    monkeypatch.setattr(spark, "_java_started", False)
    log = tmp_path / "spark.log"
    with spark._java_messages_to(log):
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        with spark._java_messages_to(log):
            pass
        # As another process sees it.
        monkeypatch.setattr(spark, "_java_started", False)
        with pytest.raises(HomeInUseError, match="still holds"), spark._java_messages_to(log):
            pass
    finally:
        child.kill()
        child.wait()


def executable(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


@pytest.mark.parametrize(
    ("home", "says"),
    [
        ("jdk", None),
        ("jdk/bin", "there is no bin/java in it: set it to {tmp_path}/jdk."),
        ("gone", "set it to the folder that holds bin/java, or unset it to take the Java of the"),
        ("old", "bin/java is Java 8, too old for Spark. Install Java 17 or newer"),
        ("broken", "bin/java does not start: Spark runs on Java. Install Java 17 or newer"),
        ("", "No Java found: Spark runs on it. Install Java 17 or newer"),
    ],
)
def test_a_java_that_is_not_there_is_said_with_its_remedy(tmp_path, monkeypatch, home, says):
    for name, text in (
        ("jdk", "echo 'openjdk version \"17.0.15\"'"),
        ("old", "echo 'java version \"1.8.0_402\"'"),
        ("broken", "exit 1"),
    ):
        executable(tmp_path / name / "bin" / "java", text)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / home) if home else "")
    monkeypatch.setenv("PATH", "" if not home else os.environ["PATH"])
    if says is None:
        spark.check_java()
        return
    with pytest.raises(RuntimeMissingError) as caught:
        spark.check_java()
    assert says.format(tmp_path=tmp_path) in str(caught.value)


@pytest.mark.parametrize("locale", ["C", "xx_XX.UTF-8", None])
def test_java_names_files_as_python_does_whatever_the_locale(monkeypatch, locale):
    monkeypatch.delenv("LC_ALL", raising=False)
    if locale:
        monkeypatch.setenv("LC_ALL", locale)
    with utf8_names():
        command = [str(spark.java_command()), "-XshowSettings:properties", "-version"]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    assert "sun.jnu.encoding = UTF-8" in said
    assert os.environ.get("LC_ALL") == locale


@pytest.mark.connect
def test_queries_are_compiled_where_enough_lines_have_landed(spark, tmp_path, monkeypatch, request):
    """The session stands before the lines land: the step that loads them looks again."""
    request.addfinalizer(lambda: compile_queries(spark, False))
    monkeypatch.setattr("retail_lakehouse.spark._INTERPRETED_LINES", 1)
    export = tmp_path / "shop.csv"
    home = context(tmp_path / "home", str(export))
    home.start()

    def modes_after(lines: int) -> tuple[str, str]:
        line = "1,22423,STAND,2,2011-12-09 12:00:00,12.75,1,France\n"
        export.write_text(CSV_HEADER + lines * line)
        for name in ("land", "bronze"):
            pipeline.STEPS_BY_NAME[name].run(home)
        return (
            spark.conf.get("spark.sql.codegen.wholeStage"),
            spark.conf.get("spark.sql.codegen.factoryMode"),
        )

    assert modes_after(lines=1) == ("false", "NO_CODEGEN")
    assert modes_after(lines=2) == ("true", "FALLBACK")
