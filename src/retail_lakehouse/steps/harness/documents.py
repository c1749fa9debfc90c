"""Files for people that steps write: whole or not at all, each with what it was made from."""

import re
from pathlib import Path

from retail_lakehouse.assets import DOCUMENTS, Document
from retail_lakehouse.errors import SettingsError
from retail_lakehouse.landing.landed import PART, keep_text
from retail_lakehouse.settings import Settings

# The volume in gold for them, on a catalog.
VOLUME = "report"
_HEAD = 4_096
_MADE_FROM = re.compile(r'<meta name="made-from" content="([0-9a-f]*)">')


def folder_of(settings: Settings) -> Path:
    """The folder of documents: the home, or a volume beside gold's tables."""
    if settings.catalog is None:
        return settings.home
    return Path(f"/Volumes/{settings.catalog}/{settings.schema_prefix}gold/{VOLUME}")


def path_of(settings: Settings, document: Document) -> Path:
    """Where the document is."""
    return folder_of(settings) / document.file


def made_from(path: Path) -> str:
    """What the document was made from, as it says at its beginning; empty where it says nothing."""
    if not path.is_file():
        return ""
    with path.open(encoding="utf-8", errors="replace") as file:
        said = _MADE_FROM.search(file.read(_HEAD))
    return said[1] if said else ""


def write(settings: Settings, document: Document, text: str) -> Path:
    """Put the text in the place of an older one; where that fails, the older one stays.

    SettingsError where a catalog has no volume for it.
    """
    path = path_of(settings, document)
    if settings.catalog is not None and not path.parent.is_dir():
        raise SettingsError(
            f"There is no volume {path.parent} for {document.file}: deploy the bundle, which makes "
            "it, or create it in Unity Catalog."
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    keep_text(path, text)
    return path


def remove_all(settings: Settings) -> list[Path]:
    """Remove every document, and what a killed process left of one; the documents that were."""
    paths = [path_of(settings, document) for document in DOCUMENTS]
    there = [path for path in paths if path.is_file()]
    for path in paths:
        path.unlink(missing_ok=True)
    clear_parts(folder_of(settings))
    return there


def clear_parts(folder: Path) -> None:
    """Remove what a killed process left of a document."""
    for document in DOCUMENTS:
        (folder / f"{document.file}{PART}").unlink(missing_ok=True)
