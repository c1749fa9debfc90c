"""How files are read: by a description that is given, or one that their own lines propose."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from retail_lakehouse.errors import SourceError
from retail_lakehouse.landing.describing.evidence import Evidence
from retail_lakehouse.landing.landed import Told
from retail_lakehouse.landing.readers.lines import Lines
from retail_lakehouse.landing.reading import Reading
from retail_lakehouse.shops.description import Columns, ShopDescription
from retail_lakehouse.shops.inference.names import plain_name
from retail_lakehouse.shops.inference.proposal import Proposal, propose


@dataclass
class Proposer:
    """given: holds as it is. kept: was found before, and may grow. name: for a shop without one."""

    given: ShopDescription | None = None
    kept: ShopDescription | None = None
    name: str = "shop"
    evidence: Evidence = field(default_factory=Evidence)

    def reading(self, file: str, partitions: tuple[tuple[str, str], ...] = ()) -> Reading:
        """How a file is read."""
        return Reading(file, self.given, partitions=partitions)

    def watched(self, path: Path, reading: Reading, lines: Iterator[Lines]) -> Iterator[Lines]:
        """The same lines; what they show is remembered."""
        for some in lines:
            if self.given is None and some.table.num_rows:
                where = reading.where(str(path), some.sheet)
                self.evidence.add(where, reading.layouts[some.sheet], some.table)
            yield some

    def proposal(self) -> Proposal | None:
        """What all lines together propose; None where nothing was read."""
        sheets = self.evidence.sheets()
        if not sheets:
            return None
        return propose(self.name, sheets, self.evidence.counts(), self.kept)

    def decided(self) -> tuple[ShopDescription, tuple[str, ...]]:
        """The description and the evidence for it; SourceError where something is unclear."""
        if self.given is not None:
            return self.given, ()
        proposal = self.proposal()
        if proposal is None:
            if self.kept is None:
                raise SourceError("There are no lines: give files with invoice lines.")
            return self.kept, ()
        for where, question in proposal.questions:
            raise SourceError(question.sentence(where.rstrip(",")))
        return proposal.shop, proposal.findings

    def columns_of(self, reading: Reading | None) -> Columns:
        """Theirs for ours, as they were read."""
        if self.given is not None:
            return self.given.columns
        layouts = list(reading.layouts.values()) if reading else []
        return layouts[0].columns()

    def told(self, reading: Reading) -> Told:
        """What is kept with the lines of a file that has been read."""
        return Told(vars(self.columns_of(reading)), self._options(), tuple(reading.sheets))

    def reads_alike(self, before: Told) -> bool:
        """Whether a file that landed before would be read the same way now."""
        if self.given is None:
            return self.kept is not None
        ours = vars(self.given.columns)
        return before.options == self._options() and all(
            plain_name(name or "") == plain_name(before.columns.get(key) or "")
            for key, name in ours.items()
        )

    def _options(self) -> tuple[str, ...]:
        if self.given is None:
            return ("", "", "0", "", "")
        form = self.given.format
        sheets = json.dumps(form.sheets) if form.sheets else ""
        return (
            form.encoding, form.delimiter, str(form.header_row), sheets, self.given.timezone,
        )  # fmt: skip

    @property
    def fingerprint(self) -> str:
        """Of all that decides how a file is read."""
        columns = vars(self.given.columns) if self.given else {}
        said = json.dumps([columns, self._options()])
        return hashlib.sha256(said.encode()).hexdigest()[:8]
