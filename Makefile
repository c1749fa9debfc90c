# make run: the whole pipeline. make test: lint and tests. Both prepare what they need.
.DEFAULT_GOAL := help
.PHONY: help install run test test-fast test-job test-days torture lint format dashboard preview vega tables pictures demo ui bench clean

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
HOME_DIR ?= lakehouse
SOURCE ?= uci --or-demo

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(STAMP)  ## make .venv with pinned dependencies, Java and Delta's jars

$(STAMP): requirements-build.txt requirements-dev.txt pyproject.toml scripts/install.sh
	@PYTHON="$(PYTHON)" VENV="$(VENV)" bash scripts/install.sh
	@touch $@

run: $(STAMP)  ## everything, from the workbook to segments and recommendations
	@$(BIN)/retail-lakehouse run --source $(SOURCE) --home "$(HOME_DIR)"

demo: $(STAMP)  ## the same on the demo shop, with no network, in lakehouse-demo
	@$(BIN)/retail-lakehouse run --source demo --home lakehouse-demo

ui: $(STAMP)  ## browse experiments and models
	@$(BIN)/retail-lakehouse ui --home "$(HOME_DIR)"

lint: $(STAMP)  ## ruff, mypy, import-linter, deptry
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/deptry src
	@$(BIN)/deptry tests tests/helpers benchmarks notebooks --exclude none --ignore DEP002,DEP004

format: $(STAMP)  ## let ruff format and fix
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

dashboard: $(STAMP)  ## make the dashboard's file from the queries and pages in src/dashboards
	@PYTHONPATH=src $(BIN)/python -m dashboards.build

preview: $(STAMP)  ## draw the dashboard with the tables in HOME_DIR, without a workspace
	@PYTHONPATH=src $(BIN)/python -m dashboards.preview "$(HOME_DIR)"

vega: $(STAMP)  ## make the report's browser part from the libraries that are pinned
	@$(BIN)/python scripts/bundle_vega.py

tables: $(STAMP)  ## make docs/tables.md from the contract of the tables
	@PYTHONPATH=src $(BIN)/python scripts/table_guide.py

pictures: $(STAMP)  ## take the README's pictures from the report in HOME_DIR (needs a browser)
	@$(BIN)/python scripts/screenshots.py "$(HOME_DIR)"

test: $(STAMP)  ## lint, all tests on classic Spark, and the Spark tests again on Spark Connect
	@VENV="$(VENV)" bash scripts/test.sh

test-fast: lint  ## lint, and the tests that need no Spark and no server: the inner loop
	@$(BIN)/pytest -m "no_spark and not slow" -p no:cacheprovider

test-job: $(STAMP)  ## the job for real: the wheel in clean environments, a process for each task
	@$(BIN)/pytest --job -m job -s

test-days: $(STAMP)  ## more of what follows new files: corners, and splits drawn at random
	@DAILY_EXAMPLES=20 $(BIN)/pytest --days tests/steps/test_daily.py

torture: $(STAMP)  ## kill every step again and again, and compare (takes half an hour)
	@$(BIN)/python scripts/torture.py $(TORTURE)

bench: $(STAMP)  ## the whole run against a plain script, side by side (needs WORKBOOK=path)
	@$(BIN)/python benchmarks/whole_run.py "$(WORKBOOK)"

clean:  ## remove the environment and caches (not your lakehouse)
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis dist
