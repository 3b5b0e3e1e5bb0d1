"""Writes torch.txt: what PyTorch makes of special values, and of steps of its optimizers. A line is a name and float32s as hexadecimal bits.

    python reference.py > torch.txt
"""
import itertools
import math

import numpy as np
import torch
import torch.nn.functional as F

torch.set_num_threads(1)
torch.manual_seed(7)


def line(name, x):
    bits = x.detach().numpy().astype(np.float32).view(np.uint32)
    print(name, " ".join(f"{b:08x}" for b in bits))


inf, nan = math.inf, math.nan
special = torch.tensor([0.0, -0.0, inf, -inf, nan, 1.0, -1.0, 3e38, -3e38, 1e-40, -1e-40, 88.7, -88.7, 103.0, -103.0, 20.0, 21.0])
line("special", special)
a = torch.ops.aten
for name, f in {
    "Exp": torch.exp, "Log": torch.log, "Tanh": torch.tanh, "Sigmoid": torch.sigmoid, "ReLU": torch.relu,
    "GELUTanh": lambda x: F.gelu(x, approximate="tanh"),
    # PyTorch's float32 loops give NaN for GELU at +Inf, and zero for SiLU where it is denormal.
    "GELU": lambda x: F.gelu(x.double()).float(), "SiLU": lambda x: F.silu(x.double()).float(),
    "ELU": F.elu, "Softplus": F.softplus, "Sqrt": torch.sqrt, "Rsqrt": torch.rsqrt,
    "Reciprocal": torch.reciprocal, "Abs": torch.abs, "Neg": torch.neg,
}.items():
    line(name, f(special))
dy = torch.full_like(special, 0.5)
for name, f in {
    "ReLUGrad": lambda: a.threshold_backward(dy, special, 0),
    "SigmoidGrad": lambda: a.sigmoid_backward(dy, special),
    "TanhGrad": lambda: a.tanh_backward(dy, special),
    "ELUGrad": lambda: a.elu_backward(dy, 1.0, 1.0, 1.0, False, special),
    "SoftplusGrad": lambda: a.softplus_backward(dy, special, 1.0, 20.0),
}.items():
    line(name, f())
first, second = (torch.tensor(v) for v in zip(*itertools.product([0.5, -2.0, inf, -inf, nan], repeat=2)))
line("first", first)
line("second", second)
line("Max", torch.maximum(first, second))
line("Min", torch.minimum(first, second))

# The square root that PyTorch takes of a float32 is not always the nearest number; here it is, so that the rest can be held to
# the bit.
torch.Tensor.sqrt = lambda x: torch.sqrt(x.double()).float()
torch.Tensor.sqrt_ = lambda x: x.copy_(torch.sqrt(x.double()))

n = 37
start = torch.randn(n)
gradients = [torch.randn(n) for _ in range(3)]
line("start", start)
for i, g in enumerate(gradients):
    line(f"gradient{i}", g)


def steps(name, make):
    p = torch.nn.Parameter(start.clone())
    optimizer = make([p])
    for g in gradients:
        p.grad = g.clone()
        optimizer.step()
    line(name, p)


for momentum, dampening, decay, nesterov, maximize in itertools.product((0, 0.9), (0, 0.3), (0, 0.01), (0, 1), (0, 1)):
    if nesterov and (momentum == 0 or dampening != 0):
        continue
    steps(f"SGD,{momentum},{dampening},{decay},{nesterov},{maximize}", lambda p: torch.optim.SGD(
        p, lr=0.1, momentum=momentum, dampening=dampening, weight_decay=decay, nesterov=bool(nesterov),
        maximize=bool(maximize), foreach=False))
for momentum, alpha, decay, centered, maximize in itertools.product((0, 0.9), (0.99, 0.4), (0, 0.01), (0, 1), (0, 1)):
    steps(f"RMSprop,{momentum},{alpha},{decay},{centered},{maximize}", lambda p: torch.optim.RMSprop(
        p, lr=0.01, alpha=alpha, momentum=momentum, weight_decay=decay, centered=bool(centered), maximize=bool(maximize),
        foreach=False))
for beta1, decay, decoupled, amsgrad, maximize in itertools.product((0.9, 0.3), (0, 0.01), (0, 1), (0, 1), (0, 1)):
    make = torch.optim.AdamW if decoupled else torch.optim.Adam
    steps(f"Adam,{beta1},{decay},{decoupled},{amsgrad},{maximize}", lambda p: make(
        p, lr=0.01, betas=(beta1, 0.999), weight_decay=decay, amsgrad=bool(amsgrad), maximize=bool(maximize), foreach=False))
