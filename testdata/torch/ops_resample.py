"""Writes ops/resampling.json.gz: what PyTorch makes of interpolation, sampling at grids and unpooling, with gradients, in the form of ops.py.

Run: python testdata/torch/ops_resample.py
"""

import torch
import torch.nn.functional as F

from ops import F32, F64, BF16, F16, FLOATS, HALVES, I64, INF, NAN, File

EVERY = FLOATS + HALVES
MODES = {1: ["nearest", "nearest-exact", "linear", "area"], 2: ["nearest", "nearest-exact", "bilinear", "bicubic", "area"],
         3: ["nearest", "nearest-exact", "trilinear", "area"]}
SMOOTH = ("linear", "bilinear", "bicubic", "trilinear")
SIZES = [((1, 2, 5), dict(size=[8])), ((2, 1, 7), dict(size=[3])), ((1, 2, 4), dict(scale=[2])), ((1, 1, 5), dict(scale=[1.7])), ((1, 1, 7), dict(scale=[0.6])),
         ((1, 1, 4), dict(size=[1])), ((1, 1, 1), dict(size=[3])),
         ((1, 2, 3, 4), dict(scale=[2])), ((2, 1, 5, 6), dict(size=[3, 9])), ((1, 2, 4, 3), dict(scale=[1.5, 2.3])), ((1, 1, 7, 6), dict(scale=[0.4, 0.7])),
         ((1, 1, 4, 5), dict(size=[4, 10])), ((0, 2, 3, 3), dict(size=[2])), ((1, 1, 3, 35), dict(scale=[2])),
         ((1, 1, 2, 3, 4), dict(scale=[2])), ((1, 2, 3, 2, 3), dict(size=[2, 4, 5]))]


def interpolate(x, size=None, scale=None, mode="nearest", align_corners=None, recompute=None, antialias=False):
    one = lambda v: None if v is None else v[0] if len(v) == 1 else tuple(v)
    return F.interpolate(x, one(size), one(scale), mode, align_corners, recompute, antialias)


def resizes(f):
    f.begin("interpolate")
    for shape, args in SIZES:
        for mode in MODES[len(shape) - 2]:
            ways = [{}]
            if mode in SMOOTH:
                ways.append(dict(align_corners=True))
            if "scale" in args and mode != "area":
                ways.append(dict(recompute=True))
            if mode in ("bilinear", "bicubic"):
                ways += [dict(antialias=True), dict(antialias=True, align_corners=True)]
            for way in ways:
                # PyTorch has no antialias of 16-bit floats, and interpolates those in its own order.
                for dtype in FLOATS if way or shape[0] == 0 else EVERY:
                    f.case("interpolate", interpolate, [f.draw(shape, dtype)], mode=mode, **args, **way)
    for dtype in FLOATS:
        x = torch.tensor([1, NAN, 3, 4, 0, 1, INF, 2, 4], dtype=dtype).view(1, 1, 9)
        f.case("interpolate", interpolate, [x], False, mode="nearest", size=[5])
        f.case("interpolate", interpolate, [x[..., :5]], False, mode="linear", size=[9])


def grids(f):
    f.begin("grid_sample")
    for shape, grid in (((1, 2, 4, 5), (1, 3, 2, 2)), ((2, 1, 3, 3), (2, 4, 5, 2)), ((1, 1, 1, 4), (1, 2, 3, 2)), ((1, 2, 3, 2, 4), (1, 2, 3, 2, 3)), ((0, 2, 3, 3), (0, 2, 2, 2))):
        for mode in ("bilinear", "nearest", "bicubic"):
            for padding in ("zeros", "border", "reflection"):
                for align in (False, True):
                    for dtype in FLOATS:
                        f.case("grid_sample", lambda x, g, mode, padding_mode, align_corners: F.grid_sample(x, g, mode, padding_mode, align_corners),
                               [f.draw(shape, dtype), f.draw(grid, dtype, -1.6, 1.6)], mode=mode, padding_mode=padding, align_corners=align)
    for dtype in HALVES:
        f.case("grid_sample", lambda x, g, mode, padding_mode, align_corners: F.grid_sample(x, g, mode, padding_mode, align_corners),
               [f.draw((1, 2, 4, 5), dtype), f.draw((1, 3, 2, 2), dtype, -1, 1)], False, mode="nearest", padding_mode="zeros", align_corners=False)
    for dtype in FLOATS:
        x = torch.tensor([1, NAN, 3, INF], dtype=dtype).view(1, 1, 2, 2)
        f.case("grid_sample", lambda x, g, mode, padding_mode, align_corners: F.grid_sample(x, g, mode, padding_mode, align_corners),
               [x, torch.tensor([-0.5, -0.5, 0.5, -0.5, 0.5, 0.5, 2, 2], dtype=dtype).view(1, 2, 2, 2)], False, mode="nearest", padding_mode="zeros", align_corners=False)
    f.begin("affine_grid")
    for size in ([1, 2, 3, 4], [2, 1, 5, 1], [1, 1, 2, 3, 4]):
        for align in (False, True):
            for dtype in FLOATS:
                d = len(size) - 2
                f.case("affine_grid", lambda t, size, align_corners: F.affine_grid(t, size, align_corners), [f.draw((size[0], d, d + 1), dtype)], size=size, align_corners=align)
    for dtype in FLOATS:
        t = torch.tensor([[[NAN, 1, 0], [INF, 0, 1]]], dtype=dtype)
        f.case("affine_grid", lambda t, size, align_corners: F.affine_grid(t, size, align_corners), [t], False, size=[1, 1, 2, 2], align_corners=True)


def unpools(f):
    f.begin("max_unpool")
    for shape, kernel, size in (((2, 3, 6), 2, [6]), ((3, 7), 3, [7]), ((1, 2, 4, 6), 2, [4, 6]), ((2, 5, 7), 2, [5, 7]), ((1, 2, 4, 4, 6), 2, [4, 4, 6]), ((0, 2, 4, 4), 2, [4, 4])):
        d = len(size)
        for dtype in FLOATS:
            y, index = getattr(F, f"max_pool{d}d")(f.draw(shape, dtype), kernel, return_indices=True)
            f.case("max_unpool", lambda y, index, size: getattr(F, f"max_unpool{d}d")(y, index, kernel, output_size=size), [y, index], size=size)
    for dtype in FLOATS:
        y = torch.tensor([[[NAN, INF, 2]]], dtype=dtype)
        f.case("max_unpool", lambda y, index, size: F.max_unpool1d(y, index, 2, output_size=size), [y, torch.tensor([[[1, 2, 4]]])], size=[6])


if __name__ == "__main__":
    file = File("resampling")
    resizes(file)
    grids(file)
    unpools(file)
    file.write()
