"""Servers over a local home, in this process: it ends, and nothing is left behind."""

import errno
import logging
import os
import signal
import socket
import warnings
from pathlib import Path
from typing import Any

from retail_lakehouse.errors import RuntimeMissingError, SettingsError
from retail_lakehouse.tracking.store import artifact_folder, open_to_read
from retail_lakehouse.web.guard import App, Guard, is_loopback

# How long a request may go on after the server was told to stop, in seconds.
_LAST_WORDS = 3


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens, so that nothing is begun where the port is taken.

    port: 0 for any that is free. SettingsError where there can be none.
    """
    nowhere = SettingsError(
        f"--host {host} is no address of this machine: give one, such as 127.0.0.1."
    )
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError) as error:
        raise nowhere from error
    listener = socket.socket(family, kind, protocol)
    try:
        # A port is free at once when the server before has ended.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen()
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRNOTAVAIL:
            raise nowhere from error
        raise SettingsError(
            f"Port {port} of {host} cannot be had ({error.strerror}): choose another with --port."
        ) from error
    return listener


def address_of(listener: socket.socket, host: str) -> str:
    """Where to reach the server, as a link."""
    name = f"[{host}]" if ":" in host and not host.startswith("[") else host
    return f"http://{name}:{listener.getsockname()[1]}"


def exposure(host: str) -> str | None:
    """A warning where others than this machine can reach the server."""
    if is_loopback(host):
        return None
    return (
        f"Warning: whoever reaches this machine at {host} can use this server, for it has no "
        "login; without --host only this machine can."
    )


def forget_mlflow_variables() -> None:
    """Remove what people's shells tell MLflow: other stores, other hosts, no security."""
    for name in list(os.environ):
        # The last makes the server keep files of measurements.
        if name.startswith(("MLFLOW_", "_MLFLOW_")) or name == "prometheus_multiproc_dir":
            del os.environ[name]
    # It must not phone home.
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"


def mlflow_ui(home: Path, host: str) -> App:
    """MLflow's browser interface over a home, for looking only.

    Its artifacts are read from their folder. In one process: without a supervisor, workers and
    the executors of jobs, which a person with a browser does not need.
    """
    warnings.simplefilter("ignore")
    forget_mlflow_variables()
    # Guard knows this server's hosts; MLflow's own list has all names that begin with 10.
    os.environ["MLFLOW_SERVER_ALLOWED_HOSTS"] = "*"
    os.environ["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] = "false"
    try:
        # MLflow sees by this module that it is a server, and refuses other pages' requests.
        import uvicorn  # noqa: F401
        from mlflow.server import constants

        address = open_to_read(home)
        os.environ[constants.BACKEND_STORE_URI_ENV_VAR] = address
        os.environ[constants.REGISTRY_STORE_URI_ENV_VAR] = address
        os.environ[constants.ARTIFACT_ROOT_ENV_VAR] = artifact_folder(home).as_uri()
        from mlflow.server.fastapi_app import app
    except ImportError as error:
        raise RuntimeMissingError(
            "The browser interface needs the package mlflow: pip install 'retail-lakehouse[local]'."
        ) from error
    return Guard(app, host, read_only=True)


def run(app: App, listener: socket.socket) -> None:
    """Answer until Ctrl+C or SIGTERM, both of which end it well."""
    import uvicorn

    from retail_lakehouse.web.connections import BACKLOG, Connection, Once

    server = uvicorn.Server(
        uvicorn.Config(
            app,
            access_log=False,
            backlog=BACKLOG,
            http=Connection,
            lifespan="off",
            log_level="warning",
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=_LAST_WORDS,
            ws="none",
        )
    )

    def stop(*_: Any) -> None:
        server.should_exit = True

    # Who asks while the server ends is cut off; uvicorn would print where that was.
    logging.getLogger("uvicorn.error").addFilter(lambda record: not server.should_exit)
    logging.getLogger("asyncio").addFilter(Once())
    # uvicorn puts handlers of its own before these, and raises the signal once more when it ends.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    server.run(sockets=[listener])
