"""Commands that run steps and show what comes of them."""

from time import perf_counter

from retail_lakehouse import pipeline
from retail_lakehouse import tables as t
from retail_lakehouse.display.board import Board
from retail_lakehouse.display.summary import (
    print_quality,
    print_value_quality,
    print_warnings,
    summarize,
)
from retail_lakehouse.pipeline import STEPS, run_all
from retail_lakehouse.steps.harness.context import Context
from retail_lakehouse.steps.harness.step import Step


def run(context: Context, as_json: bool = False) -> None:
    """Run all steps with live progress, then say what came of it."""
    began = perf_counter()
    board = Board(STEPS)
    context.watch = board.watch
    with board.live():
        run_all(context, board.started, board.ended)
    summarize(context, board.done(), began, as_json)


def run_step(step: Step, context: Context) -> None:
    """Run one step, live on a terminal, and say what came of it in one line."""
    board = Board((step,))
    context.watch = board.watch
    board.started(step)
    with board.live():
        board.ended(step, step.run(context))
    for done in board.done():
        print_warnings(done.warnings)


def run_backtest(context: Context, windows: int) -> None:
    """Judge the last windows, and show what they say on the whole."""
    run_step(pipeline.backtest(windows), context)
    print_quality(context.lakehouse.read(t.BACKTEST_QUALITY))
    print_value_quality(context.lakehouse.read(t.VALUE_BACKTEST))


def run_tuning(context: Context, trials: int, windows: int) -> None:
    """Search settings, and say which did best."""
    run_step(pipeline.tune(trials, windows), context)
