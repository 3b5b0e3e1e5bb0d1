"""Writes optim/papers.json: ten steps of Lion and LAMB, which PyTorch does not have, from the papers' formulas in NumPy.

    python testdata/torch/optim_papers.py

The traces have the form of optim.py's. Lion is algorithm 2 of https://arxiv.org/abs/2302.06675, LAMB algorithm 2 of
https://arxiv.org/abs/1904.00962 with the identity for φ.
"""

import base64
import json
import os

import numpy as np
import torch

import keep
import optim


class Lion:
    defaults = {"lr": 1e-4, "betas": (0.9, 0.99), "weight_decay": 0, "maximize": False}

    def __init__(self, p):
        self.m = np.zeros_like(p)

    def step(self, p, g, lr, betas, weight_decay, maximize):
        g = -g if maximize else g
        c = betas[0] * self.m + (1 - betas[0]) * g
        self.m = (betas[1] * self.m + (1 - betas[1]) * g).astype(p.dtype)
        return p - lr * (np.sign(c) + weight_decay * p)


class LAMB:
    defaults = {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-6, "weight_decay": 0, "maximize": False}

    def __init__(self, p):
        self.m, self.v, self.t = np.zeros_like(p), np.zeros_like(p), 0

    def step(self, p, g, lr, betas, eps, weight_decay, maximize):
        g = -g if maximize else g
        self.t += 1
        self.m = (betas[0] * self.m + (1 - betas[0]) * g).astype(p.dtype)
        self.v = (betas[1] * self.v + (1 - betas[1]) * g * g).astype(p.dtype)
        r = self.m / (1 - betas[0] ** self.t) / (np.sqrt(self.v / (1 - betas[1] ** self.t)) + eps)
        u = r + weight_decay * p
        size, length = np.sqrt(np.sum(p * p)), np.sqrt(np.sum(u * u))
        return p - lr * (size / length if size > 0 and length > 0 else 1) * u


MODES = [
    (Lion, {}),
    (Lion, {"lr": 0.01, "betas": (0.6, 0.8), "weight_decay": 0.1}),
    (Lion, {"maximize": True}),
    (LAMB, {}),
    (LAMB, {"lr": 0.05, "betas": (0.8, 0.95), "eps": 1e-4, "weight_decay": 0.1}),
    (LAMB, {"maximize": True}),
    (Lion, {}, {"lr": 0.05, "weight_decay": 0.2}),
]


def run(rule, settings, second, dtype):
    of = optim.shapes(rule.__name__)
    numpy = lambda t: None if t is None else t.numpy().copy()
    params = [numpy(optim.parameter(i, of, dtype)) for i in range(len(of))]
    rules = [rule(p) for p in params]
    trace = []
    for step in range(optim.STEPS):
        for i in range(len(params)):
            g = numpy(optim.gradient(step, i, of, dtype))
            if g is not None:
                chosen = {**rule.defaults, **settings, **(second if second and i >= 2 else {})}
                params[i] = np.asarray(rules[i].step(params[i], g, **chosen)).astype(params[i].dtype)
        trace.append(base64.b64encode(b"".join(p.tobytes() for p in params)).decode())
    return trace


def main():
    traces = []
    for mode in MODES:
        rule, settings, second = (*mode, None)[:3]
        trace = {"optimizer": rule.__name__, "settings": settings}
        if second:
            trace["second"] = second
        for dtype in ["float32", "float64"]:
            trace[dtype] = run(rule, settings, second, getattr(torch, dtype))
        traces.append(trace)
    path = os.path.join(optim.HERE, "papers.json")
    content = keep.values(path, {"numpy": np.__version__, "traces": traces})
    with open(path, "w") as f:
        json.dump(content, f, indent=0)
        f.write("\n")


if __name__ == "__main__":
    main()
