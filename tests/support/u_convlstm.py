# airshed -- GPL-3.0-or-later. The network of `background` in Python's torch: reads its weights, predicts
# and learns as include/learn/network.h says. Nothing of airshed is used.
import json
import struct

import numpy as np
import torch
from torch.nn.functional import conv2d, interpolate, max_pool2d

LEVELS, GROUP = 4, 8


def read_weights(path):
    """Facts and blocks of a safetensors file."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    facts = header.pop("__metadata__")
    blocks = {name: torch.from_numpy(np.frombuffer(data[slice(*block["data_offsets"])], "<f4")
                                     .reshape(block["shape"]).copy())
              for name, block in header.items()}
    return facts, blocks


class Network:
    """Parameters by name; `is_recurrent` where the skip connections have a ConvLSTM, too."""

    def __init__(self, blocks):
        self.blocks = blocks
        self.is_recurrent = "recurrence.0.bias" in blocks

    def layer(self, name, x):
        x = conv2d(x, self.blocks[name + ".weight"], self.blocks[name + ".bias"], padding=1)
        group = min(GROUP, x.shape[1])
        grouped = x.reshape(x.shape[0], -1, group, *x.shape[2:])
        centred = grouped - grouped.mean(2, keepdim=True)
        variance = (centred * centred).mean(2, keepdim=True)
        x = (centred * (variance + 1e-5).rsqrt()).reshape(x.shape)
        scale, shift = self.blocks[name + ".norm.weight"], self.blocks[name + ".norm.bias"]
        return (x * scale[:, None, None] + shift[:, None, None]).relu()

    def remember(self, level, x):
        """Last hidden state of the ConvLSTM over the frames of x."""
        name = f"recurrence.{level}"
        shares = conv2d(x, self.blocks[name + ".input.weight"], self.blocks[name + ".bias"], padding=1)
        w = self.blocks[name + ".peephole"][:, None, :, None, None]
        hidden = cell = None
        for share in shares.split(1):
            if hidden is not None:
                share = share + conv2d(hidden, self.blocks[name + ".hidden.weight"], padding=1)
            i, f, c, o = share.chunk(4, 1)
            if cell is None:
                cell = torch.sigmoid(i) * torch.tanh(c)
            else:
                cell = (torch.sigmoid(f + w[1] * cell) * cell
                        + torch.sigmoid(i + w[0] * cell) * torch.tanh(c))
            hidden = torch.sigmoid(o + w[2] * cell) * torch.tanh(cell)
        return hidden

    def __call__(self, frames):
        """The map of the last of frames [sequence, inputs, rows, cols]."""
        skips, x = [], frames
        for level in range(LEVELS):
            skip = self.layer(f"encoder.{level}", x)
            skips.append(self.remember(level, skip) if self.is_recurrent else skip[-1:])
            x = max_pool2d(skip, 2)
        x = self.remember(LEVELS, x)
        for level in reversed(range(LEVELS)):
            x = torch.cat([interpolate(x, scale_factor=2, mode="nearest"), skips[level]], 1)
            x = self.layer(f"decoder.{level}", x)
        return conv2d(x, self.blocks["output.weight"], self.blocks["output.bias"])[0, 0]


def loss(network, frames, target, weight):
    return ((network(frames) - target).abs() * weight).sum() / weight.sum()
