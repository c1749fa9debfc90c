"""Codes, names and numbers out of the text that a source writes."""

from collections.abc import Callable

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from retail_lakehouse.shops.description import Format
from retail_lakehouse.shops.notation import number_forms
from retail_lakehouse.shops.notation.number_forms import BLANKS, MINUS_FIRST, Replacements
from retail_lakehouse.tables import QUANTITY

_WHOLE = r"^[0-9]+\.0+$"
_INT_MAX = 2**31 - 1


def clean_text(name: str) -> Column:
    """The text without surrounding blanks; empty, ``NaN`` and ``nan`` become null."""
    return _something(F.trim(name))


def with_codes(lines: DataFrame, **columns: str) -> DataFrame:
    """The lines with codes beside the text, by new name and column of the source.

    ``13085.0`` and ``'13085`` are ``13085``. ``6.01122E+12`` stays so: see ``is_shortened``.
    Codes, which decide what a line is, lose tabs, line ends and no-break spaces too.
    """
    # One after the other: within one expression the trimming would be done again and again.
    for clean in (_trimmed, _said, _whole):
        lines = lines.withColumns({new: clean(old) for new, old in columns.items()})
        columns = {new: new for new in columns}
    return lines


def _trimmed(name: str) -> Column:
    return F.btrim(F.col(name), F.lit(BLANKS))


def _said(name: str) -> Column:
    text = F.col(name)
    quoted = F.nullif(F.ltrim(text, F.lit("'")), F.lit(""))
    return F.when(text.startswith("'"), quoted).otherwise(_something(text))


def _whole(name: str) -> Column:
    text = F.col(name)
    # Which few codes have: an expression for each of millions takes its time.
    whole = text.contains(".0") & text.rlike(_WHOLE)
    return F.when(whole, F.substring_index(text, ".", 1)).otherwise(text)


def _something(text: Column) -> Column:
    return F.when(~text.isin("", "NaN", "nan"), text)


def is_shortened(text: Column) -> Column:
    """Whether a code has lost digits, so that several of them may look the same."""
    return text.contains("+") & text.rlike(number_forms.SHORTENED)


def with_quantity(lines: DataFrame, new: str, text: str, form: Format) -> DataFrame:
    """The lines with units, to the thousandth; null if it is no number, or has more decimals."""
    return _with_number(lines, new, text, lambda said: _units(_plain(said, form)), MINUS_FIRST)


def with_money(
    lines: DataFrame, new: str, text: str, form: Format, currency: str, kind: str
) -> DataFrame:
    """The lines with a price or total such as ``2.55``, ``£1,234.50`` or ``1e-2``.

    To the nearest ten-thousandth. kind: a decimal type. A sign of another currency makes it
    unreadable.
    """
    return _with_number(
        lines,
        new,
        text,
        lambda said: _money(_plain(said, form), kind),
        number_forms.undressing(currency),
    )


def _with_number(
    lines: DataFrame, new: str, text: str, read: Callable[[Column], Column], ways: Replacements
) -> DataFrame:
    """What ``read`` makes of the text, or else of the text undressed in these ways.

    In columns of their own: within one expression the undressing would be done, and stand in the
    plan, as often as ``read`` looks at its text.
    """
    plain, bare = f"{new}_plain", f"{new}_bare"
    return (
        lines.withColumn(plain, read(F.col(text)))
        .withColumn(bare, F.when(F.col(plain).isNull(), _undressed(F.col(text), ways)))
        .withColumn(new, F.coalesce(plain, read(F.col(bare))))
        .drop(plain, bare)
    )


def _units(text: Column) -> Column:
    # So short that no digit is rounded away.
    number = F.when(text.rlike(number_forms.SHORT_NUMBER), text.try_cast("DECIMAL(30,19)"))
    rounded = number.try_cast(QUANTITY)
    exact = (rounded == number) & (F.abs(rounded) <= _INT_MAX)
    # The smallest INT has no absolute value.
    plain = F.nullif(text.try_cast("INT"), F.lit(-_INT_MAX - 1))
    return F.coalesce(plain.cast(QUANTITY), F.when(exact, rounded))


def _money(text: Column, kind: str) -> Column:
    # Spark needs hours for 1e-999999999.
    short = (
        (F.length(text) <= number_forms.LONGEST_PRICE) & ~text.contains("e") & ~text.contains("E")
    )
    return F.when(short | text.rlike(number_forms.SHORT_POWER), text.try_cast(kind))


def _plain(text: Column, form: Format) -> Column:
    """The number as Spark writes one; null where the shop does not write numbers like this."""
    if form.decimal == "." and not form.thousands:
        return text
    found = F.when(text.rlike(number_forms.number_in(form)), text)
    if form.thousands:
        found = F.regexp_replace(found, f"[{number_forms.marks(form.thousands)}]", "")
    return F.replace(found, F.lit(form.decimal), F.lit("."))


def _undressed(text: Column, ways: Replacements) -> Column:
    """The text without what stands around a number; null if too long.

    Two signs of the negative leave two, which no number has.
    """
    bare = F.when(F.length(text) <= number_forms.LONGEST_DRESSED, F.btrim(text, F.lit(BLANKS)))
    for written, meant in ways:
        bare = F.regexp_replace(bare, written, meant)
    return bare
