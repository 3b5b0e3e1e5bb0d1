"""Loads a run's weights with safetensors and PyTorch, predicts, and compares: python predicts.py mlp|cnn FOLDER WEIGHTS

FOLDER has x.npy (inputs), logits.npy (what Lamina predicts) and y.npy (targets). Prints as JSON the largest difference of
the logits, the number of different predictions, the number of parameters, and scikit-learn's classification report.
"""

import json
import pathlib
import sys

import numpy as np
import torch
from safetensors.torch import load_file
from sklearn.metrics import classification_report
from torch import nn

kind, folder = sys.argv[1], pathlib.Path(sys.argv[2])
state = load_file(sys.argv[3])

if kind == "mlp":
    numbers = sorted(int(k.split(".")[0]) for k in state if k.endswith(".weight"))
    layers = []
    for n in numbers:
        out, size = state[f"{n}.weight"].shape
        layers += [nn.Linear(size, out), nn.ReLU()]
    model = nn.Sequential(*layers[:-1])
else:
    left = state["14.weight"].shape[1]
    model = nn.Sequential(
        nn.Unflatten(1, (1, 28, 28)),
        nn.Conv2d(1, 24, 5, bias=False), nn.MaxPool2d(2), nn.BatchNorm2d(24), nn.ReLU(),
        nn.Conv2d(24, 48, 3, bias=False), nn.BatchNorm2d(48), nn.ReLU(),
        nn.Conv2d(48, 64, 3, bias=False), nn.MaxPool2d(2), nn.BatchNorm2d(64), nn.ReLU(),
        nn.Flatten(), nn.Dropout(0.2), nn.Linear(left, 128), nn.ReLU(), nn.Linear(128, 10),
    )
model.load_state_dict(state, strict=True)
model.eval()
x, y, expected = (np.load(folder / f"{name}.npy") for name in ("x", "y", "logits"))
with torch.no_grad():
    logits = model(torch.from_numpy(x)).numpy()
print(json.dumps({
    "difference": float(np.abs(logits - expected).max()),
    "different": int((logits.argmax(1) != expected.argmax(1)).sum()),
    "parameters": sum(p.numel() for p in model.parameters()),
    "report": classification_report(y, expected.argmax(1), digits=4),
}))
