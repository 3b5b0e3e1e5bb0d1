"""Writes ops_nn/norms.json.gz: batch, group and instance norm with gradients, in the form of ops.py.

Run: python testdata/torch/ops_norm.py
"""

import torch
import torch.nn.functional as F

import ops
from ops import File
from ops_nn import sized


def norms():
    f = File("norms", "ops_nn")
    batch = lambda x, w=None, b=None, eps=1e-5: F.batch_norm(x, None, None, w, b, True, eps=eps)
    fixed = lambda x, w, b, mean, var, eps=1e-5: F.batch_norm(x, mean.detach(), var.detach(), w, b, False, eps=eps)
    shapes = (((5, 3),), ((3, 2, 4),), ((2, 3, 2, 3),), ((2, 2, 2, 1, 3),), ((1, 2, 7),), ((2, 3, 5, 7),), ((3, 2, 40),))
    f.begin("batch_norm")
    for dtype in ops.FLOATS:
        for (x,) in sized(dtype, *shapes):
            c = x[1]
            w, b = f.draw((c,), dtype), f.draw((c,), dtype)
            mean, var = f.draw((c,), dtype), f.draw((c,), dtype, 0.5, 2)
            for eps in (1e-5, 0.5):
                f.case("batch_norm", batch, [f.draw(x, dtype), w, b], eps=eps)
                f.case("batch_norm_no_bias", batch, [f.draw(x, dtype), w], eps=eps)
                f.case("batch_norm_plain", batch, [f.draw(x, dtype)], eps=eps)
                f.case("batch_norm_relu", lambda x, w, b, eps: F.relu(batch(x, w, b, eps)), [f.draw(x, dtype), w, b], eps=eps)
                f.case("batch_norm_eval", fixed, [f.draw(x, dtype), w, b, mean, var], eps=eps)
                f.case("batch_norm_eval_relu", lambda *a, eps: F.relu(fixed(*a, eps)), [f.draw(x, dtype), w, b, mean, var], eps=eps)
    f.begin("group_norm")
    group = lambda x, w=None, b=None, groups=1, eps=1e-5: F.group_norm(x, groups, w, b, eps)
    for dtype in ops.FLOATS:
        for x, groups in sized(dtype, ((5, 6), 2), ((3, 4, 4), 1), ((2, 4, 2, 3), 2), ((2, 4, 2, 3), 4), ((2, 6, 5, 7), 3), ((1, 2, 70), 2)):
            w, b = f.draw((x[1],), dtype), f.draw((x[1],), dtype)
            for eps in (1e-5, 0.5):
                f.case("group_norm", group, [f.draw(x, dtype), w, b], groups=groups, eps=eps)
                f.case("group_norm_no_bias", group, [f.draw(x, dtype), w], groups=groups, eps=eps)
                f.case("group_norm_plain", group, [f.draw(x, dtype)], groups=groups, eps=eps)
    f.begin("instance_norm")
    instance = lambda x, w=None, b=None, eps=1e-5: F.instance_norm(x, None, None, w, b, True, eps=eps)
    for dtype in ops.FLOATS:
        for (x,) in sized(dtype, ((3, 2, 4),), ((2, 3, 2, 3),), ((2, 2, 2, 1, 3),), ((2, 3, 5, 7),)):
            w, b = f.draw((x[1],), dtype), f.draw((x[1],), dtype)
            for eps in (1e-5, 0.5):
                f.case("instance_norm", instance, [f.draw(x, dtype), w, b], eps=eps)
                f.case("instance_norm_plain", instance, [f.draw(x, dtype)], eps=eps)
    f.begin("local_response_norm")
    for dtype in ops.FLOATS:
        for (x,) in sized(dtype, ((2, 3, 4),), ((2, 5, 2, 3),), ((1, 4, 2, 1, 3),), ((3, 20, 2),)):
            for size, alpha, beta, k in ((1, 1e-4, 0.75, 1.0), (2, 0.5, 1.0, 2.0), (3, 1.0, 0.5, 0.5), (5, 2.0, 2.0, 1.0)):
                f.case("local_response_norm", F.local_response_norm, [f.draw(x, dtype)], size=size, alpha=alpha, beta=beta, k=k)
    f.begin("channel dropout")
    for op, shapes in (("dropout1d", ((3, 4), (2, 3, 4), (2, 0, 3))), ("dropout2d", ((2, 3, 4), (2, 3, 2, 4))), ("dropout3d", ((3, 2, 1, 4), (2, 3, 2, 1, 2))),
                       ("alpha_dropout", ((), (7,), (3, 4), (2, 20))), ("feature_alpha_dropout", ((3, 4), (2, 3, 4), (2, 3, 2, 2)))):

        def drop(x, p, seed):
            torch.manual_seed(seed)
            return getattr(F, op)(x, p, True)

        for dtype in ops.FLOATS:
            for x in shapes:
                for p in (0, 0.1, 0.5, 1):
                    f.case(op, drop, [f.draw(x, dtype)], p=p, seed=9)
    f.write()


if __name__ == "__main__":
    norms()
