"""The bundle's files, and what they say once the CLI has put in the variables of a target."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
FILES = (
    "bronze.schema.yml",
    "silver.schema.yml",
    "gold.schema.yml",
    "landing.volume.yml",
    "report.volume.yml",
    "customer_segments.experiment.yml",
    "recommendations.experiment.yml",
    "customer_value.experiment.yml",
    "segments_model.registered_model.yml",
    "recommendations_model.registered_model.yml",
    "value_model.registered_model.yml",
    "retail_lakehouse.job.yml",
    "arrivals.job.yml",
    "backtest.job.yml",
    "maintain.job.yml",
    "overview.dashboard.yml",
)
TARGETS = ("dev", "staging", "prod")

# Who deploys: people their own copies, a service principal the shared ones.
JANE = "jane@shop.example"
KEN = "ken@shop.example"
PRINCIPAL = "7c9f2d1e-application-id"
DEPLOYERS = {"dev": JANE, "staging": PRINCIPAL, "prod": PRINCIPAL}
COMMIT = "4d6d220"
# What no target has a value for; in the environment, as docs/deploy.md has it.
GIVEN = {"service_principal": PRINCIPAL}

# What a deployment is made of, in the folder of databricks.yml.
DEPLOYED_FROM = (
    "databricks.yml",
    "pyproject.toml",
    "requirements-build.txt",
    "README.md",
    "LICENSE",
    "resources",
    "scripts",
    "src",
)

BUNDLE = yaml.safe_load((ROOT / "databricks.yml").read_text())


def copy_bundle(folder):
    """The bundle in a folder of its own, with nothing of an earlier deployment or build."""
    folder.mkdir(parents=True)
    for name in DEPLOYED_FROM:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder)
    return folder


def read(file):
    """Section, key and fields of the one resource in the file."""
    content = yaml.safe_load((ROOT / "resources" / file).read_text())
    ((section, resources),) = content.pop("resources").items()
    ((key, fields),) = resources.items()
    assert content == {}
    return section, key, fields


RESOURCES = {(section, key): fields for section, key, fields in map(read, FILES)}


def of_type(section):
    return {key: fields for (found, key), fields in RESOURCES.items() if found == section}


def _values(target, user):
    values = {
        "workspace.current_user.userName": user,
        "workspace.current_user.short_name": user.split("@")[0],
        "bundle.name": BUNDLE["bundle"]["name"],
        "bundle.target": target,
        "bundle.git.commit": COMMIT,
    }
    overrides = BUNDLE["targets"][target].get("variables", {})
    for name, variable in BUNDLE["variables"].items():
        value = overrides.get(name, variable.get("default", GIVEN.get(name)))
        values[f"var.{name}"] = "looked-up" if "lookup" in variable else value
    for (section, key), fields in RESOURCES.items():
        # What the bundle sets, and no more: fields that a deployment computes depend on its engine.
        for name, value in fields.items():
            if isinstance(value, str):
                values[f"resources.{section}.{key}.{name}"] = value
        if section == "jobs":
            # The one that every engine computes, and the CLI resolves before it deploys.
            values[f"resources.{section}.{key}.id"] = f"id of {key}"
    return values


def resolve(text, target, user=None, **job_parameters):
    """The text as the tasks of the target get it; KeyError for a reference to nothing."""
    values = _values(target, user or DEPLOYERS[target])
    for name, value in job_parameters.items():
        text = text.replace(f"{{{{job.parameters.{name}}}}}", value)
    while "${" in text:
        text = re.sub(r"\$\{([^{}]+)\}", lambda found: values[found[1]], text)
    return text


def texts(fields) -> Iterator[str]:
    """Every text in the fields, however deep."""
    if isinstance(fields, str):
        yield fields
    elif isinstance(fields, dict):
        for value in fields.values():
            yield from texts(value)
    elif isinstance(fields, list):
        for value in fields:
            yield from texts(value)


def _full_name(section, fields):
    match section:
        case "schemas":
            return f"{fields['catalog_name']}.{fields['name']}"
        case "volumes":
            return f"/Volumes/{fields['catalog_name']}/{fields['schema_name']}/{fields['name']}"
        case "registered_models":
            return f"{fields['catalog_name']}.{fields['schema_name']}.{fields['name']}"
        case "dashboards":
            return fields["display_name"]
    return fields["name"]


def deployed(target, user=None):
    """What a deployment is called in the workspace: by section and key, and its folder."""
    names = {
        key: resolve(_full_name(key[0], fields), target, user) for key, fields in RESOURCES.items()
    }
    workspace = BUNDLE["targets"][target].get("workspace", {})
    # The CLI's default where a target says nothing.
    home = "/Workspace/Users/${workspace.current_user.userName}"
    folder = workspace.get("root_path", home + "/.bundle/${bundle.name}/${bundle.target}")
    return names | {("workspace", "root_path"): resolve(folder, target, user)}
