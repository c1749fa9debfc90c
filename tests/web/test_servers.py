"""``ui`` and ``serve`` as people start them, over a home on this machine."""

import asyncio
import hashlib
import os
import re
import resource
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import mlflow
import pandas as pd
import psutil
import pytest
import requests

from local_home import recommender, register, serving
from retail_lakehouse.assets import RECOMMENDER
from retail_lakehouse.errors import OtherVersionError, SettingsError
from retail_lakehouse.recommend.inference.online import Request, answer
from retail_lakehouse.serving.specs import RECOMMENDER_MODEL
from retail_lakehouse.settings import Settings
from retail_lakehouse.tracking import Tracking, artifacts
from retail_lakehouse.web import body, servers
from retail_lakehouse.web.guard import Guard, is_loopback
from toy_shop import CODES

pytestmark = pytest.mark.slow

# What people's shells may tell MLflow: each would send a server elsewhere, or open it.
LEFTOVERS = {
    "MLFLOW_TRACKING_URI": "http://127.0.0.1:9",
    "MLFLOW_REGISTRY_URI": "http://127.0.0.1:9",
    "MLFLOW_RUN_ID": "f" * 32,
    "MLFLOW_BACKEND_STORE_URI": "sqlite:////nowhere/mlflow.db",
    "MLFLOW_SERVER_DISABLE_SECURITY_MIDDLEWARE": "true",
    "MLFLOW_SERVER_CORS_ALLOWED_ORIGINS": "*",
    "_MLFLOW_SERVER_FILE_STORE": "sqlite:////nowhere/mlflow.db",
    "_MLFLOW_SERVER_SERVE_ARTIFACTS": "true",
    "_MLFLOW_STATIC_PREFIX": "/elsewhere",
    "prometheus_multiproc_dir": "/nowhere",
}
TRAP = "import pathlib; pathlib.Path({!r}).touch()\n"


@pytest.fixture(scope="module")
def model():
    return recommender()


@pytest.fixture(scope="module", autouse=True)
def _own_store():
    """Another module's home is MLflow's again afterwards; it notes it in the environment too."""
    tracking, registry = mlflow.get_tracking_uri(), mlflow.get_registry_uri()
    with pytest.MonkeyPatch.context() as patch:
        for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI"):
            patch.setenv(name, "")
            patch.delenv(name)
        yield
        mlflow.set_tracking_uri(tracking)
        mlflow.set_registry_uri(registry)


@pytest.fixture(scope="module")
def home(model, tmp_path_factory):
    """One with a champion, beside which somebody has put code of his own."""
    home = tmp_path_factory.mktemp("served") / "home"
    register(home, model)
    # What opening a home puts right in it is put right before it is looked at.
    Tracking(Settings(home=home))
    trap = TRAP.format(str(home.parent / "ran"))
    for code in home.glob("mlartifacts/models/*/artifacts/**/*.py"):
        code.write_text(trap)
    assert (home.parent / "ran").exists() is False
    return home


def content_of(folder):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def served(home):
    before = content_of(home)
    with serving("serve", home, variables=os.environ | LEFTOVERS) as server:
        yield server
    assert content_of(home) == before


@pytest.fixture(scope="module")
def browsed(home):
    before = content_of(home)
    with serving("ui", home, variables=os.environ | LEFTOVERS) as server:
        yield server
    assert content_of(home) == before


def test_lists_over_http_are_those_of_the_model(served, home, model):
    address, _ = served
    rows = [{"stock_code": CODES[0], "customer_id": None}, {"stock_code": CODES[1]}]
    found = requests.post(
        f"{address}/invocations",
        json={"dataframe_records": rows, "params": {"n": 3, "list": "discover"}},
        timeout=60,
    )
    assert found.status_code == 200, found.text
    expected = answer(model, pd.DataFrame(rows), Request(3, "discover"))
    predictions = pd.DataFrame(found.json()["predictions"])
    pd.testing.assert_frame_equal(predictions, expected, check_dtype=False)
    for path in ("/ping", "/health", "/version"):
        assert requests.get(address + path, timeout=60).status_code == 200
    # The code beside the arrays is not this program's, and did not run.
    assert not (home.parent / "ran").exists()


def test_a_bad_request_over_http_is_400_with_the_reason_only(served):
    address, _ = served
    rows = [{"stock_code": CODES[0], "unit_price": "cheap"}]
    found = requests.post(f"{address}/invocations", json={"inputs": rows}, timeout=60)
    assert found.status_code == 400
    assert found.json() == {
        "error_code": "BAD_REQUEST",
        "message": "unit_price is 'cheap' in row 0: give a finite number, or leave it out.",
    }
    large = requests.post(
        f"{address}/invocations",
        data=b" " * (5 * 2**20),
        headers={"Content-Type": "application/json"},
        timeout=60,
    )
    assert large.status_code == 413


def test_each_server_is_one_process(served, browsed):
    for _, process in (served, browsed):
        assert psutil.Process(process.pid).children(recursive=True) == []


FOREIGN = ("[::1].evil.example", "localhost:x.evil.example", "localhost:80:80", "[localhost]",
           "evil.example", "10.evil.example", "192.168.1.evil.example", "localhost.evil.example",
           "203.0.113.7", "evil.example:5000", "")  # fmt: skip


@pytest.mark.parametrize("host", FOREIGN)
def test_a_foreign_name_gets_no_answer(served, browsed, host):
    for address, _ in (served, browsed):
        for path in ("/", "/ping", "/health", "/version", "/get-artifact"):
            found = requests.get(address + path, headers={"Host": host}, timeout=60)
            assert (found.status_code, found.text) == (403, "This server has another name.\n")


def test_a_request_without_a_name_or_with_two_gets_no_answer(served, browsed):
    for address, _ in (served, browsed):
        for names in (b"", b"Host: localhost\r\nHost: evil.example\r\n"):
            place = urlsplit(address)
            with socket.create_connection((place.hostname, place.port), timeout=60) as client:
                client.sendall(b"GET /health HTTP/1.0\r\n" + names + b"\r\n")
                assert client.recv(100).split()[1] in (b"400", b"403")


def test_own_names_are_known(served, browsed):
    for address, _ in (served, browsed):
        port = urlsplit(address).port
        for host in ("localhost", f"localhost:{port}", "LOCALHOST:9", "[::1]:80", "127.0.0.1"):
            found = requests.get(f"{address}/health", headers={"Host": host}, timeout=60)
            assert found.status_code == 200


def test_runs_cards_pictures_and_models_are_shown(browsed, home):
    address, _ = browsed
    assert "<title>MLflow</title>" in requests.get(address, timeout=60).text
    api = f"{address}/ajax-api/2.0/mlflow"
    experiments = requests.post(f"{api}/experiments/search", json={"max_results": 9}, timeout=60)
    ids = [one["experiment_id"] for one in experiments.json()["experiments"]]
    found = requests.post(f"{api}/runs/search", json={"experiment_ids": ids}, timeout=60)
    (run,) = found.json()["runs"]
    run_id = run["info"]["run_id"]
    listed = requests.get(
        f"{api}/artifacts/list", params={"run_id": run_id, "path": "pictures"}, timeout=60
    )
    assert [one["path"] for one in listed.json()["files"]] == ["pictures/map.png"]

    def artifact(path):
        where = {"path": path, "run_uuid": run_id}
        return requests.get(f"{address}/get-artifact", params=where, timeout=60).content

    assert artifact("model_card.md") == b"A card of a model."
    assert artifact("pictures/map.png").startswith(b"\x89PNG")
    models = requests.get(f"{api}/registered-models/search", timeout=60).json()
    assert models["registered_models"][0]["name"] == RECOMMENDER.name
    version = {"name": RECOMMENDER.name, "version": "1"}
    (path,) = home.glob(f"mlartifacts/models/*/artifacts/artifacts/{RECOMMENDER_MODEL.file}")
    kept = requests.get(
        f"{address}/model-versions/get-artifact",
        params={**version, "path": f"artifacts/{RECOMMENDER_MODEL.file}"},
        timeout=60,
    )
    assert kept.content == path.read_bytes()


WRITES = [
    *(("PUT", f"{api}/2.0/mlflow-artifacts/artifacts/x") for api in ("/api", "/ajax-api")),
    *(("DELETE", f"{api}/2.0/mlflow-artifacts/artifacts/x") for api in ("/api", "/ajax-api")),
    *(("POST", f"{api}/2.0/mlflow-artifacts/mpu/create/x") for api in ("/api", "/ajax-api")),
    ("POST", "/ajax-api/2.0/mlflow/upload-artifact?run_uuid={run}&path=model_card.md"),
    ("POST", "/ajax-api/2.0/mlflow/runs/create-promptlab-run"),
    *(("POST", f"{api}/2.0/mlflow/model-versions/create") for api in ("/api", "/ajax-api")),
    *(("POST", f"{api}/2.0/mlflow/registered-models/alias") for api in ("/api", "/ajax-api")),
    ("DELETE", "/api/2.0/mlflow/registered-models/delete"),
    ("POST", "/api/2.0/mlflow/runs/create"),
    ("POST", "/api/2.0/mlflow/runs/log-batch"),
    ("POST", "/api/2.0/mlflow/experiments/create"),
    ("POST", "/api/2.0/mlflow/logged-models"),
    ("POST", "/ajax-api/2.0/mlflow/webhooks"),
    ("POST", "/api/2.0/mlflow/../mlflow/runs/search/../create"),
    ("POST", "/gateway/x/mlflow/invocations"),
    ("POST", "/ajax-api/3.0/mlflow/assistant/message"),
    ("POST", "/ajax-api/3.0/jobs/"),
    ("POST", "/v1/traces"),
    ("PATCH", "/api/2.0/mlflow/registered-models/update"),
    ("TRACE", "/"),
]


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_nothing_can_be_written_through_the_pages_server(browsed, home, method, path):
    """That the home is as before is seen when the server has ended."""
    address, _ = browsed
    (run,) = (one.name for one in (home / "mlartifacts").iterdir() if one.name != "models")
    values = {"name": RECOMMENDER.name, "alias": "champion", "version": "1", "source": "/etc"}
    place = urlsplit(address)
    prepared = requests.Request(method, address, json=values).prepare()
    # As it stands: requests would tidy it up.
    prepared.url = f"http://{place.netloc}{path.format(run=run)}"
    with requests.Session() as session:
        found = session.send(prepared, timeout=60)
    assert found.status_code == 403
    assert "looked at, and not changed" in found.text


def test_guard_lets_reading_posts_through_only_as_they_are():
    passed = []

    async def inner(scope, receive, send):
        passed.append(scope["path"])

    async def send(message):
        return None

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    def ask(path, method="POST", host="127.0.0.1", name="localhost", read_only=True, **more):
        del passed[:]
        headers = [(b"host", name.encode())]
        headers += [(key.replace("_", "-").encode(), one.encode()) for key, one in more.items()]
        scope = {"type": "http", "method": method, "path": path, "headers": headers}
        asyncio.run(Guard(inner, host, read_only)(scope, receive, send))
        return bool(passed)

    assert ask("/ajax-api/2.0/mlflow/runs/search")
    assert ask("/graphql")
    for path in ("/runs/search", "/x/mlflow/runs/search", "/api/2.0/mlflow/runs/search/", "/"):
        assert not ask(path)
    assert not ask("/graphql", "PUT")
    assert ask("/", "PUT", read_only=False)
    # Where others may ask, any address is a name of this machine, but not any name.
    assert ask("/", "GET", "0.0.0.0", "192.168.1.7:5000")
    assert ask("/", "GET", "0.0.0.0", socket.gethostname())
    assert not ask("/", "GET", "0.0.0.0", "10.evil.example")
    assert ask("/", "GET", "shop.example", "shop.example:80")
    for path in ("/static-files/static/js/main.1.js", "/ajax-api/3.0/mlflow/traces/tr-1"):
        assert ask(path, "GET")
        assert ask(path, "HEAD")
        for other in (path.replace("/", "//", 1), path + "/../x", path + "/%2e%2e", path + "/"):
            assert not ask(other, "GET")
    # Another page's browser tells of it; a link to here may be followed.
    own = {"origin": "http://localhost:5000", "sec_fetch_site": "same-origin"}
    assert ask("/graphql", name="localhost:5000", **own)
    assert ask("/", "GET", sec_fetch_site="none")
    link = {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate"}
    assert ask("/", "GET", **link, sec_fetch_dest="document")
    assert not ask("/", "GET", **link, sec_fetch_dest="iframe")
    assert not ask("/health", "GET", sec_fetch_site="same-site", sec_fetch_mode="no-cors")
    for origin in ("null", "http://evil.example", "http://localhost:1", "http://["):
        assert not ask("/graphql", name="localhost:5000", origin=origin)


class Served:
    """What an ASGI application is asked with, and its answer."""

    def __init__(self, *parts):
        self.parts, self.sent, self.read = list(parts), [], b""

    async def receive(self):
        if not self.parts:
            await asyncio.sleep(60)
        return {"type": "http.request", "body": self.parts.pop(0), "more_body": True}

    async def send(self, message):
        self.sent.append(message)

    async def app(self, scope, receive, send):
        self.read = (await receive())["body"]

    def ask(self):
        headers = [(b"host", b"localhost")]
        scope = {"type": "http", "method": "POST", "path": "/graphql", "headers": headers}
        asyncio.run(Guard(self.app, "127.0.0.1", True)(scope, self.receive, self.send))
        return self.sent[0]["status"]


def test_a_body_for_the_pages_server_is_bounded_in_size_and_time(monkeypatch):
    assert Served(*[b" " * 2**20] * 9).ask() == 413
    monkeypatch.setattr(body, "PATIENCE", 0.1)
    slow = Served(b"{")
    assert slow.ask() == 408
    assert slow.read == b""


ACTING = ("3.0/mlflow/assistant/providers", "3.0/mlflow/assistant/config",
          "3.0/mlflow/assistant/providers/claude_code/health", "3.0/mlflow/mcp-servers",
          "3.0/mlflow/gateway/secrets/list", "3.0/mlflow/jobs/1", "3.0/jobs/1",
          "2.0/mlflow/gateway-proxy", "2.0/mlflow/webhooks", "3.0/mlflow/%61ssistant/config",
          "3.0//mlflow/assistant/config", "3.0/mlflow/traces/../assistant/config")  # fmt: skip


@pytest.mark.parametrize("path", ACTING)
def test_a_get_that_acts_is_refused(browsed, path):
    address, _ = browsed
    for api in ("/ajax-api", "/api"):
        for start in ("", "/"):
            prepared = requests.Request("GET", address).prepare()
            prepared.url = f"http://{urlsplit(address).netloc}{start}{api}/{path}"
            with requests.Session() as session:
                assert session.send(prepared, timeout=60).status_code == 403


def test_what_the_pages_ask_for_is_answered(browsed):
    address, _ = browsed
    page = requests.get(address, timeout=60).text
    files = re.findall(r'(?:src|href)="(?:\./)?(static-files/[^"]+)"', page)
    assert len(files) >= 3
    for path in (*files, "ajax-api/3.0/mlflow/server-info", "ajax-api/3.0/mlflow/ui-telemetry",
                 "ajax-api/2.0/mlflow/experiments/get?experiment_id=0",
                 "ajax-api/2.0/mlflow/model-versions/search"):  # fmt: skip
        assert requests.get(f"{address}/{path}", timeout=60).status_code == 200


def test_idle_connections_do_not_take_all_files(home):
    """More of them than files: few are held, and that is not told again and again."""
    limited = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, limited[1]))
    try:
        with serving("serve", home) as (address, process):
            resource.setrlimit(resource.RLIMIT_NOFILE, limited)
            place = (urlsplit(address).hostname, urlsplit(address).port)
            idle = [socket.create_connection(place, timeout=60) for _ in range(350)]
            idle[-1].settimeout(60)
            assert idle[-1].recv(100).startswith(b"HTTP/1.1 503")
            assert len(psutil.Process(process.pid).net_connections()) < 100
            for one in idle:
                one.close()
            assert requests.get(f"{address}/health", timeout=60).status_code == 200
            process.send_signal(signal.SIGTERM)
            assert len(process.stderr.read().splitlines()) < 3
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limited)


@pytest.mark.parametrize(
    ("host", "local"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("localhost", True), ("::1", True), ("[::1]", True),
     ("0.0.0.0", False), ("::", False), ("192.168.1.7", False), ("shop.example", False)],
)  # fmt: skip
def test_who_listens_beyond_this_machine_is_warned(host, local):
    assert is_loopback(host) is local
    warning = servers.exposure(host)
    assert (warning is None) is local
    if warning:
        assert warning.startswith(f"Warning: whoever reaches this machine at {host} can use")


@pytest.mark.parametrize("command", ["ui", "serve"])
def test_ctrl_c_ends_a_server_even_while_somebody_asks(home, command):
    """SIGTERM does when the other tests have done."""
    with serving(command, home, "--host", "0.0.0.0", end=signal.SIGINT) as (address, process):
        place = urlsplit(address)
        assert requests.get(f"{address}/health", timeout=60).status_code == 200
        named = {"Host": "evil.example"}
        assert requests.get(f"{address}/health", headers=named, timeout=60).status_code == 403
        asking = socket.create_connection((place.hostname, place.port))
        asking.sendall(
            b"POST /invocations HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n"
            b"Content-Type: application/json\r\n\r\n{"
        )
        # Others may ask here: that is all that is said of it, and nothing of the one cut off.
        assert process.stderr.readline().startswith("Warning: whoever reaches this machine at 0.")
        time.sleep(0.5)
    asking.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((place.hostname, place.port))


def refused(*arguments):
    done = subprocess.run(
        [sys.executable, "-m", "retail_lakehouse.cli", *arguments],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    return line.removeprefix("retail-lakehouse: ")


@pytest.mark.parametrize("command", ["ui", "serve"])
def test_a_port_that_is_taken_is_one_sentence(home, command):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert refused(command, "--home", str(home), "--port", str(port)) == (
            f"Port {port} of 127.0.0.1 cannot be had (Address already in use): choose another "
            "with --port."
        )


def test_an_address_that_is_not_this_machines_is_one_sentence(home):
    for host in ("203.0.113.7", "no such host", ""):
        with pytest.raises(SettingsError, match=r"^--host .* is no address of this machine: give"):
            servers.listen(host, 0)
    assert "is not in the range 0<=x<=65535" in refused(
        "ui", "--home", str(home), "--port", "70000"
    )


def test_a_link_has_brackets_where_the_address_has_colons():
    with servers.listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        assert servers.address_of(listener, "127.0.0.1") == f"http://127.0.0.1:{port}"
        assert servers.address_of(listener, "::1") == f"http://[::1]:{port}"


def noted(home, version, address):
    """Let the registry say that the version's files are somewhere else."""
    with sqlite3.connect(home / "mlflow.db") as database:
        database.execute(
            "UPDATE model_versions SET storage_location = ? WHERE version = ?", (address, version)
        )
    database.close()


UNUSABLE = r"^Version {} of the model recommendations cannot be used \({}.*\): train one with this "


def test_only_a_versions_own_files_of_this_home_are_read(model, tmp_path):
    home, other = tmp_path / "home", tmp_path / "other"
    tracking, old = register(home, model, "recommender.joblib", b"\x80\x04\x95 a pickle")

    def refusal(version, words):
        sentence = UNUSABLE.format(version.version, words) + r"version .* 'train-recommender'\)\.$"
        with pytest.raises(OtherVersionError, match=sentence):
            tracking.content(RECOMMENDER, version, RECOMMENDER_MODEL.file)

    # As every home has it that an earlier version of this program made.
    refusal(old, "it holds no recommender.npz")
    said = refused("serve", "--home", str(home), "--port", "0")
    assert said.startswith("Version 1 of the model recommendations cannot be used (it holds no")
    tracking, good = register(home, model)
    assert tracking.content(RECOMMENDER, good, RECOMMENDER_MODEL.file) == model.to_bytes()
    # On Databricks MLflow fetches it.
    assert tracking._downloaded(good, RECOMMENDER_MODEL.file) == model.to_bytes()
    with pytest.raises(artifacts.UnusableError, match=r"it holds no recommender\.npz"):
        tracking._downloaded(old, RECOMMENDER_MODEL.file)
    (file,) = home.glob(f"mlartifacts/models/*/artifacts/artifacts/{RECOMMENDER_MODEL.file}")
    folder = file.parents[1]
    shutil.copytree(folder, other)
    for elsewhere in (other.as_uri(), str(other), f"{folder.as_uri()}/../../../../../other"):
        noted(home, 2, elsewhere)
        refusal(good, "its files lie outside of")
    for elsewhere in ("http://127.0.0.1:9/x", "s3://shop/x", "models:/m-1", "file://host/x"):
        noted(home, 2, elsewhere)
        refusal(good, f"its files lie at {elsewhere}")
    noted(home, 2, folder.as_uri())
    file.unlink()
    file.symlink_to(other / "artifacts" / RECOMMENDER_MODEL.file)
    refusal(good, "its files lie outside of")


def test_a_file_is_weighed_before_it_is_read(tmp_path, monkeypatch):
    place = tmp_path / "mlartifacts" / "model"
    (place / "artifacts").mkdir(parents=True)
    file = place / "artifacts" / "a.npz"
    file.write_bytes(b"12345")
    assert artifacts.read_local(place.as_uri(), "a.npz", tmp_path) == b"12345"
    monkeypatch.setattr(artifacts, "MAX_BYTES", 4)
    with pytest.raises(artifacts.UnusableError, match=r"a\.npz has more than 4 bytes"):
        artifacts.read_local(place.as_uri(), "a.npz", tmp_path)
    with pytest.raises(artifacts.UnusableError, match="more than 4 bytes"):
        artifacts.check_listed("a.npz", [mlflow.entities.FileInfo("artifacts/a.npz", False, 5)])
    with pytest.raises(artifacts.UnusableError, match=r"it holds no b\.npz"):
        artifacts.check_listed("b.npz", [mlflow.entities.FileInfo("artifacts/a.npz", False, 5)])


def test_odd_names_of_homes_are_no_other_homes(tmp_path):
    for name in ("a?x", "50%20off", "a#b", "ü [1]{2}*", 'it\'s "it"'):
        place = tmp_path / name / "mlartifacts" / "model"
        (place / "artifacts").mkdir(parents=True)
        (place / "artifacts" / "a.npz").write_bytes(b"here")
        for address in (place.as_uri(), str(place)):
            assert artifacts.read_local(address, "a.npz", tmp_path / name) == b"here"


def test_links_that_lead_round_and_round_are_said(tmp_path):
    place = tmp_path / "mlartifacts"
    place.mkdir()
    (place / "artifacts").symlink_to(place / "artifacts")
    with pytest.raises((SettingsError, artifacts.UnusableError)):
        artifacts.read_local(place.as_uri(), "a.npz", tmp_path)
    assert not Path("a.npz").exists()
