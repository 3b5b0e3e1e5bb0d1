"""Writes optim/half.json: ten steps of every optimizer in every mode of optim.py on float16 and bfloat16.

    python testdata/torch/optim_half.py

Each mode runs with ordinary gradients and with gradients 8192 times as large: a float16 gradient is up to 16384 then, and its square
overflows float16. Parameters are stored after steps 3 and 10 as optim.py stores them, in 16-bit words.

The parameters' lengths are multiples of 32: PyTorch computes those elements with vector instructions, which round x + αy once, and
the rest with a loop that rounds twice.
"""

import base64
import json
import os

import torch

import keep
import optim

SCALES = [1, 8192]
STORED = [2, 9]
SHAPES = [(4, 16), (32,), (2, 2, 16)]
MATRICES = [(4, 16), (16, 4), (8, 8)]


def bits(tensors):
    return base64.b64encode(b"".join(t.detach().contiguous().view(torch.int16).numpy().tobytes() for t in tensors)).decode()


def run(name, settings, second, dtype, scale):
    shapes = MATRICES if name == "Muon" else SHAPES
    params = [torch.nn.Parameter(optim.parameter(i, shapes, dtype)) for i in range(len(shapes))]
    opt = getattr(torch.optim, name)(optim.groups(params, second), **settings)
    trace = []
    for step in range(optim.STEPS):
        for i, p in enumerate(params):
            g = optim.gradient(step, i, shapes, torch.float64)
            p.grad = None if g is None else (g * scale).to(dtype)
        opt.step()
        if step in STORED:
            trace.append(bits(params))
    return trace


def main():
    traces = []
    for mode in optim.MODES:
        name, settings, second = (*mode, None)[:3]
        for scale in SCALES:
            trace = {"optimizer": name, "settings": settings, "scale": scale}
            if second:
                trace["second"] = second
            for dtype in ["float16", "bfloat16"]:
                trace[dtype] = run(name, settings, second, getattr(torch, dtype), scale)
            traces.append(trace)
    path = os.path.join(optim.HERE, "half.json")
    content = keep.values(path, {"torch": torch.__version__, "traces": traces})
    with open(path, "w") as f:
        json.dump(content, f, indent=0)
        f.write("\n")


if __name__ == "__main__":
    main()
