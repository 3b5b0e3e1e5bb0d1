"""Writes load_state/*.safetensors, state dicts whose types differ from the model's, and load_state/loaded.json: the
tensors of a PyTorch model of each type after load_state_dict, as bytes in hexadecimal.

Run it with the PyTorch of VERSION: python testdata/torch/load_state.py
"""

import json
import os
import sys

sys.path.pop(0)  # safetensors.py in this folder would hide the package

import torch
from safetensors.torch import load_file, save_file
from torch import nn

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "load_state")


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(5, 3)
        self.register_buffer("mean", torch.zeros(8))
        self.register_buffer("steps", torch.zeros((), dtype=torch.int64))
        self.register_buffer("seen", torch.zeros(3, dtype=torch.bool))


def state(dtype):
    """Numbers of all magnitudes of the type, ties of its rounding, infinities and NaN."""
    torch.manual_seed(1)
    weight = (torch.randn(3, 5, dtype=torch.float64) * torch.tensor([1e-7, 1e-3, 1, 300, 7e4], dtype=torch.float64)).to(dtype)
    mean = torch.tensor([0.0, -0.0, float("inf"), float("-inf"), float("nan"), 1 + 2**-8, 1 + 2**-11, 65520.0], dtype=torch.float64)
    return {
        "fc.weight": weight,
        "fc.bias": torch.randn(3).to(dtype),
        "mean": mean.to(dtype),
        "steps": torch.tensor(1000, dtype=torch.int32),
        "seen": torch.tensor([0, 1, 2], dtype=torch.uint8),
    }


def raw(t):
    if t.is_floating_point():
        t = torch.where(t.isnan(), torch.full_like(t, float("nan")), t)  # PyTorch's vector and scalar loops give different NaN
    return t.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes().hex()


TYPES = {"float32": torch.float32, "float64": torch.float64, "bfloat16": torch.bfloat16, "float16": torch.float16}

os.makedirs(FOLDER, exist_ok=True)
cases = []
for file, dtype in TYPES.items():
    path = os.path.join(FOLDER, file + ".safetensors")
    save_file(state(dtype), path)
    os.chmod(path, 0o644)
    for name, to in TYPES.items():
        model = Model().to(to)
        model.load_state_dict(load_file(path))
        cases.append({"file": file, "model": name, "state": {k: raw(v) for k, v in model.state_dict().items()}})
with open(os.path.join(FOLDER, "loaded.json"), "w") as f:
    f.write('{"torch": %s, "cases": [\n' % json.dumps(torch.__version__))
    f.write(",\n".join(json.dumps(c) for c in cases))
    f.write("\n]}\n")
