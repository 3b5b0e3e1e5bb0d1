"""Writes conv2d.json: torch.nn.functional.conv2d and its gradients for one batch of random numbers."""

import json
import pathlib

import torch

torch.manual_seed(0)
x = torch.randn(2, 3, 7, 6, requires_grad=True)
w = torch.randn(4, 3, 3, 2, requires_grad=True)
b = torch.randn(4, requires_grad=True)
y = torch.nn.functional.conv2d(x, w, b)
dy = torch.randn_like(y)
y.backward(dy)


def numbers(t):
    return [float(f"{v:.9g}") for v in t.detach().flatten().tolist()]


out = {"XShape": list(x.shape), "WShape": list(w.shape), "YShape": list(y.shape)}
for name, t in {"X": x, "W": w, "B": b, "Y": y, "DY": dy, "DX": x.grad, "DW": w.grad, "DB": b.grad}.items():
    out[name] = numbers(t)
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(out) + "\n")
