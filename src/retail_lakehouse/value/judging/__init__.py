"""How good forecasts are on windows that nobody has seen, and whether they may publish."""
