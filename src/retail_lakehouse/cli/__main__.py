"""``python -m retail_lakehouse.cli``."""

from retail_lakehouse.cli import main

main()
