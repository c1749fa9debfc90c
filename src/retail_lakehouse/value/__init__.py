"""What each customer will do: who comes back, when, and for how much."""
