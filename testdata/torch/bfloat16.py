"""Writes bfloat16.json: products of bfloat16 matrices and their gradients, large enough for the kernels of bfloat16.

Inputs are normal numbers of the stream with seed 1, rounded to bfloat16. Results are little-endian bfloat16 in base64.

Run: python testdata/torch/bfloat16.py
"""

import base64
import json
import pathlib

import torch
import torch.nn.functional as F


def draw(*shape):
    return torch.randn(shape, generator=dice).to(torch.bfloat16)


def case(name, f, inputs):
    for x in inputs:
        x.requires_grad_()
    y = f(*inputs)
    dy = draw(*y.shape)
    y.backward(dy)
    shapes = [list(x.shape) for x in inputs]
    results = [y.detach()] + [x.grad for x in inputs]
    return {"name": name, "shapes": shapes, "results": [encode(x) for x in results]}


def encode(x):
    return base64.b64encode(x.contiguous().view(torch.int16).numpy().tobytes()).decode()


dice = torch.Generator().manual_seed(1)
cases = [
    case("linear", F.linear, [draw(48, 80), draw(40, 80), draw(40)]),
    case("matmul", torch.matmul, [draw(2, 40, 72), draw(2, 72, 36)]),
]
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(cases, indent=1) + "\n")
