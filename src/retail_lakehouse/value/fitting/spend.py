"""How much an order is worth: Gamma-Gamma.

Values of a customer's orders are gamma around a mean of the customer's own, and those means are
inverse gamma among customers (Fader and Hardie 2013, The Gamma-Gamma Model of Monetary Value,
note 025 of the authors). So a mean over few orders is drawn to the shop's.
"""

from dataclasses import dataclass

import numpy as np

_BOUND = 8.0
# Below, the mean among customers would be infinite.
_LEAST_Q = 1.05
# What a shop of free things takes for an order.
_LEAST_MONEY = 1e-4


@dataclass(frozen=True)
class Spend:
    """Parameters; gamma: money."""

    p: float
    q: float
    gamma: float

    def expected(self, orders: np.ndarray, mean: np.ndarray) -> np.ndarray:
        """Expected value of a coming order of who made so many of this mean (note 025, section 2).

        >>> Spend(2.0, 3.0, 10.0).expected(np.array([0.0, 2.0]), np.array([0.0, 20.0]))
        array([10.        , 16.66666667])
        """
        value: np.ndarray = self.p * (self.gamma + orders * mean) / (self.p * orders + self.q - 1.0)
        return value


def log_likelihood(parameters: np.ndarray, orders: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Per customer of at least one order (note 025, p. 2); parameters: p, q, gamma."""
    from scipy.special import gammaln

    p, q, gamma = parameters
    shape = p * orders
    found: np.ndarray = (
        gammaln(shape + q)
        - gammaln(shape)
        - gammaln(q)
        + q * np.log(gamma)
        + (shape - 1.0) * np.log(mean)
        + shape * np.log(orders)
        - (shape + q) * np.log(gamma + orders * mean)
    )
    return found


def fit(orders: np.ndarray, mean: np.ndarray, prior: float = 0.0) -> Spend:
    """Maximum likelihood over customers of at least one order, those who paid nothing left out.

    prior: as of ``lifetime.fit``; near p = 1, q = 3 and the mean value.
    """
    from scipy.optimize import minimize

    # Money of four decimals: a crumb of a cheap thing is 0.
    orders, mean = orders[mean > 0], mean[mean > 0]
    if len(mean) == 0:
        return Spend(1.0, 3.0, _LEAST_MONEY)
    scale, centre = float(mean.mean()), np.log([1.0, 3.0, 1.0])

    def loss(logs: np.ndarray) -> float:
        found = log_likelihood(np.exp(logs), orders, mean / scale).sum()
        return float(prior * ((logs - centre) ** 2).sum() - found) / len(orders)

    best = minimize(
        loss,
        centre,
        method="L-BFGS-B",
        bounds=[(-_BOUND, _BOUND), (np.log(_LEAST_Q), _BOUND), (-_BOUND, _BOUND)],
        options={"ftol": 1e-13, "gtol": 1e-8, "maxiter": 500},
    )
    p, q, gamma = map(float, np.exp(best.x))
    return Spend(p, q, gamma * scale)
