"""Requests for recommendations: what is answered, what is refused, and with which reason."""

import asyncio
import json
import math
from datetime import date, datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlflow.exceptions import MlflowException

from local_home import recommender
from retail_lakehouse.arrays.request_error import RequestError
from retail_lakehouse.recommend.data.purchases import Purchases
from retail_lakehouse.recommend.inference import request_columns
from retail_lakehouse.recommend.inference.online import Request, answer
from retail_lakehouse.serving import app, parsing
from retail_lakehouse.serving.recommendations import RecommenderPyfunc
from retail_lakehouse.serving.segments import SegmentPyfunc
from retail_lakehouse.serving.specs import RECOMMENDER_MODEL
from segment_models import TWO
from toy_shop import CODES

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def model():
    return recommender()


def asked(model, message, **params):
    """Status and content of the answer to a message."""
    if params:
        message = {**message, "params": params}
    reply = app.reply_to(
        model, message if isinstance(message, bytes) else json.dumps(message).encode()
    )
    return reply.status, json.loads(reply.content)


def records(*rows, **params):
    return {"dataframe_records": list(rows)} | ({"params": params} if params else {})


def refusal(model, message, **params):
    status, content = asked(model, message, **params)
    assert status == 400
    assert set(content) == {"error_code", "message"}
    reason = content["message"]
    assert len(reason.splitlines()) == 1
    assert len(reason) < 300
    assert "Traceback" not in reason
    return reason


CUP = {"stock_code": CODES[0]}


def test_an_answer_has_the_rows_that_the_model_makes(model):
    rows = [
        {**CUP, "customer_id": 5},
        {"stock_code": CODES[7], "customer_id": 9},
        {**CUP, "customer_id": 2},
    ]
    status, content = asked(model, records(*rows), n=3, list="all")
    assert status == 200
    expected = answer(model, pd.DataFrame(rows), Request(n=3, list="all"))
    found = pd.DataFrame(content["predictions"])
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)


FORMS = [
    {"dataframe_records": [CUP, {"stock_code": CODES[1], "quantity": 2}]},
    {"dataframe_split": {"columns": ["stock_code", "quantity"],
                         "data": [[CODES[0], None], [CODES[1], 2]]}},
    {"dataframe_split": {"columns": ["quantity", "x", "stock_code"], "index": [0, 1],
                         "data": [[1, 0, CODES[0]], [2.0, [], CODES[1]]]}},
    {"inputs": {"stock_code": [CODES[0], CODES[1]], "quantity": [None, 2], "more": 1}},
    {"instances": [CUP, {"stock_code": CODES[1], "other": {}}]},
    {"dataframe_records": [dict.fromkeys(parsing.COLUMNS) | CUP,
                           dict.fromkeys(parsing.COLUMNS) | {"stock_code": CODES[1]}]},
]  # fmt: skip


@pytest.mark.parametrize("message", FORMS)
def test_every_form_of_a_request_and_null_say_the_same(model, message):
    expected = asked(model, {"dataframe_records": [CUP, {"stock_code": CODES[1]}]})
    assert expected[0] == 200
    assert asked(model, message) == expected
    # A parameter that is null is one that is left out.
    assert asked(model, message, n=None, list=None, exclude=None) == expected


def test_the_columns_are_those_of_the_registered_model():
    assert tuple(RECOMMENDER_MODEL.inputs) == parsing.COLUMNS


def test_no_rows_get_no_lists(model):
    assert asked(model, {"inputs": {"stock_code": []}}) == (200, {"predictions": []})


def test_a_code_may_be_a_number_and_null_tells_nothing(model):
    assert asked(model, records({"stock_code": int(CODES[0])})) == asked(model, records(CUP))
    nobody = asked(model, records({"stock_code": None}))
    assert nobody == asked(model, records({"stock_code": "99999"}))
    assert nobody[0] == 200


def test_ids_keep_all_their_digits(model):
    ids = [2**63 - 1, -(2**63), 2**53 + 1, 2**200, "CG-12520"]
    _, content = asked(model, records(*({**CUP, "customer_id": one} for one in ids)), n=1)
    assert [row["customer_id"] for row in content["predictions"]] == sorted(map(str, ids))


BAD = [
    (b"", "The request is not JSON"),
    (b"\xff\xfe\x00", "The request is not JSON"),
    (b"{", "The request is not JSON"),
    (b"[" * 100_000, "The request is nested too deep."),
    (b'{"inputs": {"stock_code": ["1"], "quantity": [' + b"9" * 5000 + b"]}}", "The request "),
    (b'{"dataframe_records": [{"stock_code": "1", "unit_price": NaN}]}', "NaN is no number."),
    (b'{"dataframe_records": [{"stock_code": "1", "unit_price": Infinity}]}', "Infinity is no"),
    ([], "an object with one of dataframe_records, dataframe_split, inputs, instances"),
    ({}, "an object with one of"),
    ({"inputs": [CUP], "instances": [CUP]}, "an object with one of"),
    ({"inputs": 5}, "a list of objects, or an object of columns"),
    ({"inputs": [CUP, 5]}, "Every row must be an object"),
    ({"inputs": {"stock_code": "1"}}, "Every column must be a list."),
    ({"inputs": {"stock_code": ["1"], "quantity": []}}, "must be of one length"),
    ({"inputs": [{"quantity": 1}]}, "stock_code is missing: give it, and any of customer_id, "),
    ({"inputs": []}, "stock_code is missing"),
    ({"dataframe_split": {"columns": ["stock_code"], "data": [["1", 2]]}}, "Every row of data"),
    ({"dataframe_split": {"columns": ["stock_code"] * 2, "data": []}}, "stock_code twice"),
    ({"dataframe_split": {"columns": "stock_code", "data": []}}, "columns and data must be lists"),
    *((records({**CUP, "quantity": value}), f"quantity is {shown} in row 0: give")
      for value, shown in ((0, "0"), (-3, "-3"), (-0.5, "-0.5"), ("6", "'6'"), (True, "True"),
                           ([1], "a list"))),
    *((records(CUP, {**CUP, "customer_id": value}), f"customer_id is {shown} in row 1: give a")
      for value, shown in ((0.5, "0.5"), ({}, "a dict"), (False, "False"))),
    *((records({**CUP, "unit_price": value}), f"unit_price is {shown} in row 0: give a finite")
      for value, shown in (("2.55", "'2.55'"), (10**400, "1" + "0" * 39 + "…"), ([], "a list"))),
    (b'{"inputs": {"stock_code": ["1"], "unit_price": [1e999]}}', "unit_price is inf in row 0"),
    (b'{"inputs": {"stock_code": ["1"], "unit_price": [-1e999]}}', "unit_price is -inf in row 0"),
    (b'{"inputs": {"stock_code": ["1"], "customer_id": [1e999]}}', "customer_id is inf in row 0"),
    *((records({**CUP, "invoice_date": value}), f"invoice_date is {shown} in row 0: give local")
      for value, shown in (("soon", "'soon'"), ("2011-13-01", "'2011-13-01'"), (5, "5"), ("", "''"),
                           ("2011-12-09T12:00:00+00:00", "'2011-12-09T12:00:00+00:00'"))),
    *((records({"stock_code": value}), f"stock_code is {shown} in row 0: give a text")
      for value, shown in ((1.5, "1.5"), ([], "a list"), (True, "True"))),
    (records({**CUP, "country": {"name": "France"}}), "country is a dict in row 0"),
    (records({**CUP, "invoice": [1]}), "invoice is a list in row 0"),
    (records({"stock_code": [0], "country": "\x1b[2J"}), "stock_code is a list"),
    (records({**CUP, "quantity": "\x1b[2J\u202e"}), r"quantity is '\x1b[2J\u202e' in row 0"),
    *((records(CUP, n=value), f"n is {shown}: ask for")
      for value, shown in ((-1, "-1"), (1.0, "1.0"), ("5", "'5'"), (True, "True"), ([], "a list"))),
    (records(CUP, list="best"), "list is 'best': ask for one of for_you, discover, buy_again, al"),
    (records(CUP, list="x" * 5000), "list is 'xxx"),
    (records(CUP, list=5), "list is 5: give the name of a list."),
    *((records(CUP, exclude=value), "exclude must be a list of stock codes.")
      for value in ("20000", [1], {}, [None])),
    (records(CUP, size=5), "params must be an object of n, list, exclude."),
    ({"inputs": [CUP], "params": [5]}, "params must be an object of n, list, exclude."),
]  # fmt: skip


@pytest.mark.parametrize(("message", "words"), BAD)
def test_a_bad_request_is_answered_with_the_reason(model, message, words):
    assert words in refusal(model, message)


def test_a_request_has_bounds(model):
    rows = [CUP] * parsing.MAX_ROWS
    assert asked(model, {"inputs": rows}, n=1)[0] == 200
    strangers = [{**CUP, "customer_id": i} for i in range(parsing.MAX_CUSTOMERS + 1)]
    more = {
        "rows": {"inputs": [*rows, CUP]},
        "customers": {"inputs": strangers},
        "products to a list": {"inputs": [CUP], "params": {"n": parsing.MAX_N + 1}},
        "codes to exclude": {"inputs": [CUP], "params": {"exclude": ["1"] * 1001}},
        "products to list": {"inputs": strangers[:500], "params": {"n": 21, "list": "all"}},
    }
    for what, message in more.items():
        assert f" {what}: ask for " in refusal(model, message)
    columns_ = {"inputs": {"stock_code": [CODES[0]] * (parsing.MAX_ROWS + 1)}}
    split = {"dataframe_split": {"columns": ["stock_code"], "data": [["1"]] * 20_001}}
    for message in (columns_, split):
        assert "20,001 rows: ask for 20,000 at most." in refusal(model, message)
    most = {"inputs": strangers[: parsing.MAX_CUSTOMERS]}
    assert len(asked(model, most, n=2)[1]["predictions"]) == 2 * parsing.MAX_CUSTOMERS


def test_who_is_known_is_looked_up_once_and_not_for_each_customer(model, monkeypatch):
    walks = []

    class Watched(np.ndarray):
        def __iter__(self):
            walks.append(1)
            return super().__iter__()

    def of_lines(lines):
        ids, purchases = of_lines.true(lines)
        return ids.view(Watched), purchases

    of_lines.true = Purchases.of_lines
    monkeypatch.setattr(Purchases, "of_lines", of_lines)
    rows = pd.DataFrame({"stock_code": [CODES[0], ""] * 20, "customer_id": range(40)})
    assert answer(model, rows, Request(n=1))["customer_id"].nunique() == 40
    assert len(walks) <= 1


def test_a_defect_is_no_bad_request_and_tells_nothing(model, monkeypatch, caplog):
    def broken(*_):
        raise ValueError("in /home/somebody")

    monkeypatch.setattr(app, "answer", broken)
    status, content = asked(model, records(CUP))
    assert status == 500
    assert content["message"] == "The request could not be answered: see the server's messages."
    assert "in /home/somebody" in caplog.text


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from([*parsing.COLUMNS, *CODES, "inputs", "all"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["stock_code", "quantity", "columns", "data"]), inner),
    max_leaves=8,
)  # fmt: skip


@given(
    st.lists(
        st.dictionaries(st.sampled_from(parsing.COLUMNS), json_values | st.just(CODES[0])),
        max_size=4,
    )
    | json_values,
    st.dictionaries(st.sampled_from(["n", "list", "exclude"]), json_values) | json_values,
)
@settings(max_examples=150, deadline=None)
def test_whatever_is_asked_is_answered_or_refused(model, rows, params):
    body = json.dumps({"inputs": rows, "params": params}).encode()
    assert app.reply_to(model, body).status in (200, 400)


def test_a_frame_of_other_types_is_read_as_well():
    """As a caller in Python gives it: pandas' and NumPy's types, decimals, dates."""
    frame = pd.DataFrame(
        {
            "quantity": pd.array([1, None], dtype="Int64"),
            "customer_id": np.array([7.0, np.nan]),
            "unit_price": [Decimal("2.55"), Decimal("NaN")],
            "stock_code": pd.array(["A", None], dtype="string"),
            "invoice_date": [date(1970, 1, 3), datetime(1970, 1, 4, 23, 59)],
            "moment": pd.to_datetime(["1970-01-02 10:00", None]),
            "exact": np.array([2**63 - 1, 5]),
        }
    )
    quantity = request_columns.number(frame, "quantity").tolist()
    assert quantity[0] == 1
    assert math.isnan(quantity[1])
    assert request_columns.identity(frame, "customer_id", "0") == ["7", "0"]
    assert request_columns.identity(frame, "exact", "0") == [str(2**63 - 1), "5"]
    assert request_columns.identity(frame, "missing", "3") == ["3", "3"]
    price = request_columns.number(frame, "unit_price").tolist()
    assert price[0] == 2.55
    assert math.isnan(price[1])
    assert request_columns.text(frame, "stock_code") == ["A", ""]
    assert request_columns.days(frame, "invoice_date", 0).tolist() == [2, 3]
    assert request_columns.days(frame, "moment", 100).tolist() == [1, 100]
    zoned = pd.DataFrame({"moment": pd.to_datetime(["2011-12-09"]).tz_localize("UTC")})
    for read in (
        lambda: request_columns.days(zoned, "moment", 0),
        lambda: request_columns.identity(pd.DataFrame({"x": [7.5]}), "x", "0"),
        lambda: request_columns.number(pd.DataFrame({"x": [np.inf]}), "x"),
    ):
        with pytest.raises(RequestError, match="in row 0: give"):
            read()


def test_an_mlflow_server_gets_the_reason_too(model):
    """It shows an MlflowException's message to its client, and of any other that there was one."""
    served, scored = RecommenderPyfunc(), SegmentPyfunc()
    served._model, scored._model = model, TWO
    basket = pd.DataFrame([CUP])
    assert len(served.predict(None, basket, {"n": 2})) == 2
    for work, words in (
        (lambda: served.predict(None, basket.assign(quantity=-1)), "quantity is -1 in row 0"),
        (lambda: served.predict(None, basket, {"n": -1}), "n is -1"),
        (lambda: scored.predict(None, basket), "Missing columns"),
    ):
        with pytest.raises(MlflowException, match=words) as error:
            work()
        assert error.value.get_http_status_code() == 400


def http(model, method="POST", path="/invocations", body=(b"",), headers=()):
    """Status and content of the application's answer to a request, and the messages it took."""
    given, sent = list(body), []

    async def receive():
        part = given.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(given)}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "headers": list(headers)}
    asyncio.run(app.RecommenderApp(model)(scope, receive, send))
    assert dict(sent[0]["headers"])[b"content-length"] == b"%d" % len(sent[1]["body"])
    return sent[0]["status"], sent[1]["body"].decode(), len(body) - len(given)


JSON = (b"content-type", b"application/json; charset=utf-8")


def test_the_body_has_a_bound_whatever_is_told(model):
    good = json.dumps(records(CUP)).encode()
    assert http(model, body=(good[:9], good[9:]), headers=[JSON])[0] == 200
    padded = good + b" " * (parsing.MAX_BYTES - len(good))
    assert http(model, body=(padded,), headers=[JSON])[0] == 200
    words = "The request has more than 4,194,304 bytes."
    for told in (b"", b"10", b"-5", b"x"):
        headers = [JSON, (b"content-length", told)]
        status, content, _ = http(model, body=(padded, b" "), headers=headers)
        assert (status, json.loads(content)["message"]) == (413, words)
    # So much is not even listened to.
    endless = [b" " * 2**20] * 200
    for told, parts in ((b"9" * 40, 0), (b"209715200", 0), (b"10", 65)):
        headers = [JSON, (b"content-length", told)]
        status, _, taken = http(model, body=endless, headers=headers)
        assert (status, taken) == (413, parts)


def test_only_json_is_taken(model):
    for kind in (b"text/csv", b"application/vnd.apache.parquet", b"text/plain", b""):
        status, content, _ = http(model, headers=[(b"content-type", kind)])
        assert status == 415
        assert json.loads(content)["message"].startswith("Send JSON, with the header Content-Type")
    assert http(model, headers=[JSON, (b"content-encoding", b"gzip")])[0] == 415


def test_other_paths_and_methods(model):
    for path in ("/ping", "/health"):
        assert http(model, "GET", path)[:2] == (200, "\n")
    assert http(model, "GET", "/version")[1][0].isdigit()
    assert http(model, "GET")[0] == 405
    assert http(model, "POST", "/ping")[0] == 405
    assert http(model, "GET", "/docs")[0] == 404
