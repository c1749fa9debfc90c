"""The recommender's artifact: its arrays, and a page of JSON that says what they are.

What is read may be damaged, of another version, or made to do harm: it is held against all that
the lists rely on before anything is computed with it. A class of this package is never kept, so
that a new name of one, or of its module, breaks no champion.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from importlib import metadata
from typing import Any

import numpy as np
from scipy import sparse

from retail_lakehouse import __version__
from retail_lakehouse.arrays import checked, trees
from retail_lakehouse.arrays.npz import Archive, pack
from retail_lakehouse.arrays.offsets import are_offsets
from retail_lakehouse.arrays.trees import Trees
from retail_lakehouse.recommend.candidates.catalogue import Affinity, Catalogue
from retail_lakehouse.recommend.candidates.factors import ItemFactors
from retail_lakehouse.recommend.data.item_stats import ItemStats
from retail_lakehouse.recommend.data.rebuying import AGES
from retail_lakehouse.recommend.kept_features import (
    READ,
    checked_format,
    features,
    format_of,
    kept_as,
    reads,
)
from retail_lakehouse.recommend.ranking.ranker import (
    BLEND,
    PriorCorrectedClassifier,
    Ranker,
    Rankers,
)
from retail_lakehouse.settings import RecommendSettings

_LIBRARIES = ("numpy", "scikit-learn", "scipy")
_MATRICES = tuple(field.name for field in fields(Affinity))
# What may be missing of a product that was not sold yet, and what is counted of each.
_KNOWN = ("age", "days_since_last_sale", "price")
_COUNTS = ("sales_7", "sales_30", "sales_90", "newcomers", "season", "total")
# Later than any date has a number.
_NO_DAY = 3_000_000


def dump(
    catalogue: Catalogue,
    names: Sequence[str | None],
    rankers: Rankers,
    settings: RecommendSettings,
) -> bytes:
    """The artifact's content; of the format whose features the rankers read."""
    factors, stats = catalogue.factors, catalogue.stats
    number = format_of(rankers)
    kept, arrays = _rankers_arrays(rankers)
    if number > 1:
        arrays["rebuying"] = catalogue.rebuying.astype("<f8", casting="safe")
    page = {
        "format": number,
        "program": __version__,
        "libraries": {name: metadata.version(name) for name in _LIBRARIES},
        "features": features(number),
        "settings": settings.parameters(),
        "cut": int(stats.cut),
        "alpha": float(factors.alpha),
        "regularization": float(factors.regularization),
        "rank": factors.factors.shape[1],
        "words": catalogue.affinity.words.shape[1],
        "stock_codes": factors.stock_codes,
        "names": names,
        "countries": stats.country_names,
        "rankers": kept or None,
    }
    return pack(page, {**_catalogue_arrays(catalogue), **arrays})


def _catalogue_arrays(catalogue: Catalogue) -> dict[str, np.ndarray]:
    stats = catalogue.stats
    arrays = {"factors": catalogue.factors.factors, "by_country": stats.by_country}
    arrays |= {kept_as(name): getattr(stats, name) for name in (*_KNOWN, *_COUNTS)}
    arrays = {name: array.astype("<f8", casting="safe") for name, array in arrays.items()}
    for name in _MATRICES:
        arrays |= _matrix_arrays(kept_as(name), getattr(catalogue.affinity, name))
    return arrays


def _rankers_arrays(rankers: Rankers) -> tuple[dict[str, object], dict[str, np.ndarray]]:
    """What the page says of each, and its arrays; nothing of a blend."""
    kept: dict[str, object] = {}
    arrays: dict[str, np.ndarray] = {}
    for name in READ if rankers.fitted else ():
        kept[name], of_trees = _ranker_arrays(name, getattr(rankers, name))
        arrays |= of_trees
    return kept, arrays


def _matrix_arrays(name: str, matrix: sparse.csr_matrix) -> dict[str, np.ndarray]:
    return {
        f"{name}.data": matrix.data.astype("<f4", casting="safe"),
        f"{name}.columns": matrix.indices.astype("<i4"),
        f"{name}.starts": matrix.indptr.astype("<i8"),
    }


def _ranker_arrays(name: str, ranker: Ranker) -> tuple[dict[str, object], dict[str, np.ndarray]]:
    if not isinstance(ranker, PriorCorrectedClassifier) or not isinstance(ranker.model, Trees):
        raise TypeError(f"{ranker} is no ranker that can be kept")
    kept: dict[str, object] = {"kept": float(ranker.kept), "baseline": ranker.model.baseline}
    return kept, trees.to_arrays(name, ranker.model)


def load(
    content: bytes,
) -> tuple[Catalogue, tuple[str | None, ...], Rankers, RecommendSettings]:
    """What ``dump`` was given; whatever Python finds wrong is raised for any other content."""
    archive = Archive(content)
    page = archive.page()
    number = checked_format(page)
    codes = checked.texts(page["stock_codes"])
    names = tuple(None if name is None else checked.text(name) for name in page["names"])
    if len(set(codes)) != len(codes) or len(names) != len(codes) or not codes:
        raise ValueError("it has no products, or some twice, or not as many names")
    settings, fitted = _settings(page["settings"]), page["rankers"]
    catalogue = Catalogue(
        _factors(archive, page, codes),
        _stats(archive, page, len(codes)),
        _affinity(archive, page, len(codes)),
        _rebuying(archive, number, len(codes)),
        settings.als.half_life_days,
        settings.candidates.sold_within_days,
    )
    rankers = {
        name: _ranker(archive, fitted[name], name, number) for name in READ if fitted is not None
    }
    return catalogue, names, Rankers(**rankers) if rankers else BLEND, settings


def _factors(archive: Archive, page: Mapping[str, Any], codes: tuple[str, ...]) -> ItemFactors:
    rank = checked.whole(page["rank"], 1, 10_000)
    return ItemFactors(
        codes,
        checked.finite(archive.array("factors", "<f8", len(codes), rank)),
        checked.number(page["alpha"], 0.0),
        checked.number(page["regularization"], np.finfo(float).tiny),
    )


def _stats(archive: Archive, page: Mapping[str, Any], n: int) -> ItemStats:
    countries = checked.texts(page["countries"])
    known = {name: archive.array(kept_as(name), "<f8", n) for name in _KNOWN}
    if any(np.isinf(values).any() or (values < 0).any() for values in known.values()):
        raise ValueError("its table has days or prices that there are not")
    counts = {name: checked.counts(archive.array(name, "<f8", n)) for name in _COUNTS}
    by_country = checked.counts(archive.array("by_country", "<f8", len(countries), n))
    cut = checked.whole(page["cut"], 0, _NO_DAY)
    return ItemStats(cut=cut, **known, **counts, country_names=countries, by_country=by_country)


def _rebuying(archive: Archive, number: int, n: int) -> np.ndarray:
    """Zeros where no ranker reads it."""
    return (
        checked.counts(archive.array("rebuying", "<f8", n, AGES))
        if number > 1
        else np.zeros((n, AGES))
    )


def _affinity(archive: Archive, page: Mapping[str, Any], n: int) -> Affinity:
    words = checked.whole(page["words"], 0, 2**31 - 1)
    return Affinity(
        **{
            name: _matrix(archive, kept_as(name), n, words if name == "words" else n)
            for name in _MATRICES
        }
    )


def _matrix(archive: Archive, name: str, rows: int, columns: int) -> sparse.csr_matrix:
    """Checked here: SciPy trusts where a row begins and which column a value is in."""
    starts = archive.array(f"{name}.starts", "<i8", rows + 1)
    data = checked.finite(archive.array(f"{name}.data", "<f4", None))
    at = archive.array(f"{name}.columns", "<i4", len(data))
    if not are_offsets(starts, len(data)):
        raise ValueError(f"{name} has rows that are not in it")
    if ((at < 0) | (at >= columns)).any():
        raise ValueError(f"{name} has columns that are not in it")
    # Lists are computed in memory as wide as the words: there is none that no name has.
    if name == "words" and columns > len(data):
        raise ValueError("it has more words than its names have")
    return sparse.csr_matrix((data, at, starts), shape=(rows, columns))


def _ranker(
    archive: Archive, page: Mapping[str, Any], name: str, number: int
) -> PriorCorrectedClassifier:
    columns = reads(name, number)
    baseline = checked.number(page["baseline"], -np.inf)
    model = trees.from_archive(archive, name, len(columns or READ[name]), baseline)
    kept = checked.number(page["kept"], np.finfo(float).tiny, 1.0)
    return PriorCorrectedClassifier(model, kept, columns)


def _settings(page: Any) -> RecommendSettings:
    """A setting that this version of the program no longer has is left out."""
    if not isinstance(page, dict):
        raise TypeError("its settings have no names")
    read: dict[type, Callable[[Any], float]] = {int: checked.whole, float: checked.number}
    known = {
        name: read[type(value)](page[name])
        for name, value in RecommendSettings().parameters().items()
        if name in page
    }
    settings = RecommendSettings().changed(**known)
    if settings.als.half_life_days <= 0:
        raise ValueError("its half-life is no number of days")
    return settings
