"""Writes optim/traces.json: ten steps of every optimizer in every mode, in float32 and float64.

Run it with the PyTorch of VERSION, on a processor with AVX2 or AVX-512:

    python testdata/torch/optim.py

A trace holds all parameters, concatenated, after each step: the elements in little-endian order, base64. Integer arithmetic that
optim's test repeats makes the parameters and gradients, so they are not in the file.

PyTorch's float32 square root comes from a vector library and is off by one unit in the last place for about every sixth number,
depending on the build. So the float32 traces run a second time with a correctly rounded square root, as in float64 and IEEE 754;
"float32_exact_sqrt" holds their digests.
"""

import base64
import contextlib
import hashlib
import json
import os

import torch

import keep

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "optim")
SHAPES = [(4, 5), (), (19,), (2, 3, 2)]
MATRICES = [(4, 5), (7, 3), (6, 6), (1, 9)]  # Muon accepts matrices only
STEPS = 10


def number(*key):
    """A multiple of 2**-10 in [-2, 2), the same in float32 and float64, from a few integers."""
    x = 0
    for k in key:
        x = (x * 1000003 + k + 12345) % 2147483647
        x = (x * 48271) % 2147483647
    return (x % 4096) / 1024 - 2


def shapes(optimizer):
    return MATRICES if optimizer == "Muon" else SHAPES


def parameter(i, shapes, dtype):
    n = torch.Size(shapes[i]).numel()
    return torch.tensor([number(0, i, j) for j in range(n)], dtype=dtype).reshape(shapes[i])


def gradient(step, i, shapes, dtype):
    """None if the parameter has no gradient in this step. Magnitudes differ by element, and some are exactly zero."""
    if (step, i) in [(0, 2), (3, 2), (4, 0), (4, 1), (7, 3)]:
        return None
    n = torch.Size(shapes[i]).numel()
    values = [number(step + 1, i, j) * 2.0 ** -(j % 9) * (0 if j % 7 == 6 and step % 2 else 1) for j in range(n)]
    return torch.tensor(values, dtype=dtype).reshape(shapes[i])


def bits(tensors):
    return base64.b64encode(b"".join(t.detach().contiguous().numpy().tobytes() for t in tensors)).decode()


@contextlib.contextmanager
def exact_sqrt():
    """Correctly rounded square roots: computed in float64, then rounded to float32."""
    sqrt, sqrt_ = torch.Tensor.sqrt, torch.Tensor.sqrt_
    torch.Tensor.sqrt = lambda x: sqrt(x.double()).to(x.dtype)
    torch.Tensor.sqrt_ = lambda x: x.copy_(sqrt(x.double()))
    try:
        yield
    finally:
        torch.Tensor.sqrt, torch.Tensor.sqrt_ = sqrt, sqrt_


def digest(trace):
    return [hashlib.sha256(base64.b64decode(t)).hexdigest() for t in trace]


# Optimizer, settings, then settings of a second group that holds the last two parameters.
MODES = [
    ("SGD", {}),
    ("SGD", {"lr": 0.1, "momentum": 0.9}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3}),
    ("SGD", {"lr": 0.05, "momentum": 0.8, "nesterov": True}),
    ("SGD", {"lr": 0.05, "momentum": 0.8, "nesterov": True, "weight_decay": 0.01}),
    ("SGD", {"lr": 0.1, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.1, "maximize": True}),
    ("SGD", {"lr": 0.1, "momentum": 0.7, "dampening": 0.1, "weight_decay": 0.03, "maximize": True}),
    ("RMSprop", {}),
    ("RMSprop", {"lr": 0.003, "alpha": 0.9, "eps": 1e-6}),
    ("RMSprop", {"momentum": 0.9}),
    ("RMSprop", {"centered": True}),
    ("RMSprop", {"centered": True, "alpha": 0.4, "momentum": 0.5, "weight_decay": 0.02}),
    ("RMSprop", {"weight_decay": 0.1, "maximize": True}),
    ("Adam", {}),
    ("Adam", {"lr": 0.1, "betas": (0.8, 0.99), "eps": 1e-5}),
    ("Adam", {"betas": (0.3, 0.9)}),
    ("Adam", {"weight_decay": 0.1}),
    ("Adam", {"lr": 0.01, "amsgrad": True}),
    ("Adam", {"lr": 0.01, "amsgrad": True, "weight_decay": 0.05, "maximize": True}),
    ("AdamW", {}),
    ("AdamW", {"lr": 0.01, "weight_decay": 0.2, "amsgrad": True}),
    ("AdamW", {"weight_decay": 0.1, "maximize": True}),
    ("Adagrad", {}),
    ("Adagrad", {"lr": 0.1, "lr_decay": 0.05, "weight_decay": 0.02}),
    ("Adagrad", {"initial_accumulator_value": 0.25, "eps": 1e-6, "maximize": True}),
    ("Adadelta", {}),
    ("Adadelta", {"lr": 0.5, "rho": 0.7, "weight_decay": 0.05}),
    ("Adadelta", {"eps": 1e-3, "maximize": True}),
    ("Adamax", {}),
    ("Adamax", {"lr": 0.05, "betas": (0.7, 0.95), "eps": 1e-4, "weight_decay": 0.1}),
    ("Adamax", {"maximize": True}),
    ("NAdam", {}),
    ("NAdam", {"lr": 0.01, "betas": (0.8, 0.9), "momentum_decay": 0.02, "weight_decay": 0.1}),
    ("NAdam", {"weight_decay": 0.1, "decoupled_weight_decay": True, "maximize": True}),
    ("RAdam", {}),
    ("RAdam", {"lr": 0.05, "betas": (0.8, 0.95), "eps": 1e-5, "weight_decay": 0.1}),
    ("RAdam", {"betas": (0.9, 0.99), "weight_decay": 0.1, "decoupled_weight_decay": True, "maximize": True}),
    ("Adafactor", {}),
    ("Adafactor", {"lr": 0.05, "beta2_decay": -0.5, "eps": (1e-6, 1e-2), "d": 1.5, "weight_decay": 0.1}),
    ("Adafactor", {"lr": 0.5, "maximize": True}),
    ("Muon", {}),
    ("Muon", {"lr": 0.02, "momentum": 0.8, "nesterov": False, "weight_decay": 0.3}),
    ("Muon", {"ns_coefficients": (3.0, -3.2, 1.2), "ns_steps": 3, "eps": 1e-3, "adjust_lr_fn": "match_rms_adamw"}),
    ("Muon", {"lr": 0.01, "weight_decay": 0, "adjust_lr_fn": "spectral_unclamped"}),
    ("SGD", {"lr": 0.1, "momentum": 0.9}, {"lr": 0.02, "momentum": 0}),
    ("AdamW", {"lr": 0.01, "weight_decay": 0.3}, {"weight_decay": 0, "betas": (0.5, 0.8)}),
    ("RMSprop", {"lr": 0.003}, {"lr": 0.03, "centered": True}),
    ("NAdam", {}, {"lr": 0.05, "momentum_decay": 0.1}),
    ("Muon", {"lr": 0.01}, {"momentum": 0.5, "weight_decay": 0}),
    ("Adafactor", {"lr": 0.1}, {"d": 2.0, "weight_decay": 0.05}),
]


def groups(params, second):
    """One group, or two of which the second holds the last two parameters."""
    if second:
        return [{"params": params[:2]}, {"params": params[2:], **second}]
    return [{"params": params}]


def run(name, settings, second, dtype):
    of = shapes(name)
    params = [torch.nn.Parameter(parameter(i, of, dtype)) for i in range(len(of))]
    opt = getattr(torch.optim, name)(groups(params, second), **settings)
    trace = []
    for step in range(STEPS):
        for i, p in enumerate(params):
            p.grad = gradient(step, i, of, dtype)
        opt.step()
        trace.append(bits(params))
    return trace


def main():
    os.makedirs(HERE, exist_ok=True)
    traces = []
    for mode in MODES:
        name, settings, second = (*mode, None)[:3]
        trace = {"optimizer": name, "settings": settings}
        if second:
            trace["second"] = second
        for dtype in ["float32", "float64"]:
            trace[dtype] = run(name, settings, second, getattr(torch, dtype))
        with exact_sqrt():
            trace["float32_exact_sqrt"] = digest(run(name, settings, second, torch.float32))
        traces.append(trace)
    path = os.path.join(HERE, "traces.json")
    content = keep.values(path, {"torch": torch.__version__, "traces": traces})
    with open(path, "w") as f:
        json.dump(content, f, indent=0)
        f.write("\n")


if __name__ == "__main__":
    main()
