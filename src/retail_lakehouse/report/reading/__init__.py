"""From tables to facts: the only part of the report that needs Spark. Few rows reach the driver."""
