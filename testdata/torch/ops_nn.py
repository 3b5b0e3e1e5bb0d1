"""Writes ops_nn/*.json.gz: fused layers and losses with gradients, in the form of ops.py.

Run: python testdata/torch/ops_nn.py
"""

import torch
import torch.nn.functional as F

from ops import F32, FLOATS, INF, NAN, File

REDUCTIONS = ("mean", "sum", "none")


def sized(dtype, *shapes):
    """The shapes; those with more than 60 elements in float32 only, to keep the files small."""
    size = lambda s: torch.Size(s[0] if isinstance(s[0], tuple) else s).numel()
    return [s for s in shapes if dtype == F32 or size(s) <= 60]


def layers():
    f = File("layers", "ops_nn")
    f.begin("linear")
    for dtype in FLOATS:
        for x, out in sized(dtype, ((4,), 3), ((2, 4), 3), ((1, 1), 1), ((2, 3, 4), 5), ((0, 4), 3), ((2, 0), 3), ((2, 4), 0), ((5, 70), 9), ((33, 8), 17)):
            w, b = f.draw((out, x[-1]), dtype), f.draw((out,), dtype)
            f.case("linear", F.linear, [f.draw(x, dtype), w, b])
            f.case("linear_no_bias", F.linear, [f.draw(x, dtype), w])
            f.case("linear_relu", lambda x, w, b: F.relu(F.linear(x, w, b)), [f.draw(x, dtype), w, b])
        for bad in (NAN, INF, -INF):  # 0 times NaN and infinity
            zero, one = torch.zeros(2, 3, dtype=dtype), torch.ones(2, dtype=dtype)
            hard = torch.tensor([[bad, 1, 2], [3, 4, 5]], dtype=dtype)
            for op, fn in (("linear", F.linear), ("linear_relu", lambda x, w, b: F.relu(F.linear(x, w, b)))):
                f.case(op, fn, [zero, hard, one])
                f.case(op, fn, [hard, zero, one])
                f.case(op, fn, [zero, zero, torch.tensor([bad, 1], dtype=dtype)])
    f.begin("embedding")
    for dtype in FLOATS:
        for w, i in sized(dtype, ((5, 3), (4,)), ((5, 3), (2, 3)), ((1, 2), ()), ((5, 3), (0,)), ((4, 0), (3,)), ((20, 9), (50,))):
            index = torch.randint(0, w[0], i, generator=f.dice)
            f.case("embedding", lambda w, i: F.embedding(i, w), [f.draw(w, dtype), index])
            f.case("embedding", lambda w, i, padding_idx: F.embedding(i, w, padding_idx), [f.draw(w, dtype), index], padding_idx=min(1, w[0] - 1))
            f.case("embedding", lambda w, i, padding_idx: F.embedding(i, w, padding_idx), [f.draw(w, dtype), index], padding_idx=-1)
    f.begin("layer_norm")
    norm = lambda x, w=None, b=None, dims=1, eps=1e-5: F.layer_norm(x, x.shape[-dims:], w, b, eps)
    rms = lambda x, w=None, dims=1, eps=None: F.rms_norm(x, x.shape[-dims:], w, eps)
    for dtype in FLOATS:
        for x, dims in sized(dtype, ((5,), 1), ((2, 3), 1), ((4, 1), 1), ((2, 3, 4), 1), ((2, 3, 4), 2), ((0, 3), 1), ((3, 70), 1)):
            w, b = f.draw(x[-dims:], dtype), f.draw(x[-dims:], dtype)
            for eps in (1e-5, 0.5):
                grad = x[-1] > 1 or eps == 0.5  # for a single element it is 0; PyTorch's is a rounding error divided by √eps
                f.case("layer_norm", norm, [f.draw(x, dtype), w, b], grad, dims=dims, eps=eps)
                f.case("layer_norm_no_bias", norm, [f.draw(x, dtype), w], grad, dims=dims, eps=eps)
                f.case("layer_norm_plain", norm, [f.draw(x, dtype)], grad, dims=dims, eps=eps)
                f.case("rms_norm", rms, [f.draw(x, dtype), w], dims=dims, eps=eps)
                f.case("rms_norm_plain", rms, [f.draw(x, dtype)], dims=dims, eps=eps)
            f.case("rms_norm", rms, [f.draw(x, dtype), w], dims=dims)
        for v in ([NAN, 1, 2], [INF, 1, 2], [-INF, INF, 0], [0.0, -0.0, 0.0], [7, 7, 7]):
            x = torch.tensor([v, [1, 2, 3]], dtype=dtype)
            f.case("layer_norm_plain", norm, [x], max(v) == 7)
            f.case("rms_norm_plain", rms, [x], max(v) == 7)
    f.begin("dropout")

    def dropout(x, p, seed):
        torch.manual_seed(seed)
        return F.dropout(x, p, True)

    for dtype in FLOATS:
        for p in (0, 0.1, 0.5, 0.9, 1):
            for x in [(), *sized(dtype, (5,), (3, 4), (2, 0), (4, 25))]:
                f.case("dropout", dropout, [f.draw(x, dtype)], p=p, seed=9)
        f.case("dropout", dropout, [torch.tensor([NAN, INF, -INF, -0.0, 1, 2, 3, 4], dtype=dtype)], p=0.5, seed=3)
    f.write()


def losses():
    f = File("losses", "ops_nn")
    shapes = [((4, 3), (4,)), ((3,), ()), ((2, 3, 4), (2, 4)), ((2, 5, 3, 2), (2, 3, 2)), ((6, 1), (6,)), ((4, 40), (4,)), ((0, 3), (0,))]
    f.begin("cross_entropy")
    for dtype in FLOATS:
        for x, t in sized(dtype, *shapes):
            c = x[min(1, len(x) - 1)]
            target = torch.randint(0, c, t, generator=f.dice)
            weight = f.draw((c,), dtype, 0.2, 2)
            for r in REDUCTIONS:
                plain = {"reduction": r}
                for a in (plain, {**plain, "label_smoothing": 0.1}, {**plain, "ignore_index": 0}, {**plain, "label_smoothing": 0.3, "ignore_index": 0}):
                    f.case("cross_entropy", F.cross_entropy, [f.draw(x, dtype), target], **a)
                    f.case("cross_entropy_weight", lambda x, t, w, **a: F.cross_entropy(x, t, w.detach(), **a), [f.draw(x, dtype), target, weight], **a)
                for a in (plain, {**plain, "ignore_index": 0}):
                    f.case("nll_loss", F.nll_loss, [f.draw(x, dtype), target], **a)
                    f.case("nll_loss_weight", lambda x, t, w, **a: F.nll_loss(x, t, w.detach(), **a), [f.draw(x, dtype), target, weight], **a)
                p = torch.softmax(f.draw(x, dtype), min(1, len(x) - 1))
                for a in (plain, {**plain, "label_smoothing": 0.1}):
                    f.case("cross_entropy_probabilities", F.cross_entropy, [f.draw(x, dtype), p], **a)
                    f.case("cross_entropy_probabilities_weight", lambda x, t, w, **a: F.cross_entropy(x, t, w.detach(), **a), [f.draw(x, dtype), p, weight], **a)
        for v in ([1e4, -1e4, 0], [INF, 1, 2], [-INF, 1, 2], [NAN, 1, 2], [100, 100, 100], [-INF, -INF, -INF]):
            x = torch.tensor([v], dtype=dtype)
            for t in (0, 1):
                f.case("cross_entropy", F.cross_entropy, [x, torch.tensor([t])], reduction="none")
        f.case("cross_entropy", F.cross_entropy, [f.draw((2, 3), dtype), torch.tensor([-100, -100])], reduction="mean", ignore_index=-100)
        f.case("cross_entropy", F.cross_entropy, [f.draw((3, 3), dtype), torch.tensor([-100, 2, 1])], reduction="mean", ignore_index=-100)
    pairs = (("mse_loss", {}), ("smooth_l1_loss", {"beta": 1}), ("smooth_l1_loss", {"beta": 0.5}), ("huber_loss", {"delta": 1}), ("huber_loss", {"delta": 0.5}), ("l1_loss", {}))
    for op, a in pairs:
        f.begin(op)
        for dtype in FLOATS:
            for r in REDUCTIONS:
                for s in ((), (5,), (3, 4), (2, 0)):
                    f.case(op, getattr(F, op), [f.draw(s, dtype), f.draw(s, dtype)], reduction=r, **a)
            f.case(op, getattr(F, op), [torch.tensor([NAN, INF, 0, 1, -1, 0.5, -0.5], dtype=dtype), torch.zeros(7, dtype=dtype)], False, reduction="none", **a)
            f.case(op, getattr(F, op), [torch.tensor([0, 1, -1, 0.5, -0.5], dtype=dtype), torch.zeros(5, dtype=dtype)], reduction="none", **a)
    for op, lo, hi in (("binary_cross_entropy", 0.01, 0.99), ("binary_cross_entropy_with_logits", -5, 5)):
        f.begin(op)
        for dtype in FLOATS:
            for r in REDUCTIONS:
                for s in ((), (5,), (3, 4), (2, 0)):
                    f.case(op, getattr(F, op), [f.draw(s, dtype, lo, hi), f.draw(s, dtype, 0, 1)], reduction=r)
                    f.case(op + "_weight", lambda x, t, w, reduction: getattr(F, op)(x, t, w.detach(), reduction=reduction),
                           [f.draw(s, dtype, lo, hi), f.draw(s, dtype, 0, 1), f.draw(s, dtype, 0, 2)], reduction=r)
    for dtype in FLOATS:
        x = torch.tensor([0.0, 1.0, 0.0, 1.0, 0.5, 1e-20], dtype=dtype)
        f.case("binary_cross_entropy", F.binary_cross_entropy, [x, torch.tensor([0.0, 1.0, 1.0, 0.0, 0.25, 1.0], dtype=dtype)], reduction="none")
        x = torch.tensor([0.0, -0.0, 40.0, -40.0, 1000.0, -1000.0, 1e30, NAN], dtype=dtype)
        f.case("binary_cross_entropy_with_logits", F.binary_cross_entropy_with_logits, [x, torch.tensor([0.0, 1, 1, 1, 0, 1, 0.5, 0], dtype=dtype)], reduction="none")
        for r in REDUCTIONS:
            f.case("binary_cross_entropy_with_logits_pos_weight", lambda x, t, w, reduction: F.binary_cross_entropy_with_logits(x, t, pos_weight=w.detach(), reduction=reduction),
                   [f.draw((4, 3), dtype), f.draw((4, 3), dtype, 0, 1), f.draw((3,), dtype, 0.5, 3)], reduction=r)
    f.write()


if __name__ == "__main__":
    layers()
    losses()
