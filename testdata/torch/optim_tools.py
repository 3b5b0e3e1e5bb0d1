"""Writes optim/tools.json: clipped gradients, averaged weights, and steps of LBFGS.

Run it with the PyTorch of VERSION: python testdata/torch/optim_tools.py. Elements are base64, as optim.py writes them; that script also
makes the parameters and gradients.
"""

import json
import math
import os

import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn, get_swa_multi_avg_fn

import keep
from optim import HERE, SHAPES, bits, gradient, parameter

DTYPES = ["float32", "float64"]


def clip():
    """Step 0 of optim.py: the gradient of parameter 2 is absent."""
    out = []
    for kind, p, limit in [("norm", 2, 0.5), ("norm", 2, 1e6), ("norm", 1, 3), ("norm", 3, 0.7), ("norm", math.inf, 0.25), ("value", 0, 0.3)]:
        case = {"kind": kind, "p": "inf" if p == math.inf else p, "limit": limit}
        for name in DTYPES:
            dtype = getattr(torch, name)
            params = [torch.nn.Parameter(parameter(i, SHAPES, dtype)) for i in range(len(SHAPES))]
            for i, t in enumerate(params):
                t.grad = gradient(0, i, SHAPES, dtype)
            if kind == "norm":
                case["total_" + name] = torch.nn.utils.clip_grad_norm_(params, limit, p).item()
            else:
                torch.nn.utils.clip_grad_value_(params, limit)
            case[name] = bits([t.grad for t in params if t.grad is not None])
        out.append(case)
    return out


def average():
    """Six updates while SGD with lr 0.1 takes the steps of optim.py. decay null is the equal average."""
    out = []
    for decay in [0.9, 0.3, None]:
        case = {"decay": decay}
        for name in DTYPES:
            dtype = getattr(torch, name)
            model = torch.nn.ParameterList([torch.nn.Parameter(parameter(i, SHAPES, dtype)) for i in range(len(SHAPES))])
            fn = get_swa_multi_avg_fn() if decay is None else get_ema_multi_avg_fn(decay)
            avg = AveragedModel(model, multi_avg_fn=fn)
            opt = torch.optim.SGD(model.parameters(), lr=0.1)
            trace = []
            for step in range(6):
                for i, p in enumerate(model):
                    p.grad = gradient(step, i, SHAPES, dtype)
                opt.step()
                avg.update_parameters(model)
                trace.append(bits(list(avg.module.parameters())))
            case[name] = trace
        out.append(case)
    return out


def lbfgs():
    """Rosenbrock's function in six dimensions, and a number that should equal their sum. Three calls of step."""
    out = []
    for settings in [
        {"lr": 0.01},
        {"lr": 0.05, "max_iter": 5, "history_size": 2},
        {"line_search_fn": "strong_wolfe"},
        {"line_search_fn": "strong_wolfe", "max_iter": 7, "history_size": 3, "lr": 0.3},
        {"line_search_fn": "strong_wolfe", "max_iter": 4, "max_eval": 6, "maximize": True},
    ]:
        case = {"settings": settings}
        for name in DTYPES:
            dtype = getattr(torch, name)
            x = torch.nn.Parameter(torch.tensor([-1.25, 1, 0.5, -0.75, 0.25, 1.5], dtype=dtype))
            s = torch.nn.Parameter(torch.tensor(0.5, dtype=dtype))
            opt = torch.optim.LBFGS([x, s], **settings)
            sign = -1 if settings.get("maximize") else 1

            def closure():
                opt.zero_grad()
                a, b = x[:-1], x[1:]
                loss = sign * ((10 * (b - a * a) ** 2 + (1 - a) ** 2).sum() + (s - x.sum()) ** 2)
                loss.backward()
                return loss

            losses, trace = [], []
            for _ in range(3):
                losses.append(opt.step(closure).item())
                trace.append(bits([x, s]))
            case["losses_" + name], case[name] = losses, trace
            case["evaluations_" + name] = opt.state[x]["func_evals"]
        out.append(case)
    return out


path = os.path.join(HERE, "tools.json")
content = keep.values(path, {"torch": torch.__version__, "clip": clip(), "average": average(), "lbfgs": lbfgs()})
with open(path, "w") as f:
    json.dump(content, f, indent=0)
    f.write("\n")
