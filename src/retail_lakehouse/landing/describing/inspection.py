"""A look at a shop's files: what their description would be, and what only a person can settle."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from retail_lakehouse.errors import SettingsError
from retail_lakehouse.landing import sources
from retail_lakehouse.landing.describing.proposing import Proposer
from retail_lakehouse.landing.readers.lines import SheetRead
from retail_lakehouse.landing.source_lines import NoLinesError, read
from retail_lakehouse.shops import shop_file, shop_text
from retail_lakehouse.shops.description import ShopDescription
from retail_lakehouse.shops.estimate import Outcome, outcomes
from retail_lakehouse.shops.inference.questions import Question

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_SAMPLE = 5_000


@dataclass
class Inspection:
    """What was seen. questions: with the file and sheet that ask each."""

    shop: ShopDescription | None = None
    findings: tuple[str, ...] = ()
    questions: list[tuple[str, Question]] = field(default_factory=list)
    sheets: list[SheetRead] = field(default_factory=list)
    traits: dict[str, tuple[str, ...]] = field(default_factory=dict)
    sample: list[Mapping[str, Any]] = field(default_factory=list)
    lines: int = 0

    def outcomes(self) -> dict[str, Outcome]:
        """What cleaning would make of the sample."""
        return outcomes(self.sample, self.shop) if self.shop else {}

    def example(self, ours: str) -> str:
        """A value of one of our columns."""
        return next((str(line[ours]) for line in self.sample if line.get(ours)), "")


def inspect(
    paths: Sequence[str | Path], shop: Path | None = None, settled: Sequence[str] = ()
) -> Inspection:
    """Look at all lines of the files; nothing is written.

    shop: a description to try. settled: answers, each as ``key=value`` of shop.toml.
    """
    answers = _answers(settled)
    given = shop_file.read(shop) if shop else None
    name = Path(paths[0]).resolve().name.split(".")[0] or "shop"
    proposer = Proposer(given=_with_answers(given, answers) if given else None, name=name)
    found = Inspection()
    files = sources.find(paths, Path("landing") / "lines")
    for file in files.files:
        _look_at(file, proposer, found, answers)
    found.sheets += files.passed_over
    proposal = proposer.proposal()
    if given is not None:
        found.shop = proposer.given
    elif proposal is not None:
        found.shop = _with_answers(replace(proposal.shop, proposed=False), answers)
        found.findings = proposal.findings
        found.questions += proposal.questions
    found.questions = [one for one in found.questions if one[1].key not in answers]
    return found


def _look_at(
    file: sources.Source, proposer: Proposer, found: Inspection, answers: Mapping[str, Any]
) -> None:
    reading = proposer.reading(file.name, file.partitions)
    reading.ask = lambda where, question: found.questions.append((where, question))
    reading.answers = {
        key.removeprefix("columns."): str(value)
        for key, value in answers.items()
        if key.startswith("columns.")
    }
    try:
        for lines in proposer.watched(file.path, reading, read(file.path, reading)):
            room = max(0, min(_SAMPLE - len(found.sample), lines.table.num_rows))
            found.sample += lines.table.slice(0, room).to_pylist()
    except NoLinesError as error:
        if not file.in_folder:
            raise
        why = str(error).removeprefix(f"{file.path} ").rstrip(".")
        reading.sheets = [SheetRead(file.name, passed_over=why)]
    found.sheets += reading.sheets
    found.lines += sum(sheet.lines for sheet in reading.sheets)
    for sheet, traits in reading.traits.items():
        found.traits[f"{file.name}, sheet {sheet!r}" if sheet else file.name] = traits


def _answers(settled: Sequence[str]) -> dict[str, Any]:
    """Keys of shop.toml and their values."""
    found = {}
    for one in settled:
        key, mark, text = one.partition("=")
        if not mark or not key.strip():
            raise SettingsError(
                f"--set {one!r} is no answer: write KEY=VALUE, such as columns.price=Total."
            )
        try:
            found[key.strip()] = tomllib.loads(f"value = {text.strip()}")["value"]
        except tomllib.TOMLDecodeError:
            found[key.strip()] = text.strip()
    return found


def _with_answers(shop: ShopDescription, answers: Mapping[str, Any]) -> ShopDescription:
    """The description with the answers in it; SettingsError for a wrong one."""
    if not answers:
        return shop
    tables = tomllib.loads(shop_text.to_toml(shop))
    for key, value in answers.items():
        *path, last = key.split(".")
        within = tables
        for part in path:
            within = within.setdefault(part, {})
            if not isinstance(within, dict):
                raise SettingsError(f"--set {key} is no key of a shop's description: mend it.")
        several = last in ("dates", "sheets", "service_codes", "anonymous", "values")
        within[last] = [value] if several and isinstance(value, str) else value
    if "columns.amount" in answers and "columns.price" not in answers:
        tables["columns"].pop("price", None)
    return shop_file.from_tables(tables, "--set")


def as_file(found: Inspection) -> str:
    """The text of shop.toml; what is unclear must be settled before it can be used."""
    if found.shop is None:
        return ""
    text = shop_text.to_toml(found.shop)
    for _, question in found.questions:
        text = _left_open(text, question)
    return text


def write(found: Inspection, path: Path) -> None:
    """Write shop.toml; SettingsError where that is not possible."""
    try:
        path.write_text(as_file(found), "utf-8")
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be written ({error.strerror}): choose another file."
        ) from error


def _left_open(text: str, question: Question) -> str:
    """The text with one key open, and all answers to it as comments."""
    *section, key = question.key.split(".")
    empty = "[]" if key == "dates" else '""'
    comment = f"# unclear: {question.says}\n"
    comment += "".join(f"# {answer.partition('.')[2]}\n" for answer in question.answers)
    opened = f"{comment}{key} = {empty}\n"
    kept = [line for line in text.splitlines(keepends=True) if not line.startswith(f"{key} = ")]
    heading = f"[{'.'.join(section)}]\n"
    if not section:
        return opened + "".join(kept)
    return "".join(line + opened if line == heading else line for line in kept)
