"""Writes optim/schedules.json: the learning rates of every schedule over 200 steps.

Run it with the PyTorch of VERSION: python testdata/torch/optim_sched.py. Each schedule drives two groups with rates 0.1 and 0.03. A trace
holds the rates at the start and after each step, and for cycles the momenta too. "late" holds the rates of a third group that is added
after 25 steps, until step 60 or until PyTorch stops with an error.
"""

import json
import os
import warnings

import torch
from torch.optim import lr_scheduler as s
from torch.optim.swa_utils import SWALR

import keep

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "optim")
warnings.simplefilter("ignore")


def metric(step):
    """Decreases, stays constant, decreases again."""
    return 1 / (1 + min(step, 40) + max(0, step - 120)) + 0.01 * ((step * 7) % 5)


def schedules():
    yield "StepLR 30 0.1", lambda o: s.StepLR(o, 30, 0.1)
    yield "StepLR 7 0.9", lambda o: s.StepLR(o, 7, 0.9)
    yield "MultiStepLR 30 80 80 150 0.3", lambda o: s.MultiStepLR(o, [30, 80, 80, 150], 0.3)
    yield "ExponentialLR 0.97", lambda o: s.ExponentialLR(o, 0.97)
    yield "ConstantLR 0.4 25", lambda o: s.ConstantLR(o, 0.4, 25)
    yield "LinearLR 0.3333333333333333 1 5", lambda o: s.LinearLR(o)
    yield "LinearLR 0.9 0.05 150", lambda o: s.LinearLR(o, 0.9, 0.05, 150)
    yield "PolynomialLR 120 1", lambda o: s.PolynomialLR(o, 120, 1.0)
    yield "PolynomialLR 190 2", lambda o: s.PolynomialLR(o, 190, 2.0)
    yield "PolynomialLR 150 0.9", lambda o: s.PolynomialLR(o, 150, 0.9)
    yield "CosineAnnealingLR 200 0", lambda o: s.CosineAnnealingLR(o, 200)
    yield "CosineAnnealingLR 45 0.002", lambda o: s.CosineAnnealingLR(o, 45, 0.002)
    yield "CosineAnnealingWarmRestarts 20 1 0", lambda o: s.CosineAnnealingWarmRestarts(o, 20)
    yield "CosineAnnealingWarmRestarts 10 3 0.001", lambda o: s.CosineAnnealingWarmRestarts(o, 10, 3, 0.001)
    yield "LambdaLR", lambda o: s.LambdaLR(o, [lambda t: 0.95**t, lambda t: 1 / (1 + t // 30)])
    yield "MultiplicativeLR", lambda o: s.MultiplicativeLR(o, [lambda t: 0.98, lambda t: 1 / (1 + t % 3 / 50)])
    yield "SWALR 0.05 30 cos", lambda o: SWALR(o, 0.05, 30)
    yield "SWALR 0.05 30 linear", lambda o: SWALR(o, 0.05, 30, "linear")
    yield "OneCycleLR", lambda o: s.OneCycleLR(o, [0.1, 0.3], total_steps=200)
    yield "OneCycleLR linear", lambda o: s.OneCycleLR(o, 0.2, total_steps=200, pct_start=0.4, anneal_strategy="linear", div_factor=10, final_div_factor=100)
    yield "OneCycleLR three", lambda o: s.OneCycleLR(o, 0.2, total_steps=211, three_phase=True, base_momentum=0.7, max_momentum=0.8)
    yield "OneCycleLR fixed", lambda o: s.OneCycleLR(o, 0.2, total_steps=200, cycle_momentum=False)
    yield "CyclicLR", lambda o: s.CyclicLR(o, 0.01, 0.2, step_size_up=30)
    yield "CyclicLR halve", lambda o: s.CyclicLR(o, [0.01, 0.003], [0.2, 0.1], step_size_up=10, step_size_down=25, mode="triangular2")
    yield "CyclicLR gamma", lambda o: s.CyclicLR(o, 0.01, 0.2, step_size_up=17, mode="exp_range", gamma=0.99, base_momentum=0.7, max_momentum=0.99)
    yield "CyclicLR scale", lambda o: s.CyclicLR(o, 0.01, 0.2, step_size_up=7, scale_fn=lambda cycle: 1 / (1 + cycle % 3), cycle_momentum=False)
    yield "Chained", lambda o: s.ChainedScheduler([s.LinearLR(o, 0.1, 1, 20), s.ExponentialLR(o, 0.99), s.MultiStepLR(o, [100], 0.5)])
    yield "Sequential", lambda o: s.SequentialLR(
        o, [s.LinearLR(o, 0.1, 1, 20), s.CosineAnnealingLR(o, 100, 0.001), s.StepLR(o, 10, 0.5)], [20, 120])
    yield "ReduceLROnPlateau", lambda o: s.ReduceLROnPlateau(o)
    yield "ReduceLROnPlateau abs", lambda o: s.ReduceLROnPlateau(
        o, factor=0.5, patience=3, threshold=0.003, threshold_mode="abs", cooldown=4, min_lr=[0.001, 0.01])
    yield "ReduceLROnPlateau max", lambda o: s.ReduceLROnPlateau(o, "max", factor=0.7, patience=0, threshold=0.1, min_lr=0.002)
    yield "ReduceLROnPlateau max abs", lambda o: s.ReduceLROnPlateau(o, "max", patience=5, threshold=0.1, threshold_mode="abs", eps=0.001)


def late(make, name):
    p, q, r = (torch.nn.Parameter(torch.zeros(1)) for _ in range(3))
    opt = torch.optim.SGD([{"params": [p]}, {"params": [q], "lr": 0.03}], lr=0.1, momentum=0.9)
    sched = make(opt)
    rates = []
    for step in range(60):
        if step == 25:
            opt.add_param_group({"params": [r], "lr": 0.02})
        opt.step()
        try:
            if name.startswith("ReduceLROnPlateau"):
                m = metric(step)
                sched.step(-m + 2 if "max" in name else m)
            else:
                sched.step()
        except (KeyError, ValueError, RuntimeError):
            break
        if step >= 25:
            rates.append(opt.param_groups[2]["lr"])
    return rates


traces = []
for name, make in schedules():
    p, q = torch.nn.Parameter(torch.zeros(1)), torch.nn.Parameter(torch.zeros(1))
    opt = torch.optim.SGD([{"params": [p]}, {"params": [q], "lr": 0.03}], lr=0.1, momentum=0.9)
    sched = make(opt)
    trace = {"schedule": name, "lrs": [], "momenta": []}

    def note():
        trace["lrs"].append([g["lr"] for g in opt.param_groups])
        if name.startswith(("OneCycle", "Cyclic")):
            trace["momenta"].append(opt.param_groups[1]["momentum"])

    note()
    for step in range(200):
        opt.step()
        if name.startswith("ReduceLROnPlateau"):
            m = metric(step)
            sched.step(-m + 2 if "max" in name else m)
        else:
            sched.step()
        note()
    trace["late"] = late(make, name)
    traces.append(trace)

path = os.path.join(HERE, "schedules.json")
traces = keep.values(path, {"torch": torch.__version__, "traces": traces})["traces"]
with open(path, "w") as f:
    f.write('{"torch": %s, "traces": [\n' % json.dumps(torch.__version__))
    f.write(",\n".join(json.dumps(t) for t in traces))
    f.write("\n]}\n")
