"""Writes nn/*.json: what PyTorch's layers and losses compute, their gradients and second derivatives, the random streams of
Linear's initialisation and Dropout, and state dict keys.

Run it in this folder: python nn.py

A tensor is {"dtype", "shape", "data"}: data holds the elements as numbers, but "inf", "-inf" and "nan".
"""

import hashlib
import json
import math
import os

import torch
from torch import nn

import keep

DTYPES = (torch.float32, torch.float64)


def number(v):
    if isinstance(v, float) and not math.isfinite(v):
        return str(v)
    return v


def pack(t):
    if t._is_zerotensor():
        t = torch.zeros(t.shape, dtype=t.dtype)
    return {"dtype": str(t.dtype)[len("torch."):], "shape": list(t.shape),
            "data": [number(v) for v in t.detach().reshape(-1).tolist()]}


def gradients(f, inputs, twice=True):
    """Output of f, gradients of (output · weights).sum(), and, if twice, those of the sum of these gradients' squares."""
    leaves = [x for x in inputs if x.requires_grad]
    y = f(*inputs)
    w = torch.linspace(0.5, 1.5, y.numel(), dtype=y.dtype).reshape(y.shape)
    first = torch.autograd.grad((y * w).sum(), leaves, create_graph=True, allow_unused=True)
    total = sum((g * g).sum() for g in first if g is not None)
    second = [None] * len(leaves)
    if twice and isinstance(total, torch.Tensor) and total.requires_grad:
        second = torch.autograd.grad(total, leaves, allow_unused=True)

    def packed(gs):
        return [pack(torch.zeros_like(x) if g is None else g) for g, x in zip(gs, leaves)]
    return {"inputs": [pack(x) for x in inputs], "weights": pack(w), "output": pack(y),
            "first": packed(first), "second": packed(second) if twice else None}


def case(cases, name, f, *inputs):
    c = {"name": name}
    c.update(gradients(f, inputs))
    cases.append(c)


def layers():
    cases = []
    for dtype in DTYPES:
        g = torch.Generator().manual_seed(7)

        def randn(*shape):
            return torch.randn(shape, generator=g, dtype=torch.float64).to(dtype).requires_grad_()
        w, b = randn(4, 6), randn(4)
        for shape in ((5, 6), (6,), (2, 3, 6), (0, 6), (1, 6)):
            case(cases, "linear", torch.nn.functional.linear, randn(*shape), w, b)
            case(cases, "linear without bias", torch.nn.functional.linear, randn(*shape), w)
            case(cases, "linear relu", lambda x, w, b: torch.relu(torch.nn.functional.linear(x, w, b)), randn(*shape), w, b)
        special = torch.tensor([0.0, -0.0, 1e-30, -1e-30, 30.0, -30.0, 200.0, -200.0, 1e30, -1e30], dtype=dtype).requires_grad_()
        for x in (randn(3, 5), special):
            case(cases, "relu", nn.ReLU(), x)
            case(cases, "sigmoid", nn.Sigmoid(), x)
            case(cases, "tanh", nn.Tanh(), x)
        case(cases, "flatten", nn.Flatten(), randn(2, 3, 4))
        case(cases, "sequential",
             lambda x, w1, b1, w2, b2: nn.functional.linear(torch.tanh(nn.functional.linear(torch.relu(x), w1, b1)), w2, b2),
             randn(5, 6), randn(7, 6), randn(7), randn(3, 7), randn(3))
    return cases


def losses():
    cases = []
    for dtype in DTYPES:
        g = torch.Generator().manual_seed(11)

        def randn(*shape, scale=1.0):
            return (scale * torch.randn(shape, generator=g, dtype=torch.float64)).to(dtype).requires_grad_()

        def rand(*shape):
            return torch.rand(shape, generator=g, dtype=torch.float64).to(dtype).requires_grad_()
        for reduction in ("mean", "sum", "none"):
            for shape in ((4, 3), (5,), ()):
                case(cases, "mse " + reduction, nn.MSELoss(reduction=reduction), randn(*shape), randn(*shape))
                case(cases, "bce " + reduction, nn.BCELoss(reduction=reduction), rand(*shape), rand(*shape))
                case(cases, "bce_with_logits " + reduction, nn.BCEWithLogitsLoss(reduction=reduction), randn(*shape, scale=4),
                     rand(*shape))
            for shape, target in (((4, 3), (4,)), ((3,), ()), ((2, 3, 4), (2, 4)), ((2, 5, 3, 2), (2, 3, 2)), ((6, 1), (6,))):
                classes = shape[0] if len(shape) == 1 else shape[1]
                t = torch.randint(0, classes, target, generator=g)
                case(cases, "cross_entropy " + reduction, lambda x, t: nn.CrossEntropyLoss(reduction=reduction)(x, t),
                     randn(*shape, scale=3), t)
        edge = torch.tensor([0.0, 1.0, 0.0, 1.0, 0.5, 1e-20, 1 - 2**-20], dtype=dtype).requires_grad_()
        t = torch.tensor([0.0, 1.0, 1.0, 0.0, 0.25, 1.0, 0.0], dtype=dtype)
        c = {"name": "bce none"}
        c.update(gradients(nn.BCELoss(reduction="none"), (edge, t)))
        c["second"] = None  # not meaningful at 0 and 1
        cases.append(c)
        x = torch.tensor([0.0, -0.0, 40.0, -40.0, 1000.0, -1000.0, 1e30, -1e30], dtype=dtype).requires_grad_()
        t = torch.tensor([0.0, 1.0, 1.0, 1.0, 0.0, 1.0, 0.5, 0.0], dtype=dtype)
        case(cases, "bce_with_logits none", nn.BCEWithLogitsLoss(reduction="none"), x, t)
        x = torch.tensor([[1e4, -1e4, 0.0], [100.0, 100.0, 100.0], [-1e30, 1e30, 0.0], [-80.0, 0.0, 90.0]], dtype=dtype).requires_grad_()
        case(cases, "cross_entropy none", nn.CrossEntropyLoss(reduction="none"), x, torch.tensor([0, 1, 1, 0]))
    return cases


def digest(t):
    return hashlib.sha256(t.detach().contiguous().numpy().tobytes()).hexdigest()


def streams():
    """Linear's initial values after torch.manual_seed, layer after layer, and Dropout's result for ones and then for a matrix."""
    init = []
    for seed, dtype, bias, sizes in (
            (42, torch.float32, True, ((100, 128), (128, 64), (64, 32), (32, 10))),
            (0, torch.float32, True, ((784, 128), (3, 1), (1, 2), (7, 5))),
            (3, torch.float32, False, ((5, 4), (20, 30))),
            (1, torch.float64, True, ((5, 4), (100, 33)))):
        torch.manual_seed(seed)
        made = [nn.Linear(i, o, bias=bias, dtype=dtype) for i, o in sizes]
        init.append({"seed": seed, "dtype": str(dtype)[len("torch."):], "bias": bias, "layers": [
            {"in": i, "out": o, "weight": digest(m.weight), "bias": digest(m.bias) if bias else "",
             "first": m.weight.reshape(-1)[0].item()} for (i, o), m in zip(sizes, made)]})
    dropout = []
    for dtype in DTYPES:
        for p in (0.0, 0.3, 0.5, 1.0):
            torch.manual_seed(9)
            layer = nn.Dropout(p)
            x = (torch.arange(40, dtype=dtype) - 17.3).requires_grad_()
            y = layer(torch.ones(3, 7, dtype=dtype)), layer(x)
            y[1].sum().backward()
            dropout.append({"p": p, "ones": pack(y[0]), "x": pack(x), "y": pack(y[1]), "grad": pack(x.grad),
                            "next": torch.rand(()).item()})
    return {"init": init, "dropout": dropout}


class FourLayerNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(100, 128), nn.Linear(128, 64)
        self.fc3, self.fc4 = nn.Linear(64, 32), nn.Linear(32, 10)
        self.relu = nn.ReLU()


class Nested(nn.Module):
    """Own parameters and buffers before children, lists, dictionaries, a shared layer."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 2, bias=False))
        self.heads = nn.ModuleDict({"a": nn.Linear(2, 1), "b": nn.Linear(2, 2)})
        self.blocks = nn.ModuleList([nn.Sequential(nn.Linear(2, 2)), nn.Linear(2, 2)])
        self.tied = self.body[2]
        self.register_buffer("mean", torch.zeros(2))
        self.scale = nn.Parameter(torch.ones(2))


def keys():
    return {type(m).__name__: {"state": list(m.state_dict()), "parameters": [k for k, _ in m.named_parameters()]}
            for m in (FourLayerNN(), Nested())}


def write(name, content):
    os.makedirs("nn", exist_ok=True)
    content = keep.values(f"nn/{name}.json", content)
    with open(f"nn/{name}.json", "w") as f:
        if isinstance(content, list):
            f.write("[\n" + ",\n".join(json.dumps(c) for c in content) + "\n]\n")
        else:
            json.dump(content, f, indent=None)
            f.write("\n")


if __name__ == "__main__":
    for name, content in (("layers", layers()), ("losses", losses()), ("streams", streams()), ("keys", keys())):
        write(name, content)
