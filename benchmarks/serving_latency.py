"""Latency of one basket: in process, and over HTTP from MLflow's scoring server.

    python benchmarks/serving_latency.py HOME [--url http://127.0.0.1:5001] [--requests 300]

Baskets are of 1 to 20 live products, drawn with a fixed seed. Start the server first with
'retail-lakehouse serve --home HOME'; without one only the model itself is timed.
"""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import requests

from retail_lakehouse.assets import RECOMMENDER
from retail_lakehouse.lifecycle import Published
from retail_lakehouse.serving.specs import RECOMMENDER_MODEL
from retail_lakehouse.settings import Settings
from retail_lakehouse.tracking import Tracking


def baskets(codes: list[str], n: int) -> list[list[str]]:
    random = np.random.default_rng(42)
    return [list(random.choice(codes, random.integers(1, 21), replace=False)) for _ in range(n)]


def live_codes(tracking: Tracking) -> list[str]:
    catalogue = Published.champion(tracking, RECOMMENDER_MODEL).model.catalogue
    codes, live = catalogue.factors.stock_codes, catalogue.live
    return [code for code, sold in zip(codes, live, strict=True) if sold]


def report(name: str, seconds: list[float]) -> None:
    p50, p99 = np.quantile(seconds, [0.5, 0.99]) * 1000
    print(f"{name:12} p50 {p50:6.1f} ms   p99 {p99:6.1f} ms   ({len(seconds)} requests)")


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--url")
    parser.add_argument("--requests", type=int, default=300)
    options = parser.parse_args(argv)
    tracking = Tracking(Settings(home=options.home), reads_only=True)
    model = mlflow.pyfunc.load_model(tracking.champion(RECOMMENDER).uri)
    codes = live_codes(tracking)
    seconds = []
    for basket in baskets(codes, options.requests):
        rows = pd.DataFrame({"stock_code": basket, "quantity": 1})
        began = time.perf_counter()
        model.predict(rows)
        seconds.append(time.perf_counter() - began)
    report("in process", seconds[10:])
    if not options.url:
        return
    seconds = []
    with requests.Session() as session:
        for basket in baskets(codes, options.requests):
            records = [{"stock_code": code, "quantity": 1} for code in basket]
            began = time.perf_counter()
            answer = session.post(
                f"{options.url}/invocations", json={"dataframe_records": records}, timeout=60
            )
            seconds.append(time.perf_counter() - began)
            answer.raise_for_status()
            assert len(answer.json()["predictions"]) == 10
    report("over HTTP", seconds[10:])


if __name__ == "__main__":
    main()
