import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_lakehouse.plain_text import MARK, markdown, name, plain, plain_frame

INVISIBLE = [
    *map(chr, range(0x20)), "\x7f", *map(chr, range(0x80, 0xA0)),  # C0 and C1
    *map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A)),  # embeddings, isolates
    "\u200e", "\u200f", "\u061c", "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff",
    "\u2028", "\u2029", "\u00ad", "\ud800", "\U000e0041",
    # Printable, says Python.
    "\u3164", "\uffa0", "\u115f", "\u1160", "\u2800", "\u034f", "\u17b4", "\u17b5",
    *map(chr, range(0x180B, 0x1810)), *map(chr, range(0xFE00, 0xFE10)), "\U00016fe4",
    "\U0001d159", "\U000e0100", "\U000e01ef",
]  # fmt: skip


@pytest.mark.parametrize("character", INVISIBLE, ids=lambda c: f"U+{ord(c):04X}")
def test_what_does_not_show_itself_is_marked(character):
    assert plain(f"MUG{character}RED") == f"MUG{MARK}RED"


@pytest.mark.parametrize(
    "text", ["MUG [/]", "[small]", ":mug:", "$5 $6", "CAFÉ 杯 \U0001f381 ½", ""]
)
def test_what_shows_itself_is_left_alone(text):
    assert plain(text) == text


@pytest.mark.parametrize("space", ["\u00a0", "\u2003", "\u3000"])
def test_spaces_of_any_width_are_spaces(space):
    assert plain(f"A{space}B") == "A B"


@given(st.text())
def test_plain_text_is_printable_and_as_long(text):
    assert plain(text).isprintable()
    assert len(plain(text)) == len(text)
    assert plain(plain(text)) == plain(text)


def test_other_values_are_written_out():
    assert plain(None) == "None"
    assert plain(ValueError("a\x1b[2J")) == f"a{MARK}[2J"


def test_long_names_are_cut():
    assert name("x" * 5000) == "x" * 300 + "…"
    assert plain("x" * 11, 10) == "x" * 10 + "…"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("gold.customer_rfm, Delta version 4", "gold.customer_rfm, Delta version 4"),
        ("a|b", "a&#124;b"),
        ("_a_ *b* `c`", "&#95;a&#95; &#42;b&#42; &#96;c&#96;"),
        ("<img src=x> [x](y) &amp;", "&#60;img src=x&#62; &#91;x&#93;(y) &#38;amp;"),
        ("$x$ ~a~ # \\", "&#36;x&#36; &#126;a&#126; &#35; &#92;"),
        ("see http://a.example/b", "see http&#58;//a.example/b"),
        ("HTTPS://a.example ftp://b", "HTTPS&#58;//a.example ftp&#58;//b"),
        ("www.a.example WWW.b", "www&#46;a.example WWW&#46;b"),
        ("mailto:a@b.example", "mailto:a&#64;b.example"),
        ("- a - b", "&#45; a - b"),
        ("+ a + b", "&#43; a + b"),
        ("---", "&#45;--"),
        ("===", "&#61;=="),
        ("1. a", "1&#46; a"),
        ("12) a", "12&#41; a"),
        ("1.", "1&#46;"),
        ("1.5 a 2. b", "1.5 a 2. b"),
        ("    a", "&#32;   a"),
        ("\u00a0  - a", "&#32;  - a"),
        ("a\n\n# b", f"a{MARK}{MARK}&#35; b"),
    ],
)
def test_markdown_is_shown_as_it_is(text, shown):
    assert markdown(text) == shown


def test_frames_are_shown_plain_and_otherwise_unchanged():
    frame = pd.DataFrame({"name": ["MUG\u202e", None], "units": [1, 2]})
    found = plain_frame(frame)
    assert found["name"].tolist() == [f"MUG{MARK}", None]
    assert found["units"].tolist() == [1, 2]
