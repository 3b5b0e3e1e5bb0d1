"""Writes ops/*.json.gz: what PyTorch makes of thousands of small calls, with gradients, for the op table in tensor/tensortest.

A case is {op, attrs, in, out, dy, grads}: numbers name tensors of the file's list, grads are those of Σ out·dy with respect to
the inputs (null: an input without one). A tensor is {d: dtype, s: shape, b: elements, little-endian in base64}. Cases that
cannot be written as JSON numbers (inf, nan) are strings.

Run: python testdata/torch/ops.py
"""

import base64
import gzip
import itertools
import json
import math
import pathlib

import torch

here = pathlib.Path(__file__).parent
torch.set_num_threads(1)

F32, F64, I64, I32, U8, BOOL = torch.float32, torch.float64, torch.int64, torch.int32, torch.uint8, torch.bool
FLOATS = [F32, F64]
NUMBERS = [F32, F64, I64, I32, U8]
ALL = NUMBERS + [BOOL]
INF, NAN = math.inf, math.nan


class File:
    """One golden file. Equal tensors are stored once."""

    def __init__(self, name):
        self.name, self.tensors, self.known, self.cases = name, [], {}, []
        self.dice = torch.Generator().manual_seed(len(name) + 1000 * ord(name[0]))

    def put(self, t):
        t = t.detach().contiguous()
        raw = t.reshape(-1).view(torch.uint8).numpy().tobytes() if t.numel() else b""
        entry = {"d": str(t.dtype)[6:], "s": list(t.shape), "b": base64.b64encode(raw).decode()}
        key = json.dumps(entry)
        if key not in self.known:
            self.known[key] = len(self.tensors)
            self.tensors.append(entry)
        return self.known[key]

    def case(self, op, f, inputs, grad=True, **attrs):
        """Calls f(*inputs, **attrs) and, where it can be differentiated, its gradient."""
        inputs = [x.detach().clone() for x in inputs]
        for x in inputs:
            x.requires_grad_(grad and x.dtype.is_floating_point)
        y = f(*inputs, **attrs)
        c = {"op": op, "in": [self.put(x) for x in inputs], "out": self.put(y)}
        if attrs:
            c["attrs"] = {k: plain(v) for k, v in attrs.items()}
        leaves = [x for x in inputs if x.requires_grad]
        if y.requires_grad:
            dy = self.draw(y.shape, y.dtype, -2, 2)
            grads = iter(torch.autograd.grad(y, leaves, dy, allow_unused=True))
            c["dy"] = self.put(dy)
            c["grads"] = [None if g is None else self.put(g) for g in (next(grads) if x.requires_grad else None for x in inputs)]
        self.cases.append(c)

    def draw(self, shape, dtype, lo=-3.0, hi=3.0):
        v = torch.rand(shape, generator=self.dice, dtype=F64) * (hi - lo) + lo
        if dtype == BOOL:
            return v > (lo + hi) / 2
        return (v.abs() if dtype == U8 else v).to(dtype)

    def write(self):
        data = json.dumps({"torch": torch.__version__, "tensors": self.tensors, "cases": self.cases}, separators=(",", ":"))
        path = here / "ops" / (self.name + ".json.gz")
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(gzip.compress(data.encode(), 9, mtime=0))
        print(f"{self.name}: {len(self.cases)} cases, {len(self.tensors)} tensors, {path.stat().st_size} bytes")


def plain(v):
    if isinstance(v, torch.dtype):
        return str(v)[6:]
    if isinstance(v, float) and not math.isfinite(v):
        return str(v)
    return v


def special(dtype):
    """The ends of a type, and where functions turn."""
    if dtype.is_floating_point:
        i = torch.finfo(dtype)
        return torch.tensor([NAN, INF, -INF, 0.0, -0.0, 1, -1, 0.5, -0.5, 2, -2, 3, 1e-7, -1e-7, 20, -20, 88.7, -87.4, -103.9, 710, -746,
                             i.max, i.min, i.tiny, -i.tiny, i.smallest_normal / 8, i.eps, 2**24 + 1], dtype=dtype)
    if dtype == BOOL:
        return torch.tensor([False, True])
    i = torch.iinfo(dtype)
    return torch.tensor([0, 1, 2, 3, 7, i.max, i.min, i.max - 1, i.min + 1], dtype=dtype)


def special_pairs(dtype, other=None):
    a = special(dtype)
    if dtype.is_floating_point:
        a = a[[0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 12, 21, 22, 25]]
    b = a if other is None else special(other)
    return a.repeat_interleave(len(b)), b.repeat(len(a))


SHAPES1 = [(), (1,), (0,), (2, 0, 3), (7,), (3, 4), (2, 3, 2)]
SHAPES2 = [((), ()), ((5,), (5,)), ((3, 4), (4,)), ((4,), (3, 4)), ((3, 1), (1, 4)), ((), (3,)), ((3,), ()), ((2, 1, 3), (4, 1)), ((0,), (1,)),
           ((2, 0, 3), (3,))]


def unary(f, op, fn, dtypes=ALL, lo=-3.0, hi=3.0, attrs=({},), grad=True):
    for a, dtype in itertools.product(attrs, dtypes):
        for shape in SHAPES1 if dtype in FLOATS else SHAPES1[::3]:
            f.case(op, fn, [f.draw(shape, dtype, lo, hi)], grad, **a)
        f.case(op, fn, [special(dtype)], grad, **a)


def binary(f, op, fn, dtypes=ALL, mixed=True, grad=True):
    for dtype in dtypes:
        for s, t in SHAPES2 if dtype in FLOATS else SHAPES2[:3]:
            f.case(op, fn, [f.draw(s, dtype), f.draw(t, dtype)], grad)
        f.case(op, fn, special_pairs(dtype), grad)
    if mixed:
        for d, e in itertools.permutations(dtypes, 2):
            f.case(op, fn, [f.draw((3,), d), f.draw((3,), e)], grad)
            f.case(op, fn, [f.draw((2,), d), f.draw((), e)], grad)


REDUCED = [((), {}), ((7,), {}), ((3, 4), {}), ((3, 4), {"dim": [0]}), ((3, 4), {"dim": [-1]}), ((3, 1, 2), {"dim": [1]}), ((2, 3, 4), {"dim": [1]}),
           ((2, 3, 4), {"dim": [0, 2]}), ((2, 3, 4), {"dim": [0, 1, 2]}), ((2, 0, 3), {"dim": [2]}), ((70,), {})]
EMPTY = [((0,), {}), ((2, 0, 3), {"dim": [1]}), ((0, 3), {"dim": [0]})]


def reduce(f, op, fn, dtypes=ALL, shapes=REDUCED + EMPTY, lo=-3.0, hi=3.0, grad=True):
    for dtype in dtypes:
        for shape, a in shapes if dtype in FLOATS else shapes[::2]:
            f.case(op, fn, [f.draw(shape, dtype, lo, hi)], grad, **a)
        if dtype in FLOATS:
            for hard in ([NAN, 1, 2], [INF, -INF, 1], [INF, 1, 2], [-INF, 1, 2], [1e38, 1e38, -1e38], [0.0, -0.0, 0.0], [1e-45, 1e-45, 0]):
                f.case(op, fn, [torch.tensor(hard, dtype=dtype)], grad)


def elementwise():
    f = File("elementwise")
    unary(f, "neg", torch.neg, NUMBERS)
    unary(f, "exp", torch.exp)
    binary(f, "add", torch.add)
    f.write()


def reductions():
    f = File("reductions")
    reduce(f, "sum", lambda x, dim=(): torch.sum(x, dim) if dim else torch.sum(x))
    f.write()


def products():
    f = File("products")
    pairs = [((3,), (3,)), ((3,), (3, 2)), ((2, 3), (3,)), ((1, 1), (1, 1)), ((2, 3), (3, 4)), ((5, 7), (7, 3)), ((2, 2, 3), (2, 3, 2)), ((2, 2, 3), (3, 2)),
             ((2, 3), (2, 3, 2)), ((2, 1, 2, 3), (3, 3, 2)), ((4,), (2, 4, 3)), ((2, 3, 4), (4,)), ((2, 0), (0, 3)), ((0, 3), (3, 2)), ((2, 3), (3, 0)),
             ((0,), (0,)), ((0, 2, 3), (3, 2)), ((9, 40), (40, 5))]
    for dtype in (F32, F64, I64):
        for s, t in pairs:
            f.case("matmul", torch.matmul, [f.draw(s, dtype), f.draw(t, dtype)])
    for dtype in FLOATS:
        zero = torch.zeros(2, 2, dtype=dtype)
        for bad in (NAN, INF, -INF):
            f.case("matmul", torch.matmul, [zero, torch.tensor([[bad, 1], [2, 3]], dtype=dtype)])
            f.case("matmul", torch.matmul, [torch.tensor([[1, bad], [2, 3]], dtype=dtype), zero])
    f.write()


elementwise()
reductions()
products()
