"""The commands that the guides show, as words."""

import re
import shlex
from itertools import groupby

from asset_bundle import ROOT

NAME = "retail-lakehouse"
GUIDES = (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"))


def blocks(text):
    """Lines of the blocks of code."""
    fenced = re.findall(r"^ *```\w*\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    return [line.strip() for block in fenced for line in block.splitlines()]


def inline(text):
    """Code within sentences, which may go on in the next line."""
    prose = re.sub(r"^ *```.*?^ *```", "", text, flags=re.MULTILINE | re.DOTALL)
    return [" ".join(code.split()) for code in re.findall(r"`([^`]+)`", prose)]


def calls(line):
    """What a line calls one after the other, in words; what follows a # is a remark."""
    words = [word for word in shlex.split(line, comments=True) if word != "…"]
    for between, group in groupby(words, lambda word: word in ("&&", "|", ">")):
        if not between:
            yield list(group)


def own(lines):
    for line in lines:
        if line.startswith(f"{NAME} "):
            yield from (words[1:] for words in calls(line) if words[0] == NAME)


IN_BLOCKS = sorted({tuple(w) for guide in GUIDES for w in own(blocks(guide.read_text()))})
IN_SENTENCES = sorted({tuple(w) for guide in GUIDES for w in own(inline(guide.read_text()))})
