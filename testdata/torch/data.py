"""Writes the golden file of package data: data/order.json.

A program is a seed and steps that share torch's default generator: a pass over a DataLoader, a random split, or integers drawn
in between, which show how much of the stream the passes consumed. A pass holds the samples of its batches; `stop` breaks it off
after so many. `own` is the seed of a generator of the sampler's or the split's own; it lives as long as the program.

Run: python testdata/torch/data.py
"""

import json
import pathlib

import torch
from torch.utils.data import (
    DataLoader,
    IterableDataset,
    RandomSampler,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
    random_split,
)

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
    """Two loaders that are used for all epochs, as in a training loop."""
    train, test = loader(23, 4, True), loader(9, 4, False)
    return [step for _ in range(5) for step in (lambda: run(*train), draw, lambda: run(*test))]


owned = {}


def own(seed):
    """The generator of a step that has a separate one."""
    if seed is None:
        return None
    if seed not in owned:
        owned[seed] = torch.Generator().manual_seed(seed)
    return owned[seed]


def sampled(n, batch, kind, generator=None, stop=-1, **config):
    data = TensorDataset(torch.arange(n))
    if kind == "random":
        make = lambda: RandomSampler(
            data, config.get("replacement", False), config.get("num_samples"), generator=own(generator)
        )
    elif kind == "subset":
        make = lambda: SubsetRandomSampler(config["indices"], generator=own(generator))
    else:
        make = lambda: WeightedRandomSampler(
            config["weights"], config["num_samples"], config["replacement"], generator=own(generator)
        )
    described = dict(config, n=n, batch=batch, sampler=kind, own=generator or 0)
    return lambda: run(described, DataLoader(data, batch_size=batch, sampler=make()), stop)


def split(n, lengths, generator=None):
    def step():
        g = {} if generator is None else {"generator": own(generator)}
        parts = random_split(range(n), lengths, **g)
        return {"n": n, "split": lengths, "own": generator or 0, "batches": [list(p.indices) for p in parts]}

    return step


class Count(IterableDataset):
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return iter(torch.arange(self.n)[:, None])


def stream(n, batch, drop=False):
    config = {"n": n, "batch": batch, "drop": drop, "stream": True}
    return lambda: run(config, DataLoader(Count(n), batch_size=batch, drop_last=drop, collate_fn=lambda s: [torch.cat(s)]))


weights = [0.1, 0.9, 0.4, 0.7, 3.0, 0.6, 0.0, 2.5]

programs = [
    program(42, *train_and_evaluate(), draw),
    program(0, pass_of(10, 3, False), draw, pass_of(10, 3, True), draw, pass_of(10, 3, True, drop=True), draw),
    program(1, pass_of(50, 8, True, workers=2), draw, pass_of(50, 8, False, workers=3), draw, pass_of(50, 8, True), draw),
    program(2, pass_of(30, 4, True, stop=2), draw, pass_of(30, 4, True, workers=2, stop=2), draw, pass_of(30, 4, True), draw),
    program(3, pass_of(1, 5, True), draw, pass_of(700, 512, True), draw, pass_of(0, 2, False), draw),
    program(
        4,
        sampled(10, 4, "random", replacement=True),
        draw,
        sampled(10, 4, "random", replacement=True, num_samples=70),
        draw,
        sampled(10, 4, "random", num_samples=25),
        draw,
        sampled(10, 5, "random", num_samples=3),
        draw,
        sampled(10, 4, "random", generator=11),
        sampled(10, 5, "random", generator=11),
        sampled(10, 4, "random", generator=11, num_samples=25),
        sampled(10, 4, "random", generator=11, replacement=True, num_samples=33),
        draw,
    ),
    program(
        5,
        sampled(10, 3, "subset", indices=[9, 2, 4, 7, 7, 0]),
        draw,
        sampled(10, 3, "subset", generator=12, indices=[9, 2, 4, 7]),
        sampled(10, 3, "subset", generator=12, indices=[1, 2, 4, 7]),
        draw,
        sampled(8, 4, "weighted", weights=weights, num_samples=22, replacement=True),
        draw,
        sampled(8, 4, "weighted", weights=weights, num_samples=5, replacement=False),
        draw,
        sampled(8, 4, "weighted", generator=13, weights=weights, num_samples=9, replacement=True),
        draw,
    ),
    program(
        6,
        split(20, [14, 4, 2]),
        draw,
        split(20, [0.7, 0.2, 0.1]),
        split(23, [0.5, 0.3, 0.2], generator=14),
        split(23, [20, 0, 3], generator=14),
        draw,
        stream(10, 4),
        draw,
        stream(10, 4, drop=True),
        stream(0, 3),
        draw,
    ),
    program(2**40 + 7, pass_of(12, 1, True, drop=True), draw),
]

(out / "order.json").write_text(
    "[\n" + ",\n".join(json.dumps(p, separators=(",", ":")).replace("},{", "},\n{") for p in programs) + "\n]\n"
)
