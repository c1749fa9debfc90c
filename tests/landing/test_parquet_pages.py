"""What the headers of pages say, against what the library that wrote them says."""

import contextlib
import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landing_files import raw_parquet
from retail_lakehouse.landing.bounds.limits import LIMITS
from retail_lakehouse.landing.bounds.parquet_pages import DICTIONARY, Chunk, chunks, pages
from retail_lakehouse.landing.bounds.parquet_size import plan
from support import HEADER

ROWS = 5000
COLUMN = pa.array([f"{number * 7919 % 4000}" for number in range(ROWS)])


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("codec", ["none", "snappy", "gzip", "zstd"])
@pytest.mark.parametrize("dictionary", [True, False])
def test_pages_are_those_that_were_written(tmp_path, version, codec, dictionary):
    path = raw_parquet(
        tmp_path / "a.parquet", {"Description": COLUMN}, ROWS, compression=codec,
        data_page_version=version, use_dictionary=dictionary, data_page_size=4096,
        write_statistics=True,
    )  # fmt: skip
    column = pq.read_metadata(path).row_group(0).column(2)
    with path.open("rb") as file:
        chunk = list(chunks(file))[2]
        found = list(pages(file, chunk))
    assert (chunk.name, chunk.values) == ("Description", ROWS)
    assert sum(page.values for page in found) == ROWS
    assert (found[0].kind == DICTIONARY) == dictionary
    assert all(page.refers == dictionary for page in found if page.kind != DICTIONARY)
    # Both count headers in, of which there is one a page.
    headers = column.total_uncompressed_size - sum(page.unpacked for page in found)
    assert 10 * len(found) <= headers <= 100 * len(found)
    assert len(found) > 2


@given(st.binary(max_size=200))
def test_what_is_no_header_is_a_value_error_and_nothing_else(content):
    end = content + len(content).to_bytes(4, "little") + b"PAR1"
    with contextlib.suppress(ValueError):
        list(chunks(io.BytesIO(end)))
    with contextlib.suppress(ValueError):
        list(pages(io.BytesIO(content), Chunk("", 10, 0, len(content))))


@pytest.mark.parametrize(
    "header",
    [
        b"\x1c" * 5000,  # structs in structs
        b"\x19\xf3\xff\xff\xff\xff\x0f",  # a list of four thousand million bytes
        b"\x18\xff\xff\xff\xff\x0f",  # as long a text
        b"\x15\x00\x15\x01\x15\x02\x00",  # -1 bytes
        b"\x15" + b"\x80" * 5000,  # a number without end
        b"\x15\x00\x18\x01x\x15\x02\x00",  # a size that is a text
    ],
)
def test_header_that_asks_for_too_much_ends_at_once(header):
    with pytest.raises(ValueError, match=r"page|deep|number"):
        list(pages(io.BytesIO(header), Chunk("", 10, 0, len(header))))


@pytest.mark.parametrize(
    ("values", "options", "rows", "once"),
    [
        (COLUMN, {}, 2**18, ("Description",)),
        (COLUMN, {"use_dictionary": False}, 2**18, ()),
        # Five short pages in the dictionary, then long texts that are in none.
        (COLUMN, {"dictionary_pagesize_limit": 1000}, 2**18, ("Description",)),
        (pa.array(range(ROWS)), {}, 2**18, ()),
        (pa.array(["x" * 1000] * ROWS), {"use_dictionary": False}, 60_000, ()),
    ],
)
def test_plan_reads_texts_once_where_they_stand_once(tmp_path, values, options, rows, once):
    path = raw_parquet(tmp_path / "a.parquet", {"Description": values}, ROWS, **options)
    file = pq.ParquetFile(path)
    texts = ["Description"] if pa.types.is_string(values.type) else []
    way = plan(path, file, HEADER, texts, LIMITS)
    assert way.once == once
    assert rows * 0.9 <= way.rows <= rows * 1.1
