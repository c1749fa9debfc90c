"""scripts/build_wheel.py, which the CLI runs before it deploys; test_bundle_cli.py has the CLI."""

import importlib.util
import shlex
import subprocess
import sys
from types import SimpleNamespace
from zipfile import ZipFile

import pytest

from asset_bundle import BUNDLE, DEPLOYERS, JANE, PRINCIPAL, ROOT, TARGETS, copy_bundle, resolve
from retail_lakehouse import __version__

pytestmark = pytest.mark.slow

MAIL = "team@shop.example"
WHEEL = f"retail_lakehouse-{__version__}-py3-none-any.whl"


@pytest.fixture
def script(tmp_path):
    """The script as a module, in a copy of the bundle."""
    path = copy_bundle(tmp_path / "bundle") / "scripts" / "build_wheel.py"
    spec = importlib.util.spec_from_file_location("build_wheel", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def builds(script, monkeypatch):
    """How often the script built, without building."""
    built = []
    monkeypatch.setattr(script, "build", lambda: built.append(1) or "a wheel")
    return built


def arguments(deployer, principal, mail=MAIL):
    return [
        f"--deployer={deployer}",
        f"--service-principal={principal}",
        f"--notification-email={mail}",
    ]


@pytest.mark.parametrize(("deployer", "principal"), [(JANE, ""), (PRINCIPAL, PRINCIPAL)])
def test_a_developer_s_copy_and_the_principal_s_own_are_built(script, builds, deployer, principal):
    assert script.main(arguments(deployer, principal)) == 0
    assert builds == [1]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (arguments(JANE, JANE), f"{JANE!r}, a person's address"),
        (arguments(JANE, PRINCIPAL), f"you are logged in as {JANE!r}"),
        (arguments("another-id", PRINCIPAL), "you are logged in as 'another-id'"),
        (arguments(PRINCIPAL, PRINCIPAL, ""), "notification_email is '', which is no address"),
        (arguments(PRINCIPAL, PRINCIPAL, PRINCIPAL), "which is no address"),
        (arguments(JANE, "", ""), "which is no address"),
    ],
)
def test_what_would_not_work_is_refused_in_one_sentence(script, builds, capsys, given, words):
    assert script.main(given) == 2
    (sentence,) = capsys.readouterr().err.splitlines()
    assert words in sentence
    assert builds == []


def test_an_old_python_is_refused(script):
    with pytest.raises(script.RefusedError, match=r"needs Python 3\.10 or newer .* is 3\.9"):
        script.check_python((3, 9))
    script.check_python((3, 10))


@pytest.mark.parametrize("starts", [True, False])
def test_the_second_name_of_python_builds_only_where_the_first_is_none(
    script, builds, capsys, monkeypatch, starts
):
    monkeypatch.setattr(script, "python3_starts", lambda: starts)
    assert script.main(["--after-python3", *arguments(JANE, "")]) == (2 if starts else 0)
    assert builds == ([] if starts else [1])
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("target", TARGETS)
def test_the_bundle_gives_the_script_what_it_asks_for(script, target):
    command = resolve(BUNDLE["artifacts"]["wheel"]["build"], target)
    first, second = (shlex.split(part) for part in command.split("||"))
    user = DEPLOYERS[target]
    given = ["--deployer", user, "--service-principal", "" if target == "dev" else user]
    given += ["--notification-email", user]
    assert first == ["python3", "scripts/build_wheel.py", *given]
    assert second == ["python", "scripts/build_wheel.py", "--after-python3", *given]


def test_one_wheel_is_there_after_a_build_and_it_is_this_one(script, monkeypatch):
    # What builds it is in this environment too.
    monkeypatch.setattr(script, "fetch_build_tools", lambda folder: None)
    script.DIST.mkdir()
    for old in ("retail_lakehouse-99.0-py3-none-any.whl", WHEEL):
        (script.DIST / old).write_bytes(b"of another tag")
    (script.DIST / "notes.txt").touch()
    assert script.build() == script.DIST / WHEEL
    assert {path.name for path in script.DIST.iterdir()} == {WHEEL, "notes.txt"}
    names = ZipFile(script.DIST / WHEEL).namelist()
    assert "retail_lakehouse/pipeline.py" in names


def test_what_builds_is_fetched_by_hash_and_the_build_asks_no_index(script, monkeypatch):
    calls = []

    def pip(*arguments, environment=None):
        calls.append(arguments)
        if arguments[0] == "wheel":
            script.DIST.mkdir()
            (script.DIST / WHEEL).touch()
            assert environment["PYTHONPATH"] == calls[0][calls[0].index("--target") + 1]

    monkeypatch.setattr(script, "pip", pip)
    script.build()
    fetch, wheel = calls
    assert {"install", "--require-hashes", "--only-binary"} <= set(fetch)
    assert fetch[-1] == str(script.ROOT / "requirements-build.txt")
    assert {"wheel", "--no-index", "--no-build-isolation", "--no-deps"} <= set(wheel)


def test_a_build_that_fails_leaves_no_older_wheel_to_deploy(script, monkeypatch):
    script.DIST.mkdir()
    (script.DIST / WHEEL).touch()
    failed = SimpleNamespace(returncode=1)
    monkeypatch.setattr(script.subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(script.RefusedError, match="python3-pip"):
        script.build()
    assert [*script.DIST.iterdir()] == []


def test_the_script_needs_nothing_but_python():
    answer = subprocess.run(
        [sys.executable, "-I", "-S", ROOT / "scripts" / "build_wheel.py", "--help"],
        capture_output=True,
    )
    assert answer.returncode == 0
