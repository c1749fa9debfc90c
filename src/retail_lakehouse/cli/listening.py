"""Commands that listen: MLflow's pages over a home, and the champion's answers."""

from collections.abc import Callable
from pathlib import Path

import click

from retail_lakehouse.cli.options import HOME, Command, with_options
from retail_lakehouse.errors import SettingsError
from retail_lakehouse.machine.environment import UI_PORT
from retail_lakehouse.settings import Settings


def _need_experiments(home: Path) -> None:
    if not (home / "mlflow.db").is_file():
        raise SettingsError(
            f"There are no experiments in {home} yet: run 'retail-lakehouse run' first."
        )


HOST = click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")


def port_option(default: int) -> Callable[[Command], Command]:
    """The option --port with this default."""
    return click.option(
        "--port",
        type=click.IntRange(0, 65535),
        default=default,
        show_default=True,
        help="Port to listen on; 0: any that is free.",
    )


@click.command("ui")
@with_options(HOME, HOST, port_option(UI_PORT))
def ui(home: Path, host: str, port: int) -> None:
    """Browse experiments and models with MLflow."""
    from retail_lakehouse.web import servers

    _need_experiments(home)
    listener = servers.listen(host, port)
    server = servers.mlflow_ui(home, host)
    address = servers.address_of(listener, host)
    _announce(f"MLflow on {address}", servers.exposure(host))
    for line in _pages(home, address):
        click.echo(line)
    servers.run(server, listener)


def _pages(home: Path, address: str) -> list[str]:
    """Links to each model's experiment and its newest run."""
    from retail_lakehouse.assets import MODELS
    from retail_lakehouse.tracking.store import newest_runs

    lines = []
    for name, (experiment, run) in newest_runs(home, [kind.name for kind in MODELS]).items():
        page = f"{address}/#/experiments/{experiment}"
        lines.append(f"  {name:<20} {page}/runs")
        if run is not None:
            lines.append(f"  {'newest run':<20} {page}/runs/{run}")
    return lines


def _announce(what: str, danger: str | None) -> None:
    click.echo(f"{what} (stop with Ctrl+C)")
    if danger is not None:
        click.echo(danger, err=True)


@click.command("serve")
@with_options(HOME, HOST, port_option(5001))
def serve(home: Path, host: str, port: int) -> None:
    """Answer requests for recommendations with the champion (POST /invocations)."""
    from retail_lakehouse.lifecycle import Published
    from retail_lakehouse.serving.app import RecommenderApp
    from retail_lakehouse.serving.specs import RECOMMENDER_MODEL
    from retail_lakehouse.tracking import Tracking
    from retail_lakehouse.web import servers
    from retail_lakehouse.web.guard import Guard

    _need_experiments(home)
    listener = servers.listen(host, port)
    servers.forget_mlflow_variables()
    tracking = Tracking(Settings(home=home), reads_only=True)
    champion = Published.champion(tracking, RECOMMENDER_MODEL)
    what = f"Version {champion.version.version} of {RECOMMENDER_MODEL.kind.name}"
    address = servers.address_of(listener, host)
    _announce(f"{what} on {address}/invocations", servers.exposure(host))
    servers.run(Guard(RecommenderApp(champion.model), host), listener)
