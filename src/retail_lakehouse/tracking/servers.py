"""MLflow's own servers over a local home, in processes of their own."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path


def local_uri(home: Path) -> str:
    """Tracking and registry address of a local home."""
    return f"sqlite:///{home.absolute() / 'mlflow.db'}"


def serve_ui(home: Path, host: str, port: int) -> int:
    """Run MLflow's browser interface until it is stopped; returns its exit code."""
    return _run(
        [
            *("server", "--backend-store-uri", local_uri(home)),
            *("--default-artifact-root", (home.absolute() / "mlartifacts").as_uri()),
            *("--host", host, "--port", str(port)),
        ]
    )


def serve_model(home: Path, model_uri: str, host: str, port: int) -> int:
    """Run MLflow's scoring server over one model until it is stopped; returns its exit code.

    In this environment, which has what the model needs: nothing is installed.
    """
    return _run(
        [
            *("models", "serve", "--model-uri", model_uri, "--env-manager", "local"),
            *("--host", host, "--port", str(port), "--workers", "1"),
        ],
        {"MLFLOW_TRACKING_URI": local_uri(home), "MLFLOW_REGISTRY_URI": local_uri(home)},
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
