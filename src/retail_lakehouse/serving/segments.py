"""The segmentation as an MLflow pyfunc: raw RFM in, segments and distances out.

MLflow runs this file when it loads the model, with the package's code that was logged beside it.
"""

from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.models import set_model
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE
from mlflow.pyfunc.model import PythonModel

from retail_lakehouse.segments.model import SegmentModel


class SegmentPyfunc(PythonModel):
    """Scores a pandas frame with ``recency_days, frequency, monetary``, one row a customer.

    MlflowException with the reason for input that cannot be scored: a server of MLflow shows that
    to its client, and of any other error only that there was one.
    """

    def load_context(self, context: Any) -> None:
        """Read the arrays that were logged with the model."""
        self._model = SegmentModel.from_json(Path(context.artifacts["segments"]).read_bytes())

    def predict(
        self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """``SegmentModel.predict``."""
        try:
            return self._model.predict(model_input)
        except ValueError as error:
            raise MlflowException(str(error), INVALID_PARAMETER_VALUE) from error


set_model(SegmentPyfunc())
