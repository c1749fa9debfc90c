"""Buy till you die: when customers order, and whether they are customers still.

Each customer orders at a rate of their own (gamma among customers) and after any order may leave
for good, with a chance of their own (beta among customers). ``x`` is the number of repeat orders,
``t_x`` the time from the first order to the last, ``t`` the time from the first to the cut.

Two kinds. BG/NBD: Fader, Hardie and Lee 2005, "Counting Your Customers" the Easy Way, Marketing
Science 24(2), p. 275 to 284. In it nobody leaves before the second order, so it calls who bought
once alive for certain. The modified one, which this project uses, lets customers leave after the
first order too: Batislam, Denizel and Filiztekin 2007, Empirical validation and comparison of
models for customer base analysis, Int. J. of Research in Marketing 24(3), p. 201 to 209; with all
formulas below in Hoppe and Wagner 2007, Customer base analysis: the case for a central variant of
the betageometric/NBD model, Marketing ZFP 29 (JRM 2), p. 75 to 90.
"""

from collections.abc import Callable
from dataclasses import astuple, dataclass

import numpy as np

# On the log of a parameter: nobody repeats, or nobody leaves, has its maximum at infinity.
_BOUND = 8.0
# Around a = 1 the mean is a limit, 0 over 0.
_NEAR = 1e-6


@dataclass(frozen=True)
class Lifetime:
    """Parameters of the modified BG/NBD: r, alpha (a time) of the gamma; a, b of the beta."""

    r: float
    alpha: float
    a: float
    b: float

    def alive(self, x: np.ndarray, t_x: np.ndarray, t: np.ndarray) -> np.ndarray:
        """Chance that the customer has not left.

        >>> Lifetime(1.0, 10.0, 1.0, 2.0).alive(np.zeros(1), np.zeros(1), np.array([10.0]))
        array([0.5])
        """
        quiet = (self.r + x) * (np.log(self.alpha + t) - np.log(self.alpha + t_x))
        # Who left for certain has odds beyond what a float holds.
        found: np.ndarray = 1.0 / (
            1.0 + np.exp(np.minimum(np.log(self.a / (self.b + x)) + quiet, 700.0))
        )
        return found

    def chance(
        self, x: np.ndarray, t_x: np.ndarray, t: np.ndarray, ahead: float | np.ndarray
    ) -> np.ndarray:
        """Chance of an order within the next ``ahead``.

        It is that of being alive times that of a gamma-mixed Poisson count above 0, as nobody
        leaves before the next order.
        """
        none = np.exp((self.r + x) * (np.log(self.alpha + t) - np.log(self.alpha + t + ahead)))
        found: np.ndarray = self.alive(x, t_x, t) * (1.0 - none)
        return found

    def expected(
        self, x: np.ndarray, t_x: np.ndarray, t: np.ndarray, ahead: float | np.ndarray
    ) -> np.ndarray:
        """Expected orders within the next ``ahead``.

        Their hypergeometric function is taken through Euler's transformation (Abramowitz and
        Stegun 1964, 15.3.3), which keeps it finite for customers of hundreds of orders.
        """
        from scipy.special import hyp2f1

        a = self.a if abs(self.a - 1.0) > _NEAR else 1.0 + _NEAR
        z = ahead / (self.alpha + t + ahead)
        curve = (1.0 - z) ** (a - 1.0) * hyp2f1(a + self.b - self.r, a - 1.0, a + self.b + x, z)
        mean = (a + self.b + x) / (a - 1.0) * (1.0 - curve) * self.alive(x, t_x, t)
        found: np.ndarray = np.maximum(mean, 0.0)
        return found


def log_likelihood(
    parameters: np.ndarray, x: np.ndarray, t_x: np.ndarray, t: np.ndarray
) -> np.ndarray:
    """Modified BG/NBD, per customer; parameters: r, alpha, a, b."""
    from scipy.special import betaln

    _, alpha, a, b = parameters
    rate = _rate_terms(parameters, x)
    stays = betaln(a, b + x + 1.0) - betaln(a, b) - (parameters[0] + x) * np.log(alpha + t)
    left = betaln(a + 1.0, b + x) - betaln(a, b) - (parameters[0] + x) * np.log(alpha + t_x)
    found: np.ndarray = rate + np.logaddexp(stays, left)
    return found


def bg_log_likelihood(
    parameters: np.ndarray, x: np.ndarray, t_x: np.ndarray, t: np.ndarray
) -> np.ndarray:
    """BG/NBD, per customer, to be held against published figures; parameters: r, alpha, a, b."""
    from scipy.special import betaln

    r, alpha, a, b = parameters
    stays = betaln(a, b + x) - betaln(a, b) - (r + x) * np.log(alpha + t)
    repeated = np.maximum(x, 1.0)
    left = betaln(a + 1.0, b + repeated - 1.0) - betaln(a, b) - (r + x) * np.log(alpha + t_x)
    found: np.ndarray = _rate_terms(parameters, x) + np.logaddexp(
        stays, np.where(x > 0, left, -np.inf)
    )
    return found


def _rate_terms(parameters: np.ndarray, x: np.ndarray) -> np.ndarray:
    from scipy.special import gammaln

    r, alpha = parameters[0], parameters[1]
    terms: np.ndarray = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    return terms


def fit(
    x: np.ndarray,
    t_x: np.ndarray,
    t: np.ndarray,
    prior: float = 0.0,
    likelihood: Callable[
        [np.ndarray, np.ndarray, np.ndarray, np.ndarray], np.ndarray
    ] = log_likelihood,
) -> Lifetime:
    """Maximum likelihood over all customers, also those who bought once.

    prior: weight, in customers, of parameters near 1 (alpha: near the mean time), which settle
    what the data cannot, such as where nobody repeats.
    """
    from scipy.optimize import minimize

    scale = max(float(np.mean(t)), np.finfo(float).tiny)

    def loss(logs: np.ndarray) -> float:
        found = likelihood(np.exp(logs), x, t_x / scale, t / scale).sum()
        return float(prior * (logs**2).sum() - found) / len(x)

    best = minimize(
        loss,
        np.zeros(4),
        method="L-BFGS-B",
        bounds=[(-_BOUND, _BOUND)] * 4,
        options={"ftol": 1e-13, "gtol": 1e-8, "maxiter": 500},
    )
    r, alpha, a, b = map(float, np.exp(best.x))
    return Lifetime(r, alpha * scale, a, b)


def total_log_likelihood(
    found: Lifetime,
    x: np.ndarray,
    t_x: np.ndarray,
    t: np.ndarray,
    likelihood: Callable[
        [np.ndarray, np.ndarray, np.ndarray, np.ndarray], np.ndarray
    ] = log_likelihood,
) -> float:
    """Of all customers together."""
    return float(likelihood(np.array(astuple(found)), x, t_x, t).sum())
