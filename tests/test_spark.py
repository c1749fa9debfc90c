import shlex
import subprocess
import sys

import pytest

from retail_lakehouse import spark
from retail_lakehouse.errors import HomeInUseError


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
