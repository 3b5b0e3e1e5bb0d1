"""Writes programs.json.gz: random programs of tensor operations, with PyTorch's result and gradients of each in float64.

Run it with the PyTorch of VERSION: python testdata/torch/programs.py. Program k draws its leaves with torch.manual_seed(k), one after
the other, as float32, and converts them to float64. An instruction is [operation, arguments…]; its value gets the next number. A list
argument holds the numbers of operands, the other arguments are integers. The loss is the sum of the means of all values that no instruction
uses ("ends"). TestRandomPrograms in package tensor runs the same programs.
"""

import gzip
import json
import pathlib
import random

import torch

import keep

PROGRAMS = 400

UNARY = {
    "tanh": torch.tanh, "sigmoid": torch.sigmoid, "sin": torch.sin, "cos": torch.cos, "neg": torch.neg, "abs": torch.abs,
    "relu": torch.relu, "square": lambda x: torch.tanh(x) ** 2, "exp": lambda x: torch.exp(torch.tanh(x)),
    "gelu": torch.nn.functional.gelu, "silu": torch.nn.functional.silu, "softplus": torch.nn.functional.softplus,
    "sqrt": lambda x: torch.sqrt(x * x + 1), "log": lambda x: torch.log(x * x + 1),
}  # fmt: skip
BINARY = {
    "add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": lambda a, b: a / (b * b + 1), "maximum": torch.maximum,
    "minimum": torch.minimum, "where": lambda a, b: torch.where(a > 0.1, a, b), "atan2": lambda a, b: torch.atan2(a, b * b + 1),
}  # fmt: skip
ALONG = {
    "sum": lambda x, d: x.sum(d), "mean": lambda x, d: x.mean(d), "max": lambda x, d: x.max(d).values, "softmax": torch.softmax,
    "log_softmax": torch.log_softmax, "cumsum": torch.cumsum, "flip": lambda x, d: x.flip(d), "unsqueeze": torch.unsqueeze,
    "logsumexp": torch.logsumexp, "narrow": lambda x, d: x.narrow(d, 0, max(1, x.shape[d] - 1)),
    "roll": lambda x, d: x.roll(1, d), "sort": lambda x, d: x.sort(d).values, "transpose": lambda x, d: x.transpose(d, -1),
    "select": lambda x, d: x.select(d, -1), "repeat": lambda x, d: x.repeat_interleave(2, d),
}  # fmt: skip


def apply(op, x, rest):
    if op in UNARY:
        return UNARY[op](x[0])
    if op in BINARY:
        return BINARY[op](x[0], x[1])
    if op == "matmul":
        return x[0] @ x[1]
    if op == "cat":
        return torch.cat(x, rest[0])
    if op == "flatten":
        return x[0].flatten()
    return ALONG[op](x[0], rest[0])


def broadcast(a, b):
    try:
        torch.broadcast_shapes(a.shape, b.shape)
        return True
    except RuntimeError:
        return False


def choose(r, values):
    """Returns a random instruction that fits the values: operation, operands, further arguments."""
    while True:
        i, j = r.randrange(len(values)), r.randrange(len(values))
        a, b = values[i], values[j]
        kind = r.randrange(5)
        if kind == 0:
            return r.choice(sorted(UNARY)), [i], []
        if kind == 1 and broadcast(a, b):
            return r.choice(sorted(BINARY)), [i, j], []
        if kind == 2 and a.dim() > 0:
            op = r.choice(sorted(ALONG))
            if op not in ("unsqueeze", "repeat") or a.dim() < 4:
                return op, [i], [r.randrange(a.dim())]
        if kind == 3 and a.dim() >= 1 and b.dim() >= 1 and a.shape[-1] == b.shape[-2 if b.dim() > 1 else -1]:
            if broadcast(a[..., 0, 0] if a.dim() > 1 else a[0], b[..., 0, 0] if b.dim() > 1 else b[0]):
                return "matmul", [i, j], []
        if kind == 4 and a.dim() > 1 and r.random() < 0.3:
            return "flatten", [i], []
        if kind == 4 and a.dim() > 0 and a.dim() == b.dim():
            dims = [d for d in range(a.dim()) if all(a.shape[k] == b.shape[k] for k in range(a.dim()) if k != d)]
            if dims:
                return "cat", [i, j], [r.choice(dims)]


def program(seed):
    r = random.Random(seed)
    torch.manual_seed(seed)
    shapes = [[r.choice((1, 2, 3, 4)) for _ in range(r.randrange(4))] for _ in range(r.randint(2, 4))]
    leaves = [torch.randn(s).double().requires_grad_() for s in shapes]
    values, code, used = list(leaves), [], set()
    while len(code) < r.randint(5, 14):
        op, operands, rest = choose(r, values)
        y = apply(op, [values[i] for i in operands], rest)
        if y.numel() > 400 or y.detach().abs().max() > 1e4:
            continue
        used.update(operands)
        values.append(y)
        code.append([op, operands, *rest])
    ends = [i for i in range(len(leaves), len(values)) if i not in used]
    loss = sum(values[i].mean() for i in ends)
    loss.backward()
    last = values[-1].detach()
    return {
        "leaves": shapes, "code": code, "ends": ends, "loss": loss.item(), "shape": list(last.shape), "last": last.flatten().tolist()[:16],
        "grads": [None if x.grad is None else x.grad.flatten().tolist() for x in leaves],
    }  # fmt: skip


def main():
    path = pathlib.Path(__file__).parent / "programs.json.gz"
    content = keep.values(path, [program(k) for k in range(PROGRAMS)])
    with open(path, "wb") as f, gzip.GzipFile(filename="", mode="wb", fileobj=f, mtime=0) as z:
        z.write(json.dumps(content, separators=(",", ":")).encode())


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
