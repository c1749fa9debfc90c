"""The model card: what was trained, on what, how good it is, and what it is not for."""

import numpy as np

from retail_lakehouse.plain_text import markdown
from retail_lakehouse.segments.naming import archetype
from retail_lakehouse.segments.pictures import in_order
from retail_lakehouse.segments.quality import Agreement
from retail_lakehouse.segments.training import Candidate

_LIMITS = """\
**Input** of the model: a pandas frame with `recency_days` and `frequency` (whole numbers) and \
`monetary` (money, float). **Output**: `segment, cluster, distance, next_segment, next_distance`. \
The cluster number means nothing by itself; names come from the centres. A centre is the mean of \
its customers and of its archetype, which counts as much as {pull:.0%} of all customers.

**Limits.** Segments describe purchases, not people. Anonymous sales are not in them, nor are \
sales taken back in full; returns in part are not subtracted. Groups of customers shade into each \
other: where `next_distance` is close to `distance`, the name is a close call. Centres move with \
the season: retrain monthly and read gold.feature_drift. Not for decisions about single persons \
beyond marketing.
"""


def model_card(
    candidate: Candidate,
    source: str,
    as_of: str,
    shop: str,
    agreement: Agreement | None,
    unit: str = "GBP",
) -> str:
    """Markdown for the run's page, the artifact and the registry (Mitchell et al. 2019).

    source: table and Delta version. agreement: with the champion at the time, if there was one.
    unit: of money.
    """
    quality = candidate.quality
    demo = "**DEMO SHOP: synthetic data.**\n\n" if shop == "demo" else ""
    title = f"{quality.customers:,} customers into {quality.segments} named segments"
    method = "k-means, held near archetypes, on standardised log1p of recency, frequency, monetary"
    verdict = "; ".join(f"{gate} {'✓' if gate.passed else '✗'}" for gate in candidate.gates)
    return f"""{demo}**{title}**: {method}, as of {as_of}. {verdict}. Pictures: tab Artifacts.

| segment | customers | of revenue | days since last purchase | invoices | {markdown(unit)} | who |
|---|---|---|---|---|---|---|
{_rows(candidate)}

(Last three figures: medians. Sizes on {len(candidate.sample):,} customers.)

{_answers(candidate, source, as_of, agreement)}
{_LIMITS.format(pull=candidate.settings.pull)}"""


def _answers(candidate: Candidate, source: str, as_of: str, agreement: Agreement | None) -> str:
    quality, settings = candidate.quality, candidate.settings
    champion = "there was none"
    if agreement is not None:
        champion = (
            f"{agreement.same_segment_share:.1%} of customers keep their segment, "
            f"ARI {agreement.ari:.3f}"
        )
    return f"""| question | answer |
|---|---|
| Data | {markdown(source)}, lines before {as_of} |
| Gates | {candidate.failures or "passed: it may publish"} |
| Smallest segment | {quality.smallest_share:.1%} (gate: {settings.min_share:.0%}) |
| Comes out again? bootstrap ARI, {settings.resamples} resamples | mean \
{quality.bootstrap_ari_mean:.3f} (gate: {settings.min_bootstrap_ari}), worst \
{quality.bootstrap_ari_min:.3f} |
| Segments whose customers are what the name says | {quality.named_rightly:.0%} (gate: all) |
| Silhouette, squared Euclidean; Euclidean | {_number(quality.silhouette_squared_euclidean)}; \
{_number(quality.silhouette_euclidean)} |
| Inertia | {quality.inertia:,.1f} |
| Champion at the time | {champion} |
| Starts, seed, k asked for, pull of each archetype | {settings.starts}, {settings.seed}, \
{settings.k}, {settings.pull} |
"""


def _rows(candidate: Candidate) -> str:
    model, sample = candidate.model, candidate.sample
    labels = model.distances(sample).argmin(axis=1)
    revenue = max(float(sample[:, 2].sum()), 1e-9)
    rows = []
    for name in in_order(model.names):
        own = sample[labels == model.names.index(name)]
        days, invoices, pounds = np.median(own, axis=0) if len(own) else (np.nan,) * 3
        rows.append(
            f"| {name} | {len(own):,} ({len(own) / len(sample):.1%}) "
            f"| {own[:, 2].sum() / revenue:.1%} "
            f"| {days:,.0f} | {invoices:,.0f} | {pounds:,.0f} | {archetype(name).meaning} |"
        )
    return "\n".join(rows)


def _number(value: float | None) -> str:
    return "not defined" if value is None else f"{value:.3f}"
