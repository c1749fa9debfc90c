"""The size of a sheet is never said to be less than what reading it makes room for."""

from xml.parsers import expat

import fastexcel
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landing_files import first_row, inline, raw_workbook, sheet
from retail_lakehouse.landing.bounds import sheet_size
from retail_lakehouse.landing.bounds.limits import Limits
from retail_lakehouse.landing.bounds.sheet_size import Size, size_of, walked

ANY = Limits()
NONE = Limits(sheet_area=0)


def searched(cell: str) -> Size | None:
    return sheet_size._searched(sheet(f"<row>{cell}</row>").encode(), 0)


@pytest.mark.parametrize("place", ["A1", "Z1099999", "z999999", "IZ99999", "b7"])
def test_usual_shapes_are_found_by_searching(place):
    assert searched(f'<c r="{place}"><v>1</v></c>') is not None
    assert searched(f"<c s='1' r = '{place}' t=\"s\"><v>1</v></c>") is not None


@pytest.mark.parametrize(
    "cell",
    [
        '<c r="AA100000"><v>1</v></c>', '<c r="JA1"><v>1</v></c>', '<c r="A1100000"><v>1</v></c>',
        '<c r="aaa1"><v>1</v></c>', '<c r="A00000001"><v>1</v></c>', '<c s="1"r="XFD1"/>',
        "<c\ts='r=\"A1\"'\nr\n=\n'XFD1'/>", "<c><v>1</v></c>", "<c/>", "<c />", '<c s="1">',
        '<c s="1"t="s">', '<c R="A1">', '<c x r="A1">', '<c rr="A1">', '<c r s="A1">',
        "<x:c r='A1'/>", '<row r="1100000">',
    ],
)  # fmt: skip
def test_what_could_stand_anywhere_is_not(cell):
    assert searched('<c r="A1"><v>1</v></c>' + cell) is None


@pytest.mark.parametrize("element", ['<cols><col min="1" max="9"/></cols>', '<cfRule r:id="r1"/>'])
def test_other_elements_are_no_cells(element):
    assert searched('<c r="A1"/>' + element) is not None


def test_searching_says_the_whole_shape_and_walking_the_very_size():
    xml = sheet('<row r="3"><c r="C3"><v>1</v></c><c r="E3"><v>1</v></c></row>', "").encode()
    assert size_of(xml, (), ANY) == Size(26 * 1_099_999, 2, 0)
    assert size_of(xml, (), NONE) == Size(3, 2, 0)


def test_walking_counts_rows_and_cells_without_a_place():
    rows = "<row/><row><c><v>1</v></c><c/><c><v>1</v></c></row><row r='9'><c><is/></c></row>"
    assert walked(sheet(rows, "").encode(), ()) == Size(8 * 3, 3, 0)


@pytest.mark.parametrize("xml", ["<a", "<a></b>", '<!DOCTYPE a [<!ATTLIST c r CDATA "A1">]><a/>'])
def test_what_is_not_well_formed_is_not_walked(xml):
    with pytest.raises(expat.ExpatError):
        walked(xml.encode(), ())


_PLACE = st.one_of(
    st.none(),
    st.builds(
        "{}{}".format,
        st.sampled_from(["A", "B", "Z", "aa", "IZ", "JA", "AMJ"]),
        st.integers(1, 400),
    ),
)
_WRITTEN = st.sampled_from([' r="{}"', " r='{}'", '\n r = "{}"', ' s="0" r="{}"'])


@st.composite
def _cells(draw: st.DrawFn) -> str:
    place, written = draw(_PLACE), draw(_WRITTEN)
    attribute = "" if place is None else written.format(place)
    return draw(
        st.sampled_from(
            [f"<c{attribute}><v>1</v></c>", f"<c{attribute}/>", f"<c{attribute}><v/></c>",
             f"<x:c{attribute}><v>2</v></x:c>", inline("x", attribute if place else "")]
        )
    )  # fmt: skip


_ROW = st.builds(
    "<row{}>{}</row>".format,
    st.sampled_from(["", ' r="7"', " r='300'", ' spans="1:8"']),
    st.lists(_cells(), max_size=5).map("".join),
)


@settings(max_examples=150, deadline=None)
@given(rows=st.lists(_ROW, max_size=6))
def test_reading_makes_no_more_room_than_was_said(rows, tmp_path_factory):
    xml = sheet("".join(rows))
    path = raw_workbook(tmp_path_factory.mktemp("sheet") / "a.xlsx", xml)
    read = fastexcel.read_excel(path).load_sheet_eager("S", dtypes="string", header_row=None)
    exact, quick = walked(xml.encode(), ()), size_of(xml.encode(), (), ANY)
    assert exact.area >= read.num_rows * read.num_columns
    assert quick.area >= exact.area
    assert quick.values >= exact.values
    assert exact.values >= sum(len(column) - column.null_count for column in read.columns)


def test_first_row_is_a_row():
    assert walked(sheet("", first_row()).encode(), ()) == Size(8, 8, 0)
