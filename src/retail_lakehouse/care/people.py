"""Customers who are to be forgotten: who they are, and what is noted while it is under way."""

import json
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from retail_lakehouse.errors import SettingsError
from retail_lakehouse.landing.landed import keep_text
from retail_lakehouse.shops.forgotten import MARK, code

_UNDER_WAY = "forgetting.json"
_SHORTENED_SIGN = "E+"


@dataclass(frozen=True)
class People:
    """secrets: of each customer, by id. since: the day of their first line; None: not known."""

    secrets: Mapping[str, str]
    since: date | None = None


def asked_for(customers: Sequence[str]) -> tuple[str, ...]:
    """Ids as cleaning reads them, each once; SettingsError for one that names nobody."""
    found = []
    for written in customers:
        customer = code(written)
        if customer is None or customer.startswith(MARK):
            raise SettingsError(f"{written!r} is no customer's id: give one as the lines have it.")
        if _SHORTENED_SIGN in customer.upper() and customer[0].isdigit():
            raise SettingsError(
                f"{written!r} is a number whose last digits a spreadsheet has lost, so it names "
                "nobody: give the whole id."
            )
        found.append(customer)
    return tuple(dict.fromkeys(found))


def under_way(landing: Path) -> People | None:
    """Whom a command that was cut short was forgetting."""
    path = landing / _UNDER_WAY
    if not path.is_file():
        return None
    try:
        said = json.loads(path.read_text("utf-8"))
        since = date.fromisoformat(said["since"]) if said["since"] else None
        return People(dict(said["customers"]), since)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SettingsError(
            f"{path}, which says whom a command that was cut short was forgetting, cannot be read: "
            "remove it, and name all of them again."
        ) from error


def begin(
    landing: Path, customers: Collection[str], before: People | None, since: date | None
) -> People:
    """Note whom is to be forgotten, so that the command can go on where it was cut short."""
    made = dict(before.secrets) if before else {}
    for customer in customers:
        made.setdefault(customer, secrets.token_hex(16))
    days = [day for day in (before.since if before else None, since) if day is not None]
    people = People(made, min(days, default=None))
    said = {"customers": made, "since": people.since.isoformat() if people.since else ""}
    keep_text(landing / _UNDER_WAY, json.dumps(said, indent=1))
    return people


def finish(landing: Path) -> None:
    """Throw the secrets away: from now on nobody can tell whose a line was."""
    (landing / _UNDER_WAY).unlink(missing_ok=True)
