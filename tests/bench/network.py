# airshed -- GPL-3.0-or-later. Python's torch beside airshed's training pass, for tests/bench/run.
#
#   network.py run PASSES WEIGHTS GRADIENT     prints "CPU ms a pass, median" and its name
#   network.py compare OWN PEER TOLERANCE      prints the largest difference over the largest slope
import os
import sys
import time

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
sys.path.insert(0, "tests/support")
try:
    import torch
except ImportError:
    print("python3-torch")
    sys.exit(77)
import numpy as np

from u_convlstm import Network, loss, read_weights

INPUTS, SEQUENCE, SIDE = 4, 7, 64


def run(passes, weights, gradient):
    torch.set_num_threads(1)
    blocks = {name: block.requires_grad_() for name, block in read_weights(weights)[1].items()}
    network = Network(blocks)
    index = np.arange(SEQUENCE * INPUTS * SIDE * SIDE, dtype=np.int64)
    values = (index * 37 % 101).astype(np.float32) / np.float32(50) - np.float32(1)
    frames = torch.from_numpy(values.reshape(SEQUENCE, INPUTS, SIDE, SIDE))
    ones = torch.ones(SIDE, SIDE)
    times = []
    for _ in range(int(passes) + 1):
        start = time.process_time()
        slopes = torch.autograd.grad(loss(network, frames, ones, ones), list(blocks.values()))
        times.append(1e3 * (time.process_time() - start))
    np.concatenate([slope.numpy().ravel() for slope in slopes]).tofile(gradient)
    print(f"{np.median(times[1:]):.4f} torch {torch.__version__}")


def compare(own, peer, tolerance):
    ours = np.concatenate([block.numpy().ravel() for block in read_weights(own)[1].values()])
    theirs = np.fromfile(peer, np.float32)
    difference = np.abs(ours - theirs).max() / np.abs(theirs).max()
    print(f"{difference:.2g}")
    sys.exit(not difference <= float(tolerance))


globals()[sys.argv[1]](*sys.argv[2:])
