"""Writes explain/explain.json: saliency, SmoothGrad, Grad-CAM, occlusion and feature maps of a small network, by torch.autograd.

Run: python testdata/torch/explain.py

The network's parameters and the images are drawn with torch.manual_seed(7), in this order; package vision/explain's test draws the same.
"""

import json
import pathlib

import torch
from torch import nn

import keep

torch.manual_seed(7)
model = nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU(), nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 6 * 6, 5)).eval()
x = torch.randn(2, 1, 8, 8)
CLASS = 3


def gradient(x):
    x = x.clone().requires_grad_(True)
    return torch.autograd.grad(model(x)[:, CLASS].sum(), x)[0]


def gradcam(layer):
    kept = {}

    def hook(_, __, y):
        kept["a"] = y

    handle = model[layer].register_forward_hook(hook)
    score = model(x.clone().requires_grad_(True))[:, CLASS].sum()
    handle.remove()
    (da,) = torch.autograd.grad(score, kept["a"])
    return (da.mean((2, 3), keepdim=True) * kept["a"]).sum(1).relu()


def smoothgrad(n, noise, seed):
    torch.manual_seed(seed)
    sigma = noise * (x.max() - x.min())
    return (sum(gradient(x + sigma * torch.randn(x.shape)) for _ in range(n)) / n).abs()


def occlusion(size, stride, value):
    with torch.no_grad():
        one = x[:1]
        h, w = one.shape[2:]
        whole = model(one)[0, CLASS]
        rows = []
        for ci in range(stride // 2, h + stride // 2, stride):
            row = []
            for cj in range(stride // 2, w + stride // 2, stride):
                i, j = min(ci, h - 1) - size // 2, min(cj, w - 1) - size // 2
                covered = one.clone()
                covered[:, :, max(i, 0) : i + size, max(j, 0) : j + size] = value
                row.append((whole - model(covered)[0, CLASS]).item())
            rows.append(row)
        return torch.tensor(rows)


out = {
    "maps": {str(i): model[: i + 1](x) for i in range(len(model))},
    "saliency": gradient(x).abs(),
    "smoothgrad": smoothgrad(4, 0.15, 11),
    "gradcam": {"": gradcam(2), "0": gradcam(0), "3": gradcam(3)},
    "occlusion": {"5,1,0": occlusion(5, 1, 0), "3,2,0.5": occlusion(3, 2, 0.5), "4,3,-1": occlusion(4, 3, -1)},
}


def numbers(v):
    if isinstance(v, dict):
        return {k: numbers(e) for k, e in v.items()}
    return {"shape": list(v.shape), "values": [float(f"{e:.9g}") for e in v.detach().flatten().tolist()]}


path = pathlib.Path(__file__).parent / "explain" / "explain.json"
path.write_text(json.dumps(keep.values(path, numbers(out))) + "\n")
