"""Writes nn/conv.json.gz: convolution layers with every setting, their gradients and second derivatives, in the form of nn.py, and the
digests of their initial values after torch.manual_seed.

Run it in this folder: python nn_conv.py
"""

import gzip
import json

import torch
from torch import nn

import keep
from nn import DTYPES, digest, gradients

# the layer, its channels and kernel, its settings, the input
LAYERS = [
    ("Conv1d", 2, 3, [3], {}, (2, 2, 6)),
    ("Conv1d", 2, 4, [2], {"stride": [2], "padding": [1], "dilation": [2], "groups": 2, "padding_mode": "circular"}, (2, 7)),
    ("Conv1d", 1, 2, [4], {"padding": "same", "padding_mode": "replicate", "bias": False}, (1, 1, 5)),
    ("Conv2d", 2, 3, [3, 2], {"padding": "valid"}, (2, 2, 4, 4)),
    ("Conv2d", 1, 2, [3, 3], {"padding": [1, 1], "padding_mode": "reflect"}, (2, 1, 4, 4)),
    ("Conv2d", 2, 2, [3, 3], {"stride": [2, 1], "padding": [2, 1], "padding_mode": "replicate"}, (1, 2, 4, 4)),
    ("Conv2d", 2, 2, [2, 3], {"padding": [2, 1], "padding_mode": "circular", "dilation": [1, 2]}, (2, 3, 5)),
    ("Conv2d", 2, 4, [3, 4], {"padding": "same", "groups": 2, "dilation": [2, 1]}, (1, 2, 5, 4)),
    ("Conv2d", 1, 1, [4, 3], {"padding": "same", "padding_mode": "reflect"}, (1, 1, 5, 4)),
    ("Conv2d", 3, 3, [3, 3], {"groups": 3, "padding": [1, 1], "stride": [2, 2], "bias": False}, (1, 3, 4, 4)),
    ("Conv3d", 1, 2, [2, 2, 2], {"padding": [1, 0, 1]}, (1, 1, 3, 3, 2)),
    ("Conv3d", 2, 2, [2, 1, 2], {"padding": [1, 1, 1], "padding_mode": "circular", "groups": 2, "stride": [1, 2, 1]}, (2, 3, 2, 3)),
    ("ConvTranspose1d", 2, 3, [3], {}, (2, 2, 4)),
    ("ConvTranspose1d", 4, 2, [2], {"stride": [3], "output_padding": [2], "groups": 2, "bias": False}, (4, 3)),
    ("ConvTranspose2d", 2, 3, [3, 2], {"stride": [2, 1], "padding": [1, 0], "output_padding": [1, 0]}, (1, 2, 3, 3)),
    ("ConvTranspose2d", 2, 2, [2, 2], {"stride": [2, 2], "dilation": [2, 2], "groups": 2}, (2, 2, 2, 3)),
    ("ConvTranspose3d", 2, 1, [2, 2, 2], {"stride": [2, 1, 2], "padding": [1, 0, 0]}, (1, 2, 2, 2, 2)),
]


def layers():
    cases = []
    for dtype in DTYPES:
        g = torch.Generator().manual_seed(23)

        def randn(*shape):
            return torch.randn(shape, generator=g, dtype=torch.float64).to(dtype).requires_grad_()

        for name, i, o, kernel, a, shape in LAYERS:
            layer = getattr(nn, name)(i, o, kernel, dtype=dtype, **a)
            names = [n for n, _ in layer.named_parameters()]
            inputs = [randn(*shape)] + [randn(*p.shape) for p in layer.parameters()]
            f = lambda x, *ps: torch.func.functional_call(layer, dict(zip(names, ps)), (x,))
            cases.append({"name": name, "in": i, "out": o, "kernel": kernel, "attrs": a, **gradients(f, inputs)})
    return cases


def init():
    cases = []
    for dtype in DTYPES:
        for name, i, o, kernel, a, _ in LAYERS:
            torch.manual_seed(31)
            layer = getattr(nn, name)(i, o, kernel, dtype=dtype, **a)
            cases.append({"name": name, "in": i, "out": o, "kernel": kernel, "attrs": a, "dtype": str(dtype)[6:], "keys": list(layer.state_dict()),
                          "digests": [digest(p) for p in layer.parameters()], "next": torch.rand(()).item()})
    return cases


if __name__ == "__main__":
    torch.set_num_threads(1)
    path = "nn/conv.json.gz"
    content = keep.values(path, {"layers": layers(), "init": init()})
    with open(path, "wb") as f:
        f.write(gzip.compress(json.dumps(content, separators=(",", ":")).encode(), 9, mtime=0))
    print(len(content["layers"]), "layers")
