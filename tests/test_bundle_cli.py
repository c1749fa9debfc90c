"""'databricks bundle validate' itself, against a stand-in for the workspace on loopback."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

import pytest

from asset_bundle import DEPLOYERS, RESOURCES, ROOT, TARGETS, deployed

# What validate asks a workspace, by the beginning of the path.
WAREHOUSES = [{"id": "8ec9edc1db0c40df", "name": "Serverless Starter Warehouse"}]
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
def workspace(user) -> Iterator[str]:
    """Address of a workspace in which the user is logged in, and nothing is deployed yet."""
    known = answers(user)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked = urlsplit(self.path)
            found = next((known[start] for start in known if asked.path.startswith(start)), None)
            # There are folders, and no file of a deployment before.
            self.answer(None if "state%2F" in asked.query else found)

        def do_POST(self):
            self.answer({})

        def answer(self, content):
            missing = {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": f"no {self.path}"}
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
        yield f"http://127.0.0.1:{server.server_port}"
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


def bundle(command, target, home):
    """What the CLI answers, asking a workspace in which the target's deployer is logged in."""
    databricks = cli()
    with workspace(DEPLOYERS[target]) as host:
        return subprocess.run(
            [databricks, "bundle", *command, "--target", target, "--output", "json"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            # Nothing of the machine's own configuration, so no real workspace is asked.
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(home),
                "DATABRICKS_HOST": host,
                "DATABRICKS_TOKEN": "stand-in",
                # The default since 1.3; earlier ones would download Terraform.
                "DATABRICKS_BUNDLE_ENGINE": "direct",
            },
        )


@pytest.mark.parametrize("target", TARGETS)
def test_bundle_validates_strictly_and_names_things_as_the_tests_say(target, tmp_path):
    answer = bundle(("validate", "--strict"), target, tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert "Warning" not in answer.stderr
    resources = json.loads(answer.stdout)["resources"]
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
    assert answer.returncode == 0, answer.stderr
    planned = json.loads(answer.stdout)["plan"]
    for section, key in RESOURCES:
        assert planned[f"resources.{section}.{key}"]["action"] == "create", (section, key)
