"""Facts as one JSON document; docs/terminal.md says what its fields mean."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from typing import Any

# Of the documents: higher where a field goes, or means another thing; a new one changes nothing.
SCHEMA_VERSION = 1


def document(name: str, facts: object) -> str:
    """The facts' fields as JSON, in ASCII: nothing in it moves a terminal, nothing is lost."""
    head = {"document": name, "schema_version": SCHEMA_VERSION}
    return json.dumps({**head, **_plain(facts)}, indent=2, ensure_ascii=True, allow_nan=False)


def _plain(value: Any) -> Any:
    """As JSON has it: money as numbers, days and times in ISO 8601, no number as null."""
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(one) for one in value]
    if isinstance(value, date):  # a datetime is one, too
        return value.isoformat()
    number = float(value) if isinstance(value, Decimal) else value
    return None if isinstance(number, float) and not math.isfinite(number) else number
