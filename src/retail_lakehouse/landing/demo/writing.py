"""The demo shop as lines of text, and as a file: a part of it at a time, however large it is."""

from collections.abc import Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from retail_lakehouse.errors import SettingsError
from retail_lakehouse.landing.demo.dialects import Dialect
from retail_lakehouse.landing.demo.ledger import SEED, Options, Shop
from retail_lakehouse.landing.demo.wording import SHEETS, named
from retail_lakehouse.landing.readers.lines import COLUMNS, Lines, of_eight
from retail_lakehouse.tables import columns as c

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

MAX_WORKBOOK_ROWS = 1_500_000  # both sheets together; a sheet ends at 1,048,576
_PLAIN = Options()
_PART = 100_000


def lines(rows: int, seed: int = SEED, options: Options = _PLAIN) -> pd.DataFrame:
    """``rows`` lines as a frame: the eight columns, typed, and ``sheet``."""
    return pd.concat(_parts(Shop(rows, seed, options)), ignore_index=True)


def sheets(rows: int, seed: int = SEED) -> list[Lines]:
    """The shop's lines in two overlapping sheets, ``rows`` lines together, as text."""
    schema = pa.schema([(name, pa.string()) for name in COLUMNS])
    tables: dict[str, list[pa.Table]] = {sheet: [] for sheet in SHEETS}
    for part in _parts(Shop(rows, seed)):
        text = part.drop(columns="sheet").apply(_as_texts)
        for sheet, found in tables.items():
            found.append(pa.Table.from_pandas(text[part["sheet"] == sheet], schema, False))
    return [of_eight(sheet, pa.concat_tables(found)) for sheet, found in tables.items()]


def write(rows: int, out: Path, seed: int = SEED, options: Options = _PLAIN) -> None:
    """Write the shop as ``.xlsx`` (two sheets), ``.csv`` or ``.parquet``, in its dialect."""
    write_shop(Shop(rows, seed, options), out)


def write_shop(shop: Shop, out: Path) -> None:
    """As ``write``. SettingsError where it cannot be written there, or not like that."""
    rows, options = shop.rows, shop.options
    dialect, suffix = options.spoken, out.suffix.lower()
    if suffix not in _WRITERS:
        raise SettingsError(
            f"{out} must end in .xlsx, .csv or .parquet; a folder of Parquet files has no ending."
        )
    if suffix != ".csv":
        _need_typed(shop, out)
    if not out.parent.is_dir():
        raise SettingsError(
            f"There is no folder {out.parent} to write {out.name} into: make it first."
        )
    if suffix == ".xlsx" and rows > MAX_WORKBOOK_ROWS:
        raise SettingsError(
            f"--rows {rows} is more than a workbook holds ({MAX_WORKBOOK_ROWS:,}): write a .csv "
            "or .parquet file."
        )
    parts = _parts(shop)
    try:
        _WRITERS[suffix](parts, out, dialect)
    except OSError as error:
        raise SettingsError(
            f"{out} cannot be written ({error.strerror}): choose another file."
        ) from error


def write_folder(spark: "SparkSession", shop: Shop, out: Path) -> None:
    """Write the shop as a folder of Parquet files, each branch by a task of its own.

    The lines are those of ``write``, however many cores draw them. SettingsError for a folder that
    is there or cannot be made, and for a dialect of files of text.
    """
    _need_typed(shop, out)
    if shop.branches == 1:
        shop.ledger()  # what it refuses is said here, and not by a task
    branches = spark.range(0, shop.branches, 1, shop.branches)
    drawn = branches.mapInPandas(partial(_of_branches, shop), _schema(shop.options.spoken))
    try:
        # Spark makes it itself, but says of what stands in the way no more than where in its code.
        out.mkdir()
        out.rmdir()
    except FileExistsError as error:
        raise SettingsError(f"{out} is there already: choose another folder.") from error
    except OSError as error:
        raise SettingsError(
            f"{out} cannot be written ({error.strerror}): choose another folder."
        ) from error
    drawn.write.parquet(str(out.absolute()))


def _need_typed(shop: Shop, out: Path) -> None:
    if shop.options.spoken.date is not None:
        raise SettingsError(
            f"{out} must end in .csv: the dialect {shop.options.dialect} is one of files of text."
        )


def _of_branches(shop: Shop, numbers: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    for some in numbers:
        for branch in some["id"]:
            for part in _parts_of(shop, int(branch)):
                yield _as_written(part, shop.options.spoken)


def _schema(dialect: Dialect) -> str:
    types = {
        c.QUANTITY: "BIGINT",
        c.INVOICE_DATE: "TIMESTAMP_NTZ",
        c.PRICE: "DOUBLE",
        c.AMOUNT: "DOUBLE",
        c.CUSTOMER_ID: "STRING" if dialect.customer else "BIGINT",
    }
    return ", ".join(f"`{theirs}` {types.get(ours, 'STRING')}" for ours, theirs in dialect.columns)


def _parts(shop: Shop) -> Iterator[pd.DataFrame]:
    """The shop's lines, typed, some at a time; what was asked for is checked before the first."""
    first = _parts_of(shop, 0)
    others = (_parts_of(shop, branch) for branch in range(1, shop.branches))
    return chain(first, chain.from_iterable(others))


def _parts_of(shop: Shop, branch: int) -> Iterator[pd.DataFrame]:
    rows, catalogue = shop.ledger(branch)
    return (named(rows.iloc[at : at + _PART], catalogue) for at in range(0, len(rows), _PART))


def _as_written(part: pd.DataFrame, dialect: Dialect) -> pd.DataFrame:
    """The dialect's columns, still typed."""
    said = part.assign(
        amount=(part[c.QUANTITY] * part[c.PRICE]).round(2),
        country=part[c.COUNTRY].replace(dict(dialect.countries)),
        invoice=dialect.invoice + part[c.INVOICE],
        # What is no product, such as postage, is called the same everywhere.
        stock_code=part[c.STOCK_CODE].where(
            ~part[c.STOCK_CODE].str[0].str.isdigit(), dialect.code + part[c.STOCK_CODE]
        ),
    )
    if dialect.customer:
        said[c.CUSTOMER_ID] = dialect.customer + part[c.CUSTOMER_ID].astype("string")
    ours, theirs = zip(*dialect.columns, strict=True)
    return said[list(ours)].set_axis(theirs, axis=1)


def _write_csv(parts: Iterator[pd.DataFrame], out: Path, dialect: Dialect) -> None:
    with out.open("w", encoding=dialect.encoding, newline="") as file:
        for number, part in enumerate(parts):
            written = _in_text(_as_written(part, dialect), dialect)
            written.to_csv(file, index=False, header=number == 0, sep=dialect.delimiter)


def _in_text(written: pd.DataFrame, dialect: Dialect) -> pd.DataFrame:
    text = written.apply(_as_texts)
    for name in written.columns:
        if dialect.date and pd.api.types.is_datetime64_any_dtype(written[name]):
            text[name] = written[name].dt.strftime(dialect.date)
        elif pd.api.types.is_float_dtype(written[name]):
            text[name] = text[name].str.replace(".", dialect.decimal, regex=False)
    return text


def _write_parquet(parts: Iterator[pd.DataFrame], out: Path, dialect: Dialect) -> None:
    first = pa.Table.from_pandas(_as_written(next(parts), dialect), preserve_index=False)
    # A part in which nobody is named, or nothing has a name, has the columns of all others.
    with out.open("wb") as raw, pq.ParquetWriter(raw, first.schema) as file:
        file.write_table(first)
        for part in parts:
            file.write_table(
                pa.Table.from_pandas(_as_written(part, dialect), first.schema, preserve_index=False)
            )


def _write_workbook(parts: Iterator[pd.DataFrame], out: Path, dialect: Dialect) -> None:
    import openpyxl

    # A file that cannot be written is found before the work, and not after it.
    out.open("wb").close()
    book = openpyxl.Workbook(write_only=True)
    for sheet in SHEETS:
        book.create_sheet(sheet).append([theirs for _, theirs in dialect.columns])
    for part in parts:
        for sheet in SHEETS:
            written = _as_written(part[part["sheet"] == sheet], dialect).astype(object)
            for row in written.itertuples(index=False):
                book[sheet].append([None if pd.isna(value) else value for value in row])
    book.save(out)


_WRITERS = {".csv": _write_csv, ".parquet": _write_parquet, ".xlsx": _write_workbook}


def _as_texts(column: pd.Series) -> np.ndarray:
    """Each different value is written once: a shop has many lines and few prices."""
    places, values = pd.factorize(column)
    texts: np.ndarray = np.array([*map(_as_text, values), None], dtype=object)[places]
    return texts


def _as_text(value: Any) -> str | None:
    """Text as a workbook's cell gives it: 18.0 is 18."""
    if pd.isna(value):
        return None
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
