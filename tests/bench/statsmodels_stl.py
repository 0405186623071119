# airshed -- GPL-3.0-or-later. CPU milliseconds of statsmodels' STL with its defaults for one series of
# ten years of days, one line a run: the peer of tests/bench/stl.c.
import sys
import time

import numpy as np
from statsmodels.tsa.seasonal import STL

random = np.random.RandomState(1)
day = np.arange(3653)
for run in range(int(sys.argv[1])):
    series = 60 + 20 * np.cos(2 * np.pi * day / 365) + 40 * random.rand(3653) * random.rand(3653)
    start = time.process_time()
    STL(series, period=365).fit()
    print(1e3 * (time.process_time() - start))
