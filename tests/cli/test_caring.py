"""Commands of care that cannot do what they are asked: one line, exit code 2, nothing changed."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from retail_lakehouse import cli
from retail_lakehouse.steps.harness import context

pytestmark = pytest.mark.slow
HOLD = (
    "import sys, time; from pathlib import Path\n"
    "from retail_lakehouse.machine.home import writing\n"
    "sys.argv = ['retail-lakehouse', 'run']\n"
    "with writing(Path('lakehouse'), Path('lakehouse/landing')):\n"
    "    print('held', flush=True); time.sleep(600)"
)


@pytest.fixture
def refusal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    def no_session(*_: object, **__: object) -> None:
        raise AssertionError("nothing here needs Spark")

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RETAIL_LAKEHOUSE_HOME", raising=False)
    # MLflow sets them for the whole process, as tests before these use it; a line says so once.
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(context, "get_session", no_session)

    def run(*arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["retail-lakehouse", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert ended.value.code == 2
        lines = capsys.readouterr().err.splitlines()
        assert len(lines) == 1, lines
        return lines[0]

    return run


@pytest.mark.parametrize(
    "command", [("maintain",), ("forget", "1"), ("rejects", "--load", "a.csv")]
)
def test_none_of_them_runs_beside_a_run(refusal, tmp_path, command):
    with subprocess.Popen(
        [sys.executable, "-c", HOLD], stdout=subprocess.PIPE, cwd=tmp_path
    ) as holder:
        try:
            assert holder.stdout is not None
            holder.stdout.readline()
            message = refusal(*command)
        finally:
            holder.kill()
    assert f"Another process is writing to --home lakehouse (process {holder.pid}" in message


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("forget",), "Missing argument 'CUSTOMER...'"),
        (("forget", "nan"), "'nan' is no customer's id"),
        (("forget", "6.01122E+12"), "last digits a spreadsheet has lost"),
        (("maintain", "--keep-days", "-1"), "-1 is not in the range"),
        (("rejects", "--load", "none.csv"), "nothing to correct"),
        (("rejects", "--write", "r.parquet"), "none of .csv, .xlsx"),
        (("rejects", "--write", "none/r.csv"), "There is no folder none"),
    ],
)
def test_bad_input_is_one_line(refusal, command, words):
    assert words in refusal(*command)
