"""The recommender as an MLflow pyfunc: purchases or a basket in, lists with reasons out.

MLflow runs this file when it loads the model, with the package's code that was logged beside it.
"""

from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.models import set_model
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE
from mlflow.pyfunc.model import PythonModel

from retail_lakehouse.arrays.request_error import RequestError
from retail_lakehouse.recommend.inference.online import Request, answer
from retail_lakehouse.recommend.model import Recommender


class RecommenderPyfunc(PythonModel):
    """Lists for a pandas frame of purchases; see ``online.answer`` for its columns.

    MlflowException with the reason for input that cannot be answered: a server of MLflow shows
    that to its client, and of any other error only that there was one.
    """

    def load_context(self, context: Any) -> None:
        """Read the arrays that were logged with the model."""
        content = Path(context.artifacts["recommender"]).read_bytes()
        self._model = Recommender.from_bytes(content)

    def predict(
        self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """params: ``n``, ``list`` and ``exclude``, as in ``online.Request``."""
        try:
            return answer(self._model, model_input, Request.of(params or {}))
        except RequestError as error:
            raise MlflowException(str(error), INVALID_PARAMETER_VALUE) from error


set_model(RecommenderPyfunc())
