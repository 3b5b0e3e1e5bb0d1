"""Writes lora.json: two steps of SGD of networks with LoRA, written by hand as PEFT computes it, and the merged weights.

Run: python testdata/torch/lora.py
"""

import json
import math
import pathlib

import torch
from torch import nn

here = pathlib.Path(__file__).parent
numbers = lambda t: [float(v) for v in t.detach().flatten()]


class LoRA(nn.Module):
    """PEFT's lora.Linear: the same numbers are drawn in the same order."""

    def __init__(self, base, r, alpha, dropout, stable):
        super().__init__()
        out, inputs = base.weight.shape
        self.base_layer = base
        self.lora_dropout = nn.Dropout(dropout)
        self.lora_A = nn.Linear(inputs, r, bias=False)
        self.lora_B = nn.Linear(r, out, bias=False)
        nn.init.kaiming_uniform_(self.lora_A.weight, a=math.sqrt(5))
        nn.init.zeros_(self.lora_B.weight)
        self.scaling = alpha / (math.sqrt(r) if stable else r)

    def forward(self, x):
        return self.base_layer(x) + self.lora_B(self.lora_A(self.lora_dropout(x))) * self.scaling


cases = {}
for name, r, alpha, dropout, stable in (("default", 8, 8, 0.0, False), ("rank 3", 3, 16, 0.0, False), ("stable", 4, 2, 0.0, True), ("dropout", 2, 8, 0.25, False)):
    torch.manual_seed(5)
    model = nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 4, bias=False))
    for p in model.parameters():
        p.requires_grad = False
    for i in (0, 2):
        model[i] = LoRA(model[i], r, alpha, dropout, stable)
    trained = {k: p for k, p in model.named_parameters() if p.requires_grad}
    opt = torch.optim.SGD(trained.values(), lr=0.02)
    steps = []
    for step in range(3):
        x = torch.randn(2, 3, 6)
        y = model(x)
        opt.zero_grad()
        (y**2).sum().backward()
        steps.append({"x": numbers(x), "y": numbers(y), "grads": {k: numbers(p.grad) for k, p in trained.items()}})
        opt.step()
    merged = [numbers(model[i].base_layer.weight + model[i].scaling * model[i].lora_B.weight @ model[i].lora_A.weight) for i in (0, 2)]
    cases[name] = {"rank": r, "alpha": alpha, "dropout": dropout, "stable": stable, "steps": steps, "merged": merged,
                   "state": {k.replace("base_layer.", ""): numbers(v) for k, v in model.state_dict().items()}}
(here / "lora.json").write_text(json.dumps({"torch": torch.__version__, "cases": cases}))
