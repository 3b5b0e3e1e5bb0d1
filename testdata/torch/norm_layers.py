"""Writes norm_layers.json: three training steps and one evaluation of norms with running statistics.

Run: python testdata/torch/norm_layers.py
"""

import json
import pathlib

import torch
from torch import nn

here = pathlib.Path(__file__).parent
numbers = lambda t: [float(v) for v in t.flatten()]
cases = {}
for name, make in {
    "default": lambda: nn.BatchNorm2d(3),
    "momentum": lambda: nn.BatchNorm2d(3, eps=0.1, momentum=0.3),
    "momentum 0": lambda: nn.BatchNorm2d(3, momentum=0.0),
    "cumulative": lambda: nn.BatchNorm2d(3, momentum=None),
    "plain": lambda: nn.BatchNorm2d(3, affine=False),
    "no bias": lambda: nn.BatchNorm2d(3, bias=False),
    "untracked": lambda: nn.BatchNorm2d(3, track_running_stats=False),
    "instance": lambda: nn.InstanceNorm2d(3),
    "instance, tracked": lambda: nn.InstanceNorm2d(3, affine=True, track_running_stats=True, momentum=0.3),
}.items():
    layer = make()
    torch.manual_seed(7)
    steps = []
    for step in range(4):
        if step == 3:
            layer.eval()
        x = torch.randn(2, 3, 2, 2) * (step + 1) + step
        y = layer(x)
        steps.append({"x": numbers(x), "y": numbers(y), "state": {k: numbers(v) for k, v in layer.state_dict().items()}})
    cases[name] = {"text": str(layer), "steps": steps}
(here / "norm_layers.json").write_text(json.dumps({"torch": torch.__version__, "cases": cases}))
