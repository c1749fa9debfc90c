"""How large the parts of the program may be, and how they may lean on each other."""

import ast
from functools import cache
from pathlib import Path
from statistics import median

import pytest

PACKAGE = Path(__file__).parents[2] / "src" / "retail_lakehouse"
RECOMMEND = PACKAGE / "recommend"

MOST_MODULES = 10
MOST_LINES = 250
LONGEST_FUNCTION = 45
MEDIAN_FUNCTION = 8
MOST_FLOORS = 10
# What one word stands for in several rooms: a layer or a thing of each of them.
SHARED_NAMES = {
    "card",
    "gold",
    "model",
    "pictures",
    "quality",
    "recommend",
    "segments",
    "silver",
    "training",
    "value",
}
NEEDS_SPARK = {
    "candidates/als.py",
    "data/loader.py",
    "inference/batch.py",
    "training.py",
}


@cache
def parsed(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def modules(folder=PACKAGE):
    return sorted(folder.rglob("*.py"))


def name_of(path, folder=PACKAGE):
    return path.relative_to(folder).as_posix()


def functions():
    for path in modules():
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{name_of(path)} {node.name}", node.end_lineno - node.lineno + 1


def imported(path):
    """Full names of what a module imports, wherever it does; those of a package's parts too."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_no_folder_holds_more_modules_than_an_eye_takes_in():
    sizes = {}
    for path in modules():
        if path.name != "__init__.py":
            folder = name_of(path.parent)
            sizes[folder] = sizes.get(folder, 0) + 1
    assert {folder: n for folder, n in sizes.items() if n > MOST_MODULES} == {}


def test_no_module_is_longer_than_a_few_screens():
    lengths = {name_of(path): len(path.read_text("utf-8").splitlines()) for path in modules()}
    assert {name: n for name, n in lengths.items() if n > MOST_LINES} == {}


def test_functions_are_short():
    lengths = list(functions())
    assert [f for f in lengths if f[1] > LONGEST_FUNCTION] == []
    assert median(length for _, length in lengths) <= MEDIAN_FUNCTION


def test_a_module_name_means_one_thing():
    seen, twice = set(), set()
    for path in modules():
        if path.name != "__init__.py":
            (twice if path.stem in seen else seen).add(path.stem)
    assert twice <= SHARED_NAMES


def test_the_recommender_has_no_more_floors_than_a_tall_house():
    """The longest chain of its modules that import each other."""
    paths = {
        ".".join(("retail_lakehouse", *path.relative_to(PACKAGE).with_suffix("").parts)): path
        for path in modules(RECOMMEND)
        if path.name != "__init__.py"
    }

    @cache
    def floor(module):
        below = {name for name in imported(paths[module]) if name in paths and name != module}
        return 1 + max(map(floor, below), default=0)

    tallest = max(paths, key=floor)
    assert floor(tallest) <= MOST_FLOORS, tallest


def test_only_four_modules_of_the_recommender_need_spark():
    found = {
        name_of(path, RECOMMEND)
        for path in modules(RECOMMEND)
        if any(name.split(".")[0] == "pyspark" for name in imported(path) if name)
    }
    assert found == NEEDS_SPARK


@pytest.mark.parametrize("word", ["found", "one", "place"])
def test_the_recommenders_locals_say_what_they_hold(word):
    named = [
        f"{name_of(path)}:{node.lineno}"
        for path in modules(RECOMMEND)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id == word
    ]
    assert named == []
