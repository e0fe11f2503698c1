"""The measures, as formulas over counts. Each names its source; docs/guides/evaluate.md has their traps.

>>> renyi_efficiency([4, 2, 1, 1], alpha=2.5)
0.7301672212398965
>>> gini([1, 1, 1, 1]), gini([0, 0, 0, 8])
(0.0, 0.75)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..extras import np

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers = npt.ArrayLike

# The order at which Rényi efficiency went best with the quality of translation (Zouhar et al. 2023).
ALPHA = 2.5


def ratio(top: float, bottom: float) -> float | None:
    """``top / bottom``, or None where nothing was counted.

    >>> ratio(3, 2), ratio(3, 0)
    (1.5, None)
    """
    return float(top / bottom) if bottom else None


def shares(counts: Numbers) -> npt.NDArray[np.float64]:
    """The probability of each id that occurs."""
    held = np.asarray(counts, dtype=np.float64)
    held = held[held > 0]
    return np.asarray(held / held.sum()) if len(held) else held


def entropy(counts: Numbers) -> float:
    """Returns the Shannon entropy of the ids in bits: ``-sum p log2 p``, 0 for no id (Shannon 1948).

    >>> entropy([1, 1, 1, 1])
    2.0
    """
    p = shares(counts)
    return float(-(p * np.log2(p)).sum()) + 0.0 if len(p) else 0.0


def renyi_efficiency(counts: Numbers, alpha: float = ALPHA) -> float | None:
    """Returns ``H_alpha / log2 |V|`` with ``H_alpha = log2(sum p^alpha) / (1 - alpha)``, V the ids that occur.

    1 if all ids are equally frequent; None for fewer than two ids. ``alpha`` 1 is Shannon's entropy. Zouhar et al. 2023.
    """
    p = shares(counts)
    if len(p) < 2:
        return None
    bits = entropy(counts) if alpha == 1 else float(np.log2((p**alpha).sum()) / (1 - alpha))
    return bits / float(np.log2(len(p)))


def gini(values: Numbers) -> float:
    """Returns the Gini coefficient: 0 if all values are equal, near 1 if one has nearly all (Gini 1912).

    Over the token counts of languages for parallel text, as in Foroutan et al. 2025.
    """
    held = np.sort(np.asarray(values, dtype=np.float64))
    n, total = len(held), held.sum()
    if n == 0 or total == 0:
        return 0.0
    return float((2 * np.arange(1, n + 1) - n - 1) @ held / (n * total))


def worst_tenth(values: Numbers) -> float | None:
    """Returns the mean of the largest tenth of the values, at least one of them; None for no value.

    >>> worst_tenth(range(1, 21))
    19.5
    """
    held = np.sort(np.asarray(list(values) if isinstance(values, range) else values, dtype=np.float64))
    return float(held[-max(1, len(held) // 10) :].mean()) if len(held) else None


def resampled(n_documents: int, resamples: int, seed: int) -> npt.NDArray[Any]:
    """How often each document is drawn in each resample (a row): ``n_documents`` draws with replacement (Efron 1979)."""
    rng = np.random.default_rng(seed)
    return rng.multinomial(n_documents, np.full(n_documents, 1 / n_documents), size=resamples)


def interval(draws: npt.NDArray[Any], top: Numbers, bottom: Numbers) -> tuple[float, float] | None:
    """Returns the 95 % interval (percentiles 2.5 and 97.5) of ``sum(top) / sum(bottom)`` over resampled documents.

    None for fewer than two documents, of which nothing can be said.

    >>> interval(resampled(4, 1000, seed=0), [2, 2, 2, 2], [1, 1, 1, 1])
    (2.0, 2.0)
    """
    if draws.shape[1] < 2:
        return None
    over, under = draws @ np.asarray(top, dtype=np.float64), draws @ np.asarray(bottom, dtype=np.float64)
    found = over[under > 0] / under[under > 0]
    if not len(found):
        return None
    low, high = np.percentile(found, [2.5, 97.5])
    return float(low), float(high)
