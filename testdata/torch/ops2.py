"""Writes more of ops/*.json.gz, in the form that ops.py describes: concatenation and rearranging, indexing, order, scans, moments, special
functions, and equations.

Run: python testdata/torch/ops2.py
"""

import itertools

import torch
import torch.nn.functional as F

from ops import ALL, BOOL, F32, F64, FLOATS, I32, I64, INF, NAN, NUMBERS, U8, File, binary, special_pairs, unary


def index(*v):
    return torch.tensor(v, dtype=I64)


def joins():
    f = File("joins")
    for op, fn in (("cat", lambda *x, dim: torch.cat(x, dim)), ("stack", lambda *x, dim: torch.stack(x, dim))):
        f.begin(op)
        for dtype in ALL:
            for shape, d in (((3,), 0), ((2, 3), 0), ((2, 3), 1), ((2, 3), -1), ((2, 3, 2), 1), ((2, 0), 1)):
                other = list(shape)
                if op == "cat":
                    other[d] += 1
                f.case(op, fn, [f.draw(shape, dtype), f.draw(other, dtype)], dim=d)
        for d, e in itertools.permutations(ALL, 2):
            f.case(op, fn, [f.draw((2,), d), f.draw((2,), e)], dim=0)
    for a, b in (((0,), (2, 3)), ((2, 3), (0,)), ((0,), (0,)), ((0,), (3,))):
        f.case("cat", lambda *x, dim: torch.cat(x, dim), [f.draw(a, F32), f.draw(b, F32)], dim=0 if len(b) < 2 else 1)
    f.begin("stack")
    f.case("stack", lambda *x, dim: torch.stack(x, dim), [f.draw((), F32), f.draw((), F32)], dim=0)
    f.case("stack", lambda *x, dim: torch.stack(x, dim), [f.draw((2, 3), F32), f.draw((2, 3), F32)], dim=2)

    def each(op, fn, *samples, dtypes=(F32, F64, I64, BOOL)):
        f.begin(op)
        for dtype in dtypes:
            for shape, a in samples:
                f.case(op, fn, [f.draw(shape, dtype)], **a)

    each("split", lambda x, size, dim, part: torch.split(x, size, dim)[part],
         *[(s, {"size": n, "dim": d, "part": p}) for s, n, d, p in (((7,), 3, 0, 0), ((7,), 3, 0, 2), ((2, 5), 2, 1, 1), ((2, 5), 2, -1, 2), ((4, 2), 9, 0, 0), ((0,), 2, 0, 0))])
    each("split_sizes", lambda x, sizes, dim, part: torch.split(x, sizes, dim)[part],
         *[(s, {"sizes": n, "dim": d, "part": p}) for s, n, d, p in (((7,), [3, 4], 0, 1), ((2, 5), [0, 1, 4], 1, 2), ((2, 5), [5, 0], 1, 1))])
    each("chunk", lambda x, chunks, dim, part: torch.chunk(x, chunks, dim)[part],
         *[(s, {"chunks": n, "dim": d, "part": p}) for s, n, d, p in (((7,), 3, 0, 2), ((6,), 4, 0, 2), ((2, 5), 2, 1, 1), ((0,), 2, 0, 1), ((3,), 9, 0, 2))])
    each("repeat", lambda x, repeats: x.repeat(repeats),
         *[(s, {"repeats": r}) for s, r in (((3,), [2]), ((3,), [2, 3]), ((2, 3), [2, 1]), ((2, 3), [1, 2]), ((2, 3), [2, 1, 3]), ((), [3]), ((2,), [0]), ((2, 0), [2, 2]))])
    each("repeat_interleave", lambda x, repeats, dim: x.repeat_interleave(repeats, dim),
         *[(s, {"repeats": r, "dim": d}) for s, r, d in (((3,), 2, 0), ((2, 3), 3, 0), ((2, 3), 2, -1), ((2, 3), 1, 1), ((2, 3), 0, 1), ((2, 2, 2), 2, 1))])
    each("roll", torch.roll, *[(s, {"shifts": k, "dims": d}) for s, k, d in (((5,), 2, 0), ((5,), -1, 0), ((5,), 7, 0), ((2, 3), 1, 1), ((2, 3), 1, 0), ((2, 3), 0, 1), ((1, 3), 5, 0))])
    each("flip", torch.flip, *[(s, {"dims": d}) for s, d in (((5,), [0]), ((2, 3), [0]), ((2, 3), [-1]), ((2, 3), [0, 1]), ((2, 3, 2), [0, 2]), ((0, 2), [1]))])
    each("pad", lambda x, pad, value: F.pad(x, pad, value=value),
         *[(s, {"pad": p, "value": v}) for s, p, v in (((3,), [1, 2], 0), ((3,), [2, 0], 1.5), ((2, 3), [1, 0, 0, 2], 0), ((2, 3), [-1, 1], 2), ((2, 3), [-1, -1, 1, -1], 0),
                                                       ((2, 3), [0, 0], 0), ((2, 0), [1, 1], 3))], dtypes=(F32, F64))
    each("pad_reflect", lambda x, pad: F.pad(x, pad, "reflect"), *[(s, {"pad": p}) for s, p in (((1, 4), [2, 3]), ((2, 3), [1, 0]), ((1, 3, 4), [1, 2, 2, 1]))], dtypes=FLOATS)
    each("pad_replicate", lambda x, pad: F.pad(x, pad, "replicate"), *[(s, {"pad": p}) for s, p in (((1, 4), [2, 5]), ((2, 3), [1, 0]), ((1, 3, 4), [1, 2, 2, 1]))], dtypes=FLOATS)
    each("pad_circular", lambda x, pad: F.pad(x, pad, "circular"), *[(s, {"pad": p}) for s, p in (((1, 4), [2, 4]), ((2, 3), [1, 0]), ((1, 3, 4), [1, 2, 2, 1]))], dtypes=FLOATS)
    each("unfold", lambda x, dimension, size, step: x.unfold(dimension, size, step),
         *[(s, {"dimension": d, "size": n, "step": k}) for s, d, n, k in (((7,), 0, 3, 1), ((7,), 0, 3, 2), ((7,), 0, 2, 3), ((2, 6), 1, 3, 2), ((5, 2), 0, 2, 1), ((2, 5, 3), -2, 3, 1),
                                                                          ((), 0, 1, 1), ((4,), 0, 4, 9))])
    each("diagonal", lambda x, offset, dim1, dim2: torch.diagonal(x, offset, dim1, dim2),
         *[(s, {"offset": o, "dim1": a, "dim2": b}) for s, o, a, b in (((3, 3), 0, 0, 1), ((3, 4), 1, 0, 1), ((3, 4), -1, 0, 1), ((3, 4), 9, 0, 1), ((3, 4), 1, 1, 0), ((2, 3, 4), 0, 1, 2),
                                                                       ((2, 3, 4), 1, 0, 2), ((2, 3, 4), -1, -1, 0))])
    for op, fn in (("tril", torch.tril), ("triu", torch.triu)):
        each(op, fn, *[(s, {"diagonal": d}) for s, d in (((3, 3), 0), ((3, 4), 1), ((4, 3), -1), ((2, 3, 3), 0), ((2, 2), 5), ((2, 2), -5), ((0, 3), 0))])
    for dtype in FLOATS:
        f.case("tril", torch.tril, [torch.tensor([[1, NAN], [INF, 2]], dtype=dtype)], diagonal=0)
    f.write()


def picks():
    f = File("picks")
    f.begin("index_select")
    for dtype in ALL:
        for shape, d, i in (((5,), 0, (0, 4, 4)), ((3, 4), 0, (2, 0)), ((3, 4), 1, (1, 1, 3, 0, 2)), ((2, 3, 2), -2, (2, 2)), ((3, 4), 0, ()), ((2, 3), 1, (0,))):
            f.case("index_select", lambda x, i, dim: torch.index_select(x, dim, i), [f.draw(shape, dtype), index(*i)], dim=d)
    f.begin("index_add")
    for dtype in NUMBERS:
        for shape, d, i in (((5,), 0, (0, 4, 4)), ((3, 4), 0, (2, 0)), ((3, 4), 1, (1, 1, 3, 0, 2)), ((2, 3, 2), -2, (2, 2)), ((3, 4), 0, ())):
            src = list(shape)
            src[d] = len(i)
            f.case("index_add", lambda x, i, s, dim: torch.index_add(x, dim, i, s), [f.draw(shape, dtype), index(*i), f.draw(src, dtype)], dim=d)
    places = [((4,), 0, index(3, 1)), ((3, 4), 0, index(0, 2, 1, 0).view(1, 4)), ((3, 4), 1, index(3, 0, 1, 2, 0, 1).view(3, 2)),
              ((2, 3, 2), 1, index(2, 0, 1, 1).view(2, 1, 2)), ((3,), 0, index())]
    f.begin("scatter")
    for dtype in ALL:
        for shape, d, i in places:
            f.case("scatter", lambda x, i, s, dim: torch.scatter(x, dim, i, s), [f.draw(shape, dtype), i, f.draw(i.shape, dtype)], dim=d)
            if dtype in FLOATS:
                f.case("scatter_scalar", lambda x, i, dim, value: torch.scatter(x, dim, i, value), [f.draw(shape, dtype), i], dim=d, value=2.5)
        f.case("scatter", lambda x, i, s, dim: torch.scatter(x, dim, i, s), [f.draw((3,), dtype), index(2, 0), f.draw((3,), dtype)], False, dim=0)
    f.begin("scatter_add")
    for dtype in NUMBERS:
        for shape, d, i in places + [((4,), 0, index(3, 1, 3, 3, 0))]:
            f.case("scatter_add", lambda x, i, s, dim: torch.scatter_add(x, dim, i, s), [f.draw(shape, dtype), i, f.draw(i.shape, dtype)], dim=d)
    f.begin("index")
    get = lambda x, *i: x[tuple(i)]
    lists = [((5,), [index(0, -1, 2)]), ((5,), [index(0, -1, 2, 0).view(2, 2)]), ((3, 4), [index(2, -3)]), ((3, 4), [index(2, 0, -1), index(1, -4, 3)]),
             ((3, 4), [index(2, 0).view(2, 1), index(1, 0, 3)]), ((2, 3, 2), [index(1, 1), index(-1, 0)]), ((2, 3, 2), [index(1), index(2, 1), index(0, 0)]), ((3, 4), [index(1).view(())])]
    for dtype in ALL:
        for shape, i in lists:
            f.case("index", get, [f.draw(shape, dtype), *i])
    f.begin("index_put")
    for dtype in NUMBERS:
        for shape, i in lists:
            x = f.draw(shape, dtype)
            out = x[tuple(i)].shape
            f.case("index_put", lambda x, v, *i, accumulate: torch.index_put(x, i, v, accumulate), [x, f.draw(out, dtype), *i], accumulate=True)
            f.case("index_put", lambda x, v, *i, accumulate: torch.index_put(x, i, v, accumulate), [x, f.draw(out, dtype), *i], dtype not in FLOATS or len(i) > 0, accumulate=False)
            f.case("index_put", lambda x, v, *i, accumulate: torch.index_put(x, i, v, accumulate), [x, f.draw((), dtype), *i], accumulate=True)
    masks = [((5,), (5,)), ((3, 4), (3, 4)), ((3, 4), (4,)), ((3, 4), (3, 1)), ((4,), (3, 4)), ((), ()), ((0,), (0,)), ((3, 1), (3, 4))]
    f.begin("masked_fill")
    for dtype in ALL:
        for s, m in masks:
            f.case("masked_fill", lambda x, m, value: torch.masked_fill(x, m, value), [f.draw(s, dtype), f.draw(m, BOOL)], value=1)
    for v in (INF, -INF, NAN, 0.1):
        for dtype in FLOATS:
            f.case("masked_fill", lambda x, m, value: torch.masked_fill(x, m, value), [f.draw((5,), dtype), f.draw((5,), BOOL)], value=v)
    f.begin("masked_select")
    for dtype in ALL:
        for s, m in masks:
            f.case("masked_select", torch.masked_select, [f.draw(s, dtype), f.draw(m, BOOL)])
    f.begin("nonzero")
    for dtype in ALL:
        for s in ((), (5,), (3, 4), (2, 3, 2), (0,), (2, 0)):
            f.case("nonzero", torch.nonzero, [f.draw(s, dtype)])
        f.case("nonzero", torch.nonzero, [torch.zeros(3, dtype=dtype)])
    f.case("nonzero", torch.nonzero, [torch.tensor([0.0, -0.0, NAN, INF, 1e-40])])
    for dtype in ALL:
        for v in ([3, 1, 2, 1, 3, 3], [1], [], [[2, 0], [2, 2]], [0, 1, 0]):
            x = torch.tensor(v, dtype=dtype)
            for part, op in enumerate(("unique", "unique_inverse", "unique_counts")):
                f.case(op, lambda x: torch.unique(x, return_inverse=True, return_counts=True)[part], [x], False)
    for n, v in ((3, [0, 2, 1]), (5, [[1, 1], [0, 4]]), (0, [2, 0]), (2, [])):
        f.case("one_hot", lambda x, num_classes: F.one_hot(x, num_classes if num_classes else -1), [torch.tensor(v, dtype=I64)], num_classes=n)
    f.write()


def order():
    f = File("order")
    hard = [[NAN, 1, -INF, NAN, INF, 0], [0.0, -0.0, 0.0, -0.0], [2, 1, 2, 1, 2], [INF, -INF, NAN]]
    sort = lambda x, dim, descending: torch.sort(x, stable=True, dim=dim, descending=descending)
    for op, part in (("sort", 0), ("argsort", 1)):
        f.begin(op)
        for dtype, down in itertools.product(ALL, (False, True)):
            fn = lambda x, **a: sort(x, **a)[part]
            for shape, d in (((), 0), ((7,), 0), ((3, 4), 0), ((3, 4), -1), ((2, 3, 2), 1), ((0,), 0), ((2, 0), 0)):
                f.case(op, fn, [f.draw(shape, dtype)], dim=d, descending=down)
            f.case(op, fn, [f.draw((120,), dtype, -100, 100)], dim=0, descending=down)
            if dtype in FLOATS:
                for v in hard:
                    f.case(op, fn, [torch.tensor(v, dtype=dtype)], dim=0, descending=down)
    for op, part in (("topk", 0), ("topk_indices", 1)):
        f.begin(op)
        for dtype, big in itertools.product(NUMBERS, (False, True)):
            for shape, k, d in (((), 1, 0), ((7,), 3, 0), ((7,), 7, 0), ((7,), 0, 0), ((3, 4), 2, 0), ((3, 4), 2, -1), ((2, 5, 2), 2, 1)):
                n = 1
                for s in shape:
                    n *= s
                x = torch.randperm(n, generator=f.dice).to(dtype).view(shape)  # no ties: PyTorch may choose any of equal elements
                f.case(op, lambda x, k, dim, largest: torch.topk(x, k, dim, largest)[part], [x], k=k, dim=d, largest=big)
            if dtype not in (U8, torch.bfloat16):  # 300 elements without ties
                for k in (5, 60):
                    x = torch.randperm(300, generator=f.dice).to(dtype).view(300)
                    if dtype in FLOATS and k < 30:
                        x[17], x[200], x[100] = NAN, INF, -INF
                    f.case(op, lambda x, k, dim, largest: torch.topk(x, k, dim, largest)[part], [x], k=k, dim=0, largest=big)
    for name, fn in (("max", torch.max), ("min", torch.min)):
        for op, part in ((name + "_dim", 0), (name + "_dim_indices", 1)):
            f.begin(op)
            for dtype in ALL:
                for shape, d in (((), 0), ((7,), 0), ((3, 4), 0), ((3, 4), -1), ((2, 3, 2), 1), ((2, 0), 0)):
                    f.case(op, lambda x, dim: fn(x, dim)[part], [f.draw(shape, dtype)], dim=d)
                if dtype in FLOATS:
                    for v in hard:
                        f.case(op, lambda x, dim: fn(x, dim)[part], [torch.tensor(v, dtype=dtype)], dim=0)
    for op, fn in (("argmax_all", torch.argmax), ("argmin_all", torch.argmin)):
        f.begin(op)
        for dtype in NUMBERS:
            for shape in ((), (7,), (3, 4), (2, 3, 2)):
                f.case(op, fn, [f.draw(shape, dtype)])
    for op, fn in (("cumsum", torch.cumsum), ("cumprod", torch.cumprod)):
        f.begin(op)
        for dtype in ALL:
            for shape, d in (((), 0), ((7,), 0), ((3, 4), 0), ((3, 4), -1), ((2, 3, 2), 1), ((0,), 0), ((2, 0), 0), ((1, 3), 0)):
                f.case(op, fn, [f.draw(shape, dtype)], dim=d)
            if dtype in FLOATS:
                for v in ([1, NAN, 2], [INF, -INF, 1], [0, 2, 3], [2, 0, 3, 0, 4], [0, 0]):
                    f.case(op, fn, [torch.tensor(v, dtype=dtype)], op == "cumsum" or v[0] not in (1, INF), dim=0)
    f.write()


MOMENTS = [((), ()), ((7,), ()), ((3, 4), ()), ((3, 4), (0,)), ((3, 4), (-1,)), ((3, 1, 2), (1,)), ((2, 3, 4), (0, 2)), ((2, 3, 4), (1,)), ((70,), ())]


def moments():
    f = File("moments")
    for op, fn in (("var", torch.var), ("std", torch.std)):
        f.begin(op)
        for dtype, c in itertools.product(FLOATS, (0, 1, 2)):
            for shape, d in MOMENTS:
                f.case(op, lambda x, correction, dim=None: fn(x, dim, correction=correction), [f.draw(shape, dtype)], correction=c, **({"dim": list(d)} if d else {}))
            for v in ([2, 2, 2], [NAN, 1, 2], [INF, 1, 2], [1000, 1001, 1002]):
                f.case(op, lambda x, correction: fn(x, correction=correction), [torch.tensor(v, dtype=dtype)], correction=c)
    f.begin("logsumexp")
    for dtype in ALL:
        for shape, d in MOMENTS:
            if d or len(shape) == 1:
                f.case("logsumexp", lambda x, dim: torch.logsumexp(x, dim), [f.draw(shape, dtype)], dim=list(d) or [0])
    for dtype in FLOATS:
        for v in ([1000, 1000], [-1000, -1001], [NAN, 1], [INF, 1], [-INF, 1], [INF, -INF], [INF, INF]):
            exact = abs(v[0]) != 1000  # PyTorch's gradients of large numbers are not: see large.py
            f.case("logsumexp", lambda x, dim: torch.logsumexp(x, dim), [torch.tensor(v, dtype=dtype)], exact, dim=[0])
            if not exact:
                f.draw((), dtype)  # in place of the gradient's inflow
        f.case("logsumexp", lambda x, dim: torch.logsumexp(x, dim), [torch.tensor([-INF, -INF], dtype=dtype)], False, dim=[0])
        f.case("logsumexp", lambda x, dim: torch.logsumexp(x, dim), [torch.zeros(0, dtype=dtype)], dim=[0])
    f.begin("norm")
    for dtype, p in itertools.product(FLOATS, (0, 0.5, 1, 1.5, 2, 3, INF, -INF)):
        for shape, d in MOMENTS:
            f.case("norm", lambda x, ord, dim=None: torch.linalg.vector_norm(x, ord, dim), [f.draw(shape, dtype)], ord=p, **({"dim": list(d)} if d else {}))
        for v in ([0, 0], [0, 1], [3, -4], [2, -2, 2]):
            f.case("norm", lambda x, ord: torch.linalg.vector_norm(x, ord), [torch.tensor(v, dtype=dtype)], ord=p)
    for op, fn in (("any", torch.any), ("all", torch.all)):
        f.begin(op)
        for dtype in ALL:
            for shape, d in MOMENTS + [((0,), ()), ((2, 0), (1,)), ((2, 0), (0,))]:
                x = f.draw(shape, dtype) * f.draw(shape, BOOL)
                f.case(op, lambda x, dim=(): fn(x, dim) if dim else fn(x), [x], **({"dim": list(d)} if d else {}))
    for op, fn in (("any", torch.any), ("all", torch.all)):
        f.case(op, fn, [torch.tensor([0.0, -0.0, NAN])])
    f.write()


def special():
    f = File("special")
    for op in ("expm1", "log1p", "log2", "log10", "rsqrt", "reciprocal", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "erf", "isnan", "isinf", "isfinite"):
        unary(f, op, getattr(torch, op))
    for op in ("floor", "ceil", "round", "trunc"):
        unary(f, op, getattr(torch, op), NUMBERS)
        for dtype in FLOATS:
            f.case(op, getattr(torch, op), [torch.tensor([0.5, 1.5, 2.5, -0.5, -1.5, 0.49999997, 8388609.0, 4.5e15, -3.7], dtype=dtype)])
    binary(f, "logical_xor", torch.logical_xor)

    def around(op, fn):  # no gradients at the limits: PyTorch's intermediate results overflow
        for dtype in FLOATS:
            for s, t in (((), ()), ((5,), (5,)), ((3, 4), (4,)), ((4,), (3, 4)), ((3, 1), (1, 4)), ((0,), (1,))):
                f.case(op, fn, [f.draw(s, dtype), f.draw(t, dtype, 0.5, 3)])
                f.case(op, fn, [f.draw(s, dtype), f.draw(t, dtype, -3, -0.5)])
            a, b = special_pairs(dtype)
            keep = (a.abs() > 1e30) & a.isfinite() | (b.abs() < 1e-6) & (b != 0)
            f.case(op, fn, [a[~keep], b[~keep]], False)

    f.begin("atan2")
    around("atan2", torch.atan2)
    for op, fn in (("remainder", torch.remainder), ("floor_divide", lambda a, b: torch.div(a, b, rounding_mode="floor"))):
        f.begin(op)
        around(op, fn)
        for dtype in (I64, I32, U8):
            for s, t in (((), ()), ((5,), (5,)), ((3, 4), (4,)), ((3, 1), (1, 4)), ((0,), (1,))):
                a, b = f.draw(s, dtype, -30, 30), f.draw(t, dtype, -5, 5)
                f.case(op, fn, [a, torch.where(b == 0, 1, b).to(dtype)])
    f.begin("lerp")
    for dtype, w in itertools.product(FLOATS, (0, 0.25, 0.5, 0.75, 1, 1.5, -0.5)):
        for s, t in (((), ()), ((5,), (5,)), ((3, 4), (4,)), ((0,), (1,))):
            f.case("lerp", lambda a, b, weight: torch.lerp(a, b, weight), [f.draw(s, dtype), f.draw(t, dtype)], weight=w)
    f.begin("lerp_tensor")
    f.begin("clamp_tensor")
    for dtype in FLOATS:
        for s, t, u in (((), (), ()), ((5,), (5,), (5,)), ((3, 4), (4,), (3, 1)), ((0,), (1,), (0,)), ((1,), (3,), ())):
            f.case("lerp_tensor", torch.lerp, [f.draw(s, dtype), f.draw(t, dtype), f.draw(u, dtype, -0.5, 1.5)])
            f.case("clamp_tensor", torch.clamp, [f.draw(s, dtype), f.draw(t, dtype), f.draw(u, dtype)])
        f.case("clamp_tensor", torch.clamp, [torch.tensor(v, dtype=dtype) for v in ([1, 2, 3, NAN, 1, 5], [1, 1, 4, 0, NAN, 6], [1, 3, 3, 1, 2, 2])])
    f.write()


def equations():
    f = File("equations")
    f.begin("einsum")
    dims = dict(b=2, i=3, j=4, k=5, l=2, n=3, I=3)
    for eq in ("ij,jk->ik", "ij,kj", "bij,bjk->bik", "i,i->", "i,j->ij", "ij->ji", "ij->", "ij->i", "ij", "ba", "ii", "ii->i", "bii->bi", "ij,ij->ij", "bi,bij,bj->b", "bi,ij,jk->bk",
               "ijk,jil->kl", "b i j , b j -> b i", "...ij,...jk->...ik", "...i,i->...", "i...->...", "iI,Ij->ij", "ij,jk,kl,ln->in", "bij,bjk", "i,j,k->kji", "ijj->i", "bhqd,bhkd->bhqk",
               "i,->i", "...,...->...", "iij,j->i"):
        size = lambda c: dims.get(c, 2)
        terms = eq.split("->")[0].replace(" ", "").split(",")
        for dtype in FLOATS + [I64]:
            xs = []
            for n, t in enumerate(terms):
                shape = []
                rest = t.split("...")
                for part in range(len(rest)):
                    shape += [size(c) for c in rest[part]]
                    if part < len(rest) - 1:
                        shape += [(2, 3), (3,)][n % 2]
                xs.append(f.draw(shape, dtype))
            f.case("einsum", lambda *x, equation: torch.einsum(equation, *x), xs, equation=eq)
    for dtype in FLOATS:
        f.case("einsum", lambda *x, equation: torch.einsum(equation, *x), [f.draw((1, 3), dtype), f.draw((4, 3), dtype)], equation="ij,ij->ij")
        f.case("einsum", lambda *x, equation: torch.einsum(equation, *x), [f.draw((3, 1), dtype), f.draw((4, 2), dtype)], equation="ij,jk->ik")
        f.case("einsum", lambda *x, equation: torch.einsum(equation, *x), [f.draw((3, 0), dtype), f.draw((0, 2), dtype)], equation="ij,jk->ik")
    f.begin("outer")
    f.begin("dot")
    for dtype in NUMBERS:
        for n, m in ((3, 4), (1, 1), (0, 3)):
            f.case("outer", torch.outer, [f.draw((n,), dtype), f.draw((m,), dtype)])
            f.case("dot", torch.dot, [f.draw((m,), dtype), f.draw((m,), dtype)])
    f.write()


if __name__ == "__main__":
    joins()
    picks()
    order()
    moments()
    special()
    equations()
