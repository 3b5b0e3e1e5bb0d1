"""Writes ops/*.json.gz: PyTorch's results and gradients of thousands of small calls, for the op table in internal/tensortest.

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
import zlib

import torch

import keep

here = pathlib.Path(__file__).parent
torch.set_num_threads(1)

F32, F64, I64, I32, U8, BOOL = torch.float32, torch.float64, torch.int64, torch.int32, torch.uint8, torch.bool
BF16, F16 = torch.bfloat16, torch.float16
FLOATS, HALVES = [F32, F64], [BF16, F16]
NUMBERS = [F32, F64, I64, I32, U8]
ALL = NUMBERS + [BOOL]
INF, NAN = math.inf, math.nan


class File:
    """One golden file. Equal tensors are stored once."""

    def __init__(self, name, folder="ops"):
        self.name, self.folder, self.tensors, self.known, self.cases = name, folder, [], {}, []

    def begin(self, op):
        """Starts a separate stream of random numbers for an op, so that its cases do not depend on earlier ones."""
        self.dice = torch.Generator().manual_seed(zlib.crc32(op.encode()))

    def put(self, t):
        t = t.detach().clone(memory_format=torch.contiguous_format)
        raw = (t.view(torch.int16) if t.dtype in HALVES else t).numpy().tobytes()
        entry = {"d": str(t.dtype)[6:], "s": list(t.shape), "b": base64.b64encode(raw).decode()}
        key = json.dumps(entry)
        if key not in self.known:
            self.known[key] = len(self.tensors)
            self.tensors.append(entry)
        return self.known[key]

    def case(self, op, f, inputs, grad=True, **attrs):
        """Calls f(*inputs, **attrs) and, if it is differentiable, its gradient."""
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
        path = here / self.folder / (self.name + ".json.gz")
        path.parent.mkdir(exist_ok=True)
        content = keep.cases(path, {"torch": torch.__version__, "tensors": self.tensors, "cases": self.cases})
        data = json.dumps(content, separators=(",", ":"))
        path.write_bytes(gzip.compress(data.encode(), 9, mtime=0))
        print(f"{self.name}: {len(self.cases)} cases, {len(self.tensors)} tensors, {path.stat().st_size} bytes")


def plain(v):
    if isinstance(v, torch.dtype):
        return str(v)[6:]
    if isinstance(v, float) and not math.isfinite(v):
        return str(v)
    return v


def special(dtype):
    """The limits of a type, and the points where functions change."""
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
    f.begin(op)
    for a, dtype in itertools.product(attrs, dtypes):
        for shape in SHAPES1 if dtype in FLOATS else SHAPES1[::3]:
            f.case(op, fn, [f.draw(shape, dtype, lo, hi)], grad, **a)
        f.case(op, fn, [special(dtype)], grad, **a)


def binary(f, op, fn, dtypes=ALL, mixed=True, grad=True):
    f.begin(op)
    for dtype in dtypes:
        for s, t in SHAPES2 if dtype in FLOATS else SHAPES2[:3]:
            f.case(op, fn, [f.draw(s, dtype), f.draw(t, dtype)], grad)
        f.case(op, fn, special_pairs(dtype), grad)
    if mixed:
        for d, e in itertools.permutations(dtypes, 2):
            # In pow's gradient PyTorch computes b − 1 before it converts b to the wider type.
            exact = not (op == "pow" and d.is_floating_point and e.is_floating_point)
            f.case(op, fn, [f.draw((3,), d), f.draw((3,), e)], grad and exact)
            f.case(op, fn, [f.draw((2,), d), f.draw((), e)], grad and exact)


REDUCED = [((), {}), ((7,), {}), ((3, 4), {}), ((3, 4), {"dim": [0]}), ((3, 4), {"dim": [-1]}), ((3, 1, 2), {"dim": [1]}), ((2, 3, 4), {"dim": [1]}),
           ((2, 3, 4), {"dim": [0, 2]}), ((2, 3, 4), {"dim": [0, 1, 2]}), ((2, 0, 3), {"dim": [2]}), ((70,), {})]
EMPTY = [((0,), {}), ((2, 0, 3), {"dim": [1]}), ((0, 3), {"dim": [0]})]


def divided(factors):
    """PyTorch's gradient of a product divides it by each factor, which gives NaN for ∞ and NaN; Lamina multiplies the other factors."""
    return not all(map(math.isfinite, torch.tensor(factors).flatten().tolist()))


def reduce(f, op, fn, dtypes=ALL, shapes=REDUCED + EMPTY, lo=-3.0, hi=3.0, grad=True):
    f.begin(op)
    for dtype in dtypes:
        for shape, a in shapes if dtype in FLOATS else shapes[::2]:
            f.case(op, fn, [f.draw(shape, dtype, lo, hi)], grad, **a)
        if dtype in FLOATS:
            for hard in ([NAN, 1, 2], [INF, -INF, 1], [INF, 1, 2], [-INF, 1, 2], [1e38, 1e38, -1e38], [0.0, -0.0, 0.0], [1e-45, 1e-45, 0]):
                f.case(op, fn, [torch.tensor(hard, dtype=dtype)], grad and not (op == "prod" and divided(hard)))


def elementwise():
    f = File("elementwise")
    unary(f, "neg", torch.neg, NUMBERS)
    unary(f, "exp", torch.exp)
    unary(f, "log", torch.log)
    unary(f, "sqrt", torch.sqrt)
    unary(f, "abs", torch.abs, NUMBERS)
    unary(f, "sign", torch.sign, NUMBERS)
    unary(f, "square", torch.square, NUMBERS)
    unary(f, "relu", torch.relu, NUMBERS)
    unary(f, "sigmoid", torch.sigmoid)
    unary(f, "tanh", torch.tanh)
    # Go has one number type: a whole number is Python's int for integer tensors, and its float for floating-point tensors.
    whole = lambda g: lambda x, other: g(x, int(other) if other == int(other) and not x.dtype.is_floating_point else float(other))
    unary(f, "add_scalar", whole(lambda x, c: x + c), ALL, attrs=[{"other": c} for c in (0, 2, -3, 0.1, 1.5)])
    unary(f, "mul_scalar", whole(lambda x, c: x * c), ALL, attrs=[{"other": c} for c in (0, 2, -3, 0.1, 1.5)])
    unary(f, "div_scalar", lambda x, other: x / other, ALL, attrs=[{"other": c} for c in (2, -3, 0.1, 0)])
    unary(f, "add_scalar", lambda x, other: x + other, NUMBERS, attrs=[{"other": c} for c in (INF, NAN)])
    unary(f, "mul_scalar", lambda x, other: x * other, NUMBERS, attrs=[{"other": c} for c in (INF, NAN)])
    unary(f, "pow_scalar", lambda x, exponent: x**exponent, FLOATS, attrs=[{"exponent": c} for c in (0, 1, 2, 3, -1, -2, 0.5, -0.5, 1.5, 0.1)])
    unary(f, "clamp", lambda x, min, max: torch.clamp(x, float(min), float(max)), FLOATS,
          attrs=[{"min": lo, "max": hi} for lo, hi in ((-1, 1), (0, INF), (-INF, 0.5), (0.5, -0.5), (-INF, INF), (NAN, 1))])
    unary(f, "clamp", lambda x, min, max: torch.clamp(x, min, max), [I64, I32], attrs=[{"min": 0, "max": 2}, {"min": -1, "max": 100}, {"min": 0.5, "max": 2.5}])
    unary(f, "clamp", lambda x, min, max: torch.clamp(x, min, max), [U8, BOOL], attrs=[{"min": 0, "max": 2}, {"min": 1, "max": 100}])
    # An infinite limit is no limit: integers remain integers.
    unary(f, "clamp", lambda x, min, max: torch.clamp(x, min=min), [I64, I32, U8], attrs=[{"min": 1, "max": INF}])
    unary(f, "clamp", lambda x, min, max: torch.clamp(x, max=max), [I64, I32, U8], attrs=[{"min": -INF, "max": 1}])
    f.case("clamp", torch.clamp, [torch.tensor([-1.0, 0.5, 1.0, 0.0, -0.0])], min=-1, max=1)
    f.case("clamp", torch.clamp, [torch.tensor([-1.0, 0.0, -0.0, 1.0])], min=0, max=1)
    unary(f, "logical_not", torch.logical_not)
    for op, fn in (("eq_scalar", torch.eq), ("gt_scalar", torch.gt), ("lt_scalar", torch.lt),
                   ("ne_scalar", torch.ne), ("ge_scalar", torch.ge), ("le_scalar", torch.le)):
        unary(f, op, lambda x, other: fn(x, other), attrs=[{"other": c} for c in (0, 1, 0.5)])
        # not uint8: PyTorch converts −1 to 255
        unary(f, op, lambda x, other: fn(x, other), [d for d in ALL if d != U8], attrs=[{"other": -1}])
        unary(f, op, lambda x, other: fn(x, other), FLOATS, attrs=[{"other": c} for c in (INF, NAN)])
        f.case(op, lambda x, other: fn(x, other), [torch.tensor([2**53, 2**53 + 1, -2**53 - 1])], other=2**53)
        for dtype in FLOATS:
            f.case(op, lambda x, other: fn(x, other), [torch.tensor([0.1, 0.3], dtype=dtype)], other=0.1)
    for to in ALL:
        fits = [d for d in ALL if not (d.is_floating_point and not to.is_floating_point)]
        unary(f, "to", lambda x, dtype: x.to(dtype), fits, attrs=[{"dtype": to}])
        for dtype in FLOATS if to not in fits else []:
            # NaN, infinities and numbers outside the type's range are undefined in PyTorch too.
            v = [0.0, -0.0, 0.5, 0.99, 1.0, 1.5, 2.5, 99.9, 1e-40]
            v += [] if to == U8 else [-0.5, -1.0, -1.99, -99.9]
            v += [NAN, INF, -INF, 1e30] if to == BOOL else []
            f.case("to", lambda x, dtype: x.to(dtype), [torch.tensor(v, dtype=dtype)], dtype=to)

    binary(f, "add", torch.add)
    binary(f, "sub", torch.sub, NUMBERS)
    binary(f, "mul", torch.mul)
    binary(f, "div", torch.div)
    binary(f, "maximum", torch.maximum)
    binary(f, "minimum", torch.minimum)
    binary(f, "pow", torch.pow, NUMBERS)
    unary(f, "pow_scalar", lambda x, exponent: x**exponent, [I64, I32, U8, BOOL], attrs=[{"exponent": c} for c in (0, 1, 2, 3, 0.5, 1.5)])
    for dtype in FLOATS:
        base = torch.tensor([0.0, 0.0, 0.0, 0.0, 2.0, -2.0, -2.0, 1.0, 4.0], dtype=dtype)
        f.case("pow", torch.pow, [base, torch.tensor([0.0, 1.0, 2.0, -1.0, 0.0, 2.0, 3.0, 5.0, 0.5], dtype=dtype)])
        tie = torch.tensor([1.0, 2.0, 3.0], dtype=dtype)
        for op, fn in (("maximum", torch.maximum), ("minimum", torch.minimum)):
            f.case(op, fn, [tie, tie])
            f.case(op, fn, [tie, torch.tensor(2.0, dtype=dtype)])
    for op in ("eq", "ne", "gt", "ge", "lt", "le", "logical_and", "logical_or"):
        binary(f, op, getattr(torch, op))

    f.begin("where")
    for dtype in ALL:
        for s, t, u in (((), (), ()), ((5,), (5,), (5,)), ((3, 4), (4,), ()), ((3, 1), (1, 4), (3, 4)), ((1,), (2, 3), (3,)), ((0,), (1,), (0,))):
            f.case("where", torch.where, [f.draw(s, BOOL), f.draw(t, dtype), f.draw(u, dtype)])
        a, b = special_pairs(dtype)
        f.case("where", torch.where, [a == a, a, b])
        f.case("where", torch.where, [b != b, a, b])
    for d, e in itertools.permutations(ALL, 2):
        f.case("where", torch.where, [f.draw((3,), BOOL), f.draw((3,), d), f.draw((3,), e)])
        f.case("where", torch.where, [f.draw((2,), BOOL), f.draw((2,), d), f.draw((), e)])
    f.write()


def reductions():
    f = File("reductions")
    number = [((), {"dim": [0]}), ((), {"dim": [-1]})]
    over = lambda g: lambda x, dim=(): g(x, dim) if dim else g(x)
    reduce(f, "sum", over(torch.sum), shapes=REDUCED + EMPTY + number)
    reduce(f, "mean", over(torch.mean), FLOATS, REDUCED + EMPTY + number)
    reduce(f, "amax", lambda x, dim=(): torch.amax(x, dim), shapes=REDUCED + number)
    reduce(f, "amin", lambda x, dim=(): torch.amin(x, dim), shapes=REDUCED + number)

    def prod(x, dim=()):  # PyTorch accepts at most one dimension
        for d in sorted((d % max(x.dim(), 1) for d in dim), reverse=True):
            x = x.prod(d)
        return x if dim else x.prod()

    reduce(f, "prod", prod, shapes=REDUCED + EMPTY + number, lo=-2, hi=2)
    for dtype in FLOATS:
        for v in ([[1, 2], [3, 4]], [[0, 2], [3, 4]], [[0, 2], [0, 4]], [[0, 0], [3, 4]], [[0, 0], [0, 0]], [[NAN, 0], [1, 2]], [[INF, 0], [1, 2]]):
            x = torch.tensor(v, dtype=dtype)
            for a in ({}, {"dim": [0]}, {"dim": [1]}):
                f.case("prod", prod, [x], not divided(v), **a)
        for v in ([[1, 2, 2], [3, 3, 3]], [[NAN, 1, NAN], [0, -0.0, 0]], [[-INF, -INF, -INF], [INF, 1, INF]]):
            x = torch.tensor(v, dtype=dtype)
            for a in ({"dim": [0, 1]}, {"dim": [0]}, {"dim": [1]}):
                f.case("amax", torch.amax, [x], **a)
                f.case("amin", torch.amin, [x], **a)
    for op, fn in (("argmax", torch.argmax), ("argmin", torch.argmin)):
        f.begin(op)
        for dtype in NUMBERS:
            for shape, d in (((), 0), ((), -1), ((7,), 0), ((1,), 0), ((3, 4), 0), ((3, 4), -1), ((3, 1), 1), ((1, 3), 0), ((2, 3, 4), 1), ((2, 0, 3), 2),
                             ((3, 3, 1), 2)):
                f.case(op, fn, [f.draw(shape, dtype)], dim=d)
            f.case(op, fn, [torch.tensor([[1, 2, 2], [3, 3, 3], [0, 0, 1]], dtype=dtype)], dim=1)
            f.case(op, fn, [torch.tensor([[1, 2, 2], [3, 3, 3], [0, 0, 1]], dtype=dtype)], dim=0)
        for dtype in FLOATS:
            for v in ([NAN, 1, NAN], [1, NAN, INF], [-INF, -INF], [INF, INF], [0.0, -0.0], [-0.0, 0.0]):
                f.case(op, fn, [torch.tensor(v, dtype=dtype)], dim=0)
    f.write()


def softmaxes():
    f = File("softmax")
    for op, fn in (("softmax", torch.softmax), ("log_softmax", torch.log_softmax)):
        f.begin(op)
        for dtype in FLOATS:
            for shape, d in (((), 0), ((), -1), ((1,), 0), ((7,), 0), ((3, 4), 0), ((3, 4), 1), ((3, 4), -2), ((2, 3, 4), 1), ((2, 3, 1), 2), ((0,), 0),
                             ((2, 0), 0), ((2, 0), 1), ((3, 40), 1)):
                f.case(op, fn, [f.draw(shape, dtype)], dim=d)
            f.case(op, fn, [f.draw((3, 5), dtype, -80, 80)], dim=1)
            for v in ([1e4, 0, -1e4], [INF, 1, 2], [-INF, 1, 2], [-INF, -INF], [NAN, 1], [3e38, -3e38], [1e-45, 0], [5, 5, 5]):
                f.case(op, fn, [torch.tensor(v, dtype=dtype)], dim=0)
    f.write()


def views():
    f = File("views")

    def each(op, fn, *samples, dtypes=(F32, F64, I64, BOOL)):
        f.begin(op)
        for dtype in dtypes:
            for shape, a in samples:
                f.case(op, fn, [f.draw(shape, dtype)], **a)

    each("reshape", torch.reshape, *[(s, {"shape": t}) for s, t in (((2, 3), [3, 2]), ((2, 3), [-1]), ((6,), [1, 2, 3]), ((), [1, 1]), ((1, 1), []),
                                                                      ((2, 0), [0, 3]), ((0,), [5, 0]), ((2, 3, 4), [2, -1, 2]), ((2, 3), [2, 3]))])
    each("reshape_to", torch.reshape, *[(s, {"shape": t}) for s, t in (((3, 1), [3]), ((1, 3), [3, 1]), ((3,), [3, 1]))])
    each("flatten", torch.flatten, *[(s, {"start_dim": d}) for s, d in (((), 0), ((3,), 0), ((2, 3, 4), 0), ((2, 3, 4), 1), ((2, 3, 4), -1), ((2, 0, 3), 1))])
    each("squeeze", lambda x, dim=(): x.squeeze(tuple(dim)) if dim else x.squeeze(),
         *[(s, {"dim": d} if d else {}) for s, d in (((), ()), ((1, 3, 1), ()), ((1, 3, 1), [0]), ((1, 3, 1), [-1]), ((1, 3, 1), [0, 2]), ((1, 3, 1), [1]),
                                                      ((0, 1), ()), ((), [0]))])
    each("unsqueeze", lambda x, dim: x.unsqueeze(dim[0]), *[(s, {"dim": [d]}) for s, d in (((), 0), ((3,), 0), ((3,), 1), ((3,), -1), ((2, 3), 1), ((2, 0), -2))])
    each("expand", lambda x, size: x.expand(size), *[(s, {"size": t}) for s, t in (((), [3]), ((), []), ((1,), [4]), ((3, 1), [3, 4]), ((3, 1), [2, -1, 2]),
                                                                                     ((1, 3), [-1, -1]), ((1,), [0]), ((2, 0), [3, 2, 0]))])
    each("permute", lambda x, dims: x.permute(dims), *[(s, {"dims": t}) for s, t in (((), []), ((3,), [0]), ((2, 3), [1, 0]), ((2, 3, 4), [2, 0, 1]),
                                                                                       ((2, 3, 4), [-1, -3, 1]), ((2, 0, 3), [1, 2, 0]))])
    each("transpose", torch.transpose, *[(s, {"dim0": a, "dim1": b}) for s, a, b in (((), 0, -1), ((3,), 0, 0), ((2, 3), 0, 1), ((2, 3, 4), 0, -1),
                                                                                        ((2, 3, 4), 1, 1), ((2, 0, 3), 1, 2))])
    each("mT", lambda x: x.mT, *[(s, {}) for s in ((2, 3), (2, 3, 4), (1, 1), (0, 2))])
    each("slice", lambda x, dim, start, end, step: x[(slice(None),) * (dim % x.dim()) + (slice(start, end, step),)],
         *[(s, {"dim": d, "start": a, "end": b, "step": c}) for s, d, a, b, c in (
             ((7,), 0, 0, 7, 1), ((7,), 0, 1, 6, 2), ((7,), 0, -3, 100, 1), ((7,), 0, -100, -1, 3), ((7,), 0, 5, 2, 1), ((7,), 0, 7, 9, 1), ((7,), 0, 0, 7, 50),
             ((3, 4), 0, 1, 3, 1), ((3, 4), -1, 0, 4, 2), ((2, 3, 4), 1, 0, 3, 2), ((2, 0), 1, 0, 1, 1), ((2, 0), 0, 1, 2, 1))])
    each("narrow", torch.narrow, *[(s, {"dim": d, "start": a, "length": n}) for s, d, a, n in (((7,), 0, 2, 3), ((7,), 0, 7, 0), ((3, 4), 1, 0, 4), ((3, 4), -2, 1, 1),
                                                                                                 ((2, 3, 4), 1, 1, 2), ((2, 0), 0, 1, 1))])
    each("select", torch.select, *[(s, {"dim": d, "index": i}) for s, d, i in (((7,), 0, 3), ((7,), 0, -1), ((3, 4), 0, 1), ((3, 4), 1, -4), ((2, 3, 4), -2, 2),
                                                                                 ((2, 0), 0, 1))])
    each("contiguous", lambda x: x.contiguous(), *[(s, {}) for s in ((), (3,), (2, 3), (0, 2))])
    f.write()


def indexing():
    f = File("indexing")
    f.begin("gather")
    for dtype in ALL:
        for shape, d, index in (((5,), 0, (3,)), ((5,), 0, (9,)), ((5,), 0, (0,)), ((3, 4), 1, (3, 2)), ((3, 4), 0, (2, 4)), ((3, 4), -1, (2, 6)), ((2, 3, 4), 1, (2, 5, 3)),
                                ((), 0, ()), ((), -1, ()), ((2, 3), 1, (0, 2)), ((0, 3), 1, (0, 5))):
            n = shape[d] if shape else 1
            i = torch.randint(0, n, index, generator=f.dice)
            f.case("gather", lambda x, i, dim: torch.gather(x, dim, i), [f.draw(shape, dtype), i], dim=d)
    f.write()


def inplace():
    f = File("inplace")

    def method(name):
        def g(x, *rest, **attrs):
            y = x.detach().clone()
            getattr(y, name)(*rest, **attrs)
            return y
        return g

    f.begin("inplace")
    for s, t in (((), ()), ((5,), (5,)), ((3, 4), (4,)), ((2, 0), (1,))):
        for op in ("add_", "mul_", "copy_"):
            f.case(op, method(op), [f.draw(s, BOOL), f.draw(t, BOOL)], False)
    for dtype in (I64, I32, U8):
        f.case("clamp_", method("clamp_"), [f.draw((3, 4), dtype)], False, min=0, max=2)
    for dtype in NUMBERS:
        for s, t in (((), ()), ((5,), (5,)), ((3, 4), (4,)), ((3, 4), ()), ((2, 0), (1,))):
            for op in ("add_", "sub_", "mul_", "copy_"):
                f.case(op, method(op), [f.draw(s, dtype), f.draw(t, dtype)], False)
            f.case("mul_scalar_", lambda x, other: method("mul_")(x, other), [f.draw(s, dtype)], False, other=3)
            if dtype.is_floating_point:
                f.case("clamp_", method("clamp_"), [f.draw(s, dtype)], False, min=-1, max=0.5)
            f.case("fill_", method("fill_"), [f.draw(s, dtype)], False, value=2)
            for alpha in (-1, 2) if not dtype.is_floating_point else (-0.1, 0.0, 3.0):
                f.case("add_scaled_", lambda x, y, alpha: method("add_")(x, y, alpha=alpha), [f.draw(s, dtype), f.draw(t, dtype)], False, alpha=alpha)
            for w in (0.0, 0.1, 0.5, 0.9, 1.0) if dtype.is_floating_point else ():
                f.case("lerp_", lambda x, y, weight: method("lerp_")(x, y, weight), [f.draw(s, dtype), f.draw(t, dtype)], False, weight=w)
    for dtype in ALL:
        for size in ([], [3], [2, 0], [2, 2]):
            f.case("new_full", lambda x, size, fill_value: x.new_full(size, fill_value), [f.draw((2,), dtype)], False, size=size, fill_value=1 if dtype == BOOL else 3)
            f.case("new_zeros", lambda x, size: x.new_zeros(size), [f.draw((2,), dtype)], False, size=size)
            f.case("new_ones", lambda x, size: x.new_ones(size), [f.draw((2,), dtype)], False, size=size)
    for d, e in itertools.permutations(ALL, 2):
        if not (d.is_floating_point and not e.is_floating_point) or e == BOOL:
            f.case("copy_", method("copy_"), [f.draw((3,), e), f.draw((3,), d)], False)
    f.write()


def products():
    f = File("products")
    f.begin("matmul")
    pairs = [((3,), (3,)), ((3,), (3, 2)), ((2, 3), (3,)), ((1, 1), (1, 1)), ((2, 3), (3, 4)), ((5, 7), (7, 3)), ((2, 2, 3), (2, 3, 2)), ((2, 2, 3), (3, 2)),
             ((2, 3), (2, 3, 2)), ((2, 1, 2, 3), (3, 3, 2)), ((4,), (2, 4, 3)), ((2, 3, 4), (4,)), ((2, 0), (0, 3)), ((0, 3), (3, 2)), ((2, 3), (3, 0)),
             ((0,), (0,)), ((0, 2, 3), (3, 2)), ((9, 40), (40, 5))]
    for dtype in NUMBERS:
        for s, t in pairs:
            f.case("matmul", torch.matmul, [f.draw(s, dtype), f.draw(t, dtype)])
    for dtype in FLOATS:
        zero = torch.zeros(2, 2, dtype=dtype)
        for bad in (NAN, INF, -INF):
            f.case("matmul", torch.matmul, [zero, torch.tensor([[bad, 1], [2, 3]], dtype=dtype)])
            f.case("matmul", torch.matmul, [torch.tensor([[1, bad], [2, 3]], dtype=dtype), zero])
    f.write()


if __name__ == "__main__":
    elementwise()
    reductions()
    softmaxes()
    views()
    indexing()
    inplace()
    products()
