"""'databricks bundle' itself, against a stand-in for the workspace on loopback."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from asset_bundle import (
    DEPLOYERS,
    JANE,
    PRINCIPAL,
    RESOURCES,
    ROOT,
    TARGETS,
    copy_bundle,
    deployed,
)

pytestmark = pytest.mark.slow

# What validate asks a workspace, by the beginning of the path.
WAREHOUSES = [{"id": "8ec9edc1db0c40df", "name": "Serverless Starter Warehouse"}]
# Where the CLI puts a file, before the file's own path.
IMPORT = "/api/2.0/workspace-files/import-file"
FOLDER = {"object_type": "DIRECTORY", "object_id": 1, "path": "/Workspace/Users"}


def answers(user):
    kind = "user_name" if "@" in user else "service_principal_name"
    manager = {kind: user, "all_permissions": [{"permission_level": "CAN_MANAGE"}]}
    return {
        "/.well-known/databricks-config": {},
        "/api/2.0/preview/scim/v2/Me": {"id": "1", "userName": user},
        "/api/2.0/sql/warehouses": {"warehouses": WAREHOUSES},
        "/api/2.0/workspace/get-status": FOLDER,
        "/api/2.0/permissions/directories/": {"object_id": "1", "access_control_list": [manager]},
    }


@contextmanager
def workspace(user) -> Iterator[tuple[str, list]]:
    """A workspace in which the user is logged in and nothing is deployed: address, what is sent."""
    known, sent, files = answers(user), [], {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked = urlsplit(self.path)
            found = next((known[start] for start in known if asked.path.startswith(start)), None)
            path = parse_qs(asked.query).get("path", [""])[0]
            if path in files:
                is_status = asked.path == "/api/2.0/workspace/get-status"
                status = {"object_type": "FILE", "object_id": 2, "path": path}
                self.answer(status if is_status else files[path])
            else:
                # There are folders, and no file of a deployment before.
                self.answer(None if "/state/" in path else found)

        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            path = unquote(urlsplit(self.path).path)
            if path.startswith(IMPORT):
                files[path.removeprefix(IMPORT)] = body
            if "telemetry" not in path:
                sent.append(path)
            self.answer({})

        def answer(self, content):
            missing = {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": f"no {self.path}"}
            body = content
            if not isinstance(content, bytes):
                body = json.dumps(missing if content is None else content).encode()
            self.send_response(404 if content is None else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", sent
    finally:
        server.shutdown()
        server.server_close()


def cli() -> str:
    """Path of the CLI with bundles; the older one from PyPI has the same name."""
    found = shutil.which("databricks")
    if found is None:
        pytest.skip("no databricks CLI on the PATH: bundle validate was not run")
    answer = subprocess.run([found, "bundle", "--help"], capture_output=True, text=True)
    if answer.returncode != 0:
        pytest.skip(f"{found} has no bundles: bundle validate was not run")
    return found


@dataclass(frozen=True)
class Answer:
    """What the CLI answered, and the paths of what it sent to the workspace meanwhile."""

    code: int
    out: str
    err: str
    sent: tuple[str, ...]


# Names that docs/deploy.md has for what a target does not know by itself.
VARIABLES = {
    "service_principal": PRINCIPAL,
    "notification_email": "team@shop.example",
}


def bundle(command, target, folder, user=None, path=None, **variables):
    """What the CLI answers in a copy of the bundle, so that no other deployment is seen or touched.

    user: who is logged in, by default who the target is meant for. path: folders of commands.
    """
    databricks = cli()
    copy = folder / "bundle"
    if not copy.exists():
        copy_bundle(copy)
    given = (VARIABLES if target != "dev" else {}) | variables
    with workspace(user or DEPLOYERS[target]) as (host, sent):
        answer = subprocess.run(
            [databricks, "bundle", *command, "--target", target, "--output", "json"],
            cwd=copy,
            capture_output=True,
            text=True,
            timeout=120,
            # Nothing of the machine's own configuration, so no real workspace is asked.
            env={
                "PATH": path or os.environ["PATH"],
                "HOME": str(folder),
                "DATABRICKS_HOST": host,
                "DATABRICKS_TOKEN": "stand-in",
                # The default since 1.3; earlier ones would download Terraform.
                "DATABRICKS_BUNDLE_ENGINE": "direct",
                **{f"BUNDLE_VAR_{name}": value for name, value in given.items()},
            },
        )
    return Answer(answer.returncode, answer.stdout, answer.stderr, tuple(sent))


@pytest.mark.parametrize("target", TARGETS)
def test_bundle_validates_strictly_and_names_things_as_the_tests_say(target, tmp_path):
    answer = bundle(("validate", "--strict"), target, tmp_path)
    assert answer.code == 0, answer.err
    assert "Warning" not in answer.err
    resources = json.loads(answer.out)["resources"]
    names = deployed(target)
    for section, key in RESOURCES:
        found = resources[section][key]
        # In Unity Catalog the name is only the last part of the full one.
        name = found.get("display_name", found.get("name"))
        assert names[section, key].endswith(name), (section, key)


@pytest.mark.parametrize("target", TARGETS)
def test_a_first_deployment_would_make_everything(target, tmp_path):
    # Unlike validate, plan resolves references from one resource to another.
    answer = bundle(("plan",), target, tmp_path)
    assert answer.code == 0, answer.err
    planned = json.loads(answer.out)["plan"]
    for section, key in RESOURCES:
        assert planned[f"resources.{section}.{key}"]["action"] == "create", (section, key)


def test_a_copy_has_nothing_of_a_deployment_from_this_checkout(tmp_path, monkeypatch):
    """With its state the plan would not be a first deployment's."""
    checkout = copy_bundle(tmp_path / "checkout")
    state = checkout / ".databricks" / "bundle" / "dev" / "resources.json"
    state.parent.mkdir(parents=True)
    state.touch()
    (checkout / "dist").mkdir()
    monkeypatch.setattr("asset_bundle.ROOT", checkout)
    copy = copy_bundle(tmp_path / "copy")
    assert {path.name for path in checkout.iterdir()} - {path.name for path in copy.iterdir()} == {
        ".databricks",
        "dist",
    }


def test_a_workspace_without_the_usual_warehouse_is_told_as_the_guide_has_it(tmp_path, monkeypatch):
    monkeypatch.setitem(WAREHOUSES[0], "name", "Another")
    answer = bundle(("validate",), "dev", tmp_path)
    assert answer.code == 1
    error = "failed to resolve warehouse: Serverless Starter Warehouse"
    assert error in answer.err
    assert error in GUIDE
    assert bundle(("validate",), "dev", tmp_path, warehouse_id="1234").code == 0


GUIDE = (ROOT / "docs" / "deploy.md").read_text()


def documented():
    """Commands of the guide: those of its blocks, and those in the middle of a sentence."""
    blocks = re.findall(r"^ *```\w*\n(.*?)^ *```", GUIDE, re.MULTILINE | re.DOTALL)
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    inline = re.findall(r"`(databricks [^`]+)`", re.sub(r"```.*?```", "", GUIDE, flags=re.DOTALL))
    return sorted({line for line in (*lines, *inline) if line.startswith("databricks ")})


@pytest.mark.parametrize("command", documented())
def test_the_guide_s_commands_are_those_of_the_cli(command, tmp_path):
    # Not split as a shell would: an id stands in angle brackets, with a blank.
    words = re.findall(r"'[^']*'|<[^>]*>|\S+", command)
    options = [word for word in words if word.startswith("-")]
    names = words[1 : words.index(options[0])] if options else words[1:]
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    answer = subprocess.run(
        [cli(), *names, "--help"], capture_output=True, text=True, env=environment
    )
    assert answer.returncode == 0, answer.stderr
    usage = re.search(r"Usage:\n  databricks (.*)", answer.stdout)[1]
    # What is not a name of a command is an argument of it, and there are as many as it takes.
    wanted = [word for word in usage.split() if word.isupper()]
    given = names[len(usage.split()) - len(wanted) - 1 :]
    assert len(given) <= len(wanted) or "..." in usage, usage
    for option in options:
        assert re.search(rf"{option.partition('=')[0]}\b", answer.stdout), option
    # Given both ways, an argument is refused.
    assert not ("--json" in options and given)


def commands(folder, *names):
    """A PATH with these commands alone, the Python of this environment by the names given."""
    folder.mkdir()
    for name in names:
        is_python = name.startswith("python")
        (folder / name).symlink_to(sys.executable if is_python else shutil.which(name))
    return str(folder)


@pytest.mark.parametrize("python", ["python3", "python"])
def test_a_machine_with_one_name_for_python_deploys(python, tmp_path):
    path = commands(tmp_path / "bin", "bash", python)
    answer = bundle(("plan",), "dev", tmp_path, path=path)
    assert answer.code == 0, answer.err


def test_a_deployment_takes_nothing_from_the_folder_but_the_wheel(tmp_path):
    copy = copy_bundle(tmp_path / "bundle")
    (copy / "dist").mkdir()
    for left_over in ("online_retail_II.xlsx", "dist/retail_lakehouse-99.0-py3-none-any.whl"):
        (copy / left_over).write_bytes(b"not for the workspace")
    sent = bundle(("deploy",), "dev", tmp_path).sent
    files = [path.removeprefix(IMPORT) for path in sent if path.startswith(IMPORT)]
    inside = [path.partition("/.bundle/retail-lakehouse/dev/")[2] for path in files]
    (wheel,) = [path for path in inside if path.endswith(".whl")]
    assert re.fullmatch(r"artifacts/\.internal/retail_lakehouse-0[.\w+]*-py3-none-any\.whl", wheel)
    assert [path for path in inside if path.startswith("files/")] == []
    assert not [path for path in inside if "online_retail" in path]


@pytest.mark.parametrize("target", ["staging", "prod"])
def test_a_person_is_told_which_variable_a_shared_target_needs(target, tmp_path, monkeypatch):
    monkeypatch.delitem(VARIABLES, "service_principal")
    for command in (("validate", "--strict"), ("deploy",)):
        answer = bundle(command, target, tmp_path, user=JANE)
        assert answer.code == 1
        assert "no value assigned to required variable service_principal" in answer.err
        assert answer.sent == ()


@pytest.mark.parametrize(
    ("user", "variables", "words"),
    [
        (JANE, {"service_principal": JANE}, "'jane@shop.example', a person's address"),
        (JANE, {}, "you are logged in as 'jane@shop.example'"),
        (PRINCIPAL, {"notification_email": ""}, "notification_email is '', which is no address"),
        (PRINCIPAL, {"notification_email": PRINCIPAL}, "which is no address"),
    ],
    ids=("a person as principal", "not the principal", "no address", "the principal's address"),
)
def test_what_cannot_work_is_refused_before_anything_is_made(user, variables, words, tmp_path):
    answer = bundle(("deploy",), "prod", tmp_path, user=user, **variables)
    assert answer.code == 1
    assert answer.err.count(words) == 1
    assert "Traceback" not in answer.err
    assert answer.sent == ()
