"""How the report was made: source, description, day, tables and models."""

from collections.abc import Sequence

from retail_lakehouse.assets import KEY_METRICS
from retail_lakehouse.report import phrases
from retail_lakehouse.report.blocks import Block, Heading, Link, Listing, Page, Table, number
from retail_lakehouse.report.facts import DEMO, Facts, ModelUsed

_KINDS = {
    "uci": "Online Retail II, the public invoices of a shop",
    DEMO: "the demo shop: synthetic, made up by this program",
    "files": "files of the shop's own",
}


def blocks(facts: Facts) -> Sequence[Block]:
    """From the source to the models."""
    origin = facts.origin
    return [
        _frame(facts),
        _models(origin.models),
        Table(
            "Tables, at the Delta versions that this report was made from",
            (Heading("table"), Heading("holds"), number("version")),
            tuple((table.name, table.grain, str(table.version)) for table in origin.tables),
        ),
        Listing(
            "The shop's description",
            origin.description,
            "How its lines were read: shop.toml. Change what is wrong, and run again.",
        ),
    ]


def _frame(facts: Facts) -> Table:
    shop = facts.shop
    return Table(
        "What it is about",
        (Heading("thing"), Heading("is")),
        (
            ("shop", shop.name),
            ("source", _KINDS.get(shop.source_kind, shop.source_kind)),
            ("amounts in", shop.currency),
            ("sales from", phrases.day(shop.first_day)),
            ("sales until", phrases.day(shop.last_day)),
            ("as of", f"{phrases.day(shop.as_of)}: only lines before that day were seen"),
            ("made by", f"retail-lakehouse {facts.origin.program}"),
        ),
    )


def _models(models: Sequence[ModelUsed]) -> Table:
    linked = any(model.page for model in models)
    return Table(
        "Models that publish",
        (
            *(Heading("model"), number("version"), Heading("what it is"), Heading("measured")),
            *(Heading("gates"), Heading("run in MLflow")),
        ),
        tuple(
            (
                model.name,
                str(model.version),
                model.description,
                _measured(model),
                model.failures or "passed",
                Link(model.run_id[:12], model.page),
            )
            for model in models
        ),
        note="The links work while 'retail-lakehouse ui' runs." if linked else "",
    )


def _measured(model: ModelUsed) -> str:
    names = (name for name in KEY_METRICS.get(model.name, ()) if name in model.metrics)
    return "; ".join(f"{name} {model.metrics[name]:.3f}" for name in names) or phrases.NONE


PAGE = Page("made", "How it was made", blocks)
