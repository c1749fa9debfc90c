"""The bundle against the code and PyPI's databricks-bundles, without a workspace."""

import copy
import re
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import pytest
from databricks.bundles.dashboards import Dashboard
from databricks.bundles.experiments import MlflowExperiment
from databricks.bundles.jobs import Job
from databricks.bundles.registered_models import RegisteredModel
from databricks.bundles.schemas import Schema
from databricks.bundles.volumes import Volume

from asset_bundle import (
    BUNDLE,
    COMMIT,
    DEPLOYERS,
    FILES,
    JANE,
    KEN,
    RESOURCES,
    ROOT,
    TARGETS,
    deployed,
    of_type,
    read,
    resolve,
    texts,
)
from retail_lakehouse import assets, pipeline, tables, tracking
from retail_lakehouse.cli import app
from retail_lakehouse.settings import Settings
from retail_lakehouse.steps.harness import documents

pytestmark = pytest.mark.slow

KINDS = {
    "schema": ("schemas", Schema),
    "volume": ("volumes", Volume),
    "experiment": ("experiments", MlflowExperiment),
    "registered_model": ("registered_models", RegisteredModel),
    "job": ("jobs", Job),
    "dashboard": ("dashboards", Dashboard),
}
MODELS = "registered_models"
MODEL_KINDS = assets.MODELS
GUIDE = ROOT / "docs" / "deploy.md"
PREFIX = {"dev": "dev_jane_", "staging": "staging_", "prod": ""}

RESOURCE_CLASSES = dict(KINDS.values())

# The copies of docs/deploy.md; None: who the target is meant for.
TEAM = (("dev", JANE), ("dev", KEN), ("staging", None), ("prod", None))

JOB = RESOURCES["jobs", "retail_lakehouse"]
TASKS = {task["task_key"]: task for task in JOB["tasks"]}
BACKTEST = RESOURCES["jobs", "backtest"]
MAINTAIN = RESOURCES["jobs", "maintain"]
ARRIVALS = RESOURCES["jobs", "arrivals"]

# What the reference of databricks.yml knows of the parts that are used here. None: any name.
VARIABLE = {"description": str, "default": str, "lookup": {"warehouse": str}}
TARGET = {
    "mode": str,
    "default": bool,
    "variables": {None: str},
    "presets": {"trigger_pause_status": str, "artifacts_dynamic_version": bool},
    "workspace": {"root_path": str},
    "run_as": {"service_principal_name": str},
    "permissions": [{"service_principal_name": str, "group_name": str, "level": str}],
    "resources": {None: {None: {"lifecycle": {"prevent_destroy": bool}}}},
}
DATABRICKS_YML = {
    "bundle": {"name": str, "uuid": str, "databricks_cli_version": str},
    "include": [str],
    "artifacts": {None: {"type": str, "build": str}},
    "sync": {"paths": [str]},
    "variables": {None: VARIABLE},
    "presets": TARGET["presets"],
    "targets": {None: TARGET},
}


def task_key(step):
    return step.name.replace("-", "_")


def arguments(step, target, **job_parameters):
    parameters = TASKS[task_key(step)]["python_wheel_task"]["parameters"]
    values = {p["name"]: resolve(p["default"], target) for p in JOB["parameters"]}
    return [resolve(p, target, **values | job_parameters) for p in parameters]


def parsed(step, target, **job_parameters):
    """What the real command makes of the task's arguments."""
    name, *options = arguments(step, target, **job_parameters)
    return app.commands[name].make_context(name, options).params


def references():
    files = [ROOT / "databricks.yml", *(ROOT / "resources").iterdir()]
    return set(re.findall(r"\$\{([^{}]+)\}", "\n".join(path.read_text() for path in files)))


def misfits(content, shape, path="") -> Iterator[str]:
    """Where the content is not of the shape: unknown keys, values of another type."""
    if isinstance(shape, dict) and isinstance(content, dict):
        for key, value in content.items():
            if key in shape or None in shape:
                yield from misfits(value, shape.get(key, shape.get(None)), f"{path}.{key}")
            else:
                yield f"{path}.{key}"
    elif isinstance(shape, list) and isinstance(content, list):
        for index, value in enumerate(content):
            yield from misfits(value, shape[0], f"{path}[{index}]")
    elif isinstance(shape, (dict, list)) or not isinstance(content, shape):
        yield path


def mappings(fields, path=()) -> Iterator[tuple]:
    """Paths of all mappings whose keys Databricks gives; those of tags and parameters are free."""
    if isinstance(fields, dict):
        yield path
        for key, value in fields.items():
            if key not in ("tags", "job_parameters"):
                yield from mappings(value, (*path, key))
    elif isinstance(fields, list):
        for index, value in enumerate(fields):
            yield from mappings(value, (*path, index))


def at(fields, path):
    for step in path:
        fields = fields[step]
    return fields


each_target = pytest.mark.parametrize("target", TARGETS)
each_step = pytest.mark.parametrize("step", pipeline.STEPS, ids=lambda step: step.name)
each_job = pytest.mark.parametrize(
    "job", (JOB, BACKTEST, MAINTAIN), ids=("retail_lakehouse", "backtest", "maintain")
)


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


@pytest.mark.parametrize("file", FILES)
def test_a_misspelt_field_is_refused_wherever_it_stands(file):
    _, resource = KINDS[file.split(".")[1]]
    _, _, fields = read(file)
    for path in mappings(fields):
        wrong = copy.deepcopy(fields)
        at(wrong, path)["nmae"] = "x"
        with pytest.raises(ValueError, match="Unexpected field 'nmae'"):
            resource.from_dict(wrong)


def test_databricks_yml_is_of_the_shape_that_the_cli_knows():
    assert list(misfits(BUNDLE, DATABRICKS_YML)) == []


@pytest.mark.parametrize("place", ["", "bundle", "presets", "targets.dev", "variables.catalog"])
def test_a_misspelt_key_of_databricks_yml_is_found(place):
    wrong = copy.deepcopy(BUNDLE)
    path = tuple(filter(None, place.split(".")))
    at(wrong, path)["nmae"] = "x"
    assert list(misfits(wrong, DATABRICKS_YML)) == [".".join(("", *path, "nmae"))]


def test_keys_are_unique_across_types():
    keys = [key for _, key in RESOURCES]
    assert sorted(set(keys)) == sorted(keys)


@each_target
def test_every_reference_resolves(target):
    everything = [*RESOURCES.values(), BUNDLE["targets"][target]]
    found = [resolve(text, target) for text in texts(everything)]
    assert found
    assert [text for text in found if "${" in text] == []


def test_tasks_are_the_steps_of_the_pipeline():
    assert [task["task_key"] for task in JOB["tasks"]] == [*map(task_key, pipeline.STEPS)]


@each_step
def test_task_waits_for_what_its_step_depends_on(step):
    waits_for = {need["task_key"] for need in TASKS[task_key(step)].get("depends_on", ())}
    needs = {task_key(pipeline.STEPS_BY_NAME[name]) for name in pipeline.depends_on(step)}
    assert waits_for == needs


@each_step
def test_task_runs_the_command_of_its_step(step):
    assert TASKS[task_key(step)]["python_wheel_task"]["parameters"][0] == step.name


@each_job
def test_tasks_find_the_command_in_the_wheel(job):
    for task in job["tasks"]:
        wheel_task = task["python_wheel_task"]
        # As Databricks looks it up: the distribution by name, in it the entry point by name.
        scripts = metadata.distribution(wheel_task["package_name"]).entry_points
        assert scripts[wheel_task["entry_point"]].value == "retail_lakehouse.cli:main"
        assert task["environment_key"] == job["environments"][0]["environment_key"]


@each_target
@each_step
def test_command_accepts_the_arguments_of_its_task(step, target):
    settings = parsed(step, target, as_of="2011-11-09", source="demo")
    assert settings.pop("sources", ("demo",)) == ("demo",)
    assert settings.pop("paths", ()) == ()
    if assets.LANDING not in step.writes:
        assert settings["as_of"].isoformat() == "2011-11-09"
    assert Settings(**settings) == Settings(
        catalog="workspace",
        schema_prefix=PREFIX[target],
        landing=Path(f"/Volumes/workspace/{PREFIX[target]}bronze/landing"),
        as_of=settings.get("as_of"),
        experiment_prefix=f"/Users/{DEPLOYERS[target]}/{PREFIX[target]}retail_lakehouse_",
        git_commit=COMMIT,
    )


@each_step
def test_job_without_parameters_lands_uci_and_sees_all_lines(step):
    settings = parsed(step, "prod")
    assert settings.get("as_of") is None
    assert settings.get("sources", ("uci",)) == ("uci",)
    assert settings.get("shop") is None


@each_target
def test_backtest_job_calls_its_commands_in_the_place_of_the_steps(target):
    place = arguments(pipeline.STEPS[-1], target)[2:]
    found = {
        task["task_key"]: [
            resolve(text, target, windows="6", trials="20")
            for text in task["python_wheel_task"]["parameters"]
        ]
        for task in BACKTEST["tasks"]
    }
    assert found == {
        "backtest": ["backtest", "--windows=6", *place],
        "tune": ["tune", "--trials=20", *place],
    }
    for name, *options in found.values():
        assert app.commands[name].make_context(name, options).params["catalog"] == "workspace"


@each_target
def test_upkeep_job_calls_its_command_in_the_place_of_the_steps(target):
    (task,) = MAINTAIN["tasks"]
    parameters = task["python_wheel_task"]["parameters"]
    found = [resolve(text, target, keep_days="30") for text in parameters]
    place = arguments(pipeline.STEPS[-1], target)[2:]
    assert found == ["maintain", "--keep-days=30", *place]
    name, *options = found
    assert app.commands[name].make_context(name, options).params["keep_days"] == 30


@each_job
def test_job_parameters_used_are_those_declared(job):
    used = set(re.findall(r"\{\{job\.parameters\.(\w+)\}\}", "\n".join(texts(job))))
    assert used == {parameter["name"] for parameter in job["parameters"]}


@each_job
def test_job_runs_alone_on_serverless_and_a_queue_keeps_the_next_run(job):
    assert job["max_concurrent_runs"] == 1
    assert job["queue"] == {"enabled": True}
    (environment,) = job["environments"]
    assert int(environment["spec"]["environment_version"]) >= 4
    wheel, *others = environment["spec"]["dependencies"]
    assert wheel == "../dist/*.whl"
    # What the wheel has as an extra, which a path cannot name.
    assert others == (["optuna>=4.2"] if job is BACKTEST else [])
    assert 'tune = ["optuna>=4.2"]' in (ROOT / "pyproject.toml").read_text()


@each_job
def test_no_task_runs_for_ever_and_none_outlives_its_job(job):
    for task in job["tasks"]:
        assert 0 < task["timeout_seconds"] <= job["timeout_seconds"]
        assert task["max_retries"] in (0, 1, 2)


@each_job
def test_somebody_hears_of_runs_that_fail_or_take_long(job):
    heard = job["email_notifications"]
    for event in ("on_failure", "on_duration_warning_threshold_exceeded"):
        assert heard[event] == ["${var.notification_email}"]
    (rule,) = job["health"]["rules"]
    assert rule["metric"] == "RUN_DURATION_SECONDS"
    assert rule["value"] < job["timeout_seconds"]


@each_job
def test_schedules_wait_for_prod(job):
    # Quartz counts seconds first, and wants ? for one of the two kinds of day.
    fields = job["schedule"]["quartz_cron_expression"].split()
    assert len(fields) == 6
    assert [fields[3], fields[5]].count("?") == 1
    assert "pause_status" not in job["schedule"]
    paused = {
        name: target.get("presets", {}).get("trigger_pause_status")
        for name, target in BUNDLE["targets"].items()
    }
    assert paused == {"dev": "PAUSED", "staging": "PAUSED", "prod": None}


def test_a_file_that_arrives_starts_the_daily_job_with_its_folder_where_not_paused():
    (task,) = ARRIVALS["tasks"]
    arrival = ARRIVALS["trigger"]["file_arrival"]
    assert task["run_job_task"]["job_id"] == "${resources.jobs.retail_lakehouse.id}"
    assert task["run_job_task"]["job_parameters"] == {"source": arrival["url"]}
    url = resolve(arrival["url"], "prod")
    assert url == "/Volumes/workspace/bronze/landing/incoming/"
    # The targets' presets pause triggers and schedules alike.
    assert "pause_status" not in ARRIVALS["trigger"]
    assert not {"schedule", "continuous"} & set(ARRIVALS)
    assert (ARRIVALS["max_concurrent_runs"], ARRIVALS["queue"]) == (1, {"enabled": True})
    assert task["timeout_seconds"] <= ARRIVALS["timeout_seconds"]
    heard = ARRIVALS["email_notifications"]
    assert heard["on_failure"] == ["${var.notification_email}"]


def test_every_training_has_the_jobs_cadence():
    trainings = {key: task for key, task in TASKS.items() if key.startswith("train_")}
    assert set(trainings) == {"train_recommender", "train_value", "train_segments"}
    for task in trainings.values():
        given = task["python_wheel_task"]["parameters"]
        assert "--train-every={{job.parameters.train_every}}" in given


def test_schemas_are_the_layers_each_with_a_comment():
    schemas = of_type("schemas")
    assert set(schemas) == set(tables.LAYERS)
    assert all(schema["comment"] for schema in schemas.values())


@each_target
@pytest.mark.parametrize("layer", tables.LAYERS)
def test_tasks_write_to_the_schemas_that_the_target_deploys(target, layer):
    written = parsed(pipeline.STEPS[-1], target, as_of="2011-11-09")["schema_prefix"] + layer
    assert deployed(target)["schemas", layer] == f"workspace.{written}"


@each_target
@pytest.mark.parametrize("kind", MODEL_KINDS, ids=lambda kind: kind.name)
def test_tasks_log_to_the_experiments_that_the_target_deploys(target, kind):
    prefix = parsed(pipeline.STEPS[-1], target, as_of="2011-11-09")["experiment_prefix"]
    name = deployed(target)["experiments", kind.name]
    assert name == prefix + kind.name
    assert name.startswith("/")


@each_target
def test_tasks_register_the_models_that_the_target_deploys(target):
    settings = Settings(**parsed(pipeline.STEPS[-1], target, as_of="2011-11-09"))
    # Of the tracking only the name: it would start MLflow.
    asked = SimpleNamespace(_settings=settings)
    names = {tracking.Tracking.model_name(asked, kind) for kind in MODEL_KINDS}
    found = {name for (section, _), name in deployed(target).items() if section == MODELS}
    assert found == names


def test_experiments_are_the_kinds_of_model():
    assert set(of_type("experiments")) == {kind.name for kind in MODEL_KINDS}


def test_landing_is_a_managed_volume_in_bronze():
    landing = RESOURCES["volumes", "landing"]
    assert landing["volume_type"] == "MANAGED"
    assert landing["schema_name"] == "${resources.schemas.bronze.name}"


@each_target
def test_the_report_goes_to_the_volume_that_the_target_deploys(target):
    (step,) = (step for step in pipeline.STEPS if assets.REPORT in step.writes)
    settings = Settings(**parsed(step, target, as_of="2011-11-09"))
    assert str(documents.folder_of(settings)) == deployed(target)["volumes", "report"]
    report = RESOURCES["volumes", "report"]
    assert report["volume_type"] == "MANAGED"
    # Customers' names belong to who may see gold.
    assert report["schema_name"] == "${resources.schemas.gold.name}"


def test_dev_is_the_default_and_the_shared_targets_are_production():
    targets = BUNDLE["targets"]
    assert tuple(targets) == TARGETS
    assert [name for name, target in targets.items() if target.get("default")] == ["dev"]
    for name in ("staging", "prod"):
        assert targets[name]["mode"] == "production"
        assert targets[name]["run_as"] == {"service_principal_name": "${var.service_principal}"}
        managers = [p for p in targets[name]["permissions"] if p["level"] == "CAN_MANAGE"]
        # Without the deploying identity among them the CLI warns, and --strict fails.
        assert managers == [{**targets[name]["run_as"], "level": "CAN_MANAGE"}]


def test_prod_keeps_what_holds_data():
    kept = BUNDLE["targets"]["prod"]["resources"]
    holding = {section: set(of_type(section)) for section in ("schemas", "volumes")}
    assert {section: set(resources) for section, resources in kept.items()} == holding
    for section, resources in kept.items():
        for key, fields in resources.items():
            assert fields == {"lifecycle": {"prevent_destroy": True}}
            RESOURCE_CLASSES[section].from_dict(RESOURCES[section, key] | fields)


def test_no_target_lets_the_cli_prefix_names():
    # It would prefix the models too, and no task would find them.
    for target in BUNDLE["targets"].values():
        assert target.get("mode") != "development"
        assert "name_prefix" not in {**BUNDLE["presets"], **target.get("presets", {})}


@pytest.mark.parametrize(
    "deployments",
    [
        TEAM,
        (("dev", JANE), ("staging", JANE), ("prod", JANE)),
    ],
    ids=("a team", "one person"),
)
def test_deployments_into_one_workspace_share_no_name(deployments):
    names = [(key[0], name) for who in deployments for key, name in deployed(*who).items()]
    assert len(set(names)) == len(names) > len(RESOURCES)


def test_the_guide_lists_the_names():
    section = GUIDE.read_text().partition("## Names")[2]
    rows = re.findall(r"^\| `([\w.]+)` \|(.*)\|$", section, re.MULTILINE)
    listed = {
        tuple(key.split(".")): [cell.strip().strip("`") for cell in cells.split("|")]
        for key, cells in rows
    }
    deployments = [deployed(*who) for who in TEAM]
    assert listed == {key: [names[key] for names in deployments] for key in deployments[0]}


def test_a_shared_target_has_no_principal_of_its_own_and_no_default():
    # So the CLI refuses a person who gives none, instead of running the jobs as that person.
    assert "default" not in BUNDLE["variables"]["service_principal"]
    own = {name: target.get("variables", {}) for name, target in BUNDLE["targets"].items()}
    assert own["dev"]["service_principal"] == ""
    assert "service_principal" not in own["staging"] | own["prod"]


def test_no_file_of_the_folder_is_uploaded():
    assert BUNDLE["sync"] == {"paths": []}


def test_the_guide_s_table_of_variables_knows_them_all():
    section = GUIDE.read_text().partition("| variable | what to give |")[2].partition("\n\n")[0]
    listed = re.findall(r"\| `(\w+)` \|", section)
    # Those without a value that would do stand first.
    assert listed[:2] == ["service_principal", "notification_email"]
    assert set(listed) | {"schema_prefix", "as_of"} == set(BUNDLE["variables"])


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
    used = [r.split(".")[1:] for r in references() if r.startswith("resources.")]
    assert used
    for section, key, field in used:
        # Every engine knows what it has deployed by its id.
        known = (*RESOURCES[section, key], "id")
        assert field in known, "only one of the CLI's engines may know the field"
