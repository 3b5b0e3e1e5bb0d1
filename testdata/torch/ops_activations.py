"""Writes ops/activations.json.gz: activations with gradients, in the form of ops.py.

Run: python testdata/torch/ops_activations.py
"""

import torch.nn.functional as F

import ops
from ops import FLOATS, INF, SHAPES1, special, torch


def curve(f, op, fn, attrs=({},), skip=(), lo=-5):
    """Cases of every shape, and special values except those in skip, whose intermediate results overflow in PyTorch. Gradients at
    infinity and NaN are not included: they depend on whether PyTorch runs its vector or its scalar code."""
    f.begin(op)
    for a in attrs:
        for dtype in FLOATS:
            for shape in SHAPES1:
                f.case(op, fn, [f.draw(shape, dtype, lo, 5)], **a)
            x = special(dtype)
            for v in skip:
                x = x[x != v(torch.finfo(dtype))]
            f.case(op, fn, [x], False, **a)
            f.case(op, fn, [x[x.abs() < 1e30]], **a)


def largest(i):
    return i.max


def infinity(i):
    return INF


def least(i):
    return i.min


f = ops.File("activations")
curve(f, "leaky_relu", F.leaky_relu, [{"negative_slope": s} for s in (0.01, 0.2, 0, 1, 1.5, -0.5)])
curve(f, "elu", F.elu, [{"alpha": a} for a in (1, 0.5, 2)])
curve(f, "selu", F.selu, skip=[largest])
curve(f, "celu", F.celu, [{"alpha": a} for a in (1, 0.5, 2)])
# The left tail of PyTorch's GELU is inaccurate: 1 + erf cancels there.
curve(f, "gelu", F.gelu, skip=[infinity, largest], lo=-2)
curve(f, "gelu_tanh", lambda x: F.gelu(x, approximate="tanh"), skip=[largest, least], lo=-2)
curve(f, "silu", F.silu, skip=[least])
curve(f, "mish", F.mish)
curve(f, "softplus", lambda x, beta, threshold: F.softplus(x, float(beta), float(threshold)),
      [{"beta": b, "threshold": t} for b, t in ((1, 20), (2, 20), (0.5, 1))])
curve(f, "softsign", F.softsign)
curve(f, "hardtanh", lambda x, min_val, max_val: F.hardtanh(x, float(min_val), float(max_val)),
      [{"min_val": a, "max_val": b} for a, b in ((-1, 1), (0, 6), (-0.5, 2))])
curve(f, "hardshrink", F.hardshrink, [{"lambd": v} for v in (0.5, 0.25, 0.3, 1, 0, -1)])
curve(f, "hardswish", F.hardswish, skip=[largest])

def hardsigmoid(x):
    """F.hardsigmoid, whose gradient in float64 multiplies by 1/6 rounded to float32."""
    return F.relu6(x + 3) / 6 if x.dtype == torch.float64 else F.hardsigmoid(x)


curve(f, "hardsigmoid", hardsigmoid)
curve(f, "logsigmoid", F.logsigmoid)
for op, fn, name in (("smooth_l1", F.smooth_l1_loss, "beta"), ("huber", F.huber_loss, "delta")):
    curve(f, op, lambda x, **a: fn(x, torch.zeros_like(x), reduction="none", **{k: float(v) for k, v in a.items()}),
          [{name: c} for c in (1, 0.5)])
f.begin("prelu")
for dtype in FLOATS:
    for x, w in (((), ()), ((), (1,)), ((5,), (1,)), ((5,), ()), ((3, 4), (4,)), ((3, 4), (1,)), ((2, 3, 2), (3,)), ((2, 2, 2, 2), (2,)), ((0, 3), (3,)), ((2, 3, 0), (3,))):
        f.case("prelu", F.prelu, [f.draw(x, dtype), f.draw(w, dtype)])
    for w in (0.25, 0, -1, 2):
        f.case("prelu", F.prelu, [special(dtype)[3:], torch.tensor([w], dtype=dtype)])
f.begin("glu")
for dtype in FLOATS:
    for shape, dim in (((4,), 0), ((4,), -1), ((3, 4), 1), ((4, 3), 0), ((2, 6, 2), 1), ((2, 6, 2), -1), ((0, 2), 1), ((3, 0), 1)):
        f.case("glu", lambda x, dim: F.glu(x, dim), [f.draw(shape, dtype)], dim=dim)
f.write()
