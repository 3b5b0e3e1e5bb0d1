"""Writes nn/more_layers.json.gz, nn/more_losses.json.gz and nn/init.json: the layers, losses and initial values that nn.py does not have, in its
form. A case's "attrs" are arguments.

Run it in this folder: python nn_more.py
"""

import gzip
import json

import torch
import torch.nn.functional as F
from torch import nn

import keep
import nn as golden
from nn import DTYPES, digest, gradients, pack

REDUCTIONS = ("mean", "sum", "none")


def case(cases, name, f, *inputs, **attrs):
    """f(*inputs, **attrs); attributes are written in order, by their names in this script."""
    c = {"name": name, "attrs": attrs}
    c.update(gradients(lambda *x: f(*x, **attrs), inputs, twice=name != "multi_margin"))  # PyTorch has no second derivative there
    cases.append(c)


def layers():
    cases = []
    for dtype in DTYPES:
        g = torch.Generator().manual_seed(13)

        def randn(*shape, scale=1.0):
            return (scale * torch.randn(shape, generator=g, dtype=torch.float64)).to(dtype).requires_grad_()

        x = randn(4, 6, scale=2)
        for make, attrs in ((nn.LeakyReLU, ({}, {"negative_slope": 0.25})), (nn.ELU, ({}, {"alpha": 0.5})), (nn.SELU, ({},)),
                            (nn.CELU, ({}, {"alpha": 0.5})), (nn.GELU, ({}, {"approximate": "tanh"})), (nn.SiLU, ({},)), (nn.Mish, ({},)),
                            (nn.Softplus, ({}, {"beta": 2.0, "threshold": 1.0})), (nn.Softsign, ({},)),
                            (nn.Hardtanh, ({}, {"min_val": 0.0, "max_val": 6.0})), (nn.Hardswish, ({},)), (nn.LogSigmoid, ({},)),
                            (nn.Softmax, ({"dim": 0}, {"dim": -1})), (nn.LogSoftmax, ({"dim": 0}, {"dim": -1})),
                            (nn.Softmin, ({"dim": 0}, {"dim": -1})), (nn.GLU, ({"dim": 0}, {"dim": -1})), (nn.Identity, ({},)),
                            (nn.Hardshrink, ({}, {"lambd": 1.5}))):
            for a in attrs:
                case(cases, make.__name__, lambda x, **a: make(**a)(x), x, **a)
        for shape, n in (((4, 6), 6), ((4, 6), 1), ((5,), 1), ((2, 3, 4), 3)):
            case(cases, "PReLU", F.prelu, randn(*shape), randn(n))
        w = randn(7, 5)
        for index in (torch.tensor([3, 1, 3, 0, 6, 3]), torch.tensor([[1, 2, 3], [4, 1, 1]]), torch.tensor(2), torch.zeros(0, 2, dtype=torch.int64)):
            case(cases, "Embedding", lambda w, i: F.embedding(i, w), w, index)
            case(cases, "Embedding", lambda w, i, padding_idx: F.embedding(i, w, padding_idx=padding_idx), w, index, padding_idx=3)
            case(cases, "Embedding", lambda w, i, padding_idx: F.embedding(i, w, padding_idx=padding_idx), w, index, padding_idx=-6)
        for shape, dims in (((4, 6), 1), ((2, 3, 4), 1), ((2, 3, 4), 2), ((2, 3, 4), 3), ((40,), 1), ((0, 4), 1), ((3, 33), 1), ((5, 3), 1)):
            n = shape[len(shape) - dims:]
            x, w, b = randn(*shape), randn(*n), randn(*n)
            case(cases, "LayerNorm", lambda x, w, b, dims: F.layer_norm(x, n, w, b), x, w, b, dims=dims)
            case(cases, "LayerNorm", lambda x, w, b, dims, eps: F.layer_norm(x, n, w, b, eps), x, w, b, dims=dims, eps=0.1)
            case(cases, "LayerNorm", lambda x, w, dims: F.layer_norm(x, n, w), x, w, dims=dims)
            case(cases, "LayerNorm", lambda x, dims: F.layer_norm(x, n), x, dims=dims)
            case(cases, "RMSNorm", lambda x, w, dims: F.rms_norm(x, n, w), x, w, dims=dims)
            case(cases, "RMSNorm", lambda x, w, dims, eps: F.rms_norm(x, n, w, eps), x, w, dims=dims, eps=0.1)
            case(cases, "RMSNorm", lambda x, dims: F.rms_norm(x, n), x, dims=dims)
        w, b = randn(4, 3, 5), randn(4)
        for shape in ((2,), (), (2, 3), (0,)):
            case(cases, "Bilinear", F.bilinear, randn(*shape, 3), randn(*shape, 5), w, b)
            case(cases, "Bilinear without bias", F.bilinear, randn(*shape, 3), randn(*shape, 5), w)
    return cases


def losses():
    cases = []
    for dtype in DTYPES:
        g = torch.Generator().manual_seed(17)

        def randn(*shape, scale=1.0):
            return (scale * torch.randn(shape, generator=g, dtype=torch.float64)).to(dtype).requires_grad_()

        def rand(*shape):
            return torch.rand(shape, generator=g, dtype=torch.float64).to(dtype)

        def signs(*shape):
            return (torch.randint(0, 2, shape, generator=g) * 2 - 1).to(dtype)

        for r in REDUCTIONS:
            for shape in ((4, 3), (5,), ()):
                a, b = randn(*shape, scale=2), randn(*shape, scale=2)
                case(cases, "l1", F.l1_loss, a, b, reduction=r)
                case(cases, "smooth_l1", F.smooth_l1_loss, a, b, reduction=r)
                case(cases, "smooth_l1", F.smooth_l1_loss, a, b, reduction=r, beta=0.5)
                case(cases, "huber", F.huber_loss, a, b, reduction=r)
                case(cases, "huber", F.huber_loss, a, b, reduction=r, delta=2.5)
                p, q = ((0.05 + 0.9 * rand(*shape)).requires_grad_() for _ in range(2))
                case(cases, "kl_div", F.kl_div, torch.log(p).detach().requires_grad_(), q, reduction=r)
                case(cases, "kl_div", F.kl_div, torch.log(p).detach().requires_grad_(), torch.log(q).detach().requires_grad_(), reduction=r, log_target=True)
                case(cases, "hinge_embedding", F.hinge_embedding_loss, a, signs(*shape), reduction=r)
                case(cases, "hinge_embedding", F.hinge_embedding_loss, a, signs(*shape), reduction=r, margin=0.3)
                case(cases, "margin_ranking", F.margin_ranking_loss, a, b, signs(*shape), reduction=r, margin=0.3)
                w = rand(*shape)
                case(cases, "bce", lambda x, t, w, reduction: F.binary_cross_entropy(x, t, w, reduction=reduction), p, q.detach(), w, reduction=r)
                case(cases, "bce_with_logits", lambda x, t, w, p, reduction: F.binary_cross_entropy_with_logits(x, t, w, reduction=reduction, pos_weight=p),
                     a, q, w, rand(*shape[-1:]) * 3, reduction=r)
            t = torch.tensor([[0.0, 0.5, 0.5], [1.0, 0.0, 0.0]], dtype=dtype)
            case(cases, "kl_div", F.kl_div, randn(2, 3), t, reduction=r)
            for shape, target in (((5, 4), (5,)), ((4,), ()), ((2, 4, 3), (2, 3))):
                t = torch.randint(0, 4, target, generator=g)
                some = torch.where(torch.rand(target, generator=g) < 0.4, -100, t)
                x, w = randn(*shape, scale=2), rand(4) + 0.1
                logs = F.log_softmax(x.detach(), min(1, len(shape) - 1)).requires_grad_()
                for target in (t, some):
                    if r == "mean" and bool((target == -100).all()):
                        continue
                    case(cases, "cross_entropy", lambda x, t, w, **a: F.cross_entropy(x, t, w, **a), x, target, w, reduction=r)
                    case(cases, "cross_entropy", lambda x, t, w, **a: F.cross_entropy(x, t, w, **a), x, target, w, reduction=r, label_smoothing=0.3)
                    case(cases, "cross_entropy", F.cross_entropy, x, target, reduction=r, label_smoothing=0.1)
                    case(cases, "cross_entropy", F.cross_entropy, x, target, reduction=r)
                    case(cases, "nll", lambda x, t, w, **a: F.nll_loss(x, t, w, **a), logs, target, w, reduction=r)
                    case(cases, "nll", F.nll_loss, logs, target, reduction=r)
                if (t != 2).any():
                    case(cases, "cross_entropy", F.cross_entropy, x, t, reduction=r, ignore_index=2)
                    case(cases, "cross_entropy", lambda x, t, w, **a: F.cross_entropy(x, t, w, **a), x, t, w, reduction=r, ignore_index=2, label_smoothing=0.1)
                    case(cases, "nll", F.nll_loss, logs, t, reduction=r, ignore_index=2)
                p = F.softmax(randn(*shape).detach(), min(1, len(shape) - 1)).requires_grad_()
                case(cases, "cross_entropy", F.cross_entropy, x, p, reduction=r)
                case(cases, "cross_entropy", lambda x, t, w, **a: F.cross_entropy(x, t, w, **a), x, p, w, reduction=r, label_smoothing=0.2)
                if len(shape) < 3:
                    case(cases, "multi_margin", F.multi_margin_loss, x, t, reduction=r)
                    case(cases, "multi_margin", lambda x, t, w, **a: F.multi_margin_loss(x, t, weight=w, **a), x, t, w, reduction=r, p=2, margin=0.5)
            a, b = randn(5, 3), randn(5, 3)
            case(cases, "cosine_embedding", F.cosine_embedding_loss, a, b, signs(5), reduction=r)
            case(cases, "cosine_embedding", F.cosine_embedding_loss, a, b, signs(5), reduction=r, margin=0.2)
            case(cases, "cosine_embedding", F.cosine_embedding_loss, randn(4), randn(4), signs(), reduction=r)
            for attrs in ({}, {"margin": 0.5}, {"p": 1.0}, {"p": 3.0}, {"swap": True}, {"eps": 0.01}):
                case(cases, "triplet_margin", F.triplet_margin_loss, a, b, randn(5, 3), reduction=r, **attrs)
        case(cases, "kl_div", lambda x, t, **a: F.kl_div(x, t, reduction="batchmean"), randn(4, 3), rand(4, 3), per_sample=True)
    return cases


def initial():
    """The values of torch.nn.init for a matrix after torch.manual_seed(5), and the generator's next number."""
    out = []
    calls = [("uniform", nn.init.uniform_, {"a": -2.0, "b": 3.0}), ("normal", nn.init.normal_, {"mean": 1.0, "std": 0.5}),
             ("trunc_normal", nn.init.trunc_normal_, {"mean": 0.0, "std": 1.0, "a": -2.0, "b": 2.0}),
             ("trunc_normal", nn.init.trunc_normal_, {"mean": 0.5, "std": 2.0, "a": -1.0, "b": 3.0}),
             ("trunc_normal", nn.init.trunc_normal_, {"mean": 0.0, "std": 1.0, "a": 1.0, "b": 2.0}),
             ("trunc_normal", nn.init.trunc_normal_, {"mean": 0.0, "std": 1.0, "a": -0.2, "b": 0.1}),
             ("constant", nn.init.constant_, {"val": 0.3}), ("ones", nn.init.ones_, {}), ("zeros", nn.init.zeros_, {}), ("eye", nn.init.eye_, {}),
             ("xavier_uniform", nn.init.xavier_uniform_, {"gain": 1.0}), ("xavier_uniform", nn.init.xavier_uniform_, {"gain": 2.5}),
             ("xavier_normal", nn.init.xavier_normal_, {"gain": 1.0}), ("xavier_normal", nn.init.xavier_normal_, {"gain": 5 / 3}),
             ("sparse", nn.init.sparse_, {"sparsity": 0.1, "std": 0.01}), ("sparse", nn.init.sparse_, {"sparsity": 0.75, "std": 1.0}),
             ("orthogonal", nn.init.orthogonal_, {"gain": 1.0}), ("orthogonal", nn.init.orthogonal_, {"gain": 1.5})]
    for mode in ("fan_in", "fan_out"):
        for n in ("leaky_relu", "relu", "linear", "sigmoid", "tanh", "selu"):
            for a in (0.0, 0.2) if n == "leaky_relu" else (0.0,):
                calls.append(("kaiming_uniform", nn.init.kaiming_uniform_, {"a": a, "mode": mode, "nonlinearity": n}))
                calls.append(("kaiming_normal", nn.init.kaiming_normal_, {"a": a, "mode": mode, "nonlinearity": n}))
    for name, f, attrs in calls:
        for dtype in DTYPES:
            for shape in ((3, 4), (20, 12), (12, 20), (8, 3, 2, 2)):
                if name in ("eye", "sparse") and len(shape) > 2 or name.startswith("kaiming") and shape[0] == 12:
                    continue
                torch.manual_seed(5)
                w = f(torch.empty(shape, dtype=dtype), **attrs)
                entry = {"name": name, "attrs": attrs, "dtype": str(dtype)[6:], "shape": shape, "next": torch.rand(()).item()}
                if name == "orthogonal" or (name == "sparse" or "normal" in name) and dtype == torch.float64:  # not bit for bit
                    entry["w"] = pack(w)
                else:
                    entry["digest"] = digest(w)
                out.append(entry)
    made = []
    for seed, make in ((3, lambda: nn.Embedding(10, 3)), (4, lambda: nn.Embedding(5, 2, padding_idx=1)), (5, lambda: nn.Bilinear(3, 4, 2))):
        torch.manual_seed(seed)
        made.append([digest(p) for p in make().parameters()])
    return {"init": out, "layers": made}


def write(name, cases):
    cases = keep.values(f"nn/{name}.json.gz", cases)
    data = "[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n"
    with open(f"nn/{name}.json.gz", "wb") as f:
        f.write(gzip.compress(data.encode(), 9, mtime=0))


write("more_layers", layers())
write("more_losses", losses())
golden.write("init", initial())
