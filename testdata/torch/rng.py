"""Writes the golden files of package rng: rng/*.json and VERSION.

A sequence is a seed and the draws from one generator after it. A step is one draw: operation, arguments, every `stride`-th value and,
if the values must agree bit for bit, a digest of all. Integers drawn between the steps show how much of the stream a step consumed.

Run on x86-64 with AVX2: python testdata/torch/rng.py
"""

import base64
import hashlib
import json
import pathlib
import zlib

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import keep

here = pathlib.Path(__file__).parent
out = here / "rng"
out.mkdir(exist_ok=True)


def step(op, args, x, exact=True):
    x = np.ascontiguousarray(x).reshape(-1)
    stride = max(1, len(x) // 40)
    s = {"op": op, "args": args, "n": len(x), "stride": stride, "values": x[::stride].tolist()}
    if exact:
        s["sha256"] = hashlib.sha256(x.tobytes()).hexdigest()
    return s


def write(name, value):
    def compact(v):
        return json.dumps(v, separators=(",", ":"))

    lines = ",\n".join(
        '{"seed":%d,"steps":[\n%s\n]}' % (s["seed"], ",\n".join(map(compact, s["steps"]))) for s in keep.values(out / name, value)
    )
    (out / name).write_text("[\n" + lines + "\n]\n")


# PyTorch's generator.

f32, f64 = torch.float32, torch.float64


def torch_steps():
    def uniform(n, lo, hi, dtype):
        return step(f"uniform{bits(dtype)}", [lo, hi], torch.empty(n, dtype=dtype).uniform_(lo, hi))

    def normal(n, mean, std, dtype):
        x = torch.empty(n, dtype=dtype).normal_(mean, std)
        return step(f"normal{bits(dtype)}", [mean, std], x, exact=dtype == f32 and n >= 16)

    def randint(n, lo, hi):
        return step("randint", [lo, hi], torch.empty(n, dtype=torch.int64).random_(lo, hi))

    def int63():
        return step("int63", [], torch.empty((), dtype=torch.int64).random_())

    def randperm(n):
        return step("randperm", [], torch.randperm(n))

    def bits(dtype):
        return 32 if dtype == f32 else 64

    yield int63()
    yield step("uniform32", [0, 1], torch.rand(3))
    yield step("uniform64", [0, 1], torch.rand(3, dtype=f64))
    yield step("normal32", [0, 1], torch.randn(5), exact=False)
    for dtype in (f32, f64):
        for n in (1, 15, 16, 17, 31, 32, 33, 100, 1007):
            yield normal(n, 0, 1, dtype)
        yield normal(3, -2.5, 0.75, dtype)
        yield normal(2000, -2.5, 0.75, dtype)
        yield normal(20, 1, 0, dtype)
        yield int63()
        for n, lo, hi in (
            (1, 0, 1),
            (1, -0.1, 0.1),
            (625, -0.08838834764831845, 0.08838834764831845),
            (1300, -1, 3.3),
            (100, 1e-3, 1.0001e-3),
            (50, 7, 7),
            (100, 16777215, 16777217),
            (100, -1e-40, 1e-38),
            (100, 1e-20, 3),
            (100, -1e-20, 3),
            (100, 1, 1 + 2**-52),
            (20000, -0.1, 0.3),
        ):
            yield uniform(n, lo, hi, dtype)
        yield int63()
    for lo, hi in (
        (0, 1),
        (0, 10),
        (-5, 6),
        (0, 2**28 - 1),
        (0, 2**28),
        (-(2**31), 2**31),
        (0, 2**63 - 1),
        (-(2**63), 2**63 - 1),
    ):
        yield randint(700, lo, hi)
    yield int63()
    for n in (0, 1, 2, 10, 1000, 70000):
        yield randperm(n)
    yield int63()
    for dtype in (f32, f64):
        b = bits(dtype)
        for n, p in ((1, 0.5), (700, 0.3), (100, 0), (100, 1)):
            yield step(f"bernoulli{b}", [p], torch.empty(n, dtype=dtype).bernoulli_(p))
        yield step(f"bernoulli_each{b}", [], torch.bernoulli(torch.linspace(0, 1, 900, dtype=dtype)))
        for n, rate in ((1, 1), (700, 1), (700, 2.5), (100, 1e-3)):
            x = torch.empty(n, dtype=dtype).exponential_(rate)
            yield step(f"exponential{b}", [rate], x, exact=False)
        yield int63()
        for rows, n, k in ((1, 1, 1), (1, 10, 1), (1, 10, 4), (1, 10, 10), (3, 50, 7), (2, 4000, 300)):
            # The weights, here and in the Go test: i·37 mod 101, over all rows, so that some are 0.
            w = torch.arange(1, rows * n + 1).mul(37).remainder(101).to(dtype).reshape(rows, n)
            for replacement in (True, False):
                if replacement or k <= int((w > 0).sum(1).min()):
                    x = torch.multinomial(w, k, replacement)
                    yield step(f"multinomial{b}", [rows, n, int(replacement)], x)
        yield step(f"multinomial{b}", [1, 10, 1], torch.multinomial(weights10(dtype), 500, True))
        yield int63()


def weights10(dtype):
    return torch.arange(1, 11).mul(37).remainder(101).to(dtype)


f16, bf16 = torch.float16, torch.bfloat16


def torch16_steps():
    """16-bit floats: values are written as float32 numbers."""
    for dtype, name in ((f16, "f16"), (bf16, "bf16")):

        def step16(op, args, x):
            return step(op, args, x.float())

        def uniform(n, lo, hi):
            return step16("uniform_" + name, [lo, hi], torch.empty(n, dtype=dtype).uniform_(lo, hi))

        def normal(n, mean, std):
            return step16("normal_" + name, [mean, std], torch.empty(n, dtype=dtype).normal_(mean, std))

        def int63():
            return step("int63", [], torch.empty((), dtype=torch.int64).random_())

        yield step16("uniform_" + name, [0, 1], torch.rand(20000, dtype=dtype))
        for n, lo, hi in (
            (1, 0, 1),
            (625, -0.1, 0.1),
            (20000, -1, 3.3),
            (50, 7, 7),
            (2000, 1, 1.01),
            (100, 1e-3, 1.0001e-3),
            (2000, -30000, 100),
            (100, 1e-7, 1e-5),
        ):
            yield uniform(n, lo, hi)
        yield int63()
        yield step16("normal_" + name, [0, 1], torch.randn(17, dtype=dtype))
        yield int63()
        for n in (1, 5, 15, 16, 17, 31, 32, 33, 100, 1007, 20005):
            yield normal(n, 0, 1)
        for n in (3, 40, 2000):
            yield normal(n, 0.1, 0.3)
        yield int63()
        yield step16("bernoulli_" + name, [0.3], torch.empty(700, dtype=dtype).bernoulli_(0.3))
        for rate in (1, 2.5, 1e-3):
            yield step16("exponential_" + name, [rate], torch.empty(700, dtype=dtype).exponential_(rate))
        yield int63()


def sequence(seed, steps):
    return {"seed": seed, "steps": list(steps)}


seqs = []
for seed in (0, 42, 2**32 + 1, 2**64 - 1):
    torch.default_generator.manual_seed(seed)
    seqs.append(sequence(seed, torch_steps()))
write("torch.json", seqs)

seqs = []
for seed in (0, 42):
    torch.default_generator.manual_seed(seed)
    seqs.append(sequence(seed, torch16_steps()))
write("torch16.json", seqs)

# 16-bit tensors: the numbers that PyTorch's functions draw, and the generator's next number. The digest is that of float32 numbers.


def streams16():
    def uniform(shape, dtype, lo, hi):
        return torch.empty(shape, dtype=dtype).uniform_(lo, hi)

    def on_matrix(f):
        return lambda shape, dtype, *args: f(torch.empty(shape, dtype=dtype), *args)

    def dropout(shape, dtype, p):
        return nn.functional.dropout(torch.arange(-503, 504).div(64).to(dtype), p)

    def linear(shape, dtype):
        layer = nn.Linear(shape[1], shape[0], dtype=dtype)
        return layer.weight.detach()  # the bias is drawn after it, as "next" shows

    calls = [("rand", lambda shape, dtype: torch.rand(shape, dtype=dtype), (), ((5,), (20, 12), (32801,)))]
    calls += [("uniform", uniform, args, ((300, 7),)) for args in ((-0.1, 0.1), (1.0, 1.01), (7.0, 7.0), (-30000.0, 100.0))]
    calls += [("randn", lambda shape, dtype: torch.randn(shape, dtype=dtype), (), ((), (5,), (16,), (17,), (33,), (3, 7), (32801,)))]
    matrices = ((3, 4), (20, 12), (7, 9))
    for name, f, args in (
        ("init_uniform", nn.init.uniform_, (-2.0, 3.0)),
        ("init_normal", nn.init.normal_, (0.1, 0.3)),
        ("trunc_normal", nn.init.trunc_normal_, (0.0, 1.0, -2.0, 2.0)),
        ("trunc_normal", nn.init.trunc_normal_, (0.5, 2.0, -1.0, 3.0)),
        ("trunc_normal", nn.init.trunc_normal_, (0.0, 1.0, 1.0, 2.0)),
        ("trunc_normal", nn.init.trunc_normal_, (0.1, 0.7, -0.2, 0.1)),
        ("xavier_uniform", nn.init.xavier_uniform_, ()),
        ("xavier_normal", nn.init.xavier_normal_, ()),
        ("kaiming_uniform", nn.init.kaiming_uniform_, ()),
        ("kaiming_normal", nn.init.kaiming_normal_, ()),
        ("sparse", nn.init.sparse_, (0.3,)),
    ):
        calls.append((name, on_matrix(f), args, matrices))
    for name, f, args in (("init_uniform", nn.init.uniform_, (-2.0, 3.0)), ("init_normal", nn.init.normal_, (0.1, 0.3)),
                          ("trunc_normal", nn.init.trunc_normal_, (0.5, 2.0, -1.0, 3.0)), ("sparse", nn.init.sparse_, (0.3,))):
        calls.append((name + "_transposed", lambda shape, dtype, *args, f=f: f(torch.empty(shape, dtype=dtype).t(), *args), args, ((3, 4), (20, 12))))
    calls += [("dropout", dropout, (p,), ((1007,),)) for p in (0.1, 0.3, 0.5, 0.999)]
    calls += [("linear", linear, (), ((3, 4), (17, 31), (10, 7)))]
    out = []
    for name, f, args, shapes in calls:
        for dtype in (f16, bf16, f32) if "transposed" in name else (f16, bf16):
            for shape in shapes:
                torch.manual_seed(5)
                x = f(shape, dtype, *args)
                out.append(
                    {
                        "call": name,
                        "args": args,
                        "dtype": str(dtype)[len("torch.") :],
                        "shape": shape,
                        "digest": hashlib.sha256(x.float().contiguous().numpy().tobytes()).hexdigest(),
                        "next": torch.rand(()).item(),
                    }
                )
    return out


(out / "streams16.json").write_text("[\n" + ",\n".join(map(json.dumps, streams16())) + "\n]\n")

# NumPy's legacy generator.


def numpy_steps():
    r = np.random
    for n in (1, 3, 1001):
        yield step("rand", [], r.rand(n))
        yield step("randn", [], r.randn(n), exact=False)
        yield step("normal", [-2.5, 0.75], r.normal(-2.5, 0.75, n), exact=False)
        yield step("uniform", [-0.1, 3.3], r.uniform(-0.1, 3.3, n))
        for lo, hi in (
            (0, 1),
            (0, 10),
            (-5, 6),
            (0, 2**31),
            (0, 2**32 - 1),
            (0, 2**32),
            (0, 2**32 + 1),
            (-(2**63), 2**63 - 1),
        ):
            yield step("randint", [lo, hi], r.randint(lo, hi, size=n))
        yield step("permutation", [], r.permutation(n))
        x = np.arange(n)
        r.shuffle(x)
        yield step("shuffle", [], x)
        yield step("choice", [1000, 1], r.choice(1000, n))
        p = np.arange(1, 2001) * 37 % 101
        p = p / p.sum()
        yield step("choice_p", [2000, 1], r.choice(2000, n, p=p))
        yield step("choice", [2000, 0], r.choice(2000, n, replace=False))
        yield step("choice_p", [2000, 0], r.choice(2000, n, replace=False, p=p))


seqs = []
for seed in (0, 42, 2**32 - 1):
    np.random.seed(seed)
    seqs.append(sequence(seed, numpy_steps()))
write("numpy.json", seqs)

# States of a new generator, within a block, at the end of a block, and with a cached normal, each with the next numbers.

states = []
for draws, cached in ((0, False), (1, False), (623, False), (624, False), (625, False), (1000, True), (623, True)):
    g = torch.Generator().manual_seed(2**40 + 42)
    if draws:
        torch.randint(0, 10, (draws,), generator=g)
    if cached:
        torch.randn(1, generator=g)
    state = g.get_state().numpy().tobytes()
    states.append(
        {
            "draws": draws,
            "cached": cached,
            "state": base64.b64encode(zlib.compress(state, 9)).decode() if draws in (625, 1000) else "",
            "sha256": hashlib.sha256(state).hexdigest(),
            "normal": torch.randn((), dtype=f64, generator=g).item(),
            "int63": torch.empty((), dtype=torch.int64).random_(generator=g).item(),
        }
    )
states = keep.values(out / "state.json", states)
(out / "state.json").write_text("[\n" + ",\n".join(map(json.dumps, states)) + "\n]\n")

# The draws of a program: a few layers, then passes of a shuffling loader. Each pass is every index in order.


def passes(loader, n):
    return [[int(i) for (batch,) in loader for i in batch] for _ in range(n)]


torch.manual_seed(42)
weights = []
for i, o in ((100, 128), (128, 64), (64, 32), (32, 10)):
    layer = nn.Linear(i, o)
    weights.append(
        {
            "in": i,
            "out": o,
            "weight": hashlib.sha256(layer.weight.detach().numpy().tobytes()).hexdigest(),
            "bias": hashlib.sha256(layer.bias.detach().numpy().tobytes()).hexdigest(),
        }
    )
data = TensorDataset(torch.arange(1000))
shuffled = passes(DataLoader(data, batch_size=32, shuffle=True), 3)
plain_then = passes(DataLoader(data, batch_size=32), 1)  # consumes its base seed, not a sampler's
after_plain = torch.empty((), dtype=torch.int64).random_().item()
g = torch.Generator().manual_seed(7)
own = passes(DataLoader(data, batch_size=32, shuffle=True, generator=g), 2)
after_own = torch.empty((), dtype=torch.int64).random_(generator=g).item()

np.random.seed(42)
x = np.random.randn(1000, 100).astype(np.float32)
y = np.random.randint(0, 10, size=1000).astype(np.int64)
x_new = np.random.randn(100, 100).astype(np.float32)
digest = lambda a: hashlib.sha256(a.tobytes()).hexdigest()

(out / "program.json").write_text(
    json.dumps(
        {
            "layers": weights,
            "shuffled": shuffled,
            "after_plain": after_plain,
            "own_generator": own,
            "after_own_generator": after_own,
            "x": digest(x),
            "y": digest(y),
            "x_new": digest(x_new),
        },
        separators=(",", ":"),
    ).replace("],", "],\n").replace('},', '},\n')
    + "\n"
)

(here / "VERSION").write_text(f"{torch.__version__}\n{np.__version__}\n")
