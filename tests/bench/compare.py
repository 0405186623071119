# airshed -- GPL-3.0-or-later. Compares a peer's answers with airshed's for tests/bench/run.
#
#   compare.py answers OWN PEER WIDTH PEER_ITEMS QUANTITIES TOLERANCE
#   compare.py grids OWN PEER TOLERANCE
#
# Answers are doubles [items, quantities, length], WIDTH of airshed's an item; a peer may give fewer
# quantities, the leading ones. Grids are the cubes baseline and deweathered. Prints the largest
# difference relative to the peer's largest value of the same quantity; ends with 1 where that is more
# than the tolerance or where a value is missing on one side only.
import sys

import netCDF4
import numpy as np


def difference(own, peer):
    """Of one quantity, relative."""
    if own.shape != peer.shape or not np.isfinite(peer).any():
        return np.inf
    one_sided = np.isnan(own) != np.isnan(peer)
    return np.inf if one_sided.any() else np.nanmax(np.abs(own - peer)) / np.nanmax(np.abs(peer))


def answers(own, peer, width, items, quantities, tolerance):
    length = int(width) // int(quantities)
    peer = np.fromfile(peer).reshape(int(items), -1, length)
    own = np.fromfile(own).reshape(-1, int(quantities), length)[:int(items)]
    return [difference(own[:, q], peer[:, q]) for q in range(peer.shape[1])], tolerance


def read(path, name):
    """Values [time, lat, lon], south first."""
    with netCDF4.Dataset(path) as file:
        variable = file.variables[name]
        values = np.ma.filled(variable[:].astype(np.float64), np.nan)
        lat = file.variables[variable.dimensions[1]][:]
    return values if lat[0] < lat[-1] else values[:, ::-1]


def grids(own, peer, tolerance):
    found = []
    for name in ("baseline", "deweathered"):
        theirs = read(peer, name)
        rows, cols = theirs.shape[1:]
        found.append(difference(read(own, name)[:, :rows, :cols], theirs))
    return found, tolerance


found, tolerance = globals()[sys.argv[1]](*sys.argv[2:])
print(f"{max(found):.2g}")
sys.exit(not max(found) <= float(tolerance))
