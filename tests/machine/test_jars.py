import hashlib
import os
from importlib import metadata

import pytest

from retail_lakehouse import spark
from retail_lakehouse.errors import RuntimeMissingError
from retail_lakehouse.machine import class_archive, jars

pytestmark = pytest.mark.slow

SPARK, STORAGE = jars.PUBLISHED
FILES = {
    SPARK: "io.delta_delta-spark_4.2_2.13-4.4.0.jar",
    STORAGE: "io.delta_delta-storage-4.4.0.jar",
}
GOOD = {jar: f"what was published as {jar}".encode() for jar in FILES}


class Resolver:
    """Spark's resolver, with files of a few bytes; counts what it is asked for."""

    def __init__(self, files):
        self.files = dict(files)
        self.asked = []

    def __call__(self, wanted, ivy, log):
        self.asked.append([*wanted])
        found = {jar: ivy / FILES[jar] for jar in wanted}
        for jar, path in found.items():
            path.write_bytes(self.files[jar])
        return found


@pytest.fixture
def resolver(monkeypatch):
    published = {jar: hashlib.sha256(content).hexdigest() for jar, content in GOOD.items()}
    monkeypatch.setattr(jars, "PUBLISHED", published)
    resolver = Resolver(GOOD)
    monkeypatch.setattr(jars, "_resolve", resolver)
    return resolver


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


EVERYTHING = {FILES[jar]: content for jar, content in GOOD.items()}


def test_checksums_are_those_of_the_installed_versions():
    delta, line = metadata.version("delta-spark"), metadata.version("pyspark")[:3]
    assert [*jars.PUBLISHED] == [
        f"io.delta:delta-spark_{line}_2.13:{delta}",
        f"io.delta:delta-storage:{delta}",
    ]
    assert all(len(checksum) == 64 for checksum in jars.PUBLISHED.values())


def test_jars_are_fetched_once(resolver, tmp_path):
    folder = tmp_path / "share" / "jars"
    jars.ensure(folder)
    jars.ensure(folder)
    assert contents(folder) == EVERYTHING
    assert resolver.asked == [[SPARK, STORAGE]]
    assert jars.class_path(folder).split(os.pathsep) == [
        str(folder / name) for name in FILES.values()
    ]


@pytest.mark.parametrize("jar", FILES)
def test_a_jar_that_was_not_published_is_refused_and_not_kept(jar, resolver, tmp_path):
    resolver.files[jar] = b"something else"
    with pytest.raises(RuntimeMissingError) as refused:
        jars.ensure(tmp_path)
    sentence = str(refused.value)
    assert f"{FILES[jar]} is not the file that was published" in sentence
    assert hashlib.sha256(b"something else").hexdigest() in sentence
    assert jars.PUBLISHED[jar] in sentence
    assert [*tmp_path.iterdir()] == []
    resolver.files = GOOD
    jars.ensure(tmp_path)
    assert contents(tmp_path) == EVERYTHING


def test_what_was_changed_since_is_found_at_install_and_fetched_anew(resolver, tmp_path):
    jars.ensure(tmp_path)
    (tmp_path / FILES[STORAGE]).write_bytes(b"something else")
    # Not at a start: who changes a jar here can change the code that would look.
    jars.ensure(tmp_path)
    assert resolver.asked == [[SPARK, STORAGE]]
    jars.ensure(tmp_path, check=True)
    assert resolver.asked == [[SPARK, STORAGE], [STORAGE]]
    assert contents(tmp_path) == EVERYTHING
    jars.ensure(tmp_path, check=True)
    assert len(resolver.asked) == 2


def test_versions_without_a_checksum_are_refused(resolver, tmp_path, monkeypatch):
    monkeypatch.setattr(jars.metadata, "version", lambda name: "9.9.9")
    with pytest.raises(RuntimeMissingError, match=r"delta-spark 9\.9\.9 with PySpark 9\.9\.9"):
        jars.ensure(tmp_path)


def test_a_missing_package_is_named(tmp_path, monkeypatch):
    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(jars.metadata, "version", missing)
    with pytest.raises(RuntimeMissingError, match="delta-spark is not installed here"):
        jars.ensure(tmp_path)


def test_where_nothing_may_be_written_the_folder_is_named(resolver, tmp_path):
    folder = tmp_path / "file"
    folder.touch()
    with pytest.raises(RuntimeMissingError, match=f"could not be put into {folder}"):
        jars.ensure(folder)


def test_a_resolver_that_finds_nothing_ends_in_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(jars, "_RESOLVE", "print('unresolved dependency'); raise SystemExit(1)")
    with pytest.raises(RuntimeMissingError, match="could not be fetched") as refused:
        jars.ensure(tmp_path)
    log = tmp_path / "resolver.log"
    assert str(log) in str(refused.value)
    assert log.read_text() == "unresolved dependency\n"


def test_the_resolver_s_process_has_nothing_of_the_shell_s_spark(tmp_path, monkeypatch):
    left_over = {"SPARK_REMOTE": "local[2]", "SPARK_HOME": "/gone", "PYSPARK_SUBMIT_ARGS": "--x"}
    for name, value in left_over.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(jars, "_RESOLVE", "import os; print([*os.environ]); raise SystemExit(1)")
    with pytest.raises(RuntimeMissingError):
        jars.ensure(tmp_path)
    said = (tmp_path / "resolver.log").read_text()
    assert "PATH" in said
    assert not [name for name in left_over if f"'{name}'" in said]


def test_a_session_takes_the_checked_jars_and_resolves_nothing():
    conf = spark.local_conf()
    assert conf["spark.driver.extraClassPath"] == jars.class_path(spark.delta_jars())
    assert not [key for key in conf if key.startswith("spark.jars")]


def test_the_jars_of_this_environment_are_as_published():
    found = [spark.delta_jars() / name for name in FILES.values()]
    if not all(path.is_file() for path in found):
        pytest.skip("no session has been started in this environment yet")
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in found]
    assert digests == [*jars.PUBLISHED.values()]


def test_install_ends_with_the_sentence_of_a_bad_jar(resolver, tmp_path, monkeypatch, capsys):
    resolver.files[SPARK] = b"something else"
    monkeypatch.setattr(spark, "_prepared", lambda: tmp_path)
    monkeypatch.setattr(
        class_archive.subprocess, "run", lambda *_, **__: pytest.fail("it was used")
    )
    with pytest.raises(SystemExit) as stopped:
        class_archive.main()
    assert stopped.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "is not the file that was published" in line
