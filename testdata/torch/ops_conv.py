"""Writes ops/conv.json.gz: convolutions, transposed convolutions, unfold and fold, and ops/pixels.json.gz: pixel_shuffle and unflatten,
in the form of ops.py.

Run: python testdata/torch/ops_conv.py
"""

import torch
import torch.nn.functional as F

from ops import BF16, BOOL, F16, F32, F64, I64, INF, NAN, File

TYPES = [F32, F64, BF16, F16]

# x, out, kernel and the settings, for each number of dimensions
CONV = {
    1: [
        ((2, 3, 7), 4, (3,), {}),
        ((3, 7), 2, (3,), {"padding": [1]}),
        ((2, 2, 9), 3, (3,), {"stride": [2], "padding": [2], "dilation": [2]}),
        ((1, 4, 8), 6, (3,), {"groups": 2, "padding": [1]}),
        ((2, 4, 6), 4, (2,), {"groups": 4}),
        ((2, 2, 6), 4, (4,), {"groups": 2, "padding": "same"}),
        ((2, 3, 5), 2, (1,), {"padding": "valid"}),
        ((0, 3, 5), 2, (3,), {}),
    ],
    2: [
        ((2, 3, 5, 4), 4, (3, 2), {}),
        ((3, 4, 5), 2, (3, 3), {"padding": [1]}),
        ((2, 1, 6, 6), 2, (3, 3), {"stride": [2]}),
        ((2, 2, 5, 6), 3, (2, 3), {"stride": [2, 1], "padding": [1, 2]}),
        ((1, 2, 7, 6), 2, (3, 2), {"dilation": [2, 3], "padding": [2, 0], "stride": [3, 2]}),
        ((1, 4, 4, 3), 6, (2, 2), {"groups": 2, "padding": [1]}),
        ((2, 3, 4, 4), 3, (3, 3), {"groups": 3, "padding": [1]}),
        ((2, 2, 4, 4), 6, (3, 3), {"groups": 2, "stride": [2], "padding": [1]}),
        ((1, 3, 4, 4), 2, (1, 1), {"stride": [2]}),
        ((1, 2, 4, 3), 2, (4, 2), {"padding": "same"}),
        ((1, 2, 5, 5), 2, (3, 2), {"padding": "same", "dilation": [2]}),
        ((1, 2, 3, 3), 2, (2, 2), {"padding": "valid"}),
        ((1, 1, 1, 1), 1, (1, 1), {"padding": [1], "stride": [2]}),
        ((1, 1, 2, 2), 1, (2, 2), {"padding": [3]}),
        ((0, 2, 3, 3), 3, (2, 2), {}),
    ],
    3: [
        ((1, 2, 3, 4, 3), 2, (2, 3, 2), {}),
        ((2, 3, 2, 3), 2, (2, 2, 1), {"padding": [1, 0, 1]}),
        ((1, 2, 4, 3, 4), 4, (2, 2, 2), {"groups": 2, "stride": [2, 1, 2], "padding": [1], "dilation": [1, 2, 1]}),
        ((1, 2, 2, 3, 2), 2, (2, 1, 3), {"padding": "same", "groups": 2}),
    ],
}

TRANSPOSE = {
    1: [
        ((2, 3, 5), 4, (3,), {}),
        ((3, 4), 2, (3,), {"stride": [2], "padding": [1], "output_padding": [1]}),
        ((1, 4, 4), 6, (3,), {"groups": 2, "stride": [3], "dilation": [2], "padding": [2], "output_padding": [2]}),
        ((2, 3, 4), 3, (2,), {"groups": 3}),
    ],
    2: [
        ((2, 3, 3, 4), 2, (3, 2), {}),
        ((2, 3, 3), 2, (2, 2), {"stride": [2]}),
        ((1, 2, 3, 3), 3, (3, 3), {"stride": [2], "padding": [1], "output_padding": [1]}),
        ((2, 2, 3, 2), 2, (3, 2), {"stride": [2, 3], "padding": [0, 1], "output_padding": [1, 2], "dilation": [1, 2]}),
        ((1, 4, 3, 3), 2, (2, 3), {"groups": 2, "stride": [2]}),
        ((1, 3, 3, 3), 3, (3, 3), {"groups": 3, "stride": [2], "padding": [1]}),
        ((1, 2, 3, 3), 2, (1, 1), {"stride": [2], "output_padding": [1]}),
        ((0, 2, 3, 3), 3, (2, 2), {}),
    ],
    3: [
        ((1, 2, 2, 3, 2), 2, (2, 2, 3), {}),
        ((2, 2, 2, 2), 4, (3, 2, 2), {"groups": 2, "stride": [2, 1, 2], "padding": [1, 0, 0], "output_padding": [1, 0, 0]}),
    ],
}


def single(a):
    """Unfold and fold take a number for both dimensions, and no list of one."""
    return {k: v[0] if len(v) == 1 else v for k, v in a.items()}


def unfold(x, **a):
    return F.unfold(x, **single(a))


def fold(x, **a):
    return F.fold(x, **single(a))


def convolutions():
    f = File("conv")
    for dims, cases in CONV.items():
        op, fn = f"conv{dims}d", getattr(F, f"conv{dims}d")
        f.begin(op)
        for dtype in TYPES:
            for x, out, kernel, a in cases:
                groups = a.get("groups", 1)
                x, w, b = f.draw(x, dtype), f.draw((out, x[-1 - dims] // groups, *kernel), dtype), f.draw((out,), dtype)
                f.case(op, lambda x, w, **a: fn(x, w, **a), [x, w], **a)
                f.case(op + "_bias", fn, [x, w, b], **a)
                f.case(op + "_relu", lambda x, w, b, **a: F.relu(fn(x, w, b, **a)), [x, w, b], **a)
            if dtype in (F32, F64):
                x = torch.zeros((1, 1, *(3,) * dims), dtype=dtype)
                x.view(-1)[:3] = torch.tensor([NAN, INF, -INF])
                w = torch.ones((1, 1, *(2,) * dims), dtype=dtype)
                f.case(op, lambda x, w: fn(x, w), [x, w], False)
                f.case(op + "_bias", fn, [x, w, torch.ones(1, dtype=dtype)], False)
                f.case(op + "_relu", lambda x, w, b: F.relu(fn(x, w, b)), [x, w, torch.ones(1, dtype=dtype)], False)
    for dims, cases in TRANSPOSE.items():
        op, fn = f"conv_transpose{dims}d", getattr(F, f"conv_transpose{dims}d")
        f.begin(op)
        for dtype in TYPES:
            for x, out, kernel, a in cases:
                groups = a.get("groups", 1)
                x, w, b = f.draw(x, dtype), f.draw((x[-1 - dims], out // groups, *kernel), dtype), f.draw((out,), dtype)
                f.case(op, lambda x, w, **a: fn(x, w, **a), [x, w], **a)
                f.case(op + "_bias", fn, [x, w, b], **a)
            if dtype in (F32, F64):
                x = torch.zeros((1, 1, *(2,) * dims), dtype=dtype)
                x.view(-1)[:2] = torch.tensor([NAN, INF])
                w = torch.ones((1, 1, *(2,) * dims), dtype=dtype)
                f.case(op, lambda x, w: fn(x, w), [x, w], False)
                f.case(op + "_bias", fn, [x, w, torch.ones(1, dtype=dtype)], False)
    f.begin("fold")
    for dtype in TYPES:
        for x, a in (((2, 3, 4, 5), {"kernel_size": [2, 3]}), ((2, 4, 4), {"kernel_size": [2], "stride": [2]}), ((0, 1, 3, 3), {"kernel_size": [2]}),
                     ((1, 2, 5, 4), {"kernel_size": [3, 2], "dilation": [2, 1], "padding": [1, 2], "stride": [1, 2]}), ((1, 1, 2, 2), {"kernel_size": [1], "padding": [1]})):
            image = f.draw(x, dtype)
            f.case("im2col", unfold, [image], **a)
            columns = f.draw(unfold(image, **a).shape, dtype)
            f.case("fold", fold, [columns], output_size=list(x[-2:]), **a)
        if dtype in (F32, F64):
            f.case("im2col", unfold, [torch.tensor([[[NAN, INF], [1, 2]]], dtype=dtype)], False, kernel_size=[2], padding=[1])
            f.case("fold", fold, [torch.tensor([[NAN, 1], [INF, 2]], dtype=dtype)], False, output_size=[1, 3], kernel_size=[1, 2])
    f.write()


def pixels():
    f = File("pixels")
    f.begin("pixels")
    for dtype in [*TYPES, I64, BOOL]:
        for x, r in (((1, 8, 2, 3), 2), ((9, 1, 2), 3), ((2, 1, 4, 2, 1), 2), ((2, 3, 2, 2), 1), ((0, 4, 1, 1), 2)):
            f.case("pixel_shuffle", lambda x, upscale_factor: F.pixel_shuffle(x, upscale_factor), [f.draw(x, dtype)], x[0] > 0, upscale_factor=r)
            if x[0] == 0:
                continue  # PyTorch's pixel_unshuffle, and so the gradient of pixel_shuffle, does not change the shape of an empty batch
            y = (*x[:-3], x[-3] // r // r, x[-2] * r, x[-1] * r)
            f.case("pixel_unshuffle", lambda x, downscale_factor: F.pixel_unshuffle(x, downscale_factor), [f.draw(y, dtype)], downscale_factor=r)
        for x, dim, sizes in (((6,), 0, [2, 3]), ((2, 6, 2), 1, [3, -1]), ((2, 4), -1, [4]), ((2, 0), 1, [0, 3]), ((3, 2), 0, [1, 3, 1])):
            f.case("unflatten", lambda x, dim, sizes: torch.unflatten(x, dim, sizes), [f.draw(x, dtype)], dim=dim, sizes=sizes)
    f.write()


if __name__ == "__main__":
    convolutions()
    pixels()
