"""Writes more of ops/*.json.gz, in the form that ops.py describes: numbers as operands, reductions with keepdim, clone, and square
brackets.

Run: python testdata/torch/ops3.py
"""

import torch

import ops
from ops import ALL, BOOL, F32, F64, FLOATS, I32, I64, INF, NAN, NUMBERS, U8, REDUCED, File, unary


def python(c, x):
    """Go has one number type: a whole number is Python's int for integer tensors, and its float for floating-point tensors."""
    return int(c) if c == int(c) and not x.dtype.is_floating_point else float(c)


def number(c, x):
    """The tensor to which PyTorch converts a Python number for an op with x. It is for ops that do not accept a number."""
    c = python(c, x)
    if x.dtype.is_floating_point:
        return torch.tensor(c, dtype=x.dtype)
    return torch.tensor(c, dtype=F32) if isinstance(c, float) else torch.tensor(c)


def numbers():
    f = File("numbers")
    each = [{"other": c} for c in (2, -3, 0.1, 1.5)]
    ints = [d for d in NUMBERS if d not in (*FLOATS, U8)]
    unary(f, "sub_scalar", lambda x, other: x - python(other, x), NUMBERS, attrs=each)
    unary(f, "rsub_scalar", lambda x, other: python(other, x) - x, NUMBERS, attrs=each)
    unary(f, "rdiv_scalar", lambda x, other: number(other, x) / x, ALL, attrs=each)
    unary(f, "rpow_scalar", lambda x, other: python(other, x) ** x, FLOATS, attrs=[{"other": c} for c in (2, 0.1, 1.5, 1, 0)])
    unary(f, "rpow_scalar", lambda x, other: python(other, x) ** x, [*ints, U8], 0, 4, attrs=[{"other": c} for c in (2, -3, 1.5, 1)])
    for op, fn in (("maximum", torch.maximum), ("minimum", torch.minimum)):
        same = lambda c, x: number(c, x) if x.dtype == BOOL or c != int(c) else torch.tensor(c, dtype=x.dtype)
        unary(f, op + "_scalar", lambda x, other: fn(x, same(other, x)), attrs=[{"other": c} for c in (0, 1, 0.5)])
    f.case("rpow_scalar", lambda x, other: other**x, [torch.tensor([True, False])], other=2)
    f.case("rpow_scalar", lambda x, other: other**x, [torch.tensor([True, False])], other=1.5)
    unary(f, "maximum_scalar", lambda x, other: torch.clamp(x, min=int(other)), [I64, I32, U8], attrs=[{"other": -2}], grad=False)
    unary(f, "atan2_scalar", lambda x, other: torch.atan2(x, number(other, x)), attrs=each)
    unary(f, "ratan2_scalar", lambda x, other: torch.atan2(number(other, x), x), attrs=each)
    f.begin("remainder_scalar")
    for dtype in FLOATS + ints:
        for other in (2, -3, 0.25, 1.5):
            for shape in ((), (7,), (0,), (2, 3)):
                f.case("remainder_scalar", lambda x, other: x % python(other, x), [f.draw(shape, dtype)], other=other)
                f.case("floor_divide_scalar", lambda x, other: torch.div(x, python(other, x), rounding_mode="floor"), [f.draw(shape, dtype)], other=other)
                if dtype not in FLOATS:
                    continue
                f.case("rremainder_scalar", lambda x, other: torch.remainder(number(other, x), x), [f.draw(shape, dtype)], other=other)
                f.case("rfloor_divide_scalar", lambda x, other: torch.div(number(other, x), x, rounding_mode="floor"), [f.draw(shape, dtype)], other=other)
    for dtype in FLOATS:
        x = torch.tensor([NAN, INF, -INF, 2, -0.0], dtype=dtype)
        for op, fn in (("remainder_scalar", lambda x, other: x % other), ("floor_divide_scalar", lambda x, other: torch.div(x, other, rounding_mode="floor"))):
            f.case(op, fn, [x], False, other=1.5)
    for dtype in ints + [U8]:
        x = torch.tensor([1, 2, 3, 7, 100], dtype=dtype)
        for other in (7, -3, 1.5) if dtype != U8 else (7, 1.5):
            f.case("rremainder_scalar", lambda x, other: torch.remainder(number(other, x), x), [x], other=other)
            f.case("rfloor_divide_scalar", lambda x, other: torch.div(number(other, x), x, rounding_mode="floor"), [x], other=other)
    for x in (torch.tensor([True, True]), torch.tensor([1, 2, 255], dtype=U8)):
        for other in (2, 1.5):
            f.case("remainder_scalar", lambda x, other: x % other, [x], other=other)
            f.case("floor_divide_scalar", lambda x, other: torch.div(x, other, rounding_mode="floor"), [x], other=other)
            f.case("rremainder_scalar", lambda x, other: torch.remainder(number(other, x), x), [x], other=other)
            f.case("rfloor_divide_scalar", lambda x, other: torch.div(number(other, x), x, rounding_mode="floor"), [x], other=other)
    unary(f, "clone", torch.clone)
    f.write()


def keepdims():
    f = File("keepdims")
    dims = lambda g: lambda x, dim=None, **a: g(x, dim=dim, keepdim=True, **a)
    everything = lambda x, dim: tuple(range(x.dim())) if dim is None else dim
    shapes = REDUCED + [((2, 3, 4), {"dim": [-1, 0]})]

    def reduce(op, g, dtypes, **a):
        f.begin(op)
        for dtype in dtypes:
            for shape, d in shapes:
                f.case(op, dims(g), [f.draw(shape, dtype)], **d, **a)

    f.begin("hard")
    for op, fn in (("var", torch.var), ("std", torch.std)):
        for dtype in FLOATS:
            for v in ([NAN, 1, 2], [INF, 1, 2]):
                f.case(op + "_keepdim", lambda x, dim, correction: fn(x, dim, correction=correction, keepdim=True), [torch.tensor(v, dtype=dtype)], dim=[0], correction=1)
    reduce("sum_keepdim", torch.sum, (*FLOATS, I64))
    reduce("mean_keepdim", torch.mean, FLOATS)
    reduce("amax_keepdim", lambda x, dim, keepdim: torch.amax(x, everything(x, dim), keepdim), (*FLOATS, I64))
    reduce("amin_keepdim", lambda x, dim, keepdim: torch.amin(x, everything(x, dim), keepdim), (*FLOATS, I64))
    for c in (0, 1):
        reduce("var_keepdim", torch.var, FLOATS, correction=c)
        reduce("std_keepdim", torch.std, FLOATS, correction=c)
    reduce("norm_keepdim", lambda x, dim, keepdim, ord: torch.linalg.vector_norm(x, ord, dim, keepdim), FLOATS, ord=2)
    reduce("logsumexp_keepdim", lambda x, dim, keepdim: torch.logsumexp(x, everything(x, dim), keepdim), FLOATS)
    reduce("any_keepdim", lambda x, dim, keepdim: torch.any(x, everything(x, dim), keepdim), (*FLOATS, BOOL))
    reduce("all_keepdim", lambda x, dim, keepdim: torch.all(x, everything(x, dim), keepdim), (*FLOATS, BOOL))
    for dtype in FLOATS:
        f.case("any_keepdim", lambda x, dim: torch.any(x, dim, True), [torch.tensor([[0.0, NAN], [INF, 0]], dtype=dtype)], dim=[1])
        f.case("all_keepdim", lambda x, dim: torch.all(x, dim, True), [torch.tensor([[0.0, NAN], [INF, 0]], dtype=dtype)], dim=[0])
    for op in ("prod", "argmax", "argmin", "max", "min"):
        f.begin(op + "_keepdim")
        for dtype in NUMBERS if op == "prod" else (*FLOATS, I64):
            for shape, d in (((), 0), ((7,), 0), ((3, 4), 0), ((3, 4), -1), ((2, 3, 4), 1), ((2, 0, 3), 2)):
                x, fn = f.draw(shape, dtype), getattr(torch, op)
                if op in ("max", "min"):
                    f.case(op + "_dim_keepdim", lambda x, dim: fn(x, dim, True)[0], [x], dim=d)
                    f.case(op + "_dim_indices_keepdim", lambda x, dim: fn(x, dim, True)[1], [x], dim=d)
                elif op == "prod":
                    f.case("prod_keepdim", lambda x, dim: torch.prod(x, dim[0], True), [x], dim=[d])
                else:
                    f.case(op + "_keepdim", lambda x, dim: fn(x, dim, True), [x], dim=d)
    f.write()


def index(*v, dtype=I64):
    return torch.tensor(v, dtype=dtype)


CUBE = (3, 4, 5)
# Square brackets with tensors: no element is indexed twice, so that assignments are defined.
BRACKETS = [(CUBE, s, []) for s in (
    "x[()]", "x[1]", "x[-1, 2]", "x[0, 1, -1]", "x[1:3]", "x[:, -2:]", "x[::2, :-1]", "x[5:2, 10:, -10:2]", "x[..., 0]", "x[...]", "x[0, ..., 1:4:2]",
    "x[None, :, 1]", "x[..., None]", "x[0, 1, ..., 2]", "x[[0, 2]]")]
BRACKETS += [((3, 3), "x[:, [True, False, True]]", []), ((), "x[...]", []), ((2, 0), "x[...]", []), ((), "x[..., None]", []), ((3, 1), "x[..., 0]", [])]
MASK2 = torch.tensor([[True, False, False, True], [False] * 4, [True, True, False, False]])
BRACKETS += [
    (CUBE, "x[t[0]]", [index(2, 0)]),
    (CUBE, "x[t[0]]", [index(-1)]),
    (CUBE, "x[t[0]]", [index()]),
    (CUBE, "x[t[0]]", [index(1).view(())]),
    (CUBE, "x[t[0]]", [torch.tensor([True, False, True])]),
    (CUBE, "x[t[0]]", [torch.tensor([False, False, False])]),
    (CUBE, "x[t[0]]", [MASK2]),
    (CUBE, "x[t[0]]", [torch.arange(60).view(CUBE) % 7 == 3]),
    (CUBE, "x[t[0]]", [torch.tensor(True)]),
    (CUBE, "x[t[0]]", [torch.tensor(False)]),
    (CUBE, "x[t[0]]", [index(2, 0, dtype=I32)]),
    ((), "x[t[0]]", [torch.tensor(True)]),
    ((5,), "x[t[0]]", [index(4, 0, 1, 3).view(2, 2)]),
    (CUBE, "x[:, t[0]]", [index(3, 1, 0)]),
    (CUBE, "x[:, t[0]]", [index(3, 1, 0, 2).view(2, 2)]),
    (CUBE, "x[:, t[0]]", [torch.tensor([True, False, True, True])]),
    (CUBE, "x[:, t[0]]", [torch.arange(20).view(4, 5) % 3 == 0]),
    (CUBE, "x[..., t[0]]", [index(3, 1, 0)]),
    (CUBE, "x[..., t[0], :]", [index(3, 1)]),
    (CUBE, "x[1:, t[0], None]", [index(3, 1)]),
    (CUBE, "x[1, :, t[0]]", [index(3, 1, 4)]),
    (CUBE, "x[1, t[0], 2]", [index(3, 1)]),
    (CUBE, "x[t[0], :, 1]", [index(2, 1)]),
    (CUBE, "x[t[0], t[1]]", [index(2, 0), index(-1, 2)]),
    (CUBE, "x[t[0], t[1]]", [index(2, 0).view(2, 1), index(1, 0, 3)]),
    (CUBE, "x[t[0], t[1]]", [torch.tensor([True, False, True]), index(1)]),
    (CUBE, "x[t[0], t[1]]", [index(1).view(()), index(3, 0)]),
    (CUBE, "x[t[0], t[1], t[2]]", [index(2, 0).view(2, 1), index(1, 0, 3), index(4)]),
    (CUBE, "x[t[0], :, t[1]]", [index(2, 0), index(-1, 1)]),
    (CUBE, "x[t[0], :, t[1]]", [index(2, 0).view(2, 1), index(4, 1, 3)]),
    (CUBE, "x[t[0], :, t[1]]", [index(2).view(()), index(4, 1, 3)]),
    (CUBE, "x[t[0], :, t[1]]", [torch.tensor([True, False, True]), index(1, 4)]),
    (CUBE, "x[:, t[0], t[1]]", [index(2, 0, 1), index(4)]),
    (CUBE, "x[:, t[0], t[1]]", [index(2, 0).view(2, 1), index(4, 1, 3)]),
    (CUBE, "x[t[0], 1:3, t[1]]", [index(2, 0), index(-1, 1)]),
    (CUBE, "x[t[0], None, t[1]]", [index(2, 0), index(-1, 1)]),
    (CUBE, "x[None, t[0], t[1]]", [index(2, 0), index(-1, 1)]),
    ((2, 3, 4, 5), "x[0, t[0], :, t[1]]", [index(2, 0), index(-1, 1)]),
    ((3, 2, 4, 5), "x[t[0], :, [1, 0], None, 0]", [index(2, 0)]),
]
REVERSED = [(CUBE, "x[::-1]", []), (CUBE, "x[::-2, 1, 3:0:-1]", []), (CUBE, "x[-1:-9:-2, 0:3:-1]", []), (CUBE, "x[9::-1, :2:-1]", []),
            (CUBE, "x[::-1, t[0], ::-3]", [index(3, 1)])]


def get(x, *t, index):
    return eval(index)


def assign(x, y, *t, index):
    x = x.clone()
    exec(index + " = y")
    return x


def numpy(f):
    """PyTorch has no negative steps; NumPy has them."""
    wide = lambda v: v.float() if v.dtype in ops.HALVES else v
    return lambda *x, index: torch.from_numpy(f(*[wide(v).numpy() for v in x], index=index).copy()).to(x[0].dtype)


def numpy_assign(x, y, *t, index):
    x = x.copy()
    exec(index + " = y")
    return x


def brackets():
    f = File("brackets")
    for op in ("getitem", "setitem", "setitem_"):
        f.begin(op)
        for i, (shape, source, t) in enumerate(BRACKETS):
            for dtype in (F32,) if i % 8 else ALL:
                x = f.draw(shape, dtype)
                if op == "getitem":
                    f.case(op, get, [x, *t], index=source)
                    continue
                y = get(x, *t, index=source)
                for size in [tuple(y.shape)] if i % 4 else [tuple(y.shape), (), (1, *y.shape[-1:])]:
                    f.case(op, assign, [x, f.draw(size, dtype), *t], op == "setitem", index=source)
        for shape, source, t in REVERSED:
            for dtype in (F32, F64, I64):
                x = f.draw(shape, dtype)
                if op == "getitem":
                    f.case(op, numpy(get), [x, *t], False, index=source)
                else:
                    y = f.draw(numpy(get)(x, *t, index=source).shape, dtype)
                    f.case(op, numpy(numpy_assign), [x, y, *t], False, index=source)
    for dtype in FLOATS:
        x = torch.tensor([[NAN, 1], [INF, -0.0], [2, -INF]], dtype=dtype)
        f.case("getitem", get, [x, index(2, 0)], index="x[t[0]]")
        for op in ("setitem", "setitem_"):
            f.case(op, assign, [x, torch.tensor([NAN, INF], dtype=dtype), index(2, 0)], op == "setitem", index="x[t[0]]")
    # The gradients of an element that is indexed twice are added.
    f.begin("twice")
    for dtype in FLOATS:
        f.case("getitem", get, [f.draw(CUBE, dtype), index(2, 0, 2, 2)], index="x[t[0]]")
        f.case("getitem", get, [f.draw(CUBE, dtype), index(1, 1, 0), index(3, 3, 3)], index="x[t[0], :, t[1]]")
    f.write()


def vecdots():
    f = ops.File("vecdot")
    f.begin("vecdot")
    for dtype in FLOATS:
        for a, b in (((4,), (4,)), ((2, 3), (2, 3)), ((2, 3), (3,)), ((2, 1, 5), (3, 5)), ((2, 0), (2, 0)), ((0, 3), (0, 3)), ((3, 65), (3, 65))):
            f.case("vecdot", torch.linalg.vecdot, [f.draw(a, dtype), f.draw(b, dtype)])
    f.write()


if __name__ == "__main__":
    numbers()
    keepdims()
    brackets()
    vecdots()
