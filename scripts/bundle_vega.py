"""Make the report's browser part: Vega, Vega-Lite and Vega-Embed in one file. Called by make vega.

It comes with the package, as bundling takes longer than making a report does, and what bundles is
a browser's engine of 90 MB.
"""

import gzip
import sys
from pathlib import Path

import vl_convert

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "src" / "retail_lakehouse" / "report" / "assets" / "vega.js.gz"
# The Vega-Lite that the pinned Altair writes for.
VEGA_LITE = "6.4"


def bundle() -> str:
    """The libraries as one script, which gives the page vegaEmbed and nothing else."""
    script: str = vl_convert.javascript_bundle(
        "window.vegaEmbed = vegaEmbed;", vl_version=VEGA_LITE
    )
    return script


def main() -> int:
    """Write the file; the same libraries give the same bytes."""
    FILE.write_bytes(gzip.compress(bundle().encode(), mtime=0))
    print(f"{FILE.relative_to(ROOT)}: {FILE.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
