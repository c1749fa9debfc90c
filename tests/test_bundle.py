"""The bundle against the code and PyPI's databricks-bundles, without a workspace."""

import copy
import re
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from databricks.bundles.experiments import MlflowExperiment
from databricks.bundles.jobs import Job
from databricks.bundles.schemas import Schema
from databricks.bundles.volumes import Volume

from retail_lakehouse import pipeline, tables, tracking
from retail_lakehouse.cli import app
from retail_lakehouse.settings import Settings

ROOT = Path(__file__).parents[1]
KINDS = {
    "schema": ("schemas", Schema),
    "volume": ("volumes", Volume),
    "experiment": ("experiments", MlflowExperiment),
    "job": ("jobs", Job),
}
FILES = (
    "bronze.schema.yml",
    "silver.schema.yml",
    "gold.schema.yml",
    "landing.volume.yml",
    "customer_segments.experiment.yml",
    "recommendations.experiment.yml",
    "retail_lakehouse.job.yml",
)
TARGETS = ("dev", "prod")
MODEL_KINDS = (tracking.SEGMENTS, tracking.RECOMMENDER)

# What the CLI knows when Jane deploys.
WORKSPACE = {
    "workspace.current_user.userName": "jane@shop.example",
    "workspace.current_user.short_name": "jane",
    "bundle.name": "retail-lakehouse",
    "bundle.git.commit": "4d6d220",
}
PREFIX = {"dev": "dev_jane_", "prod": ""}

BUNDLE = yaml.safe_load((ROOT / "databricks.yml").read_text())


def read(file):
    """Type, key and fields of the one resource in the file."""
    content = yaml.safe_load((ROOT / "resources" / file).read_text())
    ((section, resources),) = content.pop("resources").items()
    ((key, fields),) = resources.items()
    assert content == {}
    return section, key, fields


RESOURCES = {(section, key): fields for section, key, fields in map(read, FILES)}
JOB = RESOURCES["jobs", "retail_lakehouse"]
TASKS = {task["task_key"]: task for task in JOB["tasks"]}


def of_type(section):
    return {key: fields for (found, key), fields in RESOURCES.items() if found == section}


def resolve(text, target, **job_parameters):
    """The text as the tasks of the target get it."""
    values = dict(WORKSPACE)
    for name, variable in BUNDLE["variables"].items():
        overrides = BUNDLE["targets"][target].get("variables", {})
        values[f"var.{name}"] = overrides.get(name, variable["default"])
    for (section, key), fields in RESOURCES.items():
        values[f"resources.{section}.{key}.name"] = fields["name"]
    for key, volume in of_type("volumes").items():
        path = f"/Volumes/{volume['catalog_name']}/{volume['schema_name']}/{volume['name']}"
        values[f"resources.volumes.{key}.volume_path"] = path
    for name, value in job_parameters.items():
        text = text.replace(f"{{{{job.parameters.{name}}}}}", value)
    while "${" in text:
        text = re.sub(r"\$\{([^{}]+)\}", lambda found: values[found[1]], text)
    return text


def arguments(step, target, **job_parameters):
    parameters = TASKS[task_key(step)]["python_wheel_task"]["parameters"]
    values = {p["name"]: resolve(p["default"], target) for p in JOB["parameters"]}
    return [resolve(p, target, **values | job_parameters) for p in parameters]


def parsed(step, target, **job_parameters):
    """What the real command makes of the task's arguments."""
    name, *options = arguments(step, target, **job_parameters)
    return app.commands[name].make_context(name, options).params


def task_key(step):
    return step.name.replace("-", "_")


def references():
    texts = [path.read_text() for path in (ROOT / "resources").glob("*.yml")]
    texts.append((ROOT / "databricks.yml").read_text())
    return set(re.findall(r"\$\{([^{}]+)\}", "\n".join(texts)))


def fields_at(fields, path):
    for step in path:
        fields = fields[step]
    return fields


each_target = pytest.mark.parametrize("target", TARGETS)
each_step = pytest.mark.parametrize("step", pipeline.STEPS, ids=lambda step: step.name)


def test_resources_holds_exactly_the_files_checked_here():
    assert {path.name for path in (ROOT / "resources").iterdir()} == set(FILES)
    assert BUNDLE["include"] == ["resources/*.yml"]


@pytest.mark.parametrize("file", FILES)
def test_resource_is_accepted_and_is_what_its_file_name_says(file):
    key, kind, _ = file.split(".")
    section, resource = KINDS[kind]
    found_section, found_key, fields = read(file)
    assert (found_section, found_key) == (section, key)
    resource.from_dict(fields)


@pytest.mark.parametrize(
    ("file", "path"),
    [
        ("bronze.schema.yml", ()),
        ("landing.volume.yml", ()),
        ("customer_segments.experiment.yml", ()),
        ("retail_lakehouse.job.yml", ()),
        ("retail_lakehouse.job.yml", ("queue",)),
        ("retail_lakehouse.job.yml", ("parameters", 0)),
        ("retail_lakehouse.job.yml", ("environments", 0, "spec")),
        ("retail_lakehouse.job.yml", ("tasks", 1)),
        ("retail_lakehouse.job.yml", ("tasks", 1, "depends_on", 0)),
        ("retail_lakehouse.job.yml", ("tasks", 1, "python_wheel_task")),
    ],
)
def test_a_misspelt_field_is_refused(file, path):
    _, resource = KINDS[file.split(".")[1]]
    fields = copy.deepcopy(read(file)[2])
    fields_at(fields, path)["nmae"] = "x"
    with pytest.raises(ValueError, match="Unexpected field 'nmae'"):
        resource.from_dict(fields)


def test_tasks_are_the_steps_of_the_pipeline():
    assert [task["task_key"] for task in JOB["tasks"]] == [*map(task_key, pipeline.STEPS)]


@each_step
def test_task_waits_for_what_its_step_depends_on(step):
    waits_for = {need["task_key"] for need in TASKS[task_key(step)].get("depends_on", ())}
    needs = {task_key(pipeline.STEPS_BY_NAME[name]) for name in pipeline.depends_on(step)}
    assert waits_for == needs


@each_step
def test_task_runs_the_command_of_the_wheel(step):
    task = TASKS[task_key(step)]
    wheel_task = task["python_wheel_task"]
    # As Databricks looks it up: the distribution by name, in it the entry point by name.
    scripts = metadata.distribution(wheel_task["package_name"]).entry_points
    assert scripts[wheel_task["entry_point"]].value == "retail_lakehouse.cli:main"
    assert wheel_task["parameters"][0] == step.name
    assert task["environment_key"] == JOB["environments"][0]["environment_key"]


@each_target
@each_step
def test_command_accepts_the_arguments_of_its_task(step, target):
    settings = parsed(step, target, as_of="2011-11-09", source="demo")
    assert settings.pop("sources", ("demo",)) == ("demo",)
    assert settings.pop("paths", ()) == ()
    if pipeline.LANDING not in step.writes:
        assert settings["as_of"].isoformat() == "2011-11-09"
    assert Settings(**settings) == Settings(
        catalog="workspace",
        schema_prefix=PREFIX[target],
        landing=Path(f"/Volumes/workspace/{PREFIX[target]}bronze/landing"),
        as_of=settings.get("as_of"),
        experiment_prefix=f"/Users/jane@shop.example/{PREFIX[target]}retail_lakehouse_",
        git_commit="4d6d220",
    )


@each_step
def test_job_without_parameters_lands_uci_and_sees_all_lines(step):
    settings = parsed(step, "prod")
    assert settings.get("as_of") is None
    assert settings.get("sources", ("uci",)) == ("uci",)


def test_schemas_are_the_layers_each_with_a_comment():
    schemas = of_type("schemas")
    assert set(schemas) == set(tables.LAYERS)
    assert all(schema["comment"] for schema in schemas.values())


@each_target
@pytest.mark.parametrize("layer", tables.LAYERS)
def test_tasks_write_to_the_schemas_that_the_target_deploys(target, layer):
    # Without this the CLI puts its own, rewritten prefix before the names.
    assert BUNDLE["experimental"]["skip_name_prefix_for_schema"] is True
    written = parsed(pipeline.STEPS[-1], target, as_of="2011-11-09")["schema_prefix"] + layer
    assert resolve(RESOURCES["schemas", layer]["name"], target) == written


@each_target
@pytest.mark.parametrize("kind", MODEL_KINDS, ids=lambda kind: kind.name)
def test_tasks_log_to_the_experiments_that_the_target_deploys(target, kind):
    declared = resolve(RESOURCES["experiments", kind.name]["name"], target)
    folder, _, name = declared.rpartition("/")
    # The CLI puts presets.name_prefix before the last part of the path.
    deployed = f"{folder}/{resolve(BUNDLE['presets']['name_prefix'], target)}{name}"
    prefix = parsed(pipeline.STEPS[-1], target, as_of="2011-11-09")["experiment_prefix"]
    assert deployed == prefix + kind.name
    assert deployed.startswith("/")


def test_experiments_are_the_kinds_of_model():
    assert set(of_type("experiments")) == {kind.name for kind in MODEL_KINDS}


def test_landing_is_a_managed_volume_in_bronze():
    landing = RESOURCES["volumes", "landing"]
    assert landing["volume_type"] == "MANAGED"
    assert landing["schema_name"] == "${resources.schemas.bronze.name}"


def test_targets_are_dev_by_default_and_prod():
    targets = BUNDLE["targets"]
    modes = {name: target["mode"] for name, target in targets.items()}
    assert modes == {"dev": "development", "prod": "production"}
    assert [name for name, target in targets.items() if target.get("default")] == ["dev"]
    assert targets["prod"]["workspace"]["root_path"]


def test_dev_prefix_names_its_developer():
    # Development mode refuses other prefixes, and replaces an empty one by its own.
    prefix = BUNDLE["targets"]["dev"]["variables"]["schema_prefix"]
    assert "${workspace.current_user.short_name}" in prefix


def test_every_variable_has_a_description():
    assert BUNDLE["variables"]
    assert [n for n, v in BUNDLE["variables"].items() if not v.get("description")] == []


def test_variables_used_are_those_declared():
    used = {r.removeprefix("var.") for r in references() if r.startswith("var.")}
    assert used == set(BUNDLE["variables"])


def test_targets_set_declared_variables_only():
    for target in BUNDLE["targets"].values():
        assert set(target.get("variables", {})) <= set(BUNDLE["variables"])


def test_resources_referred_to_exist():
    used = {tuple(r.split(".")[1:3]) for r in references() if r.startswith("resources.")}
    assert used
    assert used <= set(RESOURCES)


def test_job_parameters_used_are_those_declared():
    text = (ROOT / "resources" / "retail_lakehouse.job.yml").read_text()
    used = set(re.findall(r"\{\{job\.parameters\.(\w+)\}\}", text))
    assert used == {parameter["name"] for parameter in JOB["parameters"]}
