"""Writes curves.json: the losses, step by step, of the training programs of examples/curves, in float32 and in float64.

Run it with the PyTorch of VERSION: python testdata/torch/curves.py. Each function below is the Go function of its name in examples/curves.
Numbers are drawn and models made in float32; c.to then makes them what the run computes in, so both runs begin with the same
values. "losses" holds each step's loss, "final" what the program says at its end, "norms" the length of each parameter; all of them twice,
from float32 and from float64.
"""

import base64
import copy
import gzip
import json
import math
import os
import sys

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.optim import lr_scheduler as sched
from torch.optim.swa_utils import SWALR, AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader, RandomSampler, TensorDataset

import keep
from curves_recurrent import lstm
from networks import MNISTNet, ResNet20

HERE = os.path.dirname(os.path.abspath(__file__))


class Curve:
    """Records the results of a program."""

    def __init__(self, dtype):
        self.dtype, self.losses, self.final, self.norms, self.masks = dtype, [], {}, {}, []

    def to(self, x):
        return x.to(self.dtype)

    def add(self, loss):
        self.losses.append(float(loss.detach() if torch.is_tensor(loss) else loss))

    def end(self, name, value):
        self.final[name] = float(value)

    def trained(self, model):
        for name, p in model.named_parameters():
            self.norms[name] = math.sqrt(math.fsum(v * v for v in p.detach().double().flatten().tolist()))

    def classified(self, model, x, y):
        """The loss of all samples, and how many classes are right."""
        model.eval()
        with torch.no_grad():
            out = model(self.to(x))
        self.end("loss", F.cross_entropy(out, y))
        self.end("correct", (out.argmax(1) == y).sum())
        self.trained(model)


def blobs(n, features, classes):
    centres = torch.randn(classes, features)
    y = torch.randint(0, classes, (n,))
    return torch.randn(n, features) + centres[y], y


def surface(n, features):
    x = torch.randn(n, features)
    return x, x[:, :1] * x[:, 1:2] + x[:, 2:3].abs()


def step(opt, loss):
    opt.zero_grad()
    loss.backward()
    opt.step()


# optimizers


def nesterov(c):
    torch.manual_seed(1)
    x, y = blobs(100, 8, 4)
    loader = DataLoader(TensorDataset(c.to(x), y), batch_size=16, shuffle=True)
    model = c.to(nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 4)))
    opt = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-3, nesterov=True)
    for _ in range(6):
        for bx, by in loader:
            loss = F.cross_entropy(model(bx), by)
            step(opt, loss)
            c.add(loss)
    c.classified(model, x, y)


def amsgrad(c):
    torch.manual_seed(2)
    x, y = blobs(160, 8, 4)
    loader = DataLoader(TensorDataset(c.to(x), y), batch_size=32, shuffle=True)
    model = c.to(nn.Sequential(nn.Linear(8, 24), nn.Tanh(), nn.Linear(24, 4)))
    opt = torch.optim.Adam(model.parameters(), lr=0.02, betas=(0.8, 0.9), amsgrad=True)
    for _ in range(10):
        for bx, by in loader:
            loss = F.cross_entropy(model(bx), by)
            step(opt, loss)
            c.add(loss)
    c.classified(model, x, y)


def centered_rmsprop(c):
    torch.manual_seed(3)
    x, y = surface(120, 4)
    loader = DataLoader(TensorDataset(c.to(x), c.to(y)), batch_size=24, shuffle=True)
    model = c.to(nn.Sequential(nn.Linear(4, 32), nn.Softplus(), nn.Linear(32, 1)))
    opt = torch.optim.RMSprop(model.parameters(), lr=2e-3, momentum=0.5, centered=True)
    for _ in range(10):
        for bx, by in loader:
            loss = F.mse_loss(model(bx), by)
            step(opt, loss)
            c.add(loss)
    c.trained(model)


class Block(nn.Module):
    """x + W2 gelu(W1 norm(x))"""

    def __init__(self, features, hidden):
        super().__init__()
        self.norm = nn.LayerNorm(features)
        self.fc1 = nn.Linear(features, hidden)
        self.fc2 = nn.Linear(hidden, features)

    def forward(self, x):
        return x + self.fc2(F.gelu(self.fc1(self.norm(x))))


def adamw_groups(c):
    torch.manual_seed(4)
    x, y = blobs(144, 12, 5)
    loader = DataLoader(TensorDataset(c.to(x), y), batch_size=24, shuffle=True)
    model = c.to(nn.Sequential(Block(12, 32), Block(12, 32), nn.LayerNorm(12), nn.Linear(12, 5)))
    decay = [p for p in model.parameters() if p.dim() == 2]
    rest = [p for p in model.parameters() if p.dim() == 1]
    opt = torch.optim.AdamW([{"params": decay, "weight_decay": 0.1}, {"params": rest, "lr": 1e-2, "weight_decay": 0.0}], lr=3e-3)
    for _ in range(8):
        for bx, by in loader:
            loss = F.cross_entropy(model(bx), by)
            step(opt, loss)
            c.add(loss)
    c.classified(model, x, y)


def lbfgs(c):
    torch.manual_seed(6)
    x, y = blobs(100, 8, 4)
    xs = c.to(x)
    model = c.to(nn.Linear(8, 4))
    opt = torch.optim.LBFGS(model.parameters(), lr=4, max_iter=3, history_size=6, line_search_fn="strong_wolfe")

    def closure():
        opt.zero_grad()
        loss = F.cross_entropy(model(xs), y) + 0.01 * model.weight.square().sum()
        loss.backward()
        return loss

    for _ in range(6):
        c.add(opt.step(closure))
    c.classified(model, x, y)


class Factors(nn.Module):
    def __init__(self, users, films, size):
        super().__init__()
        self.user = nn.Embedding(users, size)
        self.film = nn.Embedding(films, size)

    def forward(self, pairs):
        return (self.user(pairs[:, 0]) * self.film(pairs[:, 1])).sum(1)


def factorize(c):
    torch.manual_seed(5)
    pairs = torch.stack([torch.randint(0, 12, (240,)), torch.randint(0, 9, (240,))], 1)
    stars = (pairs[:, 0] * 7 + pairs[:, 1] * 3) % 5 - 2
    loader = DataLoader(TensorDataset(pairs, c.to(stars)), batch_size=40, shuffle=True)
    model = c.to(Factors(12, 9, 6))
    opt = torch.optim.Adagrad(model.parameters(), lr=0.3, lr_decay=0.01, weight_decay=1e-3)
    for _ in range(8):
        for bx, by in loader:
            loss = F.mse_loss(model(bx), by)
            step(opt, loss)
            c.add(loss)
    c.trained(model)


def rivals(c):
    torch.manual_seed(7)
    x, y = blobs(96, 6, 3)
    loader = DataLoader(TensorDataset(c.to(x), y), batch_size=24, shuffle=True)
    make = [
        lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, dampening=0.5),
        lambda p: torch.optim.Adadelta(p, lr=0.5, rho=0.8),
        lambda p: torch.optim.Adamax(p, lr=0.02),
        lambda p: torch.optim.NAdam(p, lr=0.02),
        lambda p: torch.optim.RAdam(p, lr=0.05),
        lambda p: torch.optim.RMSprop(p, lr=0.01, alpha=0.9),
    ]
    models = nn.ModuleList([c.to(nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 3))) for _ in make])
    opts = [f(m.parameters()) for f, m in zip(make, models)]
    for _ in range(3):
        for bx, by in loader:
            for m, opt in zip(models, opts):
                loss = F.cross_entropy(m(bx), by)
                step(opt, loss)
                c.add(loss)
    c.trained(models)


# schedules


def one_cycle(c):
    torch.manual_seed(11)
    x, y = blobs(192, 8, 4)
    loader = DataLoader(TensorDataset(c.to(x), y), batch_size=24, shuffle=True)
    model = c.to(nn.Sequential(nn.Linear(8, 32), nn.SiLU(), nn.Linear(32, 4)))
    opt = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    lr = sched.OneCycleLR(opt, max_lr=0.2, total_steps=6 * len(loader))
    for _ in range(6):
        for bx, by in loader:
            loss = F.cross_entropy(model(bx), by)
            step(opt, loss)
            lr.step()
            c.add(loss)
    c.classified(model, x, y)


def restarts(c):
    torch.manual_seed(12)
    x, y = blobs(192, 8, 4)
    loader = DataLoader(TensorDataset(c.to(x), y), batch_size=32, shuffle=True)
    model = c.to(nn.Sequential(nn.Linear(8, 32), nn.Mish(), nn.Linear(32, 4)))
    opt = torch.optim.NAdam(model.parameters(), lr=0.02)
    lr = sched.CosineAnnealingWarmRestarts(opt, T_0=6, T_mult=2, eta_min=1e-3)
    for _ in range(8):
        for bx, by in loader:
            loss = F.cross_entropy(model(bx), by)
            step(opt, loss)
            lr.step()
            c.add(loss)
    c.classified(model, x, y)


def plateau(c):
    torch.manual_seed(13)
    x, y = surface(120, 4)
    y[::15] += 8
    loader = DataLoader(TensorDataset(c.to(x[:96]), c.to(y[:96])), batch_size=16, shuffle=True)
    model = c.to(nn.Sequential(nn.Linear(4, 24), nn.LeakyReLU(0.1), nn.Linear(24, 1)))
    opt = torch.optim.Adamax(model.parameters(), lr=0.05)
    lr = sched.ReduceLROnPlateau(opt, factor=0.5, patience=0)
    for _ in range(12):
        for bx, by in loader:
            loss = F.huber_loss(model(bx), by, delta=0.5)
            step(opt, loss)
            c.add(loss)
        with torch.no_grad():
            lr.step(F.huber_loss(model(c.to(x[96:])), c.to(y[96:]), delta=0.5))
    c.end("rate", opt.param_groups[0]["lr"])
    c.trained(model)


def cyclic(c):
    torch.manual_seed(14)
    x, y = blobs(160, 8, 4)
    loader = DataLoader(TensorDataset(c.to(x), y), batch_size=32, shuffle=True)
    model = c.to(nn.Sequential(nn.Linear(8, 24), nn.ELU(), nn.Linear(24, 4)))
    opt = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    lr = sched.CyclicLR(opt, base_lr=0.01, max_lr=0.2, step_size_up=7, mode="triangular2")
    for _ in range(10):
        for bx, by in loader:
            loss = F.cross_entropy(model(bx), by)
            step(opt, loss)
            lr.step()
            c.add(loss)
    c.classified(model, x, y)


# losses


def label_smoothing(c):
    torch.manual_seed(21)
    x, y = blobs(150, 10, 6)
    loader = DataLoader(TensorDataset(c.to(x), y), batch_size=32, shuffle=True, drop_last=True, num_workers=3)
    model = c.to(nn.Sequential(nn.Linear(10, 32), nn.ReLU(), nn.Linear(32, 6)))
    opt = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(10):
        for bx, by in loader:
            loss = F.cross_entropy(model(bx), by, label_smoothing=0.1)
            step(opt, loss)
            c.add(loss)
    c.classified(model, x, y)


def binary(c):
    torch.manual_seed(22)
    x = torch.randn(128, 2)
    y = (x[:, :1] * x[:, 1:] > 0).float()
    loader = DataLoader(TensorDataset(c.to(x), c.to(y)), batch_size=16, shuffle=True)
    model = c.to(nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 1), nn.Sigmoid()))
    opt = torch.optim.Adam(model.parameters(), lr=0.03)
    for _ in range(8):
        for bx, by in loader:
            loss = F.binary_cross_entropy(model(bx), by)
            step(opt, loss)
            c.add(loss)
    with torch.no_grad():
        c.end("correct", ((model(c.to(x)) > 0.5) == (y > 0.5)).sum())
    c.trained(model)


def pos_weight(c):
    torch.manual_seed(23)
    x = torch.randn(120, 6)
    y = (x[:, :3] + x[:, 3:] > 1.5).float()
    loader = DataLoader(TensorDataset(c.to(x), c.to(y)), batch_size=20, shuffle=True)
    loss_fn = nn.BCEWithLogitsLoss(pos_weight=torch.tensor([5.0, 6.0, 7.0], dtype=c.dtype))
    model = c.to(nn.Sequential(nn.Linear(6, 24), nn.ReLU(), nn.Linear(24, 3)))
    opt = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(8):
        for bx, by in loader:
            loss = loss_fn(model(bx), by)
            step(opt, loss)
            c.add(loss)
    c.trained(model)


def tagging(c):
    torch.manual_seed(24)
    words = torch.randint(1, 20, (90, 7))
    tags = words % 3
    length = torch.randint(2, 8, (90, 1))
    padding = torch.arange(7) >= length
    words, tags = words.masked_fill(padding, 0), tags.masked_fill(padding, -1)
    loader = DataLoader(TensorDataset(words, tags), batch_size=15, shuffle=True)
    weight = torch.tensor([1.0, 0.5, 2.0], dtype=c.dtype)
    model = c.to(nn.Sequential(nn.Embedding(20, 8, padding_idx=0), nn.Linear(8, 16), nn.Hardswish(), nn.Linear(16, 3)))
    opt = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(8):
        for bx, by in loader:
            loss = F.cross_entropy(model(bx).transpose(1, 2), by, weight=weight, ignore_index=-1)
            step(opt, loss)
            c.add(loss)
    c.trained(model)


def distillation(c):
    torch.manual_seed(25)
    x, y = blobs(128, 8, 5)
    loader = DataLoader(TensorDataset(c.to(x), y), batch_size=32, shuffle=True)
    teacher = c.to(nn.Sequential(nn.Linear(8, 48), nn.ReLU(), nn.Linear(48, 5)))
    student = c.to(nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 5)))
    opt = torch.optim.Adam(teacher.parameters(), lr=0.01)
    for _ in range(5):
        for bx, by in loader:
            loss = F.cross_entropy(teacher(bx), by)
            step(opt, loss)
            c.add(loss)
    opt, t = torch.optim.Adam(student.parameters(), lr=0.02), 2.0
    for _ in range(8):
        for bx, by in loader:
            with torch.no_grad():
                soft = F.softmax(teacher(bx) / t, 1)
            out = student(bx)
            loss = t * t * F.kl_div(F.log_softmax(out / t, 1), soft, reduction="batchmean") + 0.5 * F.cross_entropy(out, by)
            step(opt, loss)
            c.add(loss)
    c.classified(student, x, y)


def triplets(c):
    torch.manual_seed(26)
    anchor, y = blobs(96, 6, 4)
    positive = anchor + 0.5 * torch.randn(96, 6)
    negative = torch.randn(96, 6)
    loader = DataLoader(TensorDataset(c.to(anchor), c.to(positive), c.to(negative)), batch_size=16, shuffle=True)
    model = c.to(nn.Sequential(nn.Linear(6, 24), nn.CELU(), nn.Linear(24, 3)))
    opt = torch.optim.Adadelta(model.parameters(), lr=0.5)
    for _ in range(8):
        for a, p, n in loader:
            loss = F.triplet_margin_loss(model(a), model(p), model(n), margin=0.7)
            step(opt, loss)
            c.add(loss)
    c.trained(model)


def svm(c):
    torch.manual_seed(27)
    x, y = blobs(120, 8, 4)
    loader = DataLoader(TensorDataset(c.to(x), y), batch_size=20, shuffle=True)
    model = c.to(nn.Linear(8, 4))
    opt = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(8):
        for bx, by in loader:
            loss = F.multi_margin_loss(model(bx), by) + 0.01 * model.weight.abs().sum()
            opt.zero_grad()
            loss.backward()
            nn.utils.clip_grad_value_(model.parameters(), 0.1)
            opt.step()
            c.add(loss)
    c.classified(model, x, y)


# layers


def dropout(c):
    torch.manual_seed(31)
    x, y = blobs(120, 8, 4)
    order = RandomSampler(range(120), generator=torch.Generator().manual_seed(5))
    loader = DataLoader(TensorDataset(c.to(x), y), batch_size=24, sampler=order)
    model = c.to(nn.Sequential(nn.Linear(8, 32), nn.Dropout(0.3), nn.GELU(), nn.Linear(32, 24), nn.Dropout(0.5), nn.GELU(), nn.Linear(24, 4)))
    for layer in model[1], model[4]:  # no input is 0 there, so a 0 was dropped
        layer.register_forward_hook(lambda layer, x, y: c.masks.append((y != 0).detach().numpy().ravel()) if layer.training else None)
    opt = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(8):
        model.train()
        for bx, by in loader:
            loss = F.cross_entropy(model(bx), by)
            step(opt, loss)
            c.add(loss)
        model.eval()
        with torch.no_grad():
            c.add(F.cross_entropy(model(c.to(x)), y))
    c.classified(model, x, y)


class Bag(nn.Module):
    """Classifies a text by the mean of its words' vectors."""

    def __init__(self, words, size, classes):
        super().__init__()
        self.words = nn.Embedding(words, size, padding_idx=0)
        self.norm = nn.LayerNorm(size)
        self.out = nn.Linear(size, classes)

    def forward(self, x):
        count = (x != 0).to(self.out.weight.dtype).sum(1, keepdim=True)
        return self.out(self.norm(self.words(x).sum(1) / count))


def texts(c):
    torch.manual_seed(32)
    y = torch.randint(0, 3, (108,))
    x = torch.randint(1, 11, (108, 6)) + 5 * y.unsqueeze(1)
    length = torch.randint(1, 7, (108, 1))
    x = x.masked_fill(torch.arange(6) >= length, 0)
    loader = DataLoader(TensorDataset(x, y), batch_size=18, shuffle=True)
    model = c.to(Bag(21, 8, 3))
    opt = torch.optim.SGD(model.parameters(), lr=0.2, momentum=0.5)
    for _ in range(8):
        for bx, by in loader:
            loss = F.cross_entropy(model(bx), by)
            step(opt, loss)
            c.add(loss)
    c.trained(model)


class GatedBlock(nn.Module):
    """x + W3 (silu(W1 norm(x)) * W2 norm(x))"""

    def __init__(self, features, hidden):
        super().__init__()
        self.norm = nn.RMSNorm(features)
        self.w1 = nn.Linear(features, hidden, bias=False)
        self.w2 = nn.Linear(features, hidden, bias=False)
        self.w3 = nn.Linear(hidden, features, bias=False)

    def forward(self, x):
        n = self.norm(x)
        return x + self.w3(F.silu(self.w1(n)) * self.w2(n))


def gated(c):
    torch.manual_seed(33)
    x, y = blobs(144, 12, 5)
    loader = DataLoader(TensorDataset(c.to(x), y), batch_size=24, shuffle=True)
    model = c.to(nn.Sequential(GatedBlock(12, 24), GatedBlock(12, 24), nn.RMSNorm(12), nn.Linear(12, 5)))
    opt = torch.optim.AdamW(model.parameters(), lr=5e-3)
    lr = sched.SequentialLR(opt, [sched.LinearLR(opt, 0.1, 1, 6), sched.CosineAnnealingLR(opt, 42, 1e-4)], [6])
    for _ in range(8):
        for bx, by in loader:
            loss = F.cross_entropy(model(bx), by)
            step(opt, loss)
            lr.step()
            c.add(loss)
    c.classified(model, x, y)


def autoencoder(c):
    torch.manual_seed(34)
    x, _ = blobs(100, 10, 4)
    loader = DataLoader(TensorDataset(c.to(x)), batch_size=20, shuffle=True)
    model = nn.Sequential(nn.Linear(10, 16), nn.PReLU(16), nn.Linear(16, 3), nn.PReLU(), nn.Linear(3, 16), nn.PReLU(), nn.Linear(16, 10))
    for layer in model:
        if isinstance(layer, nn.Linear):
            nn.init.kaiming_normal_(layer.weight, a=0.25)
            nn.init.zeros_(layer.bias)
    model = c.to(model)
    opt = torch.optim.RAdam(model.parameters(), lr=0.02)
    for _ in range(10):
        for (bx,) in loader:
            loss = F.smooth_l1_loss(model(bx), bx)
            step(opt, loss)
            c.add(loss)
    c.trained(model)


class GPT(nn.Module):
    """One block of causal self-attention, one head."""

    def __init__(self, words, length, size):
        super().__init__()
        self.position = nn.Parameter(torch.empty(length, size))
        self.embed = nn.Embedding(words, size)
        self.norm1 = nn.LayerNorm(size)
        self.query = nn.Linear(size, size, bias=False)
        self.key = nn.Linear(size, size, bias=False)
        self.value = nn.Linear(size, size, bias=False)
        self.out = nn.Linear(size, size)
        self.norm2 = nn.LayerNorm(size)
        self.fc1 = nn.Linear(size, 4 * size)
        self.fc2 = nn.Linear(4 * size, size)
        self.head = nn.Linear(size, words)
        self.register_buffer("future", torch.ones(length, length).triu(1).bool())
        nn.init.normal_(self.position, std=0.02)

    def forward(self, x):
        x = self.embed(x) + self.position
        n = self.norm1(x)
        q, k, v = self.query(n), self.key(n), self.value(n)
        scores = q @ k.transpose(1, 2) / q.size(2) ** 0.5
        seen = F.softmax(scores.masked_fill(self.future, float("-inf")), -1)
        x = x + self.out(seen @ v)
        return self.head(x + self.fc2(F.gelu(self.fc1(self.norm2(x)), approximate="tanh")))


def attention(c):
    torch.manual_seed(35)
    start, stride = torch.randint(0, 11, (96, 1)), torch.randint(1, 4, (96, 1))
    text = (start + stride * torch.arange(9)) % 11
    loader = DataLoader(TensorDataset(text[:, :-1], text[:, 1:]), batch_size=16, shuffle=True)
    model = c.to(GPT(11, 8, 16))
    opt = torch.optim.AdamW(model.parameters(), lr=1e-2)
    for _ in range(8):
        for bx, by in loader:
            loss = F.cross_entropy(model(bx).flatten(0, 1), by.flatten())
            opt.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            opt.step()
            c.add(loss)
    c.trained(model)


class RNN(nn.Module):
    """A recurrent network, its steps written out."""

    def __init__(self, features, hidden):
        super().__init__()
        self.input = nn.Linear(features, hidden)
        self.state = nn.Linear(hidden, hidden, bias=False)
        self.out = nn.Linear(hidden, 1)
        nn.init.orthogonal_(self.state.weight)

    def forward(self, x):
        h = torch.tanh(self.input(x[:, 0]))
        for t in range(1, x.size(1)):
            h = torch.tanh(self.input(x[:, t]) + self.state(h))
        return self.out(h)


def recurrent(c):
    torch.manual_seed(36)
    x = torch.rand(96, 7, 2) - 0.5
    y = x[:, 0, :1] + x[:, 3, 1:]
    loader = DataLoader(TensorDataset(c.to(x), c.to(y)), batch_size=16, shuffle=True)
    model = c.to(RNN(2, 12))
    opt = torch.optim.SGD(model.parameters(), lr=0.2, momentum=0.9)
    for _ in range(8):
        for bx, by in loader:
            loss = F.mse_loss(model(bx), by)
            opt.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 0.1)
            opt.step()
            c.add(loss)
    c.trained(model)


# images


def digits(n):
    """The first n test digits of MNIST, (n, 1, 28, 28) from 0 to 1, and their classes."""

    def read(name, header, size):
        with gzip.open(os.path.join(HERE, "..", "..", "data", "mnist", name)) as f:
            return torch.from_numpy(np.frombuffer(f.read(), np.uint8, n * size, header).copy())

    x = read("t10k-images-idx3-ubyte.gz", 16, 28 * 28).reshape(n, 1, 28, 28)
    return x.float() / 255, read("t10k-labels-idx1-ubyte.gz", 8, 1).long()


def residual(c):
    torch.manual_seed(52)
    x, y = blobs(40, 3 * 8 * 8, 10)
    x = x.reshape(40, 3, 8, 8)
    loader = DataLoader(TensorDataset(c.to(x), y), batch_size=8, shuffle=True)
    model = c.to(ResNet20(10))
    opt = torch.optim.SGD(model.parameters(), lr=0.001, momentum=0.9, weight_decay=1e-4)
    for _ in range(6):
        for bx, by in loader:
            loss = F.cross_entropy(model(bx), by)
            step(opt, loss)
            c.add(loss)
    c.classified(model, x, y)


def convolution(c):
    torch.manual_seed(51)
    x, y = digits(6)
    loader = DataLoader(TensorDataset(c.to(x), y), batch_size=1, shuffle=True)
    model = c.to(MNISTNet(10))
    opt = torch.optim.Adadelta(model.parameters(), lr=1.0)
    lr = sched.StepLR(opt, 1, 0.7)
    for _ in range(5):
        for bx, by in loader:
            loss = F.cross_entropy(model(bx), by)
            step(opt, loss)
            c.add(loss)
        lr.step()
    c.classified(model, x, y)


# loops


def accumulation(c):
    torch.manual_seed(41)
    x, y = blobs(96, 8, 4)
    loader = DataLoader(TensorDataset(c.to(x), y), batch_size=8, shuffle=True)
    model = c.to(nn.Sequential(nn.Linear(8, 24), nn.SELU(), nn.Linear(24, 4)))
    opt = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(8):
        for i, (bx, by) in enumerate(loader):
            loss = F.cross_entropy(model(bx), by) / 4
            loss.backward()
            if i % 4 == 3:
                opt.step()
                opt.zero_grad()
            c.add(loss)
    c.classified(model, x, y)


class Classifier(nn.Module):
    def __init__(self, features, hidden, classes):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(features, hidden), nn.Tanh())
        self.head = nn.Linear(hidden, classes)

    def forward(self, x):
        return self.head(self.body(x))


def frozen(c):
    torch.manual_seed(42)
    x, y = blobs(120, 8, 6)
    model = c.to(Classifier(8, 24, 6))
    for classes in 6, 2:
        opt = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=0.02)
        loader = DataLoader(TensorDataset(c.to(x), y % classes), batch_size=24, shuffle=True)
        for _ in range(6):
            for bx, by in loader:
                loss = F.cross_entropy(model(bx), by)
                step(opt, loss)
                c.add(loss)
        c.end("body after %d classes" % classes, model.body[0].weight.detach().double().norm())
        model.body.requires_grad_(False)
        model.head = c.to(nn.Linear(24, 2)) if classes == 6 else model.head
    c.classified(model, x, y % 2)


def averages(c):
    torch.manual_seed(43)
    x, y = blobs(120, 8, 4)
    loader = DataLoader(TensorDataset(c.to(x), y), batch_size=24, shuffle=True)
    model = c.to(nn.Sequential(nn.Linear(8, 24), nn.ReLU(), nn.Linear(24, 4)))
    opt = torch.optim.SGD(model.parameters(), lr=0.3)
    ema = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.9))
    swa = AveragedModel(model)
    lr = SWALR(opt, swa_lr=0.1, anneal_epochs=3)
    for epoch in range(8):
        for bx, by in loader:
            loss = F.cross_entropy(model(bx), by)
            step(opt, loss)
            ema.update_parameters(model)
            c.add(loss)
        if epoch >= 4:
            swa.update_parameters(model)
            lr.step()
    with torch.no_grad():
        c.end("EMA", F.cross_entropy(ema(c.to(x)), y))
        c.end("SWA", F.cross_entropy(swa(c.to(x)), y))
    c.classified(model, x, y)


class VAE(nn.Module):
    def __init__(self, features, hidden, size):
        super().__init__()
        self.encode = nn.Linear(features, hidden)
        self.mean = nn.Linear(hidden, size)
        self.log_var = nn.Linear(hidden, size)
        self.decode = nn.Sequential(nn.Linear(size, hidden), nn.ReLU(), nn.Linear(hidden, features))

    def forward(self, x, noise):
        h = F.relu(self.encode(x))
        mean, log_var = self.mean(h), self.log_var(h)
        return self.decode(mean + noise * torch.exp(0.5 * log_var)), mean, log_var


def vae(c):
    torch.manual_seed(44)
    x = (torch.rand(128, 12) > 0.5).float()
    x[:, 6:] = x[:, :6]
    loader = DataLoader(TensorDataset(c.to(x)), batch_size=16, shuffle=True)
    model = c.to(VAE(12, 24, 4))
    opt = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(6):
        for (bx,) in loader:
            noise = c.to(torch.randn(16, 4))
            out, mean, log_var = model(bx, noise)
            rebuilt = F.binary_cross_entropy_with_logits(out, bx)
            divergence = -0.5 * (1 + log_var - mean**2 - torch.exp(log_var)).mean()
            loss = rebuilt + 0.1 * divergence
            step(opt, loss)
            c.add(loss)
    c.trained(model)


def adversaries(c):
    torch.manual_seed(45)
    x = 0.3 * torch.randn(128, 2)
    x[:, 1] += x[:, 0].abs()
    loader = DataLoader(TensorDataset(c.to(x)), batch_size=32, shuffle=True)
    generator = c.to(nn.Sequential(nn.Linear(3, 16), nn.LeakyReLU(0.2), nn.Linear(16, 2)))
    critic = c.to(nn.Sequential(nn.Linear(2, 16), nn.Softplus(), nn.Linear(16, 1)))
    generator_opt = torch.optim.Adam(generator.parameters(), lr=5e-3, betas=(0.5, 0.9))
    critic_opt = torch.optim.Adam(critic.parameters(), lr=5e-3, betas=(0.5, 0.9))
    for _ in range(8):
        for (real,) in loader:
            generated = generator(c.to(torch.randn(32, 3)))
            between = torch.lerp(real, generated.detach(), 0.5).requires_grad_()
            (slope,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
            penalty = (slope.norm(dim=1) - 1).square().mean()
            loss = critic(generated.detach()).mean() - critic(real).mean() + penalty
            step(critic_opt, loss)
            c.add(loss)

            loss = -critic(generated).mean()
            step(generator_opt, loss)
            c.add(loss)
    c.trained(nn.ModuleDict({"generator": generator, "critic": critic}))


def fit(c):
    torch.manual_seed(46)
    x, y = blobs(150, 8, 4)
    train, test = TensorDataset(c.to(x[:110]), y[:110]), TensorDataset(c.to(x[110:]), y[110:])
    train, test = DataLoader(train, batch_size=20, shuffle=True), DataLoader(test, batch_size=10)
    model = c.to(nn.Sequential(nn.Linear(8, 24), nn.Dropout(0.2), nn.ReLU(), nn.Linear(24, 4)))
    opt = torch.optim.Adam(model.parameters(), lr=0.02)
    lr = sched.ExponentialLR(opt, 0.8)
    for _ in range(8):
        model.train()
        for bx, by in train:
            loss = F.cross_entropy(model(bx), by)
            step(opt, loss)
            c.add(loss)
        lr.step()
        model.eval()
        total, correct = 0.0, 0
        with torch.no_grad():
            for bx, by in test:
                out = model(bx)
                total += F.cross_entropy(out, by).item()
                correct += (out.argmax(1) == by).sum().item()
        c.add(total / len(test))
    c.end("correct", correct)
    c.trained(model)


PROGRAMS = [
    nesterov, amsgrad, centered_rmsprop, adamw_groups, lbfgs, factorize, rivals,
    one_cycle, restarts, plateau, cyclic,
    label_smoothing, binary, pos_weight, tagging, distillation, triplets, svm,
    dropout, texts, gated, autoencoder, attention, recurrent, lstm,
    residual, convolution,
    accumulation, frozen, averages, vae, adversaries, fit,
]


def main(programs, file):
    """Writes the results of programs to a file of this folder."""
    torch.set_num_threads(1)
    out = []
    for program in programs:
        single, double = Curve(torch.float32), Curve(torch.float64)
        program(single)
        program(double)
        name = program.__name__.replace("_", "-")
        entry = {"name": name}
        entry["losses"] = list(zip(single.losses, double.losses))
        for field in "final", "norms":
            a, b = getattr(single, field), getattr(double, field)
            entry[field] = {k: (a[k], b[k]) for k in a}
        if single.masks:
            assert all((a == b).all() for a, b in zip(single.masks, double.masks)), name
            entry["masks"] = [base64.b64encode(np.packbits(m, bitorder="little").tobytes()).decode() for m in single.masks]
        out.append(entry)
        worst = max(abs(a - b) for a, b in entry["losses"])
        print(f"{name:18} {len(single.losses):3} steps, {single.losses[0]:.4f} to {single.losses[-1]:.4f}, float32 to float64 {worst:.1e}", file=sys.stderr)
    path = os.path.join(HERE, file)
    out = keep.values(path, {"torch": torch.__version__, "programs": out})["programs"]
    with open(path, "w") as f:
        f.write('{"torch": %s, "programs": [\n' % json.dumps(torch.__version__))
        f.write(",\n".join(json.dumps(e) for e in out))
        f.write("\n]}\n")


if __name__ == "__main__":
    main(PROGRAMS, "curves.json")
