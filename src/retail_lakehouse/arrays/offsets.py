"""Where the rows of flat arrays begin and end."""

import numpy as np


def are_offsets(starts: np.ndarray, end: int) -> bool:
    """Whether these whole numbers of a stranger's are ascending offsets from 0 to ``end``.

    Nothing is subtracted: a difference of two such numbers may wrap round and look like a length.

    >>> are_offsets(np.array([0, 2, 2, 5]), 5), are_offsets(np.array([0, 3, 2, 5]), 5)
    (True, False)
    """
    if len(starts) == 0 or starts[0] != 0 or starts[-1] != end:
        return False
    if (starts < 0).any() or (starts > end).any():
        return False
    return bool((starts[1:] >= starts[:-1]).all())
