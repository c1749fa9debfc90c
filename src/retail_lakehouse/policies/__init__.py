"""Rules of a run that a shop may change: when models are trained, and what lines must be like."""
