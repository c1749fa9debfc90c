"""What each step does; pipeline.py says in which order and why.

A step's code, and Spark and MLflow with it, is imported when the step runs.
"""

from typing import TYPE_CHECKING

from retail_lakehouse.steps.harness.step import StepResult

if TYPE_CHECKING:
    from retail_lakehouse.steps.harness.io import StepIO


def land(io: "StepIO") -> StepResult:
    """Sources to Parquet in the landing folder."""
    from retail_lakehouse.steps import medallion

    return medallion.land_sources(io)


def bronze(io: "StepIO") -> StepResult:
    """Landed files that are not in bronze yet, verbatim."""
    from retail_lakehouse.steps import medallion

    return medallion.load_bronze(io)


def silver(io: "StepIO") -> StepResult:
    """Bronze lines to sales, returns and rejected lines."""
    from retail_lakehouse.steps.daily import cleaning

    return cleaning.clean_silver(io)


def expectations(io: "StepIO") -> StepResult:
    """Named checks of silver; a failed one ends the run before gold."""
    from retail_lakehouse.steps.daily import expecting

    return expecting.hold_expectations(io)


def gold(io: "StepIO") -> StepResult:
    """Products, RFM and interactions from sales that stand, and purchases from all."""
    from retail_lakehouse.steps.daily import featuring

    return featuring.build_gold(io)


def quality(io: "StepIO") -> StepResult:
    """Counts and checks of the tables so far."""
    from retail_lakehouse.steps import medallion

    return medallion.check_quality(io)


def train_recommender(io: "StepIO") -> StepResult:
    """ALS and rankers, tracked; champion if it passes the gates, else challenger."""
    from retail_lakehouse.steps import recommend

    return recommend.train_recommender(io)


def publish_recommendations(io: "StepIO") -> StepResult:
    """The champion's lists of every customer, and what needs no customer."""
    from retail_lakehouse.steps import recommend

    return recommend.publish_recommendations(io)


def train_value(io: "StepIO") -> StepResult:
    """Both kinds of models of value, judged; the better one is champion if it passes the gates."""
    from retail_lakehouse.steps import value

    return value.train_value(io)


def publish_value(io: "StepIO") -> StepResult:
    """What the champion expects of every customer."""
    from retail_lakehouse.steps import value

    return value.publish_value(io)


def train_segments(io: "StepIO") -> StepResult:
    """k-means on RFM, tracked; champion if it passes the gates, else challenger."""
    from retail_lakehouse.steps import segments

    return segments.train_segments(io)


def publish_segments(io: "StepIO") -> StepResult:
    """The champion's segment of every customer, and the segments' profiles."""
    from retail_lakehouse.steps import segments

    return segments.publish_segments(io)


def segment_history(io: "StepIO") -> StepResult:
    """The champion's segments at every month's end, who moved, and how the features drift."""
    from retail_lakehouse.steps.daily import month_history

    return month_history.publish_segment_history(io)


def report(io: "StepIO") -> StepResult:
    """The page for people: what all tables before it say."""
    from retail_lakehouse.steps import report_writing as reporting

    return reporting.write_report(io)


def backtest(io: "StepIO", windows: int) -> StepResult:
    """Judge lists, and what is expected of customers, on the last ``windows`` before as_of."""
    from retail_lakehouse.steps import past_windows, value

    result = past_windows.backtest(io, windows)
    value.backtest(io, windows)
    return result


def tune(io: "StepIO", trials: int, windows: int) -> StepResult:
    """Choose ALS's settings by Bayesian search on the last ``windows`` before as_of."""
    from retail_lakehouse.steps import past_windows

    return past_windows.tune(io, trials, windows)
