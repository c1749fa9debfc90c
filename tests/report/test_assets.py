"""The report's browser part comes with the package, and is what the pinned libraries make."""

import gzip
from importlib import resources

import altair
import bundle_vega
import pytest

ASSETS = resources.files("retail_lakehouse.report") / "assets"


@pytest.mark.slow
def test_the_file_is_what_make_vega_makes():
    assert gzip.decompress(bundle_vega.FILE.read_bytes()).decode() == bundle_vega.bundle()


def test_it_draws_what_altair_writes():
    assert altair.SCHEMA_VERSION.startswith(f"v{bundle_vega.VEGA_LITE}.")


def test_it_can_stand_in_a_page():
    script = gzip.decompress((ASSETS / "vega.js.gz").read_bytes()).decode()
    assert "</script" not in script.lower()
    assert "<!--" not in script
    assert "-->" not in (ASSETS / "NOTICE.txt").read_text()
    assert "\r" not in script


@pytest.mark.parametrize("owner", ["University of Washington", "Mike Bostock", "Joachim Wester"])
def test_whose_it_is_is_said(owner):
    assert owner in (ASSETS / "NOTICE.txt").read_text()
