"""Values as ranks, so that one huge value cannot make or hide a finding."""

from __future__ import annotations

import numpy as np


def centred_ranks(values: np.ndarray) -> np.ndarray:
    """Average ranks minus their mean, scaled to standard deviation one; zeros if all are equal."""
    from scipy.stats import rankdata

    ranks = rankdata(values)
    ranks -= ranks.mean()
    spread = ranks.std()
    return ranks / spread if spread > 0 else np.zeros(len(ranks))


def normal_scores(values: np.ndarray) -> np.ndarray:
    """Ranks written as the normal quantiles they would have (van der Waerden); ties share one."""
    from scipy.special import ndtri
    from scipy.stats import rankdata

    return ndtri(rankdata(values) / (len(values) + 1))
