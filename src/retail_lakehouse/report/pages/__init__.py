"""The report's pages, in the order that people see. A page more is a module and a line here."""

from retail_lakehouse.report.pages import (
    by_name,
    overview,
    provenance,
    quality,
    recommend,
    segments,
    value,
)

PAGES = (
    overview.PAGE,
    segments.PAGE,
    recommend.PAGE,
    value.PAGE,
    by_name.PAGE,
    quality.PAGE,
    provenance.PAGE,
)
