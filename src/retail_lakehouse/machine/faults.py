"""What a machine can lack in the middle of a run, in a sentence that says how to mend it.

Python, Java, SQLite and MLflow each say it in their own way, often deep inside another error.
"""

import re
from collections.abc import Iterator

_AS_BEFORE = "Every table is as its last finished step left it; run the same command again then"
# What is looked for in an error's text, and the sentence.
_FAULTS = (
    (
        r"No space left on device|database or disk is full|There is not enough space on the disk",
        "No space is left on a disk that this run writes to (--home, or the temporary folder): "
        f"free some. {_AS_BEFORE}.",
    ),
    (
        r"Disk quota exceeded",
        f"The disk quota of this user is used up: free some space. {_AS_BEFORE}.",
    ),
    (
        r"Read-only file system|attempt to write a readonly database",
        "--home, or the temporary folder, can be read and not written: mount it writable, or "
        f"choose another --home. {_AS_BEFORE}.",
    ),
    (
        r"OutOfMemoryError|GC overhead limit exceeded",
        "Java's memory is used up: give it more with RETAIL_LAKEHOUSE_MEMORY, such as 4g. "
        f"{_AS_BEFORE}.",
    ),
)


def machine_fault(error: BaseException) -> str | None:
    """The sentence for an error whose cause is the machine; None where it is a defect of ours."""
    texts = [str(cause) for cause in _chain(error)]
    for pattern, sentence in _FAULTS:
        if any(re.search(pattern, text) for text in texts):
            return sentence
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and those it came of, each once."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        one = waiting.pop()
        if id(one) not in seen:
            seen.add(id(one))
            yield one
            waiting += [cause for cause in (one.__cause__, one.__context__) if cause is not None]
