"""Sufficient statistics of the hybrid linear model, raw and mergeable.

Algorithm 2 of Li et al. (2010) keeps A_0 and b_0 by subtracting and adding B_a^T A_a^-1 B_a at
every step, which depends on the order of events and cannot be merged as written. The steps
telescope: A_0 = ridge I + sum z z^T - sum_a B_a^T A_a^-1 B_a, and b_0 likewise, where all sums are
raw. And since z = x (x) t_a, with t_a the arm's tags, even the raw sums over z follow from those
over x: sum z z^T = sum_a S_a (x) t_a t_a^T, B_a = S_a (x) t_a^T, sum r z = sum_a s_a (x) t_a. So
the hybrid model needs no statistics of its own; this module only expands those of `LinearSums`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kirakat.bandit.errors import BanditError
from kirakat.bandit.sums import Floats, LinearSums


@dataclass(frozen=True, kw_only=True)
class HybridSums:
    """Raw sums of Algorithm 2; k = d T shared features for T tags."""

    # (k, k) sum of z z^T and (k,) sum of r z, over all arms.
    shared_outer: Floats
    shared_reward: Floats
    # (K, d, k) B_a, sum of x z^T.
    cross: Floats


def shared_features(contexts: Floats, tags: Floats) -> Floats:
    """z (n, K, k) of contexts (n, d) and tags (K, T): every context value times every tag."""
    product = contexts[:, None, :, None] * tags[None, :, None, :]
    return product.reshape(len(contexts), len(tags), -1)


def expand(sums: LinearSums, tags: Floats) -> HybridSums:
    """Algorithm 2's sums from those of Algorithm 1 and the tags (K, T)."""
    arms, width = sums.reward.shape
    if len(tags) != arms:
        raise BanditError(f"{len(tags)} rows of tags for {arms} arms")
    k = width * tags.shape[1]
    cross = np.einsum("kde,kt->kdet", sums.outer, tags).reshape(arms, width, k)
    outer = np.einsum("kde,kt,ku->dteu", sums.outer, tags, tags, optimize=True).reshape(k, k)
    reward = np.einsum("kd,kt->dt", sums.reward, tags).reshape(k)
    return HybridSums(shared_outer=outer, shared_reward=reward, cross=cross)
