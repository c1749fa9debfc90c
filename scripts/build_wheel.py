"""Build the wheel that the bundle's jobs install; 'databricks bundle plan' and 'deploy' call it.

It is the only code of ours that runs before a deployment, so it also refuses what would be made
wrongly. It needs a Python with pip and a package index, and nothing else: what builds is fetched as
requirements-build.txt has it, into a folder for this once.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / "dist"


class RefusedError(Exception):
    """Somebody has to mend something first; the message says what."""


def main(arguments=None):
    """Check the values of the deployment, then build; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--after-python3", action="store_true", help="if python3 failed or is none")
    for name in ("--deployer", "--service-principal", "--notification-email"):
        parser.add_argument(name, required=True)
    given = parser.parse_args(arguments)
    if given.after_python3 and python3_starts():
        # It ran this already, and has said what is wrong.
        return 2
    try:
        check_python(sys.version_info[:2])
        check_principal(given.service_principal, given.deployer)
        check_email(given.notification_email)
        print(build())
    except RefusedError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def python3_starts():
    """Whether python3 is a Python; Windows has a command of that name which only sells one."""
    try:
        return subprocess.run(["python3", "-c", ""], check=False).returncode == 0
    except OSError:
        return False


def check_python(version):
    """Refuse a Python that cannot build the wheel."""
    if version < (3, 10):
        raise RefusedError(
            "Deploying needs Python 3.10 or newer with pip, and the one on the PATH is {}.{}: put "
            "a newer one before it.".format(*version)
        )


def check_principal(principal, deployer):
    """Refuse a run_as that cannot work; empty: a target that runs as whoever deploys it.

    What a deployment makes belongs to the deployer, and only a model's owner may set its alias: no
    grant would let another principal publish.
    """
    if not principal:
        return
    if "@" in principal:
        raise RefusedError(
            f"The variable service_principal is {principal!r}, a person's address: give the "
            "application id of a service principal, which runs the jobs of this target."
        )
    if principal != deployer:
        raise RefusedError(
            f"This target belongs to the service principal {principal!r}, and you are logged in as "
            f"{deployer!r}: log in as that service principal to deploy it (docs/deploy.md, "
            "Production)."
        )


def check_email(address):
    """Refuse what no mail reaches: nobody would hear of a failed run."""
    if "@" not in address:
        raise RefusedError(
            f"The variable notification_email is {address!r}, which is no address: give the one "
            "that hears of failed runs, such as --var notification_email=team@shop.example."
        )


def build():
    """Path of the one wheel in dist."""
    # The CLI would upload older ones too, and serverless install the highest version of them.
    for old in DIST.glob("*.whl"):
        old.unlink()
    with TemporaryDirectory() as tools:
        fetch_build_tools(tools)
        pip(
            *("wheel", "--no-deps", "--no-index", "--no-build-isolation"),
            *("--wheel-dir", str(DIST), str(ROOT)),
            environment={**os.environ, "PYTHONPATH": tools},
        )
    (wheel,) = DIST.glob("*.whl")
    return wheel


def fetch_build_tools(folder):
    """Install what builds the wheel into the folder, each file by its hash."""
    pip(
        *("install", "--target", folder, "--require-hashes", "--only-binary", ":all:"),
        *("--requirement", str(ROOT / "requirements-build.txt")),
    )


def pip(*arguments, environment=None):
    """Run this Python's pip, which says itself what went wrong."""
    command = [sys.executable, "-m", "pip", *arguments, "--quiet", "--disable-pip-version-check"]
    if subprocess.run(command, env=environment, check=False).returncode != 0:
        raise RefusedError(
            f"The wheel was not built: see what pip said above. It needs pip for {sys.executable} "
            "(on Debian or Ubuntu: python3-pip) and a package index."
        )


if __name__ == "__main__":
    sys.exit(main())
