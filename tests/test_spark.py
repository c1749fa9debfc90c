import shlex
import subprocess

from retail_lakehouse import spark


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
