"""Customers who asked to be forgotten, in the landing folder: their lines lose whose they were.

Lines that have landed are written again; those of a file that comes later lose it on their way in.
For that the folder keeps a hash of each id with a key of its own, and no id.
"""

import json
import os
import re
import secrets
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from uuid import uuid4

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from retail_lakehouse.errors import SettingsError
from retail_lakehouse.landing.landed import PART, keep_text, kept_shop, lines_folder
from retail_lakehouse.landing.line_file import ROW_GROUP
from retail_lakehouse.landing.readers.lines import Lines
from retail_lakehouse.shops.corrections import REASON, REFERENCE
from retail_lakehouse.shops.forgotten import code, digest, mark
from retail_lakehouse.tables import columns as c

_FILE = "forgotten.json"
_QUOTED = re.compile(r"(?<=\(its first row: ).*(?=\)$)", re.DOTALL)
Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Anonymiser:
    """Takes customers out of lines. secrets: by id, of each of them, thrown away afterwards.

    kept: of a line's other columns, those that stay as cleaning reads them; another may be a name.
    """

    secrets: Mapping[str, str]
    kept: Collection[str] = ()

    def lines(self, table: pa.Table) -> tuple[pa.Table, int]:
        """The table without them, and how many of its lines were theirs."""
        written = table[c.CUSTOMER_ID]
        theirs = {
            text: self.secrets[found]
            for text in pc.unique(written).to_pylist()
            if (found := code(text)) is not None and found in self.secrets
        }
        if not theirs:
            return table, 0
        is_theirs = pc.is_in(written, pa.array(list(theirs), pa.string()))
        columns = {name: table[name] for name in table.column_names}
        columns[c.CUSTOMER_ID] = _marked(is_theirs, written, table[c.STOCK_CODE], theirs)
        columns[c.OTHER_COLUMNS] = self._others(is_theirs, table[c.OTHER_COLUMNS])
        changed = pa.Table.from_arrays(list(columns.values()), schema=table.schema)
        return changed, int(pc.sum(is_theirs).as_py())

    def _others(self, is_theirs: pa.ChunkedArray, maps: pa.ChunkedArray) -> pa.ChunkedArray:
        rows = [
            _some(pairs, self.kept) if theirs else pairs
            for theirs, pairs in zip(is_theirs.to_pylist(), maps.to_pylist(), strict=True)
        ]
        return pa.chunked_array([pa.array(rows, maps.type)])


def _some(pairs: Pairs | None, kept: Collection[str]) -> Pairs | None:
    return [(name, value) for name, value in pairs or () if name in kept] or None


def _marked(
    is_theirs: pa.ChunkedArray,
    written: pa.ChunkedArray,
    stock_codes: pa.ChunkedArray,
    theirs: Mapping[str, str],
) -> pa.ChunkedArray:
    rows = zip(is_theirs.to_pylist(), written.to_pylist(), stock_codes.to_pylist(), strict=True)
    marked = [mark(theirs[who], who, code) if forget else who for forget, who, code in rows]
    return pa.chunked_array([pa.array(marked, pa.string())])


def rewrite(path: Path, anonymiser: Anonymiser) -> int:
    """Take the customers out of a landed file, in one step; how many lines were theirs."""
    part = path.with_name(f"{path.stem}.{uuid4().hex}{PART}")
    try:
        with pq.ParquetFile(path.absolute()) as file, part.open("wb") as out:
            count = _copy(file, out, anonymiser)
            out.flush()
            os.fsync(out.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return count


def _copy(file: pq.ParquetFile, out: BinaryIO, anonymiser: Anonymiser) -> int:
    schema, said = file.schema_arrow, dict(file.metadata.metadata or {})
    said.pop(b"ARROW:schema", None)
    count = 0
    with pq.ParquetWriter(out, schema.remove_metadata(), compression="zstd") as writer:
        for batch in file.iter_batches(ROW_GROUP):
            table, found = anonymiser.lines(pa.Table.from_batches([batch], schema))
            writer.write_table(table.replace_schema_metadata(), row_group_size=ROW_GROUP)
            count += found
        writer.add_key_value_metadata(
            {name: unquoted_json(value, anonymiser.secrets) for name, value in said.items()}
        )
    return count


def unquoted_json(content: bytes, customers: Collection[str]) -> bytes:
    """As ``unquoted``, for every text in a page of JSON."""
    try:
        return json.dumps(_each_text(json.loads(content), customers)).encode()
    except ValueError:
        return content


def _each_text(value: Any, customers: Collection[str]) -> Any:
    if isinstance(value, str):
        return unquoted(value, customers)
    if isinstance(value, list):
        return [_each_text(one, customers) for one in value]
    if isinstance(value, dict):
        return {name: _each_text(one, customers) for name, one in value.items()}
    return value


def unquoted(reason: str, customers: Collection[str]) -> str:
    """A reason for passing over a sheet without its first row, where that names a customer."""
    row = _QUOTED.search(reason)
    named = row is not None and any(code(cell) in customers for cell in row[0].split(", "))
    return _QUOTED.sub("…", reason) if named else reason


def customers_in(path: Path) -> set[str]:
    """Ids of the customers in a landed file, as cleaning reads them."""
    found: set[str] = set()
    with pq.ParquetFile(path.absolute()) as file:
        for batch in file.iter_batches(ROW_GROUP, columns=[c.CUSTOMER_ID]):
            codes = map(code, pc.unique(batch[c.CUSTOMER_ID]).to_pylist())
            found.update(one for one in codes if one is not None)
    return found


def keep_out(landing: Path, customers: Collection[str]) -> None:
    """Let no later file bring these customers back."""
    key, before = _kept_out(landing) or (secrets.token_hex(16), frozenset())
    hashes = before | {digest(key, customer) for customer in customers}
    keep_text(landing / _FILE, json.dumps({"key": key, "customers": sorted(hashes)}, indent=1))


def without(landing: Path, lines: Iterator[Lines]) -> Iterator[Lines]:
    """The lines of a file that arrives, without customers who are kept out."""
    known = _kept_out(landing)
    if known is None:
        yield from lines
        return
    key, hashes = known
    made: dict[str, str] = {}
    anonymiser = Anonymiser(made, kept_columns(landing))
    for some in lines:
        for customer in map(code, pc.unique(some.table[c.CUSTOMER_ID]).to_pylist()):
            if customer is not None and digest(key, customer) in hashes:
                made.setdefault(customer, secrets.token_hex(16))
        yield Lines(some.sheet, anonymiser.lines(some.table)[0]) if made else some


def kept_columns(landing: Path) -> frozenset[str]:
    """Of a line's other columns, those that cleaning reads: of cancellations and corrections."""
    shop = kept_shop(landing)
    column = shop.lines.cancellation.column if shop is not None else None
    return frozenset((REFERENCE, REASON, *([column] if column else [])))


def _kept_out(landing: Path) -> tuple[str, frozenset[str]] | None:
    path = landing / _FILE
    if not path.is_file():
        return None
    try:
        said = json.loads(path.read_text("utf-8"))
        return str(said["key"]), frozenset(map(str, said["customers"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SettingsError(
            f"{path} cannot be read, and forgotten customers would come back with the next file: "
            "put a copy of it back."
        ) from error


def source_files(landing: Path) -> list[Path]:
    """Files of the folder that somebody put there, and this program did not write."""
    own = lines_folder(landing)
    return sorted(
        path
        for path in landing.rglob("*")
        if path.is_file() and own not in path.parents and not _is_own(path)
    )


def _is_own(path: Path) -> bool:
    hidden = path.name.startswith(".") or path.name.endswith(PART)
    return hidden or path.suffix in (".json", ".toml")
