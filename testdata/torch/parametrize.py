"""Writes parametrize.json: outputs, gradients and states of layers with weight norm and spectral norm.

Run: python testdata/torch/parametrize.py
"""

import json
import pathlib

import torch
from torch import nn
from torch.nn.utils import parametrizations, parametrize

here = pathlib.Path(__file__).parent
numbers = lambda t: [float(v) for v in t.detach().flatten()]
cases = {}
for name, make, shape in (
    ("linear", lambda: nn.Linear(4, 3), (5, 4)),
    ("conv", lambda: nn.Conv2d(2, 3, 2), (2, 2, 3, 4)),
    ("transpose", lambda: nn.ConvTranspose1d(2, 3, 2), (2, 2, 4)),
):
    for norm, dim in (("weight", 0), ("weight", 1), ("weight", -1), ("spectral", 0), ("spectral", 1)):
        torch.manual_seed(3)
        layer = make()
        layer = getattr(parametrizations, norm + "_norm")(layer, dim=dim)
        steps = []
        for step in range(3):
            if step == 2:
                layer.eval()
            x = torch.randn(shape)
            layer.zero_grad()
            y = layer(x)
            (y**2).sum().backward()
            steps.append({"x": numbers(x), "y": numbers(y), "grads": {k: numbers(p.grad) for k, p in layer.named_parameters()},
                          "state": {k: numbers(v) for k, v in layer.state_dict().items()}})
        parametrize.remove_parametrizations(layer, "weight")
        cases[f"{name} {norm} {dim}"] = {"shape": shape, "steps": steps, "weight": numbers(layer.weight), "keys": list(layer.state_dict())}
(here / "parametrize.json").write_text(json.dumps({"torch": torch.__version__, "cases": cases}))
