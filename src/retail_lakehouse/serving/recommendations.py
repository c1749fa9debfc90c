"""The recommender as an MLflow pyfunc: purchases or a basket in, lists with reasons out.

MLflow runs this file when it loads the model, with the package's code that was logged beside it.
"""

from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel

from retail_lakehouse.recommend.baskets import Request, answer
from retail_lakehouse.recommend.model import Recommender


class RecommenderPyfunc(PythonModel):
    """Lists for a pandas frame of purchases; see ``baskets.answer`` for its columns."""

    def load_context(self, context: Any) -> None:
        """Read the arrays and the rankers that were logged with the model."""
        content = Path(context.artifacts["recommender"]).read_bytes()
        self._model = Recommender.from_bytes(content)

    def predict(
        self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """params: ``n``, ``list`` and ``exclude``, as in ``baskets.Request``."""
        return answer(self._model, model_input, Request.of(params or {}))


set_model(RecommenderPyfunc())
