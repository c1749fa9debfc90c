"""MLflow, and nothing else, in one place: local store or Databricks workspace.

Locally runs go to ``home/mlflow.db`` with artifacts in ``home/mlartifacts``; on Databricks to the
workspace's experiments and to Unity Catalog's model registry.
"""

from retail_lakehouse.tracking.client import Tracking as Tracking
from retail_lakehouse.tracking.records import ModelSpec as ModelSpec
from retail_lakehouse.tracking.records import ModelVersion as ModelVersion
from retail_lakehouse.tracking.records import Sweep as Sweep
from retail_lakehouse.tracking.records import TrainedOn as TrainedOn
from retail_lakehouse.tracking.records import TrainingRun as TrainingRun
from retail_lakehouse.tracking.registry import CHALLENGER as CHALLENGER
from retail_lakehouse.tracking.registry import CHAMPION as CHAMPION
from retail_lakehouse.tracking.registry import GATE_FAILURES as GATE_FAILURES
from retail_lakehouse.tracking.registry import REASON as REASON
from retail_lakehouse.tracking.registry import SETTINGS as SETTINGS
from retail_lakehouse.tracking.registry import SHOP as SHOP
from retail_lakehouse.tracking.registry import run_tags as run_tags
from retail_lakehouse.tracking.stages import Stage as Stage
from retail_lakehouse.tracking.stages import Training as Training
from retail_lakehouse.tracking.trainings import DELTA_VERSIONS as DELTA_VERSIONS
from retail_lakehouse.tracking.trainings import Standing as Standing
from retail_lakehouse.tracking.trainings import Trained as Trained
