"""Sources to Parquet in the landing folder: one file per source file, named by its content."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from retail_lakehouse.errors import SettingsError, SourceError
from retail_lakehouse.landing import demo, keeping_out, landed, sources, uci
from retail_lakehouse.landing.describing.proposing import Proposer
from retail_lakehouse.landing.landed import DEMO, FILES, PART, UCI, Told, refuse_mixing
from retail_lakehouse.landing.line_file import watched, write
from retail_lakehouse.landing.readers.lines import SheetRead
from retail_lakehouse.landing.seen import Seen, need_unchanged, state_of
from retail_lakehouse.landing.source_lines import NoLinesError, read
from retail_lakehouse.landing.sources import Source
from retail_lakehouse.machine.watch import Watch, unwatched
from retail_lakehouse.settings import DEMO_ROWS
from retail_lakehouse.shops import shop_file
from retail_lakehouse.shops.description import ShopDescription


@dataclass(frozen=True)
class Landed:
    """What ``land`` did.

    shop: the kind of source. lines: what its files hold. description: the shop's, as it is kept.
    sheets: all that was read or passed over. findings: the evidence for what was found anew.
    """

    shop: str
    batches: tuple[str, ...]
    lines: int
    description: ShopDescription
    sheets: tuple[SheetRead, ...] = field(default=(), compare=False)
    findings: tuple[str, ...] = field(default=(), compare=False)


def shop_of(sources: Sequence[str]) -> str:
    """Kind of shop that the sources belong to; SourceError where they do not go together."""
    named = [source for source in sources if source in (UCI, DEMO)]
    if not named:
        return FILES
    if len(sources) > 1:
        raise SourceError(
            f"--source {named[0]} stands alone: give either it or the paths of your own files."
        )
    return named[0]


def land(
    sources: Sequence[str],
    landing: Path,
    watch: Watch = unwatched,
    shop: Path | None = None,
    kind: str = "",
    strict: bool = False,
) -> Landed:
    """Write the lines of each source file to ``landing/lines/<batch_id>.parquet``.

    A file whose content is there already is not read again. A file of a folder that cannot be read
    is set aside with the reason, and the rest lands. Of files that are named themselves, and with
    ``strict`` of all, every one lands or none: the SourceError of an unreadable one names it. One
    landing folder is one kind of shop: the demo shop makes way for real lines, anything else is
    refused. shop: the file of the shop's description; without one it is found, and refused where
    it is unclear. It is kept in the folder. kind: of the shop that files of one's own belong to all
    the same, such as corrected lines.
    """
    asked = shop_of(sources)
    kind = kind or asked
    folder = landed.lines_folder(landing)
    demo_lines = refuse_mixing(landing, kind)
    proposer = _proposer(kind, landing, shop, sources, bool(demo_lines))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(
            f"The landing folder {landing} cannot be written ({error.strerror}): choose another."
        ) from error
    work = _Landing(landing, kind, proposer, strict, watch)
    try:
        work.write_all(asked, sources)
        description, findings = proposer.decided()
        work.keep(description, demo_lines)
    finally:
        work.clear()
    return work.result(description, findings)


def _proposer(
    kind: str, landing: Path, shop: Path | None, sources: Sequence[str], replaces: bool
) -> Proposer:
    """What holds for the shop: what is given, what is kept, or what its files will show."""
    if shop is not None:
        return Proposer(given=shop_file.read(shop))
    if kind != FILES:
        return Proposer(given=shop_file.packaged(shop_file.ONLINE_RETAIL_II))
    kept = None if replaces else landed.kept_shop(landing)
    if kept is not None and not kept.proposed:
        return Proposer(given=kept)
    return Proposer(kept=kept, name=Path(sources[0]).resolve().name.split(".")[0] or "shop")


class _Landing:
    """One call of ``land``: what is written aside first, and put in its place at the end."""

    def __init__(
        self, landing: Path, kind: str, proposer: Proposer, strict: bool, watch: Watch
    ) -> None:
        self._landing, self._kind, self._proposer = landing, kind, proposer
        self._strict, self._seen, self._watch = strict, Seen(landing), watch
        self._parts: dict[Path, Path] = {}
        self._old: set[Path] = set()
        self._passed: list[SheetRead] = []
        self._sheets: list[SheetRead] = []

    def write_all(self, asked: str, named: Sequence[str]) -> None:
        """Write aside what has not landed yet."""
        folder = landed.lines_folder(self._landing)
        if asked == DEMO:
            target = folder / f"{DEMO}-{demo.SEED}-{DEMO_ROWS}.parquet"
            self._write_demo(target)
            return
        if asked == UCI:
            alone = uci.lines_alone(self._landing, self._proposer.reads_alike)
            for path, said in alone.items():
                self._part(path)
                self._sheets += said.sheets
            if alone:
                return
            workbook = uci.fetch(self._landing, self._watch)
            files: Sequence[Source] = [Source(workbook, uci.WORKBOOK_NAME)]
        else:
            found = sources.find(named, folder)
            files, self._passed = found.files, list(found.passed_over)
        wrong: list[SourceError] = []
        for file in files:
            forget = self._proposer.evidence.mark()
            try:
                self._write_file(file)
            except SourceError as error:
                lines_missing = isinstance(error, NoLinesError)
                if not file.in_folder or (self._strict and not lines_missing):
                    raise
                forget()
                wrong.append(error)
                why = str(error).removeprefix(f"{file.path} ").rstrip(".")
                self._passed.append(SheetRead(file.name, passed_over=why))
        if not self._parts and wrong:
            raise wrong[0]

    def _write_demo(self, target: Path) -> None:
        columns = vars(self._proposer.columns_of(None))

        def told(rows: Mapping[str, int]) -> Told:
            sheets = (SheetRead("demo_shop", sheet, count) for sheet, count in rows.items())
            return Told(columns, sheets=tuple(sheets))

        part = self._part(target)
        if landed.told(target) is None:
            shop = keeping_out.without(self._landing, iter(demo.sheets(DEMO_ROWS)))
            write(part, target.stem, "demo_shop", shop, told)
        said = landed.told(part) or landed.told(target)
        self._sheets += said.sheets if said else ()

    def _write_file(self, file: Source) -> None:
        folder = landed.lines_folder(self._landing)
        began = state_of(file.path)
        stem = f"{self._kind}-{self._seen.digest(file)}"
        known = next(folder.glob(f"{stem}*.parquet"), None)
        target = known or folder / f"{stem}.parquet"
        if target in self._parts:
            why = "it is a copy of another file"
            self._passed.append(SheetRead(file.name, passed_over=why))
            return
        before = landed.told(target)
        if before is not None and self._proposer.reads_alike(before):
            self._part(target)
            self._sheets += before.sheets
            return
        if before is not None:
            # What bronze has of it was read otherwise: under another name it is loaded anew.
            self._old.add(target)
            target = folder / f"{stem}-{self._proposer.fingerprint}.parquet"
        reading = self._proposer.reading(file.name, file.partitions)
        part = folder / f"{target.stem}.{uuid4().hex}{PART}"
        try:
            lines = self._proposer.watched(file.path, reading, read(file.path, reading))
            lines = keeping_out.without(self._landing, lines)
            lines = watched(lines, file.name, self._watch)
            write(part, target.stem, file.name, lines, lambda _: self._proposer.told(reading))
            need_unchanged(file.path, began)
        except SourceError:
            part.unlink(missing_ok=True)
            # Half a file is unreadable in many ways: that it is half a file says more.
            need_unchanged(file.path, began)
            raise
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        self._parts[target] = part
        self._sheets += reading.sheets

    def _part(self, target: Path) -> Path:
        self._parts[target] = landed.lines_folder(self._landing) / (
            f"{target.stem}.{uuid4().hex}{PART}"
        )
        return self._parts[target]

    def keep(self, description: ShopDescription, demo_lines: Sequence[Path]) -> None:
        """Put all that was written in its place."""
        others = set(landed.landed_files(self._landing)) - {*self._parts, *self._old, *demo_lines}
        for path in sorted(others):
            before = landed.told(path)
            if before is not None and not self._proposer.reads_alike(before):
                file = next((sheet.file for sheet in before.sheets), path.name)
                raise SourceError(
                    f"{self._landing} holds {file}, which was read with other columns than --shop "
                    "names: give it again beside the others, or choose another --home."
                )
        # In this order, a run that is killed in between leaves no mixture of shops.
        for path in (*demo_lines, *self._old):
            path.unlink(missing_ok=True)
        landed.keep_shop(self._landing, description)
        landed.keep_passed_over(self._landing, self._passed, {sheet.file for sheet in self._sheets})
        self._seen.keep()
        for target, part in self._parts.items():
            if part.is_file():
                part.replace(target)

    def clear(self) -> None:
        """Remove what was written aside."""
        for part in self._parts.values():
            part.unlink(missing_ok=True)

    def result(self, description: ShopDescription, findings: tuple[str, ...]) -> Landed:
        """What was done."""
        return Landed(
            self._kind,
            tuple(target.stem for target in self._parts),
            sum(map(landed.count_lines, self._parts)),
            description,
            (*self._sheets, *self._passed),
            findings,
        )
