from functools import partial

import pytest

from purchase_rows import CUT, SMALL, past, windows_of
from retail_lakehouse.recommend.model import Recommender
from support import table_frame
from toy_shop import NAMES, SETTINGS, catalogue, shop, trained_on


@pytest.fixture(scope="session")
def trained():
    """Customers, their catalogue and rankers: tests only look at them."""
    customers = shop()
    return customers, catalogue(customers), trained_on(customers)


@pytest.fixture(scope="session")
def trained_windows(spark):
    """The shop by windows and a model of it: tests only look at them."""
    windows = windows_of(partial(table_frame, spark), past())
    return windows, windows.recommender(CUT, SMALL.windows.training)


@pytest.fixture(scope="session")
def model():
    """A model of the toy shop that was kept and read again: tests only look at it."""
    customers = shop()
    made = Recommender(catalogue(customers), NAMES, trained_on(customers), SETTINGS)
    return Recommender.from_bytes(made.to_bytes())
