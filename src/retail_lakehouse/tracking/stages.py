"""How far a training is, and how long each stage of it took, as its run in MLflow shows it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any

from retail_lakehouse.machine.watch import Done, Watch, unwatched

# A tag: what goes on now. A metric for each stage that has ended, in seconds.
STAGE = "stage"
STAGE_SECONDS = "stage_seconds"
Stage = Callable[[str], AbstractContextManager[None]]


@dataclass(frozen=True)
class Training:
    """A run that is open while its model trains. client: MLflow's. watch: is told what goes on."""

    client: Any
    run_id: str
    watch: Watch = unwatched

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Say in MLflow that this goes on, and afterwards how many seconds it took."""
        self.watch(Done(name))
        self.client.set_tag(self.run_id, STAGE, name)
        begun = monotonic()
        yield
        self.client.log_metric(self.run_id, f"{STAGE_SECONDS}/{name}", monotonic() - begun)
        self.client.delete_tag(self.run_id, STAGE)
