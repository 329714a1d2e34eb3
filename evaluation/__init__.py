"""Evaluation of models on MedInjection-FR: predict, score, compare. Run from a checkout: ``python -m evaluation``."""
