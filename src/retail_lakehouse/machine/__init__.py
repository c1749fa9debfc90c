"""What a run takes from the machine it is on: variables, locks, jars, memory and disk."""
