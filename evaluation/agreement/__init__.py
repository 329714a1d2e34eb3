"""What physicians and judges of open answers agree on, and whether judges go by length and style."""
