"""The commands of the guide and of the workflow exist, with the targets and keys that they name."""

import re
import shlex

import pytest
import yaml

from asset_bundle import BUNDLE, RESOURCES, ROOT

WORKFLOW = ROOT / ".github" / "workflows" / "bundle.yml"
GUIDES = (ROOT / "docs" / "deploy.md", ROOT / "README.md")
# Of 'databricks bundle': what is used here, and which of them want the key of a resource.
BUNDLE_COMMANDS = {
    "validate", "deploy", "destroy", "summary", "run", "open", "deployment bind",
    "deployment unbind", "generate dashboard",
}  # fmt: skip
JOBS = {key: fields for (section, key), fields in RESOURCES.items() if section == "jobs"}
KEYS = {key for _, key in RESOURCES}


def workflow():
    # YAML 1.1 reads the key on as a boolean.
    return yaml.safe_load(WORKFLOW.read_text())


def steps():
    return [step for job in workflow()["jobs"].values() for step in job["steps"]]


def workflow_commands():
    return [step["run"] for step in steps() if "run" in step]


def guide_commands(guide):
    """Those on lines of their own, and those within a sentence."""
    text = guide.read_text()
    alone = re.findall(r"^ *(databricks bundle .+)$", text, re.MULTILINE)
    return alone + re.findall(r"`(databricks bundle [^`]+)`", text)


def words_of(command):
    """The subcommand, its other arguments, and its options with their values."""
    words = shlex.split(command)[2:]
    name = " ".join(words[:2]) if words[0] in ("deployment", "generate") else words[0]
    rest, options, arguments = words[len(name.split()) :], {}, []
    while rest:
        word = rest.pop(0)
        if word in ("-t", "--params", "--var", "--resource"):
            options[word] = rest.pop(0)
        elif not word.startswith("-"):
            arguments.append(word)
    return name, arguments, options


BUNDLE_CALLS = [
    *(c for c in workflow_commands() if c.startswith("databricks")),
    *(command for guide in GUIDES for command in guide_commands(guide)),
]


def test_workflow_and_guides_have_commands():
    assert workflow_commands()
    assert all(guide_commands(guide) for guide in GUIDES)


@pytest.mark.parametrize("command", BUNDLE_CALLS)
def test_bundle_command_names_what_there_is(command):
    name, arguments, options = words_of(command)
    assert name in BUNDLE_COMMANDS
    if "-t" in options:
        assert options["-t"] in BUNDLE["targets"]
    if "--var" in options:
        assert options["--var"].split("=")[0] in BUNDLE["variables"]
    if name == "run":
        (key,) = arguments
        known = {parameter["name"] for parameter in JOBS[key]["parameters"]}
        given = filter(None, options.get("--params", "").split(","))
        assert {pair.split("=")[0] for pair in given} <= known
    elif name in ("open", "deployment bind"):
        assert arguments[0] in KEYS
    elif name == "generate dashboard":
        assert ("dashboards", options["--resource"]) in RESOURCES


def test_make_targets_of_the_workflow_exist():
    makefile = (ROOT / "Makefile").read_text()
    called = [command.split()[1:] for command in workflow_commands() if command.startswith("make")]
    assert called == [["lint"], ["test"], ["test-job"]]
    for (target,) in called:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)


def test_every_step_is_a_known_command_or_an_action():
    for step in steps():
        assert ("uses" in step) != ("run" in step)
        if "run" in step:
            assert step["run"].split()[0] in ("make", "databricks")


def test_main_goes_to_staging_and_tags_to_prod_after_the_tests():
    found = workflow()
    assert found[True]["push"] == {"branches": ["main"], "tags": ["v*"]}
    assert "pull_request" in found[True]
    jobs = found["jobs"]
    assert list(jobs) == ["test", "staging", "prod"]
    assert jobs["staging"]["if"] == "github.ref == 'refs/heads/main'"
    assert jobs["prod"]["if"] == "startsWith(github.ref, 'refs/tags/v')"
    for target in ("staging", "prod"):
        assert jobs[target]["needs"] == "test"
        assert jobs[target]["environment"] == target
        calls = [words_of(step["run"]) for step in jobs[target]["steps"] if "run" in step]
        assert [name for name, _, _ in calls][:2] == ["validate", "deploy"]
        assert {options["-t"] for _, _, options in calls} == {target}


def test_workflow_sets_variables_of_the_bundle():
    for job in workflow()["jobs"].values():
        names = [name for name in job.get("env", ()) if name.startswith("BUNDLE_VAR_")]
        assert {name.removeprefix("BUNDLE_VAR_") for name in names} <= set(BUNDLE["variables"])


def test_variables_of_the_guide_are_those_of_the_bundle():
    table = GUIDES[0].read_text().partition("| variable |")[2].partition("3. **")[0]
    listed = set(re.findall(r"^ *\| `(\w+)` \|", table, re.MULTILINE))
    # The other two say what a run does and what a copy is called.
    assert listed == set(BUNDLE["variables"]) - {"as_of", "schema_prefix"}


def test_jobs_tasks_of_the_guide_exist():
    text = GUIDES[0].read_text()
    tasks = {task["task_key"] for job in JOBS.values() for task in job["tasks"]}
    named = set(re.findall(r'"only": \[([^\]]*)\]', text))
    assert named
    for names in named:
        assert set(re.findall(r"\w+", names)) <= tasks
