"""Fine-tuning on a configuration of a release: a thin companion of TRL, PEFT and accelerate.

Run from a checkout: ``python -m training run training/recipes/paper.yaml --config native+translated``.
It is no part of the wheel.
"""
