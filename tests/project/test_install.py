"""scripts/install.sh up to where it would install: what it refuses, and what it leaves to root."""

import shutil
import subprocess

import pytest

from asset_bundle import ROOT

pytestmark = pytest.mark.slow

# What the script itself runs; nothing else of this machine is on the PATH.
TOOLS = ("bash", "cat", "dirname", "head", "mkdir", "ln", "sed", "tail")


class Machine:
    """A machine whose commands are written down, and that installs nothing."""

    def __init__(self, folder):
        self.folder = folder
        self.bin = folder / "bin"
        self.calls = folder / "calls"
        for name in ("bin", "checkout/scripts"):
            (folder / name).mkdir(parents=True)
        shutil.copy(ROOT / "scripts" / "install.sh", folder / "checkout" / "scripts")
        for tool in TOOLS:
            (self.bin / tool).symlink_to(shutil.which(tool))
        self.has("python3", "echo 3.12")
        self.has("java", "echo 'openjdk version \"17.0.9\"' >&2")
        self.has("id", "echo 1000")

    def has(self, command, does="exit 0"):
        """A command; that it was called is written down."""
        path = self.bin / command
        path.write_text(f'#!{shutil.which("bash")}\necho "{command} $*" >>{self.calls}\n{does}\n')
        path.chmod(0o755)

    def lacks(self, command):
        (self.bin / command).unlink()

    def install(self, **environment):
        return subprocess.run(
            [self.bin / "bash", self.folder / "checkout" / "scripts" / "install.sh"],
            capture_output=True,
            text=True,
            env={"PATH": str(self.bin), **environment},
        )

    def called(self, start):
        lines = self.calls.read_text().splitlines() if self.calls.exists() else []
        return [line for line in lines if line.startswith(start)]


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def refusal(answer):
    """The one sentence on standard error."""
    assert answer.returncode == 2
    assert answer.stdout == ""
    (line,) = answer.stderr.splitlines()
    assert line.startswith("make: ")
    return line


@pytest.mark.parametrize("version", ["2.7", "3.9", "3.15", "4.0"])
def test_another_python_is_refused_before_anything_is_made(machine, version):
    machine.has("python3", f"echo {version}")
    sentence = refusal(machine.install())
    assert f"python3 is Python {version}" in sentence
    assert "Python 3.10 to 3.14" in sentence
    assert "PYTHON=" in sentence
    assert len(machine.called("python3")) == 1
    assert not (machine.folder / "checkout" / ".venv").exists()


@pytest.mark.parametrize("version", ["3.10", "3.11", "3.12", "3.13", "3.14"])
def test_a_python_that_the_packages_are_for_goes_on_to_its_environment(machine, version):
    machine.has("python3", f'[ "$1" = -c ] && echo {version}')
    answer = machine.install()
    assert "making .venv" in answer.stdout
    assert machine.called("python3 -m venv .venv")


def test_no_python_is_refused_with_the_ones_that_will_do(machine):
    machine.lacks("python3")
    assert "python3 does not start, and Python 3.10 to 3.14 is needed" in refusal(machine.install())


def test_an_environment_of_another_python_is_refused(machine):
    inside = machine.folder / "checkout" / ".venv" / "bin"
    inside.mkdir(parents=True)
    machine.has("python3.9", "echo 3.9")
    (inside / "python").symlink_to(machine.bin / "python3.9")
    sentence = refusal(machine.install())
    assert ".venv/bin/python is Python 3.9" in sentence
    assert "make clean" in sentence


NO_JAVA = "Spark needs Java 17 or newer, and it is not here."


@pytest.mark.parametrize(
    ("manager", "command"),
    [
        ("apt-get", "sudo apt-get install openjdk-17-jre-headless"),
        ("dnf", "sudo dnf install java-21-openjdk-headless"),
        ("apk", "doas apk add openjdk17-jre-headless"),
        ("brew", "brew install openjdk@17"),
        (None, "install OpenJDK 17 or newer"),
    ],
)
def test_who_is_not_root_is_told_what_installs_java(machine, manager, command):
    machine.lacks("java")
    machine.has("sudo")
    if manager:
        machine.has(manager)
    sentence = refusal(machine.install())
    assert NO_JAVA in sentence
    assert command in sentence
    assert machine.called("sudo") == []
    assert [*machine.called("apt-get"), *machine.called("brew")] == []
    assert not (machine.folder / "checkout" / ".venv").exists()


def test_a_java_that_is_too_old_counts_for_none(machine):
    machine.has("java", "echo 'java version \"1.8.0_402\"' >&2")
    machine.has("apt-get")
    assert NO_JAVA in refusal(machine.install())


@pytest.mark.parametrize("known", ["openjdk-17-jre-headless", "openjdk-21-jre-headless"])
def test_root_gets_the_java_that_its_debian_has(machine, known):
    machine.lacks("java")
    machine.has("id", "echo 0")
    machine.has("apt-cache", f'[ "$2" = {known} ]')
    version = known.split("-")[1]
    java = machine.bin / "java"
    (machine.folder / "java").write_text(
        f"#!{shutil.which('bash')}\necho 'openjdk version \"{version}.0.1\"' >&2\n"
    )
    (machine.folder / "java").chmod(0o755)
    machine.has(
        "apt-get", f'[ "$1" = update ] || {shutil.which("cp")} {machine.folder}/java {java}'
    )
    answer = machine.install()
    assert "making .venv" in answer.stdout
    assert machine.called("apt-get") == ["apt-get update -qq", f"apt-get install -y -qq {known}"]


def with_an_environment(machine, inside):
    """A machine whose python3 makes an environment, in which ``inside`` is what python does."""
    machine.has("python", f'[ "$1" = -c ] && echo 3.12 && exit\n{inside}')
    made = f"mkdir -p .venv/bin && ln -s {machine.bin}/python .venv/bin/python"
    machine.has("python3", f'[ "$1" = -c ] && echo 3.12 && exit\n{made}')
    return machine.install()


def test_everything_is_installed_by_hash_and_what_builds_comes_first(machine):
    answer = with_an_environment(machine, "exit 0")
    assert (answer.returncode, answer.stderr) == (0, "")
    build, packages, checkout = machine.called("python -m pip install")
    assert "--require-hashes --only-binary :all: --requirement requirements-build.txt" in build
    assert "--require-hashes --no-build-isolation" in packages
    assert packages.endswith("--requirement requirements-dev.txt")
    assert checkout.endswith("--no-deps --no-build-isolation --editable .")


def test_a_jar_that_is_refused_ends_the_installation_with_its_sentence(machine):
    refused = "a.jar is not the file that was published."
    inside = f'[ "$2" = pip ] || {{ echo noise; echo "{refused}"; exit 2; }} >&2'
    answer = with_an_environment(machine, inside)
    assert answer.returncode == 2
    (line,) = answer.stderr.splitlines()
    assert line == f"make: {refused} All that was said is in .venv/jars.log."
