# airshed -- GPL-3.0-or-later. For tests/unit/inventory_correlation.c: the method of Iman and Conover (1982), section
# 2, as the paper words it, in NumPy.
#
#   iman_conover.py FILE COLUMNS BLOCK C...    C: the target correlations of scores, row by row
#
# FILE holds [2, COLUMNS, draws] of double: the draws alone, and those to be checked. Blocks are reordered one by one.
import sys

import numpy as np
from scipy.stats import norm


def scores_of(block):
    """R: van der Waerden's scores, in the order that the draws themselves have, [draws, columns]."""
    count = block.shape[1]
    van_der_waerden = norm.ppf(np.arange(1, count + 1) / (count + 1))
    ranks = block.argsort(axis=1, kind="stable").argsort(axis=1, kind="stable")
    return van_der_waerden[ranks].T


def reordered(block, target):
    r = scores_of(block)
    q = np.linalg.cholesky(np.corrcoef(r, rowvar=False))
    p = np.linalg.cholesky(target)
    s = p @ np.linalg.inv(q)
    r_star = r @ s.T
    assert np.allclose(np.corrcoef(r_star, rowvar=False), target, atol=1e-12)
    out = np.empty_like(block)
    for column in range(len(block)):
        out[column, r_star[:, column].argsort(kind="stable")] = np.sort(block[column])
    return out


def main():
    columns, length = int(sys.argv[2]), int(sys.argv[3])
    target = np.array([float(text) for text in sys.argv[4:]]).reshape(columns, columns)
    alone, found = np.fromfile(sys.argv[1]).reshape(2, columns, -1)
    for start in range(0, alone.shape[1], length):
        wanted = reordered(alone[:, start:start + length], target)
        apart = np.argwhere(found[:, start:start + length] != wanted)
        if len(apart) > 0:
            sys.exit(f"{len(apart)} of the draws from {start} on lie elsewhere; first at {apart[0]}")


if __name__ == "__main__":
    main()
