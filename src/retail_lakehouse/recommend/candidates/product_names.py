"""Which products are alike by code and by name: sparse matrices over the catalogue.

ALS knows nothing of a product that few have bought yet; what it is called and which code it has
say more: a shop numbers the pieces of a new range one after another.
"""

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from scipy import sparse

_CODE_REACH = 12
_CODE_WIDTH = 4.0
_MOST_EACH_WAY = 100
# Five digits and a letter for the colour, as a gift shop has them; or else the last number.
_LEADING = re.compile(r"(?P<series>)(?P<number>[0-9]{5})(?![0-9])")
_LAST = re.compile(r"(?P<series>.*?)(?P<number>[0-9]{1,11})[^0-9]*$", re.DOTALL)
_SERIES_APART = 10**12


def codes(stock_codes: Sequence[str]) -> sparse.csr_matrix:
    """exp(-distance / 4) of the codes' numbers, for distances up to 12; items x items.

    Codes of one series only: those with the same text before their number. A code without a digit
    is near none. At most 200 neighbours each, so that the matrix grows with the catalogue alone.

    >>> codes(["20000", "20004A", "20013"]).toarray().round(3)
    array([[0.   , 0.368, 0.   ],
           [0.368, 0.   , 0.105],
           [0.   , 0.105, 0.   ]], dtype=float32)
    >>> codes(["FUR-BO-1001", "FUR-BO-1005", "OFF-BO-1001", "GIFT"]).nnz
    2
    """
    numbers = _numbered(stock_codes)
    order = np.argsort(numbers, kind="stable")
    ranked, position = numbers[order], np.argsort(order, kind="stable")
    low = np.searchsorted(ranked, numbers - _CODE_REACH, side="left")
    high = np.searchsorted(ranked, numbers + _CODE_REACH, side="right")
    low = np.maximum(low, position - _MOST_EACH_WAY)
    high = np.minimum(high, position + _MOST_EACH_WAY + 1)
    rows = np.repeat(np.arange(len(numbers)), high - low)
    start = np.concatenate([[0], np.cumsum(high - low)])[:-1] if len(numbers) else low
    columns = order[np.arange(len(rows)) - np.repeat(start - low, high - low)]
    off = rows != columns
    rows, columns = rows[off], columns[off]
    values = np.exp(-np.abs(numbers[rows] - numbers[columns]) / _CODE_WIDTH)
    shape = (len(numbers), len(numbers))
    return sparse.csr_matrix((values.astype(np.float32), (rows, columns)), shape=shape)


def _numbered(stock_codes: Sequence[str]) -> np.ndarray:
    """A number for each code; those of different series are far from each other."""
    matches = [_LEADING.match(code) or _LAST.match(code) for code in stock_codes]
    pairs = [
        (match["series"], int(match["number"])) if match else (code, 0)
        for code, match in zip(stock_codes, matches, strict=True)
    ]
    series = {name: index for index, name in enumerate(sorted({name for name, _ in pairs}))}
    return np.array(
        [series[name] * _SERIES_APART + number for name, number in pairs], dtype=np.int64
    )


def words(names: Sequence[str | None]) -> sparse.csr_matrix:
    """Names as tf-idf vectors of length 1 over words of three letters and more, used twice.

    Items x words; a row of zeros for a product without a name.

    >>> words(["RED BAG", "RED BAG", None, "BLUE TIN"]).toarray().round(2)
    array([[0.71, 0.71],
           [0.71, 0.71],
           [0.  , 0.  ],
           [0.  , 0.  ]], dtype=float32)
    """
    of_each = [sorted(set(re.findall(r"[A-Z]{3,}", (name or "").upper()))) for name in names]
    used = Counter(word for of_name in of_each for word in of_name)
    column = {word: i for i, word in enumerate(sorted(w for w, n in used.items() if n > 1))}
    pairs = [(i, word) for i, of_name in enumerate(of_each) for word in of_name if word in column]
    rows = np.array([i for i, _ in pairs], dtype=np.int64)
    columns = np.array([column[word] for _, word in pairs], dtype=np.int64)
    weights = np.array([np.log(len(of_each) / used[word]) for _, word in pairs])
    length = np.sqrt(np.bincount(rows, weights**2, minlength=len(of_each)))
    values = np.divide(weights, length[rows], out=np.zeros_like(weights), where=length[rows] > 0)
    shape = (len(of_each), len(column))
    return sparse.csr_matrix((values.astype(np.float32), (rows, columns)), shape=shape)
