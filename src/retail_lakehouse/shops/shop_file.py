"""``shop.toml``: read with every doubt named, and written so that it can be read by people."""

import sys
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from retail_lakehouse.errors import SettingsError
from retail_lakehouse.shops import values
from retail_lakehouse.shops.description import (
    Cancellation,
    Columns,
    Format,
    LineRules,
    ShopDescription,
)

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FILE_NAME = "shop.toml"
ONLINE_RETAIL, ONLINE_RETAIL_II = "online_retail", "online_retail_ii"
_LARGEST_FILE = 2**16


def read(path: Path) -> ShopDescription:
    """The description in a file; SettingsError says in one sentence what is wrong with it."""
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_FILE + 1)
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be read ({error.strerror}): give a shop's description, as 'inspect "
            "--write' makes it."
        ) from error
    if len(content) > _LARGEST_FILE:
        raise SettingsError(
            f"{path} has more than {_LARGEST_FILE:,} bytes, too many for a shop's description: "
            "give one, as 'inspect --write' makes it."
        )
    try:
        return parse(content.decode("utf-8-sig"), str(path))
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} is not UTF-8 text: save it as UTF-8.") from error


def packaged(name: str) -> ShopDescription:
    """A description that comes with the program."""
    file = f"{name}.toml"
    return parse((resources.files("retail_lakehouse.shops") / file).read_text("utf-8"), file)


def parse(text: str, name: str) -> ShopDescription:
    """The description in ``text``; ``name``: what errors call it."""
    try:
        tables = tomllib.loads(text)
    # A list in a list in a list, deep enough, is no defect of ours.
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SettingsError(f"{name} is not TOML: mend it ({_first_line(error)}).") from error
    return from_tables(tables, name)


def from_tables(tables: dict[str, Any], name: str) -> ShopDescription:
    """The description in the tables of a TOML file; ``name``: what errors call it."""
    columns = _section(tables, "columns", name)
    written = _section(tables, "format", name)
    lines = _section(tables, "lines", name)
    cancellation = _section(lines, "cancellation", name, "lines.")
    shop = _fields(tables, values.TOP, "", name) | {
        "columns": Columns(**_fields(columns, values.COLUMNS, "columns.", name)),
        "format": Format(**_fields(written, values.FORMAT, "format.", name)),
        "lines": LineRules(
            **_fields(lines, values.LINES, "lines.", name),
            cancellation=Cancellation(
                **_fields(cancellation, values.CANCELLATION, "lines.cancellation.", name)
            ),
        ),
    }
    _refuse_contradictions(shop["columns"], shop["format"], shop["lines"], name)
    return ShopDescription(**shop)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][: values.LONGEST_TEXT]


def _section(within: dict[str, Any], key: str, name: str, above: str = "") -> dict[str, Any]:
    section = within.pop(key, {})
    if not isinstance(section, dict):
        raise _wrong(name, above + key, section, "no section: write [" + above + key + "]")
    return section


def _fields(
    found: Mapping[str, Any], checks: values.Checks, above: str, name: str
) -> dict[str, Any]:
    for key in found:
        if key not in checks:
            raise SettingsError(
                f"{name} has an unknown key {above}{key}: delete it, or write one of "
                f"{', '.join(checks)}."
            )
    for key, (_, needed) in checks.items():
        if needed and key not in found:
            raise SettingsError(f"{name} lacks the key {above}{key}: add it.")
    checked = {}
    for key, value in found.items():
        try:
            checked[key] = checks[key][0](value)
        except ValueError as error:
            raise _wrong(name, above + key, value, str(error)) from error
    return checked


def _wrong(name: str, key: str, value: object, why: str) -> SettingsError:
    shown = repr(value)
    if len(shown) > values.LONGEST_TEXT:
        shown = shown[: values.LONGEST_TEXT] + "…"
    return SettingsError(f"{name}: {key} = {shown} is {why}.")


def _refuse_contradictions(columns: Columns, written: Format, lines: LineRules, name: str) -> None:
    if columns.price is None and columns.amount is None:
        raise SettingsError(
            f"{name} lacks the key columns.price: add it, or columns.amount for a line's total."
        )
    if written.decimal == written.thousands:
        raise _wrong(
            name, "format.thousands", written.thousands, "the decimal mark too: change one"
        )
    ours = [column for column in vars(columns).values() if column is not None]
    twice = next((column for column in ours if ours.count(column) > 1), None)
    if twice is not None:
        raise _wrong(name, "columns", twice, "there twice: give each of our columns its own")
    if (lines.cancellation.column is None) != (not lines.cancellation.values):
        raise SettingsError(
            f"{name}: lines.cancellation.column and lines.cancellation.values go together: write "
            "both or none."
        )
    if lines.cancellation.column in ours:
        raise _wrong(
            name, "lines.cancellation.column", lines.cancellation.column,
            "one of [columns] already: name one that is not",
        )  # fmt: skip
