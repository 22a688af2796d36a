"""LinUCB with hybrid linear models: Li et al. (2010), Algorithm 2.

Shared features are context x tags, so that prompts with a common tag learn from one another.
"""

from __future__ import annotations

import numpy as np

from kirakat.bandit.hybrid_sums import expand
from kirakat.bandit.linucb_disjoint import inverse
from kirakat.bandit.posterior import LinearPosterior, posterior_of
from kirakat.bandit.prior import Prior, category_mean
from kirakat.bandit.sums import LinearSums


def fit_hybrid(
    sums: LinearSums,
    tags: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    prior: Prior,
    shared_ridge: float | None = None,
) -> LinearPosterior:
    """Estimates of every arm from the raw sums and the tags (K, T).

    `shared_ridge` is the prior of beta (Algorithm 2 has 1, like `prior.ridge` by default). With a
    category prior, both parts model what is left after the category's mean.
    """
    arms, width = sums.reward.shape
    start = category_mean(sums, prior)
    # b_a and b_0 of the rewards less x^T theta_0.
    reward = sums.reward - sums.outer @ start
    parts = expand(sums, tags)
    shared_reward = np.einsum("kd,kt->dt", reward, tags).reshape(-1)
    own = inverse(sums.outer + prior.ridge * np.eye(width))
    # M_a = A_a^-1 B_a, (K, d, k).
    pulled = own @ parts.cross
    ridge = prior.ridge if shared_ridge is None else shared_ridge
    gram = ridge * np.eye(len(shared_reward)) + parts.shared_outer
    gram = gram - np.einsum("kdi,kdj->ij", parts.cross, pulled, optimize=True)
    shared_spread = inverse((gram + gram.T) / 2)
    # beta = A_0^-1 b_0 (line 5).
    beta = shared_spread @ (shared_reward - np.einsum("kdi,kd->i", pulled, reward))
    # z_a = W_a x, with W_a (k, d).
    lifted = np.einsum("de,kt->kdte", np.eye(width), tags).reshape(arms, -1, width)
    theta = np.einsum("kde,ke->kd", own, reward - parts.cross @ beta)
    theta = theta + start + np.einsum("kie,i->ke", lifted, beta)
    # s = (z - M^T x)^T A_0^-1 (z - M^T x) + x^T A_a^-1 x, which is line 13 with its square done.
    residual = lifted - np.swapaxes(pulled, 1, 2)
    spread = np.swapaxes(residual, 1, 2) @ shared_spread @ residual + own
    return posterior_of(sums, theta, spread)
