"""Customer value as an MLflow pyfunc: a customer's orders in, what to expect of them out.

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
from retail_lakehouse.tables import columns as c
from retail_lakehouse.value.model import ValueModel
from retail_lakehouse.value.publishing.answers import answer


class ValuePyfunc(PythonModel):
    """Forecasts for a pandas frame of orders; see ``answers.answer`` for its columns.

    MlflowException with the reason for input that cannot be answered: a server of MLflow shows
    that to its client, and of any other error only that there was one.
    """

    def load_context(self, context: Any) -> None:
        """Read the arrays that were logged with the model."""
        self._model = ValueModel.from_bytes(Path(context.artifacts[c.VALUE]).read_bytes())

    def predict(
        self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """params: ``as_of``, as in ``answers.answer``."""
        try:
            return answer(self._model, model_input, str((params or {}).get(c.AS_OF, "")))
        except RequestError as error:
            raise MlflowException(str(error), INVALID_PARAMETER_VALUE) from error


set_model(ValuePyfunc())
