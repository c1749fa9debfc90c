"""Stage 1: out of the whole catalogue a few hundred products that each customer may want."""
