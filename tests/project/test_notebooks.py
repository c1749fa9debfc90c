"""The notebooks as they lie in the repository, and as a learner runs them from top to bottom."""

import ast
import importlib.util
import json
import os
import re
import subprocess
import sys
from itertools import pairwise

import pytest

from asset_bundle import ROOT

FOLDER = ROOT / "notebooks"
NAMES = ("quickstart", "data_quality", "segments", "recommendations", "value", "your_own_shop")
BOOKS = {name: json.loads((FOLDER / f"{name}.ipynb").read_text()) for name in NAMES}
LOGIC = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)

# What a notebook server does, without the server: the code cells in order, in one namespace.
RUN = """
import json, sys
with open(sys.argv[1]) as file:
    cells = json.load(file)["cells"]
space = {"__name__": "__main__"}
for number, cell in enumerate(cells):
    if cell["cell_type"] == "code":
        exec(compile("".join(cell["source"]), f"cell {number}", "exec"), space)
import matplotlib.pyplot as plt
print("figures:", len(plt.get_fignums()))
"""

each_book = pytest.mark.parametrize("name", NAMES)


def sources(name, kind="code"):
    return ["".join(c["source"]) for c in BOOKS[name]["cells"] if c["cell_type"] == kind]


def test_the_notebooks_are_those_checked_here():
    assert {path.name for path in FOLDER.glob("*.ipynb")} == {f"{name}.ipynb" for name in NAMES}


@each_book
def test_notebook_is_of_format_4_5(name):
    book = BOOKS[name]
    assert (book["nbformat"], book["nbformat_minor"]) == (4, 5)
    assert set(book) == {"cells", "metadata", "nbformat", "nbformat_minor"}
    ids = [cell["id"] for cell in book["cells"]]
    assert len(set(ids)) == len(ids)
    for cell in book["cells"]:
        wanted = {"cell_type", "id", "metadata", "source"}
        if cell["cell_type"] == "code":
            wanted |= {"execution_count", "outputs"}
        assert set(cell) == wanted


@each_book
def test_outputs_are_cleared(name):
    for cell in BOOKS[name]["cells"]:
        assert cell.get("outputs", []) == []
        assert cell.get("execution_count") is None


@each_book
def test_logic_is_in_the_package(name):
    for source in sources(name):
        assert [node for node in ast.walk(ast.parse(source)) if isinstance(node, LOGIC)] == []


@each_book
def test_what_it_imports_of_the_package_is_there(name):
    """A whole run of the notebooks is minutes, and only made when asked for."""
    trees = [ast.parse(source) for source in sources(name)]
    imports = [n for tree in trees for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)]
    ours = [node for node in imports if (node.module or "").startswith("retail_lakehouse")]
    assert ours
    for node in ours:
        module = importlib.import_module(str(node.module))
        for alias in node.names:
            whole = f"{node.module}.{alias.name}"
            assert hasattr(module, alias.name) or importlib.util.find_spec(whole), whole


@each_book
def test_every_code_cell_is_explained_before(name):
    cells = BOOKS[name]["cells"]
    assert cells[0]["cell_type"] == "markdown"
    for before, cell in pairwise(cells):
        if cell["cell_type"] == "code":
            assert before["cell_type"] == "markdown"


@each_book
def test_first_code_cell_sees_colab_databricks_and_a_laptop(name):
    first = sources(name)[0]
    assert first == sources("quickstart")[0]
    for sign in ("COLAB_RELEASE_TAG", "DATABRICKS_RUNTIME_VERSION", "pyproject.toml"):
        assert sign in first


@each_book
def test_names_from_data_are_shown_as_plain_text(name):
    """A notebook takes dollars for formulas, and shows what turns the direction of writing."""
    shown = [source for source in sources(name) if re.search(r"description|stock_code,", source)]
    shown = [source for source in shown if "plt.show()" not in source and "toPandas()" in source]
    assert bool(shown) == (name in ("data_quality", "recommendations"))
    for source in shown:
        if not re.search(r"^\w+ = top\.pivot", source, re.MULTILINE):  # numbers, not shown
            assert re.fullmatch(r"plain_frame\(\w+\)", source.splitlines()[-1])
            assert "pd.options.display.html.use_mathjax = False" in source


@each_book
def test_it_shows_pictures(name):
    assert sum("plt.show()" in source for source in sources(name)) >= 1


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("notebooks") / "home"


@pytest.mark.job
@each_book
def test_notebook_runs_from_top_to_bottom_on_the_demo_shop(name, home):
    # In their order: the first makes the run that the others look at.
    environment = {**os.environ, "RETAIL_LAKEHOUSE_HOME": str(home), "MPLBACKEND": "Agg"}
    environment.pop("SPARK_REMOTE", None)
    answer = subprocess.run(
        [sys.executable, "-c", RUN, f"{name}.ipynb"],
        cwd=FOLDER,
        capture_output=True,
        text=True,
        timeout=900,
        env=environment,
    )
    assert answer.returncode == 0, answer.stderr
    assert "figures: 0" not in answer.stdout
    assert (home / "warehouse").is_dir()
