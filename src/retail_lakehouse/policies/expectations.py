"""What is expected of a shop's lines before gold is made of them: names, levels and bounds."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from retail_lakehouse.errors import SettingsError

# Of a check that is not met: said in the summary, or the end of the run. Off: it is not made.
WARN, FAIL, OFF = "warn", "fail", "off"
LEVELS = (WARN, FAIL, OFF)
_CHANGE = re.compile(r"([a-z_]+)=([a-z]+)(?::([0-9]+(?:\.[0-9]+)?))?")


@dataclass(frozen=True)
class Expectation:
    """A named check. meaning: of its value, which may not be above the bound.

    is_factor: the value is a ratio, which may not be below 1 / bound either. hint: what may lie
    behind it, and what to do then.
    """

    name: str
    level: str
    bound: float
    meaning: str
    is_factor: bool = False
    hint: str = ""

    def met_by(self, value: float) -> bool:
        """Whether the value is within the bound."""
        return value <= self.bound and (not self.is_factor or value * self.bound >= 1)

    def sentence(self, part: str, value: float) -> str:
        """What is not as expected, for people."""
        of = "" if part == "ALL" else f" ({part})"
        lowest = f"{1 / self.bound:.3g} to " if self.is_factor and self.bound else ""
        hint = f" ({self.hint})" if self.hint else ""
        said = f"{self.meaning} is {value:.4g}, expected {lowest}{self.bound:g}"
        return f"{self.name}{of}: {said}{hint}"


# The usual: of other files, or of the weeks before. docs/daily.md says how each is measured.
EXPECTATIONS = (
    Expectation("keys", FAIL, 0, "lines that are in silver twice, or not at all"),
    Expectation("money", FAIL, 0, "amounts that are not quantity times price, in money"),
    Expectation("reject_rate", WARN, 0.05, "rejected share of the newest files above the usual"),
    Expectation("lines_of_day", WARN, 4, "last day's lines by the weekday's usual", True),
    Expectation("revenue_of_day", WARN, 4, "last day's revenue by the weekday's usual", True),
    Expectation("anonymous_share", WARN, 0.2, "anonymous share of the last week above the usual"),
    Expectation(
        *("freshness", WARN, 3, "days since the last line"),
        hint="an old export? Then --expect freshness=off",
    ),
    Expectation("unnamed_products", WARN, 0.05, "share of the month's products without a name"),
)
NAMES = tuple(one.name for one in EXPECTATIONS)


def changed(text: str, expected: Sequence[Expectation] = EXPECTATIONS) -> tuple[Expectation, ...]:
    """The checks with other levels and bounds, as in ``freshness=off,money=warn:0.01``.

    >>> [one.level for one in changed("freshness=off") if one.name == "freshness"]
    ['off']
    """
    by_name = {one.name: one for one in expected}
    for part in filter(None, (part.strip() for part in text.split(","))):
        found = _CHANGE.fullmatch(part)
        if found is None or found[1] not in by_name or found[2] not in LEVELS:
            raise SettingsError(
                f"--expect {part!r} is no check: write NAME=LEVEL or NAME=LEVEL:BOUND, with a name "
                f"of {', '.join(by_name)} and a level of {', '.join(LEVELS)}."
            )
        bound = float(found[3]) if found[3] else by_name[found[1]].bound
        by_name[found[1]] = replace(by_name[found[1]], level=found[2], bound=bound)
    return tuple(by_name.values())
