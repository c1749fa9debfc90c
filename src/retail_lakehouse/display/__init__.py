"""What people see in the terminal: progress, the closing summary, one customer."""

from retail_lakehouse.display.board import console as console
from retail_lakehouse.display.commands import run as run
from retail_lakehouse.display.commands import run_backtest as run_backtest
from retail_lakehouse.display.commands import run_step as run_step
from retail_lakehouse.display.commands import run_tuning as run_tuning
from retail_lakehouse.display.customer import show_customer as show_customer
from retail_lakehouse.display.exported import export as export
from retail_lakehouse.display.json_out import progress_aside as progress_aside
from retail_lakehouse.display.lookups import show_product as show_product
from retail_lakehouse.display.lookups import show_runs as show_runs
from retail_lakehouse.display.lookups import show_segments as show_segments
from retail_lakehouse.display.lookups import show_state as show_state
from retail_lakehouse.display.rejects import load_corrected as load_corrected
from retail_lakehouse.display.rejects import show_rejects as show_rejects
from retail_lakehouse.display.rejects import write_rejects as write_rejects
from retail_lakehouse.display.summary import summarize as summarize
from retail_lakehouse.display.summary import warn_of_demo as warn_of_demo
from retail_lakehouse.display.upkeep import run_forgetting as run_forgetting
from retail_lakehouse.display.upkeep import run_maintenance as run_maintenance
