"""Train the recommender as of a day: ALS by Spark ML, rankers on the windows before it.

Everything about a window is fitted on what was known at its start. A catalogue is fitted once per
start, whatever it serves: to learn from the window, to judge a model on it, or to publish.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from pyspark import inheritable_thread_target
from pyspark.sql import DataFrame

from retail_lakehouse.machine.memory import give_back
from retail_lakehouse.recommend.candidates import als
from retail_lakehouse.recommend.candidates.assemble import catalogue_of
from retail_lakehouse.recommend.candidates.catalogue import Catalogue
from retail_lakehouse.recommend.data.training_data import TrainingData
from retail_lakehouse.recommend.data.windows import window_starts
from retail_lakehouse.recommend.model import Recommender
from retail_lakehouse.recommend.ranking.fit import train
from retail_lakehouse.recommend.ranking.sample import Sample, window_sample
from retail_lakehouse.settings import RecommendSettings


@dataclass(frozen=True)
class Windows:
    """The past of a shop by windows. bought: rows of ``loader.numbered``, read once per fit."""

    bought: DataFrame
    data: TrainingData
    settings: RecommendSettings
    _catalogues: dict[int, Catalogue] = field(default_factory=dict, repr=False)
    _samples: dict[int, Sample] = field(default_factory=dict, repr=False)

    @cached_property
    def numbering(self) -> als.Numbering:
        """How ALS's fits number customers."""
        return als.numbering(self.bought)

    def starts(self, cut: int, count: int) -> list[int]:
        """Starts of the ``count`` windows that end at ``cut`` or before, the latest first.

        Fewer where the shop is younger: the first window must have something before it.
        """
        first_day = self.data.products.first_days[0]
        return window_starts(first_day, cut, self.settings.windows.days, count)

    def to_learn_from(self, cut: int, count: int) -> list[int]:
        """``starts``, and one more where too few of the sampled customers bought in these."""
        starts = self.starts(cut, count)
        if not starts:
            return starts
        bought = self.data.purchases.standing(starts[-1], cut)
        buyers = np.count_nonzero(bought.lengths)
        enough = buyers >= self.settings.windows.enough_customers
        return starts if enough else self.starts(cut, count + 1)

    def catalogue(self, cut: int) -> Catalogue:
        """Products as of ``cut``, with ALS fitted on what was bought before."""
        if cut not in self._catalogues:
            n = self.data.products.before(cut)
            settings = self.settings
            rows = als.ratings(self.bought, cut, settings.als.half_life_days)
            matrix = als.item_matrix(als.fit(rows, settings.als, settings.seed, self.numbering), n)
            self._catalogues[cut] = catalogue_of(self.data, matrix, cut, settings)
        return self._catalogues[cut]

    def prepare(self, cuts: Sequence[int]) -> None:
        """Fit the catalogues of these cuts, two at a time: one in Spark, one in NumPy."""
        _ = self.numbering  # which all fits need: looked for once
        session_of_this_thread = inheritable_thread_target(self.bought.sparkSession)
        with ThreadPoolExecutor(2) as pool:
            fits = [pool.submit(session_of_this_thread(self.catalogue), cut) for cut in cuts]
        for fit in fits:
            fit.result()

    def sample(self, start: int) -> Sample:
        """What the window that starts there teaches the rankers."""
        if start not in self._samples:
            # What it computes for itself on the way is as large as the catalogue, and goes again.
            catalogue = replace(self.catalogue(start))
            self._samples[start] = window_sample(
                catalogue, self.data.customers, self.data.purchases, self.settings
            )
        return self._samples[start]

    def recommender(self, cut: int, training_windows: int) -> Recommender:
        """A model that saw only what was before ``cut``."""
        starts = self.to_learn_from(cut, training_windows)
        self.prepare([cut, *starts])
        give_back()
        samples = [self.sample(start) for start in starts]
        give_back()
        catalogue = self.catalogue(cut)
        names = self.data.products.names[: len(catalogue)]
        return Recommender(catalogue, names, train(samples, self.settings), self.settings)

    def twin(self, start: int) -> Recommender:
        """The model that would have been trained at ``start``, to be judged on what came after.

        It learns from one window less than a model trained today, if that has several, so that as
        a rule no ALS model is fitted for its sake alone: if anything, it is the weaker one.
        """
        return self.recommender(start, max(1, self.settings.windows.training - 1))

    def with_settings(self, settings: RecommendSettings) -> "Windows":
        """The same shop, fitted with other settings."""
        return Windows(self.bought, self.data, settings)
