"""Logistic regression over items that each count as often as they were drawn.

Firth's penalty keeps estimates finite where a covariate tells the verdict for certain, which a good judge's
agreement with people does in small studies (Firth 1993, Biometrika 80:27–38; Heinze and Schemper 2002).
"""

from __future__ import annotations

import numpy as np

from evaluation.statistics import Floats

_STEPS, _LARGEST_STEP, _STILL = 300, 3.0, 1e-8


def fit(weights: Floats, design: Floats, verdicts: Floats, precision: Floats | None = None) -> Floats:
    """Coefficients that maximise ℓ(β) + ½ log |X'WX + P| - ½ β'Pβ, with P the diagonal of ``precision``.

    Args:
        weights: Draws × items.
        design: Items × columns, each of a size near 1.
        verdicts: 0 or 1 for each item.
        precision: Of each column's normal prior around 0, for all draws or for each; ``None``: no column has
            one, which is Firth's fit.

    Returns:
        Draws × columns; ``nan`` for a draw that finds no maximum.
    """
    columns = design.shape[1]
    prior = np.broadcast_to(0.0 if precision is None else precision, (len(weights), columns))
    found = np.zeros((len(weights), columns))
    if len(weights) > 1:
        found[:] = np.nan_to_num(fit(weights.mean(0)[None], design, verdicts, prior[:1]))
    products = (design[:, :, None] * design[:, None, :]).reshape(len(design), -1)
    moving = np.arange(len(weights))
    for _ in range(_STEPS):
        step = _step(weights[moving], design, products, verdicts, prior[moving], found[moving])
        found[moving] += step
        moving = moving[np.abs(step).max(1) > _STILL]
        if not len(moving):
            break
    found[moving] = np.nan
    return found


def _step(
    weights: Floats, design: Floats, products: Floats, verdicts: Floats, prior: Floats, found: Floats
) -> Floats:
    """Newton's step of the modified score, cut to a largest size.

    Args:
        weights: Draws × items.
        design: Items × columns.
        products: Every item's xᵢxᵢ': items × columns².
        verdicts: 0 or 1 for each item.
        prior: Precisions: draws × columns.
        found: Coefficients so far: draws × columns.
    """
    columns = design.shape[1]
    share = 1 / (1 + np.exp(-np.clip(found @ design.T, -500, 500)))
    spread = share * (1 - share)
    information = ((weights * spread) @ products).reshape(-1, columns, columns)
    inverse = np.linalg.pinv(information + np.eye(columns) * prior[:, None, :], rcond=1e-12, hermitian=True)
    leverage = spread * (inverse.reshape(len(weights), -1) @ products.T)
    score = (weights * (verdicts - share + leverage * (0.5 - share))) @ design - prior * found
    step = np.einsum("dij,dj->di", inverse, score)
    largest = np.abs(step).max(1, keepdims=True)
    return np.asarray(step * np.minimum(1, _LARGEST_STEP / np.maximum(largest, 1e-300)))


def random_effect_precision(design: Floats, verdicts: Floats, effects: slice) -> Floats:
    """Precision 1 / σ² of random effects uⱼ, with the σ from 0.01 to 10 that maximises Laplace's approximation.

    Of the likelihood of σ, coefficients integrated out with the effects, that is
    ℓ(β, u) - Σ uⱼ² / 2σ² - J log σ - ½ log |X'WX + P| (Breslow and Clayton 1993, JASA 88:9–25).

    Args:
        design: Items × columns.
        verdicts: 0 or 1 for each item.
        effects: Columns of the indicators of the uⱼ; the others are fixed.

    Returns:
        For ``fit``, one number per column; 0 for the fixed ones.
    """
    sigmas = np.geomspace(0.01, 10, 61)
    precision = np.zeros((len(sigmas), design.shape[1]))
    precision[:, effects] = 1 / sigmas[:, None] ** 2
    found = fit(np.ones((len(sigmas), len(verdicts))), design, verdicts, precision)
    likely = [_laplace(design, verdicts, each, of) for each, of in zip(found, precision, strict=True)]
    chosen: Floats = precision[int(np.nanargmax(likely))]
    return chosen


def _laplace(design: Floats, verdicts: Floats, found: Floats, precision: Floats) -> float:
    """Logarithm of the likelihood, but for a constant."""
    logits = design @ found
    share = 1 / (1 + np.exp(-np.clip(logits, -500, 500)))
    information = (design * (share * (1 - share))[:, None]).T @ design + np.diag(precision)
    fits = float((verdicts * logits - np.logaddexp(0, logits)).sum() - 0.5 * (precision * found**2).sum())
    held = precision > 0
    return fits + 0.5 * float(np.log(precision[held]).sum() - np.linalg.slogdet(information)[1])
