"""Buy till you die and Gamma-Gamma as one model of a shop's customers, in its own time."""

from dataclasses import dataclass

import numpy as np

from retail_lakehouse.value.fitting import lifetime, spend
from retail_lakehouse.value.fitting.lifetime import Lifetime
from retail_lakehouse.value.fitting.spend import Spend
from retail_lakehouse.value.past.customer_past import History
from retail_lakehouse.value_settings import ValueSettings


@dataclass(frozen=True)
class Curves:
    """What each customer's orders, spend and chance to order look like over shop days ahead."""

    lifetime: Lifetime
    spend: Spend

    def chance(self, known: History, ahead: float) -> np.ndarray:
        """Chance of an order within ``ahead`` shop days."""
        return self.lifetime.chance(*known.repeats, ahead)

    def orders(self, known: History, ahead: float) -> np.ndarray:
        """Expected days with an order."""
        return self.lifetime.expected(*known.repeats, ahead)

    def money(self, known: History, ahead: float) -> np.ndarray:
        """Expected spend."""
        found: np.ndarray = self.orders(known, ahead) * self.spend.expected(
            known.days, known.mean_value
        )
        return found


def fit(known: History, settings: ValueSettings) -> Curves:
    """Maximum likelihood over all customers known at the cut."""
    return Curves(
        lifetime.fit(*known.repeats, prior=settings.prior_customers),
        spend.fit(known.days, known.mean_value, prior=settings.prior_customers),
    )
