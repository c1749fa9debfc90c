"""The segmentation as an MLflow pyfunc: raw RFM in, segments and distances out.

MLflow runs this file when it loads the model, with the package's code that was logged beside it.
"""

from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel

from retail_lakehouse.segments.model import SegmentModel


class SegmentPyfunc(PythonModel):
    """Scores a pandas frame with ``recency_days, frequency, monetary``, one row a customer."""

    def load_context(self, context: Any) -> None:
        """Read the arrays that were logged with the model."""
        self._model = SegmentModel.from_json(Path(context.artifacts["segments"]).read_text())

    def predict(
        self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """``SegmentModel.predict``."""
        return self._model.predict(model_input)


set_model(SegmentPyfunc())
