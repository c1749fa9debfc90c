"""The report's charts, as Vega-Lite: few kinds, one look."""
