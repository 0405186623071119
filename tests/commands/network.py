# airshed -- GPL-3.0-or-later. The network of `background` beside Python's torch, for
# tests/commands/network.sh: its weights read, its prediction and its gradient made again.
import ctypes
import os

import netCDF4
import numpy as np

from cubes import Variable, check, check_true, main, read, write

TURN = 355  # days from 2015-01-01 to the first step of turn.nc: the year ends after ten


def make(folder):
    """A region that is wider than a tile with its margins, of a few days."""
    random = np.random.RandomState(8)
    rows, cols, steps = 20, 250, 20
    lat, lon = 30 + 0.1 * np.arange(rows), 100 + 0.1 * np.arange(cols)
    y, x = np.mgrid[0:rows, 0:cols]
    days = np.arange(steps, dtype=float)
    values = 50 + 8 * np.cos(0.3 * x + 0.1 * days[:, None, None]) + y + random.normal(0, 1, (steps, rows, cols))
    area = np.zeros((rows, cols))
    area[4:9, 6:10] = area[10:13, 100:107] = area[2:6, 200:203] = area[14:18, 30:32] = 1
    height = 100 * np.sin(0.2 * x) + 10 * y
    write(f"{folder}/wide.nc", {"pm": Variable(values.astype(np.float32), "ug m-3")}, days, lat, lon)
    write(f"{folder}/wide-area.nc", {"area": Variable(area, "1")}, None, lat, lon)
    # The same days around the turn of a year, with other areas afterwards.
    years = np.stack([area, np.roll(area, (2, 17), axis=(0, 1))])
    write(f"{folder}/turn.nc", {"pm": Variable(values.astype(np.float32), "ug m-3")}, days + TURN, lat, lon)
    write(f"{folder}/years.nc", {"area": Variable(years, "1")}, np.array([0.0, 365]), lat, lon)
    write(f"{folder}/wide-height.nc", {"height": Variable(height, "m")}, None, lat, lon)


def same_values(first, second):
    """Tiles against the whole: libtorch may add up in another order; outputs scaled by some 10 ug m-3
    (bound of tests/unit/network.c)."""
    a, b = read(first, "expected"), read(second, "expected")
    check("tiles_give_the_values_of_the_whole", np.where(np.isnan(a) & np.isnan(b), 0, a - b), 10 * 3e-4)


def prediction(folder, product, turn=""):
    """`expected` is what Python's torch makes of the weights; with @turn where areas change at the turn of
    a year."""
    import torch
    from u_convlstm import Network, read_weights
    facts, blocks = read_weights(f"{product}_network.safetensors")
    network = Network(blocks)
    values, role = read(f"{folder}/{'turn' if turn else 'wide'}.nc", "pm"), read(f"{product}.nc", "role")
    got = read(f"{product}.nc", "expected")
    steps, rows, cols = values.shape
    scale, sequence = float(facts["scale"]), int(facts["sequence"])
    days = np.arange(steps) + (TURN if turn else 0)
    area = np.broadcast_to(role == 2, values.shape)
    if turn:
        area = read(f"{folder}/years.nc", "area")[(days >= 365).astype(int)] > 0
    known = ~area & (role > 0)
    never_held = known & ~np.isin(role, (3, 4))
    mean = [values[step][never_held[step]].mean() for step in range(steps)]
    height = read(f"{folder}/wide-height.nc", "height")
    angle = 2 * np.pi * days / 365.2425
    maps = {"x": np.broadcast_to((2 * np.arange(cols) + 1) / cols - 1, (rows, cols)),
            "y": np.broadcast_to(((2 * np.arange(rows) + 1) / rows - 1)[:, None], (rows, cols)),
            "elevation": (height - height.mean()) / height.std()}
    has_guess = "guess" in facts["inputs"].split(",")
    guess = read(f"{folder}/{turn}kriging.nc", "expected") if has_guess else values
    padded = -(-rows // 16) * 16, -(-cols // 16) * 16

    def frame(step):
        layers = {"value": np.where(known[step], (values[step] - mean[step]) / scale, 0), "known": known[step],
                  "guess": (np.where(known[step], values[step], guess[step]) - mean[step]) / scale,
                  "sin": np.full((rows, cols), np.sin(angle[step])),
                  "cos": np.full((rows, cols), np.cos(angle[step])), **maps}
        out = np.zeros((len(facts["inputs"].split(",")), *padded), np.float32)
        for i, name in enumerate(facts["inputs"].split(",")):
            out[i, :rows, :cols] = layers[name]
        return out

    for step in (0, 1, 9, 10, steps - 1):
        wanted = area[step]
        frames = np.stack([frame(max(0, step - sequence + 1 + i)) for i in range(sequence)])
        with torch.no_grad():
            correction = network(torch.from_numpy(frames)).numpy()[:rows, :cols] * scale
        expected = correction + (guess[step] if has_guess else mean[step])
        check(f"python_predicts_{turn}step_{step}{'_from_a_guess' if has_guess else ''}_alike",
              got[step][wanted] - expected[wanted], 10 * 3e-4)
    check_true(f"other_cells_{'of_the_turn_' if turn else ''}are_missing", np.isnan(got[~area]).all())


def differ(first, second):
    """Trainings of other seeds predict other values, of the same size."""
    a, b = read(first, "expected"), read(second, "expected")
    difference = abs(a - b)[~np.isnan(a)]
    check_true("another_seed_predicts_other_values", difference.mean() > 1e-3 and difference.max() < 100)


def gradient():
    """Loss and gradient of the plug-in are those of Python's torch; bounds as in the unit test."""
    import torch
    from u_convlstm import Network, loss
    plugin = ctypes.CDLL(os.environ.get("BUILD", "build") + "/airshed-network.so")
    random = np.random.RandomState(4)
    for channels, sequence, is_recurrent in ((8, 3, 0), (16, 2, 0), (2, 3, 1)):
        handle, name, shape, dimensions = ctypes.c_void_p(), ctypes.create_string_buffer(48), (ctypes.c_int64 * 4)(), ctypes.c_int()
        plugin.airshed_network_create(3, channels, sequence, is_recurrent, ctypes.byref(handle))
        blocks = {}
        while True:
            plugin.airshed_network_tensor(handle, len(blocks), name, shape, ctypes.byref(dimensions))
            if dimensions.value == 0:
                break
            size = shape[:dimensions.value]
            spread = 1 / np.sqrt(np.prod(size[1:])) if len(size) == 4 else 0.3
            blocks[name.value.decode()] = torch.from_numpy(
                random.normal(0, spread, size).astype(np.float32)).requires_grad_()
        flat = np.concatenate([b.detach().numpy().ravel() for b in blocks.values()])
        frames = random.normal(0, 1, (sequence, 3, 48, 32)).astype(np.float32)
        target, weight = random.normal(0, 1, (48, 32)).astype(np.float32), (random.rand(48, 32) < 0.3).astype(np.float32)
        got, value = np.zeros_like(flat), ctypes.c_double()
        pointer = lambda array: array.ctypes.data_as(ctypes.c_void_p)
        plugin.airshed_network_set(handle, pointer(flat))
        failed = plugin.airshed_network_loss(
            handle, ctypes.c_int64(48), ctypes.c_int64(32), pointer(frames), pointer(target),
            pointer(weight), ctypes.byref(value), pointer(got))
        expected = loss(Network(blocks), *(torch.from_numpy(a) for a in (frames, target, weight)))
        slopes = torch.autograd.grad(expected, list(blocks.values()))
        slopes = np.concatenate([s.numpy().ravel() for s in slopes])
        label = f"{channels}_channels{'_recurrent' if is_recurrent else ''}"
        check_true(f"{label}_pass_the_plug_in", failed == 0)
        check(f"{label}_have_the_loss_of_python", value.value - expected.item(), 3e-4)
        check(f"{label}_have_the_gradient_of_python", got - slopes, 3e-3 * abs(slopes).max())
        plugin.airshed_network_destroy(handle)


main({"make": make, "same_values": same_values, "prediction": prediction, "gradient": gradient,
      "differ": differ})
