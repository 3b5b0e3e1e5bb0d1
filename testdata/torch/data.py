"""Writes the golden file of package data: data/order.json.

A program is a seed and steps that share torch's default generator: a pass over a DataLoader, or integers drawn in between,
which show how much of the stream the passes consumed. A pass holds the samples of its batches; `stop` breaks it off after so
many.

Run: python testdata/torch/data.py
"""

import json
import pathlib

import torch
from torch.utils.data import DataLoader, TensorDataset

out = pathlib.Path(__file__).parent / "data"
out.mkdir(exist_ok=True)


def loader(n, batch, shuffle, drop=False, workers=0):
    config = {"n": n, "batch": batch, "shuffle": shuffle, "drop": drop, "workers": workers}
    return config, DataLoader(
        TensorDataset(torch.arange(n)), batch_size=batch, shuffle=shuffle, drop_last=drop, num_workers=workers
    )


def run(config, dl, stop=-1):
    batches = []
    for (x,) in dl:
        batches.append(x.tolist())
        if len(batches) == stop:
            break
    return dict(config, stop=stop, batches=batches)


def draw():
    return {"draw": torch.randint(0, 1 << 20, (3,)).tolist()}


def program(seed, *steps):
    torch.manual_seed(seed)
    return {"seed": seed, "steps": [step() for step in steps]}


def pass_of(*args, stop=-1, **kwargs):
    return lambda: run(*loader(*args, **kwargs), stop=stop)


def train_and_evaluate():
    """Two loaders kept over the epochs, as a training loop has them."""
    train, test = loader(23, 4, True), loader(9, 4, False)
    return [step for _ in range(5) for step in (lambda: run(*train), draw, lambda: run(*test))]


programs = [
    program(42, *train_and_evaluate(), draw),
    program(0, pass_of(10, 3, False), draw, pass_of(10, 3, True), draw, pass_of(10, 3, True, drop=True), draw),
    program(1, pass_of(50, 8, True, workers=2), draw, pass_of(50, 8, False, workers=3), draw, pass_of(50, 8, True), draw),
    program(2, pass_of(30, 4, True, stop=2), draw, pass_of(30, 4, True, workers=2, stop=2), draw, pass_of(30, 4, True), draw),
    program(3, pass_of(1, 5, True), draw, pass_of(700, 512, True), draw, pass_of(0, 2, False), draw),
    program(2**40 + 7, pass_of(12, 1, True, drop=True), draw),
]

(out / "order.json").write_text(
    "[\n" + ",\n".join(json.dumps(p, separators=(",", ":")).replace("},{", "},\n{") for p in programs) + "\n]\n"
)
