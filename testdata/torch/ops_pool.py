"""Writes ops/pooling.json.gz: what PyTorch makes of pooling, with gradients, in the form of ops.py.

Run: python testdata/torch/ops_pool.py
"""

import torch
import torch.nn.functional as F

from ops import F32, F64, BF16, F16, FLOATS, HALVES, I32, I64, INF, NAN, U8, File

INTS = [I64, I32, torch.int16, torch.int8, U8]
EVERY = FLOATS + HALVES

# How many dimensions are pooled, the input's shape, and the arguments.
WINDOWS = [
    (1, (2, 3, 7), dict(kernel=[2])),
    (1, (3, 7), dict(kernel=[3], stride=[2], padding=[1])),
    (1, (1, 2, 9), dict(kernel=[3], stride=[2], ceil=True)),
    (1, (1, 1, 9), dict(kernel=[4], stride=[3], padding=[2], ceil=True)),
    (2, (2, 3, 4, 6), dict(kernel=[2])),
    (2, (3, 6, 5), dict(kernel=[2, 3], stride=[1, 2])),
    (2, (2, 2, 7, 8), dict(kernel=[3], stride=[2], padding=[1])),
    (2, (1, 2, 7, 8), dict(kernel=[3, 2], stride=[2, 3], padding=[1, 0], ceil=True)),
    (2, (0, 2, 4, 4), dict(kernel=[2])),
    (2, (1, 1, 5, 5), dict(kernel=[1])),
    (2, (1, 1, 19, 41), dict(kernel=[3], stride=[2], padding=[1])),
    (2, (1, 1, 8, 68), dict(kernel=[2])),
    (3, (1, 2, 4, 5, 4), dict(kernel=[2])),
    (3, (2, 3, 5, 4), dict(kernel=[2, 3, 1], stride=[1, 2, 1], padding=[1, 1, 0])),
    (3, (1, 1, 5, 5, 5), dict(kernel=[3], stride=[2], padding=[1], ceil=True)),
]
DILATED = [
    (1, (2, 2, 9), dict(kernel=[3], stride=[1], dilation=[2])),
    (2, (1, 2, 8, 9), dict(kernel=[3, 2], stride=[2, 1], padding=[1, 1], dilation=[2, 3])),
    (2, (1, 2, 8, 9), dict(kernel=[2], stride=[3], dilation=[3], ceil=True)),
    (3, (1, 2, 5, 6, 7), dict(kernel=[2], stride=[2], padding=[1, 1, 1], dilation=[2, 1, 3])),
]
ADAPTIVE = [
    ((2, 2, 7), [3]), ((2, 7), [7]), ((1, 2, 5), [8]), ((2, 2, 6, 7), [3, 2]), ((2, 6, 7), [1, 1]), ((1, 2, 6, 7), [-1, 3]), ((1, 2, 6, 7), [4, -1]),
    ((1, 2, 5, 6, 7), [2, 3, 4]), ((1, 5, 6, 3), [-1, 1, 5]), ((2, 2, 5, 5), [7, 3]), ((0, 2, 4, 4), [2, 2]), ((1, 2, 5, 6, 7), [1, 1, 1]),
]


def one(v):
    return None if v is None else v[0] if len(v) == 1 else tuple(v)


def call(name, **fixed):
    def f(x, dims, kernel, stride=None, padding=None, ceil=False, **more):
        more = {k: one(v) if isinstance(v, list) else v for k, v in more.items()}
        return getattr(F, f"{name}{dims}d")(x, one(kernel), one(stride), padding=one(padding) or 0, ceil_mode=ceil, **more, **fixed)

    return f


def sized(shape):
    return torch.Size(shape).numel()


def maxima(f):
    f.begin("max_pool")
    for dims, shape, args in WINDOWS + DILATED:
        for dtype in EVERY + (INTS if dims > 1 else []):
            if dtype not in (F32, F64) and sized(shape) > 120:
                continue
            x = f.draw(shape, dtype, -9, 9)
            f.case("max_pool", call("max_pool"), [x], dims=dims, **args)
            if sized(shape) <= 120 and not (dtype in INTS and dims == 1):
                f.case("max_pool_indices", lambda x, **a: call("max_pool", return_indices=True)(x, **a)[1], [x], dims=dims, **args)
    for dtype in EVERY:  # equal elements, NaN (of several the last), infinities
        for v in ([1, 1, 1, 0, 1, 1], [0, NAN, 1, 2, 3, 4], [NAN, NAN, 1, NAN, NAN, 2], [-INF, -INF, INF, INF, -INF, 1], [-0.0, 0.0, 0.0, -0.0, 1, NAN]):
            x = torch.tensor([v, v], dtype=dtype).view(1, 1, 2, 6)
            for args in (dict(kernel=[2]), dict(kernel=[2, 3], stride=[1, 1], padding=[1, 1])):
                f.case("max_pool", call("max_pool"), [x], dims=2, **args)
                f.case("max_pool_indices", lambda x, **a: call("max_pool", return_indices=True)(x, **a)[1], [x], dims=2, **args)


def means(f):
    f.begin("avg_pool")
    for dims, shape, args in WINDOWS:
        for dtype in EVERY:
            if dtype not in (F32, F64) and (sized(shape) > 120 or dims == 3):
                continue
            x = f.draw(shape, dtype)
            f.case("avg_pool", call("avg_pool"), [x], dims=dims, **args)
            if "padding" in args:
                f.case("avg_pool", call("avg_pool"), [x], dims=dims, count_include_pad=False, **args)
            if dims > 1:
                f.case("avg_pool", call("avg_pool"), [x], dims=dims, divisor_override=5, **args)
    for dtype in EVERY:
        x = torch.tensor([[1, NAN, 3, 4, INF, -INF, 0, INF], [0, 1, 3, 4, 1, 1, 0, 1]], dtype=dtype).view(1, 2, 8)
        f.case("avg_pool", call("avg_pool"), [x], False, dims=1, kernel=[2])


def adaptive(f):
    for op, name in (("adaptive_max_pool", "adaptive_max_pool"), ("adaptive_avg_pool", "adaptive_avg_pool")):
        f.begin(op)
        for shape, size in ADAPTIVE:
            fn = getattr(F, f"{name}{len(size)}d")
            none = lambda size: tuple(None if n == -1 else n for n in size)
            for dtype in EVERY:
                if dtype not in (F32, F64) and sized(shape) > 120:
                    continue
                x = f.draw(shape, dtype)
                if len(size) == 1:
                    f.case(op, lambda x, size: fn(x, size[0]), [x], size=size)
                else:
                    f.case(op, lambda x, size: fn(x, none(size)), [x], size=size)
                if op == "adaptive_max_pool":
                    f.case(op + "_indices", lambda x, size: fn(x, none(size), return_indices=True)[1], [x], size=size)
        for dtype in EVERY:
            x = torch.tensor([[1, NAN, 3, 4, INF, -INF], [0, 1, 3, 4, 1, 1]], dtype=dtype).view(1, 2, 6)
            f.case(op, lambda x, size: getattr(F, f"{name}1d")(x, size[0]), [x], op == "adaptive_max_pool", size=[3])
            if op == "adaptive_max_pool":
                f.case(op + "_indices", lambda x, size: F.adaptive_max_pool1d(x, size[0], return_indices=True)[1], [x], size=[3])


def norms(f):
    f.begin("lp_pool")
    for dims, shape, args in WINDOWS:
        if "padding" in args or 0 in shape:
            continue
        for p in (1, 2, 3):
            for dtype in FLOATS if sized(shape) > 120 or dims == 3 else EVERY:
                x = f.draw(shape, dtype, 0.2, 3)
                f.case("lp_pool", lambda x, dims, p, kernel, stride=None, ceil=False: getattr(F, f"lp_pool{dims}d")(x, p, one(kernel), one(stride), ceil), [x], dims=dims, p=p, **args)


    for dtype in EVERY:
        x = torch.tensor([[1, NAN, 3, 4, INF, 2, 0, INF]], dtype=dtype)
        f.case("lp_pool", lambda x, dims, p, kernel: F.lp_pool1d(x, p, kernel[0]), [x], False, dims=1, p=2, kernel=[2])


if __name__ == "__main__":
    file = File("pooling")
    maxima(file)
    means(file)
    adaptive(file)
    norms(file)
    file.write()
