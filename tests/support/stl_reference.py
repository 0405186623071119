# airshed -- GPL-3.0-or-later. STL with gaps as it is defined, matrix by matrix: what the answer must be.
import numpy as np


def local_lines(outputs, places, window):
    """Matrix of a loess of degree 1 over the nearest places, as Cleveland et al. (1990) have it."""
    distance = np.abs(outputs[:, None] - places)
    fewer = max(0, window - places.size)
    width = np.partition(distance, window - fewer - 1, axis=1)[:, [window - fewer - 1]] + fewer // 2
    near = distance / width
    weights = np.where(near <= 0.999, np.where(near > 0.001, (1 - near ** 3) ** 3, 1), 0)
    weights /= weights.sum(axis=1, keepdims=True)
    centre = weights @ places
    offset = places - centre[:, None]
    slope = (outputs - centre) / (weights * offset ** 2).sum(axis=1)
    return weights * (1 + slope[:, None] * offset)


def averages(values, length):
    return np.convolve(values, np.ones(length) / length, mode="valid")


def decompose(y, period, seasonal, trend, low_pass, inner):
    """Trend and seasonal part of a series with NaN where nothing was observed; windows in steps."""
    days = np.arange(y.size)
    valid = np.isfinite(y)
    smooth_trend = local_lines(days, days[valid], trend)
    smooth_low_pass = local_lines(days, days, low_pass)
    phases = [np.arange(phase, y.size, period) for phase in range(period)]
    cycles = [local_lines(np.arange(-1, phase.size + 1), np.flatnonzero(valid[phase]), seasonal)
              for phase in phases]
    level, cycle = np.zeros(y.size), np.empty(y.size + 2 * period)
    for _ in range(inner):
        rest = y - level
        for phase, smooth in zip(phases, cycles):
            cycle[phase[0]::period] = smooth @ rest[phase][valid[phase]]
        low = averages(averages(averages(cycle, period), period), 3)
        season = cycle[period:-period] - smooth_low_pass @ low
        level = smooth_trend @ (y - season)[valid]
    return level, season
