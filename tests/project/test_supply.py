"""What is fetched to install, build and deploy is named exactly: versions, hashes, commits."""

import re
import subprocess
import sys
from itertools import chain

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from asset_bundle import ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LOCKED = ("requirements-build.txt", "requirements-dev.txt")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
WORKFLOW = ROOT / ".github" / "workflows" / "bundle.yml"
JOBS = yaml.safe_load(WORKFLOW.read_text())["jobs"]


def locked(file):
    """Requirements and their options, each on a line of its own."""
    text = (ROOT / file).read_text().replace("\\\n", "")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def pins(file):
    """Versions that a Python may get, by name; more than one where markers tell Pythons apart."""
    found = {}
    for line in locked(file):
        requirement = Requirement(line.partition("--hash")[0])
        (bound,) = requirement.specifier
        assert bound.operator == "==", line
        found.setdefault(canonicalize_name(requirement.name), set()).add(bound.version)
    return found


@pytest.mark.parametrize("file", LOCKED)
def test_every_requirement_has_a_version_and_hashes_and_no_address(file):
    lines = locked(file)
    assert lines
    assert [line for line in lines if "--hash=sha256:" not in line] == []
    # pip takes no hash of a folder or an address, so nothing of the kind may stand here.
    assert [line for line in lines if re.search(r"://|@|^-", line)] == []
    assert all(pins(file).values())


def test_what_both_files_name_has_one_version():
    build, dev = map(pins, LOCKED)
    shared = set(build) & set(dev)
    assert shared
    assert {name: build[name] for name in shared} == {name: dev[name] for name in shared}


def test_everything_declared_is_locked_at_a_version_that_it_allows():
    project, locked_versions = PYPROJECT["project"], pins("requirements-dev.txt")
    lines = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    for requirement in map(Requirement, lines):
        versions = locked_versions[canonicalize_name(requirement.name)]
        assert all(map(requirement.specifier.contains, versions)), requirement


def test_the_wheel_is_built_by_the_locked_version():
    (backend,) = map(Requirement, PYPROJECT["build-system"]["requires"])
    (version,) = pins("requirements-build.txt")[backend.name]
    assert str(backend.specifier) == f"=={version}"


def test_an_import_that_is_not_declared_fails_lint(tmp_path):
    def deptry(text):
        config = tmp_path / "pyproject.toml"
        config.write_text(text)
        command = [sys.executable, "-m", "deptry", "src", "--config", config, "--no-ansi"]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    declared = (ROOT / "pyproject.toml").read_text()
    assert deptry(declared).returncode == 0
    answer = deptry(declared.replace('    "scipy>=1.11",\n', ""))
    assert answer.returncode == 1
    assert "DEP003 'scipy' imported but it is a transitive dependency" in answer.stderr


def steps():
    return [step for job in JOBS.values() for step in job["steps"]]


def test_actions_are_pinned_by_commit_and_say_which_tag_it_was():
    used = re.findall(r"uses: (.*)", WORKFLOW.read_text())
    assert len(used) == len([step for step in steps() if "uses" in step]) > 0
    pinned = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
    assert [action for action in used if not pinned.fullmatch(action)] == []
    # One commit of each, so that no job runs what the others were not tried with.
    assert len({action.split("@")[0] for action in used}) == len(set(used))


def test_no_checkout_leaves_its_token_behind():
    checkouts = [step for step in steps() if step.get("uses", "").startswith("actions/checkout@")]
    assert len(checkouts) == len(JOBS)
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_a_job_may_do_no_more_than_it_needs():
    assert yaml.safe_load(WORKFLOW.read_text())["permissions"] == {}
    reads = {"contents": "read"}
    deploys = reads | {"id-token": "write"}
    found = {name: job["permissions"] for name, job in JOBS.items()}
    assert found == {"test": reads, "staging": deploys, "prod": deploys}


def test_what_a_variable_holds_reaches_no_shell_as_code():
    assert [step for step in steps() if "${{" in step.get("run", "")] == []


def test_the_workflow_tries_the_oldest_and_the_newest_python_and_java():
    tried = JOBS["test"]["strategy"]["matrix"]["include"]
    script = (ROOT / "scripts" / "install.sh").read_text()
    (newest,) = re.findall(r"^newest=(\d+)$", script, re.MULTILINE)
    pythons = {entry["python"] for entry in tried}
    assert {"3.10", f"3.{newest}"} <= pythons
    assert {entry["java"] for entry in tried} == {"17", "21"}


@pytest.mark.parametrize("target", ["staging", "prod"])
def test_a_deployment_gets_the_variables_that_have_no_value_of_their_own(target):
    given = JOBS[target]["env"]
    assert given["BUNDLE_VAR_service_principal"] == given["DATABRICKS_CLIENT_ID"]
    assert "BUNDLE_VAR_notification_email" in given
