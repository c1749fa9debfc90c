"""What steps run in: what they are given, what they may touch, whether there is work at all."""
