"""The recommender's artifact: its arrays, and a page of JSON that says what they are.

What is read may be damaged, of another version, or made to do harm: it is held against all that
the lists rely on before anything is computed with it. A class of this package is never kept, so
that a new name of one, or of its module, breaks no champion.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, fields
from importlib import metadata
from typing import Any

import numpy as np
from scipy import sparse

from retail_lakehouse import __version__
from retail_lakehouse.arrays.npz import Archive, pack
from retail_lakehouse.arrays.offsets import are_offsets
from retail_lakehouse.arrays.trees import FIELDS, Trees
from retail_lakehouse.recommend.affinity import Affinity
from retail_lakehouse.recommend.catalogue import Catalogue
from retail_lakehouse.recommend.factors import ItemFactors
from retail_lakehouse.recommend.features import DISCOVER, FOR_YOU
from retail_lakehouse.recommend.item_table import ItemTable
from retail_lakehouse.recommend.ranker import BLEND, Ranker, Rankers, Thinned
from retail_lakehouse.settings import RecommendSettings

# To be raised with every change to what is kept.
FORMAT = 1
_LIBRARIES = ("numpy", "scikit-learn", "scipy")
_MATRICES = tuple(field.name for field in fields(Affinity))
# What may be missing of a product that was not sold yet, and what is counted of each.
_KNOWN = ("age", "idle", "price")
_COUNTS = ("sales_7", "sales_30", "sales_90", "newcomers", "season", "total")
_WIDTHS = {"discover": len(DISCOVER), "for_you": len(FOR_YOU)}
# Later than any date has a number.
_NO_DAY = 3_000_000


def dump(
    catalogue: Catalogue,
    names: Sequence[str | None],
    rankers: Rankers,
    settings: RecommendSettings,
) -> bytes:
    """The artifact's content."""
    factors, table, affinity = catalogue.factors, catalogue.table, catalogue.affinity
    arrays = {"factors": factors.factors, "by_country": table.by_country}
    arrays |= {name: getattr(table, name) for name in (*_KNOWN, *_COUNTS)}
    arrays = {name: array.astype("<f8", casting="safe") for name, array in arrays.items()}
    for name in _MATRICES:
        arrays |= _matrix_arrays(name, getattr(affinity, name))
    fitted = {}
    for name in _WIDTHS if rankers.fitted else ():
        fitted[name], of_trees = _ranker_arrays(name, getattr(rankers, name))
        arrays |= of_trees
    page = {
        "format": FORMAT,
        "program": __version__,
        "libraries": {name: metadata.version(name) for name in _LIBRARIES},
        "features": FOR_YOU,
        "settings": asdict(settings),
        "cut": int(table.cut),
        "alpha": float(factors.alpha),
        "regularization": float(factors.regularization),
        "rank": factors.factors.shape[1],
        "words": affinity.words.shape[1],
        "stock_codes": factors.stock_codes,
        "names": names,
        "countries": table.country_names,
        "rankers": fitted or None,
    }
    return pack(page, arrays)


def _matrix_arrays(name: str, matrix: sparse.csr_matrix) -> dict[str, np.ndarray]:
    return {
        f"{name}.data": matrix.data.astype("<f4", casting="safe"),
        f"{name}.columns": matrix.indices.astype("<i4"),
        f"{name}.starts": matrix.indptr.astype("<i8"),
    }


def _ranker_arrays(name: str, ranker: Ranker) -> tuple[dict[str, object], dict[str, np.ndarray]]:
    if not isinstance(ranker, Thinned) or not isinstance(ranker.model, Trees):
        raise TypeError(f"{ranker} is no ranker that can be kept")
    trees = ranker.model
    kept: dict[str, object] = {"kept": float(ranker.kept), "baseline": trees.baseline}
    arrays = {f"{name}.{field}": trees.nodes[field] for field in FIELDS}
    return kept, {**arrays, f"{name}.starts": trees.starts.astype("<i8")}


def load(
    content: bytes,
) -> tuple[Catalogue, tuple[str | None, ...], Rankers, RecommendSettings]:
    """What ``dump`` was given; whatever Python finds wrong is raised for any other content."""
    archive = Archive(content)
    page = archive.page()
    if page["format"] != FORMAT:
        raise ValueError(f"its format is {str(page['format'])[:20]}, and not {FORMAT}")
    if page["features"] != list(FOR_YOU):
        raise ValueError("it learnt from other features")
    codes = _texts(page["stock_codes"])
    names = tuple(None if name is None else _text(name) for name in page["names"])
    if len(set(codes)) != len(codes) or len(names) != len(codes) or not codes:
        raise ValueError("it has no products, or some twice, or not as many names")
    settings, fitted = _settings(page["settings"]), page["rankers"]
    catalogue = Catalogue(
        _factors(archive, page, codes),
        _table(archive, page, len(codes)),
        _affinity(archive, page, len(codes)),
        settings.half_life_days,
        settings.sold_within_days,
    )
    rankers = {name: _ranker(archive, fitted[name], name) for name in _WIDTHS if fitted is not None}
    return catalogue, names, Rankers(**rankers) if rankers else BLEND, settings


def _factors(archive: Archive, page: Mapping[str, Any], codes: tuple[str, ...]) -> ItemFactors:
    rank = _whole(page["rank"], 1, 10_000)
    return ItemFactors(
        codes,
        _finite(archive.array("factors", "<f8", len(codes), rank)),
        _number(page["alpha"], 0.0),
        _number(page["regularization"], np.finfo(float).tiny),
    )


def _table(archive: Archive, page: Mapping[str, Any], n: int) -> ItemTable:
    countries = _texts(page["countries"])
    known = {name: archive.array(name, "<f8", n) for name in _KNOWN}
    if any(np.isinf(values).any() or (values < 0).any() for values in known.values()):
        raise ValueError("its table has days or prices that there are not")
    counts = {name: _count(archive.array(name, "<f8", n)) for name in _COUNTS}
    by_country = _count(archive.array("by_country", "<f8", len(countries), n))
    cut = _whole(page["cut"], 0, _NO_DAY)
    return ItemTable(cut=cut, **known, **counts, country_names=countries, by_country=by_country)


def _affinity(archive: Archive, page: Mapping[str, Any], n: int) -> Affinity:
    words = _whole(page["words"], 0, 2**31 - 1)
    return Affinity(
        **{name: _matrix(archive, name, n, words if name == "words" else n) for name in _MATRICES}
    )


def _matrix(archive: Archive, name: str, rows: int, columns: int) -> sparse.csr_matrix:
    """Checked here: SciPy trusts where a row begins and which column a value is in."""
    starts = archive.array(f"{name}.starts", "<i8", rows + 1)
    data = _finite(archive.array(f"{name}.data", "<f4", None))
    at = archive.array(f"{name}.columns", "<i4", len(data))
    if not are_offsets(starts, len(data)):
        raise ValueError(f"{name} has rows that are not in it")
    if ((at < 0) | (at >= columns)).any():
        raise ValueError(f"{name} has columns that are not in it")
    # Lists are computed in memory as wide as the words: there is none that no name has.
    if name == "words" and columns > len(data):
        raise ValueError("it has more words than its names have")
    return sparse.csr_matrix((data, at, starts), shape=(rows, columns))


def _ranker(archive: Archive, page: Mapping[str, Any], name: str) -> Thinned:
    starts = archive.array(f"{name}.starts", "<i8", None)
    nodes = {field: archive.array(f"{name}.{field}", kind, None) for field, kind in FIELDS.items()}
    trees = Trees(_WIDTHS[name], _number(page["baseline"], -np.inf), starts, nodes)
    trees.check()
    # One row is enough to see that this scikit-learn has the objects that trees are made of.
    trees.predict_proba(np.full((1, trees.n_features_in_), np.nan))
    return Thinned(trees, _number(page["kept"], np.finfo(float).tiny, 1.0))


def _settings(page: Any) -> RecommendSettings:
    """A setting that this version of the program no longer has is left out."""
    if not isinstance(page, dict):
        raise TypeError("its settings have no names")
    kinds: dict[object, Callable[[Any], float]] = {int: _whole, float: _number}
    known = {
        field.name: kinds[field.type](page[field.name])
        for field in fields(RecommendSettings)
        if field.name in page
    }
    settings = RecommendSettings(**known)  # type: ignore[arg-type]
    if settings.half_life_days <= 0:
        raise ValueError("its half-life is no number of days")
    return settings


def _whole(value: Any, low: int = 0, high: int = 2**31 - 1) -> int:
    if type(value) is not int or not low <= value <= high:
        raise ValueError(f"it has {str(value)[:20]} for a whole number from {low} to {high}")
    return value


def _number(value: Any, low: float = 0.0, high: float = np.inf) -> float:
    if type(value) not in (int, float) or not math.isfinite(value) or not low <= value <= high:
        raise ValueError(f"it has {str(value)[:20]} for a number from {low} to {high}")
    return float(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"it has {str(value)[:20]} for a text")
    return value


def _texts(values: Any) -> tuple[str, ...]:
    if not isinstance(values, list):
        raise TypeError("it has no list where there must be one")
    return tuple(map(_text, values))


def _finite(values: np.ndarray) -> np.ndarray:
    if not np.isfinite(values).all():
        raise ValueError("it has values that are no numbers")
    return values


def _count(values: np.ndarray) -> np.ndarray:
    if not (_finite(values) >= 0).all():
        raise ValueError("it has counts below 0")
    return values
