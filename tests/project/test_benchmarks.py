"""Every benchmark, called once on a small shop: what it prints is there, whatever it measures."""

import json
import sys
import threading
from contextlib import nullcontext
from http.server import BaseHTTPRequestHandler, HTTPServer

import daily
import growth
import plain_script
import pytest
import retrieval
import segment_stability
import serving_latency
import value_cuts
import whole_run
from rich.console import Console

from asset_bundle import ROOT
from retail_lakehouse.cli import app

BENCHMARKS = (
    daily, growth, plain_script, retrieval, segment_stability, serving_latency, value_cuts,
    whole_run,
)  # fmt: skip


def test_every_benchmark_is_called_here():
    files = {path.stem for path in (ROOT / "benchmarks").glob("*.py")}
    assert {module.__name__ for module in BENCHMARKS} == files


@pytest.mark.parametrize("way", daily.WAYS)
def test_daily_files_come_in_every_way(tmp_path, way):
    days = [tmp_path / f"2011-01-{day:02}.csv" for day in range(1, 13)]
    for day in days:
        day.write_text("a,b\n" + "".join(f"{day.stem},{line}\n" for line in range(5)))
    folder = tmp_path / "way"
    folder.mkdir()
    came = list(daily.arrivals(way, days, folder))
    lines = sorted(line for file in came for line in file.read_text().splitlines()[1:])
    every = sorted(line for file in days for line in file.read_text().splitlines()[1:])
    assert sorted(set(lines)) == every
    again = {"tenths twice": 10, daily.ALL_MIXED: 5}
    assert len(lines) == len(every) + again.get(way, 0)
    assert (came == days) == (way in ("at once", "in order"))


def test_daily_files_end_in_the_tables_of_all_at_once(spark, workbook, tmp_path, capsys):
    daily.main([str(workbook), str(tmp_path), "--days", "2", "--ways", "at once", "shuffled"])
    shown = capsys.readouterr().out
    assert shown.count("2 files, ") == shown.count("the same tables") == 2


def test_the_plain_script_writes_its_tables(spark, workbook, tmp_path, monkeypatch, capsys):
    # Its own session would be this one, and it would stop it.
    monkeypatch.setattr(plain_script, "session", lambda: nullcontext(spark))
    plain_script.main([str(workbook), str(tmp_path)])
    tables = {"bronze", "silver", "rfm", "interactions", "segments", "recommendations"}
    assert {path.name for path in tmp_path.iterdir()} == tables
    for table in tables:
        assert not spark.read.format("delta").load(f"{tmp_path}/{table}").isEmpty()
    steps = [line.split(" s  ")[1] for line in capsys.readouterr().out.splitlines()]
    assert steps[0] == "read workbook"
    assert steps[-1] == "recommendations"


def test_retrieval_is_timed_in_each_way(shop, capsys):
    retrieval.main([str(shop.settings.home)])
    lines = capsys.readouterr().out.splitlines()
    assert len([line for line in lines if line.endswith(" s")]) == 6
    assert lines[-2].startswith("by ALS ")
    assert lines[-1].startswith("10 x customers: ")


def test_segments_are_compared_by_seed_and_by_way_of_scoring(shop, monkeypatch, capsys):
    monkeypatch.setattr(segment_stability, "console", Console(width=200))
    day, seed = "2011-12-01", "100"
    few = ["--days", day, "--seeds", seed, "--starts", "1", "--resamples", "2"]
    segment_stability.main([str(shop.settings.home), *few])
    shown = capsys.readouterr().out
    rows = [line.split("│")[1:-1] for line in shown.splitlines() if "│" in line]
    cells = {row[0].strip(): [cell.strip() for cell in row[1:]] for row in rows}
    assert cells[day][1:] == ["100.00%", "100.00%", "the same rows"]
    assert cells["all 1"] == cells[seed]
    mean, worst = map(float, cells["first 2"])
    assert worst <= mean <= 1
    assert "keep their segment" in shown


def test_forecasts_are_held_against_what_came(shop, monkeypatch, capsys):
    monkeypatch.setattr(value_cuts, "console", Console(width=250))
    value_cuts.main([str(shop.settings.home), "--cuts", "2011-06-01", "--requests", "3"])
    shown = capsys.readouterr().out
    assert "Mean of 1 cuts" in shown
    rows = [line.split("│")[1:-1] for line in shown.splitlines() if "│" in line]
    cells = {row[0].strip(): [cell.strip() for cell in row[1:]] for row in rows}
    assert {"curve", "own_rate", "recency", "last_90_days"} <= set(cells)
    assert 0 <= float(cells["curve"][0]) <= 1
    assert "one customer: p50 " in shown


class Answering(BaseHTTPRequestHandler):
    """Ten products, whatever is asked."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"predictions": [{}] * 10}).encode())

    def log_message(self, *given):
        pass


def test_latency_is_measured_in_process_and_over_http(shop, capsys):
    with HTTPServer(("127.0.0.1", 0), Answering) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        serving_latency.main([str(shop.settings.home), "--url", url, "--requests", "12"])
        server.shutdown()
    inside, over = capsys.readouterr().out.splitlines()
    assert inside.startswith("in process ")
    assert over.startswith("over HTTP ")
    assert inside.endswith("(2 requests)")


def test_a_whole_run_is_measured_beside_the_plain_script(monkeypatch, tmp_path, capsys):
    script, run = whole_run.commands("shop.xlsx", tmp_path).values()
    assert script[1:] == [str(ROOT / "benchmarks" / "plain_script.py"), "shop.xlsx", script[-1]]
    options = app.commands[run[1]].make_context(run[1], run[2:]).params
    assert (options["sources"], options["home"]) == (("shop.xlsx",), tmp_path / "home")

    def say(text):
        return [sys.executable, "-c", f"print({text!r})"]

    told = {"plain script": say("    1.0 s  bronze"), "retail-lakehouse run": say("bronze 2.0 s")}
    monkeypatch.setattr(whole_run, "commands", lambda workbook, folder: told)
    monkeypatch.setattr(whole_run, "EVERY_SECONDS", 0.05)
    whole_run.main(["shop.xlsx"])
    shown = capsys.readouterr().out
    for part in ("1.0 s  bronze", "bronze 2.0 s", "peak GiB", "retail-lakehouse run, step by step"):
        assert part in shown
    failing = {"plain script": [sys.executable, "-c", "import sys; sys.exit('no such workbook')"]}
    monkeypatch.setattr(whole_run, "commands", lambda workbook, folder: failing)
    with pytest.raises(SystemExit, match="no such workbook"):
        whole_run.main(["shop.xlsx"])


def test_growth_is_measured_by_step(monkeypatch, tmp_path, capsys):
    command = growth.writing(10_000_000, tmp_path / "shop")
    options = app.commands[command[1]].make_context(command[1], command[2:]).params
    assert (options["rows"], options["customers"], options["products"]) == (
        10_000_000, 50_000, 10_000,
    )  # fmt: skip
    command = growth.running(tmp_path / "shop", tmp_path / "home")
    app.commands[command[1]].make_context(command[1], command[2:])

    def steps(shop, home):
        rows = int(shop.name.removeprefix("shop-"))
        text = f"silver {rows:,} → {rows:,} rows {rows / 100:,.1f} s  all"
        return [sys.executable, "-c", f"import time; time.sleep(0.3); print({text!r})"]

    monkeypatch.setattr(growth, "writing", lambda rows, out: [sys.executable, "-c", ""])
    monkeypatch.setattr(growth, "running", steps)
    monkeypatch.setattr(whole_run, "EVERY_SECONDS", 0.05)
    growth.main([str(tmp_path), "--rows", "1000", "1000000"])
    rows = [line.split("│")[1:-1] for line in capsys.readouterr().out.splitlines() if "│" in line]
    cells = {row[0].strip(): [cell.strip() for cell in row[1:]] for row in rows}
    assert cells["silver"][0].startswith("10.0, 0.")
    assert cells["silver"][1].startswith("10,000.0, 0.")
    assert cells["silver"][2] == "1.00"
    assert "all" in cells
    monkeypatch.setattr(growth, "running", lambda *_: [sys.executable, "-c", "raise SystemExit(1)"])
    with pytest.raises(SystemExit, match="failed"):
        growth.main([str(tmp_path), "--rows", "1000"])
