"""What is learnt: curves by maximum likelihood, trees, calibration and intervals."""
