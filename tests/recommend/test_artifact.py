"""The recommender's artifact: what is kept comes back whole, and nothing else is let in."""

import io
import json
import pickle
import sys
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retail_lakehouse.arrays import npz
from retail_lakehouse.errors import OtherVersionError
from retail_lakehouse.recommend.model import Recommender
from retail_lakehouse.recommend.ranking.feature_columns import FOR_YOU
from retail_lakehouse.recommend.ranking.ranker import BLEND
from toy_shop import CUT, NAMES, SETTINGS, catalogue, purchases, shop, trained_on

pytestmark = pytest.mark.slow

ONE_SENTENCE = (
    r"\AThis recommender cannot be used \([ -~]+\): train one with this version of the program "
    r"\(step 'train-recommender'\)\.\Z"
)


@pytest.fixture(scope="module")
def made():
    customers = shop()
    return Recommender(catalogue(customers), NAMES, trained_on(customers), SETTINGS)


@pytest.fixture(scope="module")
def content(made):
    return made.to_bytes()


def unpacked(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(members):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    return target.getvalue()


def npy(array, **options):
    target = io.BytesIO()
    np.save(target, array, **options)
    return target.getvalue()


def changed(content, name, change):
    """The content with one array changed."""
    members = unpacked(content)
    array = np.load(io.BytesIO(members[f"{name}.npy"]))
    return packed({**members, f"{name}.npy": npy(change(array))})


def rewritten(content, **values):
    """The content with other values in its page; a function gets the value that was there."""
    members = unpacked(content)
    page = json.loads(members["model.json"])
    for name, value in values.items():
        page[name] = value(page[name]) if callable(value) else value
    return packed({**members, "model.json": json.dumps(page)})


def refused(content):
    with pytest.raises(OtherVersionError, match=ONE_SENTENCE) as error:
        Recommender.from_bytes(content)
    return str(error.value)


def same_matrices(one, other):
    for left, right in ((one.data, other.data), (one.indices, other.indices)):
        assert left.dtype == right.dtype
        assert np.array_equal(left, right)
    assert np.array_equal(one.indptr, other.indptr)
    assert one.shape == other.shape


def test_what_is_kept_comes_back_whole(made, content):
    found = Recommender.from_bytes(content)
    assert (found.names, found.settings) == (made.names, made.settings)
    for part in ("factors", "stats"):
        kept, there = (vars(getattr(one.catalogue, part)) for one in (made, found))
        assert kept.keys() == there.keys()
        for name, value in kept.items():
            if isinstance(value, np.ndarray):
                assert np.array_equal(there[name], value, equal_nan=True)
            else:
                assert there[name] == value
    assert np.array_equal(found.catalogue.rebuying, made.catalogue.rebuying)
    for name, matrix in vars(made.catalogue.affinity).items():
        same_matrices(matrix, getattr(found.catalogue.affinity, name))
    # And so do its lists, and the artifact made of it.
    bought = purchases(shop()[:6])
    lists = [one.lists(np.arange(6), bought) for one in (made, found)]
    assert lists[0].equals(lists[1])
    assert found.to_bytes() == content


def test_a_champion_of_before_the_rooms_loads_and_is_kept_again_as_it_was():
    """The program kept it at commit 7e7870a, by the names that things had then."""
    old = (Path(__file__).parent / "champion_before_rooms.npz").read_bytes()
    loaded = Recommender.from_bytes(old)
    assert (loaded.names, loaded.settings, loaded.cut) == (NAMES, SETTINGS, CUT)
    customers = shop()
    lists = loaded.lists(np.arange(len(customers)), purchases(customers))
    assert set(lists["list"]) == {"for_you", "discover", "buy_again"}
    # Its rankers read the features that there were, wherever these stand today.
    for ranker, width in ((loaded.rankers.discover, 27), (loaded.rankers.for_you, 35)):
        names = [FOR_YOU[column].value for column in ranker.reads]
        assert len(names) == width
        assert not {"nearest", "last_day", "own_of_best", "own_rebuying"} & set(names)
    was, again = unpacked(old), unpacked(loaded.to_bytes())
    pages = [json.loads(members.pop("model.json")) for members in (was, again)]
    assert was == again
    for page in pages:
        page.pop("libraries")
        page.pop("program")
    assert pages[0] == pages[1]


def test_numpy_reads_the_arrays_and_people_the_page(content):
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        assert {"factors", "together.data", "discover.value"} < set(arrays.files)
    page = json.loads(unpacked(content)["model.json"])
    assert page["format"] == 2
    assert set(page["libraries"]) == {"numpy", "scikit-learn", "scipy"}
    # Nothing in it knows how a module of this package is called today.
    assert all(b"retail_lakehouse" not in member for member in unpacked(content).values())


def test_a_shop_too_young_for_rankers_keeps_the_blend(made):
    young = Recommender(made.catalogue, made.names, BLEND, made.settings)
    assert Recommender.from_bytes(young.to_bytes()).rankers is BLEND


RAN = "a pickle in an artifact ran"


class Bomb:
    """Unpickling it writes into sys.modules, as a stranger's would do worse."""

    def __reduce__(self):
        return exec, (f"import sys; sys.modules[{RAN!r}] = None",)


def test_a_pickle_never_runs(content):
    members = unpacked(content)
    bomb = pickle.dumps(Bomb())
    objects = npy(np.array([Bomb()], dtype=object), allow_pickle=True)
    refused(bomb)
    refused(content + bomb)
    for name in members:
        refused(packed({**members, name: bomb}))
        refused(packed({**members, name: objects}))
    # One more member is nobody's business.
    Recommender.from_bytes(packed({**members, "more.npy": objects}))
    assert RAN not in sys.modules
    # It would have run.
    pickle.loads(bomb)
    assert sys.modules.pop(RAN, 0) is None


def test_the_artifact_of_the_first_releases_is_refused_unread():
    joblib = pytest.importorskip("joblib")
    old = io.BytesIO()
    joblib.dump({"features": (), "bomb": Bomb()}, old, compress=3)
    assert "no zip of arrays" in refused(old.getvalue())
    assert RAN not in sys.modules


@pytest.mark.parametrize("cut", [0, 1, 21, 400, -1, -22, -300])
def test_a_cut_off_file_is_refused(content, cut):
    refused(content[:cut])


@pytest.mark.parametrize("text", [b"", b"{}", b"<!DOCTYPE html>", b"\0" * 100, b"PK\5\6" * 9])
def test_what_is_no_archive_is_refused(text):
    refused(text)


def test_a_missing_member_is_refused(content):
    members = unpacked(content)
    for name in members:
        found = refused(packed({key: value for key, value in members.items() if key != name}))
        assert f"it holds no {name}" in found


PAGES = {
    "format": [0, 1, 3, "2", None, [2]],
    "features": [[], ["age"], None, lambda names: names[::-1]],
    "settings": [None, [], {"top_n": "10"}, {"top_n": 1.5}, {"top_n": True}, {"top_n": -1},
                 {"half_life_days": 0.0}, {"half_life_days": 1e999}, {"alpha": "1"}],
    "cut": [-1, 1.5, 10**12, "1000", None],
    "alpha": [-1, "1", None],
    "regularization": [0, -0.1, None],
    "rank": [0, 3, -1, 10**9, "2"],
    "words": [-1, 0, 2**31 - 1, 10**20],
    "stock_codes": [[], None, "20000", lambda codes: codes[:-1], lambda codes: [*codes, "1"],
                    lambda codes: [codes[0]] * len(codes), lambda codes: [*codes[:-1], 1]],
    "names": [[], None, lambda names: names[:-1], lambda names: [*names[:-1], 1]],
    "countries": [[], ["France", "Peru"], [1], None],
    "rankers": [{}, [], {"discover": None, "for_you": None}, "none",
                lambda both: {"discover": both["discover"]},
                lambda both: {**both, "for_you": {"kept": 0, "baseline": 0.0}},
                lambda both: {**both, "for_you": {"kept": 2, "baseline": 0.0}},
                lambda both: {**both, "for_you": {"kept": 1, "baseline": 1e999}}],
}  # fmt: skip


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, some in PAGES.items() for v in some])
def test_a_page_that_says_something_else_is_refused(content, name, value):
    refused(rewritten(content, **{name: value}))
    members = unpacked(content)
    page = {key: value for key, value in json.loads(members["model.json"]).items() if key != name}
    assert f"it lacks '{name}'" in refused(packed({**members, "model.json": json.dumps(page)}))


@pytest.mark.parametrize("page", [b"[]", b"1", b"\xff", b'{"format": NaN}', b"[" * 100_000, b""])
def test_a_page_that_is_none_is_refused(content, page):
    refused(packed({**unpacked(content), "model.json": page}))


def put(place, value):
    def change(array):
        array[place] = value
        return array

    return change


def wrapped(starts):
    """Lead out of the array, though each minus the one before is above 0 in 64 bits."""
    around = np.array([0, 2**62, 2**63 - 1, -(2**63) + 1, -(2**62), -1, starts[-1]])
    assert (np.diff(around) > 0).all()
    return around


def wrapped_rows(starts):
    """As many as there were."""
    return np.concatenate([wrapped(starts), np.full(len(starts) - 7, starts[-1])])


ARRAYS = [
    *((name, put(0, np.inf)) for name in ("age", "idle", "price", "total", "sales_30")),
    *((name, put(0, -1.0)) for name in ("age", "price", "total", "newcomers", "rebuying")),
    ("rebuying", lambda a: a[:, :-1]),
    *((name, put((0, 0), np.nan)) for name in ("factors", "by_country")),
    *((name, lambda a: a[:-1]) for name in ("age", "factors", "by_country", "discover.left")),
    *((name, lambda a: a.astype(np.float32)) for name in ("age", "factors", "discover.value")),
    *((name, lambda a: a[None]) for name in ("age", "together.data", "for_you.starts")),
    ("factors", np.asfortranarray),
    ("factors", lambda a: a.astype(">f8")),
    # SciPy would read beside its memory.
    *((f"{name}.starts", put(-1, 10**9)) for name in ("together", "both", "words")),
    *((f"{name}.starts", put(0, 1)) for name in ("together", "lately", "codes")),
    *((f"{name}.starts", put(3, 10**9)) for name in ("together", "lately", "codes")),
    *((f"{name}.columns", put(0, 10**6)) for name in ("together", "lately", "codes", "words")),
    *((f"{name}.columns", put(0, -1)) for name in ("together", "both", "codes", "words")),
    ("together.data", put(0, np.nan)),
    # So would scikit-learn, or walk round and round.
    *(("discover.left", put(0, node)) for node in (0, 1000, 2**32 - 1)),
    *(("for_you.right", put(0, node)) for node in (0, 1000, 2**32 - 1)),
    ("discover.feature_idx", put(0, 31)),
    ("for_you.feature_idx", put(0, 65535)),
    ("discover.is_leaf", lambda a: np.zeros_like(a)),
    ("discover.value", put(-1, np.nan)),
    ("discover.value", put(-1, np.inf)),
    ("for_you.num_threshold", put(0, np.nan)),
    ("for_you.starts", put(0, 1)),
    ("for_you.starts", put(-1, 10**9)),
    ("for_you.starts", put(1, -5)),
    ("for_you.starts", lambda a: a[:1]),
    ("for_you.starts", lambda a: a[:0]),
    # Whose differences wrap round.
    *((f"{name}.starts", wrapped_rows) for name in ("together", "both", "lately", "codes")),
    *((f"{name}.starts", wrapped) for name in ("discover", "for_you")),
]


@pytest.mark.parametrize(("name", "change"), ARRAYS, ids=[name for name, _ in ARRAYS])
def test_an_array_that_lists_could_not_rely_on_is_refused(content, name, change):
    refused(changed(content, name, change))


def test_an_array_longer_than_its_member_is_refused_before_memory_is_asked_for(content):
    members = unpacked(content)
    short = members["together.data.npy"]
    size = len(np.load(io.BytesIO(short)))
    true, told = (f"({length},), }}".encode().ljust(40) for length in (size, 10**12))
    assert true in short
    found = refused(packed({**members, "together.data.npy": short.replace(true, told)}))
    assert "together.data is cut off" in found


def peak(work):
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_zip_bomb_is_not_unpacked(content, monkeypatch):
    members = unpacked(content)
    big = npy(np.zeros(30_000_000))
    bomb = packed({**members, "age.npy": big})
    assert len(bomb) < 2**20
    size = len(big).to_bytes(4, "little")
    lying = bomb.replace(size, (400).to_bytes(4, "little"))
    assert lying != bomb
    monkeypatch.setattr(npz, "MAX_UNPACKED", 2**20)
    del big
    for archive in (bomb, lying):
        assert peak(lambda archive=archive: refused(archive)) < 30 * 2**20


def test_too_large_a_file_and_too_many_members_are_not_looked_at(content, monkeypatch):
    many = packed({f"{number}": b"" for number in range(2000)})
    assert "too many members" in refused(many)
    monkeypatch.setattr(npz, "MAX_BYTES", len(content) - 1)
    assert "more than" in refused(content)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_whatever_is_changed_ends_with_the_sentence_or_a_model(content, data):
    damaged = bytearray(content)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        Recommender.from_bytes(bytes(damaged))
    except OtherVersionError:
        return


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_whatever_stands_in_an_array_ends_with_the_sentence_or_a_model(content, data):
    members = unpacked(content)
    name = data.draw(st.sampled_from(sorted(members)))
    member = bytearray(members[name])
    for _ in range(data.draw(st.integers(1, 4))):
        member[data.draw(st.integers(0, len(member) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = Recommender.from_bytes(packed({**members, name: bytes(member)}))
    except OtherVersionError:
        return
    found.lists(np.arange(2), purchases(shop()[:2]))


COMMON = "sklearn.ensemble._hist_gradient_boosting.common"
PREDICTOR = "sklearn.ensemble._hist_gradient_boosting.predictor"


def test_another_scikit_learn_is_found_out(content, monkeypatch):
    """Its module gone, a field gone, or another call."""
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, PREDICTOR, None)
        refused(content)
    with monkeypatch.context() as patch:
        patch.setattr(f"{COMMON}.PREDICTOR_RECORD_DTYPE", np.dtype([("value", "<f8")]))
        refused(content)
    with monkeypatch.context() as patch:
        patch.setattr(f"{PREDICTOR}.TreePredictor.predict", lambda self, features: features)
        refused(content)
