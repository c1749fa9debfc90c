"""MLflow's own servers over a local home, in processes of their own."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from retail_lakehouse.tracking.store import artifact_folder, open_to_read


def serve_ui(home: Path, host: str, port: int) -> int:
    """Run MLflow's browser interface until it is stopped; returns its exit code."""
    return _run(
        [
            *("server", "--backend-store-uri", open_to_read(home)),
            *("--default-artifact-root", artifact_folder(home).as_uri()),
            *("--host", host, "--port", str(port)),
        ]
    )


def serve_model(home: Path, model_uri: str, host: str, port: int) -> int:
    """Run MLflow's scoring server over one model until it is stopped; returns its exit code.

    In this environment, which has what the model needs: nothing is installed.
    """
    uri = open_to_read(home)
    return _run(
        [
            *("models", "serve", "--model-uri", model_uri, "--env-manager", "local"),
            *("--host", host, "--port", str(port), "--workers", "1"),
        ],
        {"MLFLOW_TRACKING_URI": uri, "MLFLOW_REGISTRY_URI": uri},
    )


def _run(arguments: Sequence[str], variables: Mapping[str, str] | None = None) -> int:
    # serve: MLflow starts uvicorn by its name, which is beside this Python.
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
    environment = {
        **os.environ,
        "PATH": path,
        "MLFLOW_DISABLE_TELEMETRY": "true",
        **(variables or {}),
    }
    try:
        command = [sys.executable, "-m", "mlflow", *arguments]
        return subprocess.run(command, check=False, env=environment).returncode
    except KeyboardInterrupt:
        return 0
