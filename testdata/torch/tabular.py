"""Writes testdata/torch/tabular.json: results and gradients of package models' networks for tables.

    OMP_NUM_THREADS=1 python -P testdata/torch/tabular.py

The networks are made after torch.manual_seed(0). "initial" has the norm of each tensor of the state dict. "outputs" are the float32 results
in evaluation mode, "tolerance" four times their largest difference to float64. Then one backward pass in float64, in training mode without dropout,
gives "loss" and the norms of the "gradients". Where rtdl_revisiting_models and rtdl_num_embeddings, the code of the papers' authors, are installed,
the script checks that the references below equal them.
"""

import copy
import json
import math
import os
from collections import OrderedDict

import torch
from torch import nn
from torch.nn import functional as F

here = os.path.dirname(os.path.abspath(__file__))

NUMBERS, CATEGORIES, OUTPUTS, ROWS = 4, [3, 12], 3, 6
BINS, SIZE, MEMBERS, CLIP = 5, 8, 3, 3.0


def uniform(*shape, size=None):
    bound = (size or shape[-1]) ** -0.5
    return nn.Parameter(torch.empty(*shape).uniform_(-bound, bound))


class NumberEmbeddings(nn.Module):
    def __init__(self, d, size, edges=None):
        super().__init__()
        self.weight, self.bias = uniform(d, size), uniform(d, size)
        self.edges = edges
        if edges is not None:
            self.bins = nn.Parameter(torch.zeros(d, len(edges[0]) - 1, size))

    def forward(self, x):
        y = x[..., None] * self.weight + self.bias
        if self.edges is not None:
            edges = self.edges.to(x.dtype)
            e = ((x[..., None] - edges[:, :-1]) / (edges[:, 1:] - edges[:, :-1])).clamp(0, 1)
            y = y + torch.einsum("ndt,dts->nds", e, self.bins)
        return y


class Columns(nn.Module):
    def __init__(self, edges=None, categories=CATEGORIES, clip=0):
        super().__init__()
        self.clip = clip
        self.cont_embeddings = None if edges is None else NumberEmbeddings(NUMBERS, SIZE, edges)
        self.cat_embeddings = nn.ModuleList(nn.Embedding(n, min(n, round(1.6 * n**0.56))) for n in categories)
        self.width = NUMBERS * (1 if edges is None else SIZE) + sum(e.embedding_dim for e in self.cat_embeddings)

    def features(self, x):
        y = numbers_of(x, self.clip)
        if self.cont_embeddings is not None:
            y = self.cont_embeddings(y).flatten(1)
        return torch.cat([y] + [e(x[:, NUMBERS + i].long()) for i, e in enumerate(self.cat_embeddings)], 1)


def numbers_of(x, clip):
    x = x[:, :NUMBERS]
    return x / (1 + (x / clip) ** 2).sqrt() if clip else x


def named(**modules):
    return nn.Sequential(OrderedDict(modules))


class MLP(Columns):
    def __init__(self, hidden, members=1, **columns):
        super().__init__(**columns)
        width, self.members = self.width, members
        if members > 1:
            self.affine = nn.Module()
            self.affine.weight = nn.Parameter(torch.randn(members, width))
        self.blocks = nn.ModuleList()
        for h in hidden:
            self.blocks.append(named(linear=nn.Linear(width, h), activation=nn.ReLU()))
            width = h
        if members == 1:
            self.output = nn.Linear(width, OUTPUTS)
        else:
            self.output = nn.Module()
            self.output.weight, self.output.bias = uniform(members, width, OUTPUTS, size=width), uniform(members, OUTPUTS, size=width)

    def forward(self, x):
        x = self.features(x)
        if self.members > 1:
            x = x[:, None] * self.affine.weight
        for block in self.blocks:
            x = block(x)
        if self.members == 1:
            return self.output(x)
        x = torch.einsum("nkd,kdo->nko", x, self.output.weight) + self.output.bias
        return x if self.training else x.log_softmax(2).exp().mean(1).log()


class ResNet(Columns):
    def __init__(self, blocks, width, inner, **columns):
        super().__init__(**columns)
        self.input_projection = nn.Linear(self.width, width)
        self.blocks = nn.ModuleList(
            named(normalization=nn.BatchNorm1d(width), linear1=nn.Linear(width, inner), activation=nn.ReLU(), linear2=nn.Linear(inner, width)) for _ in range(blocks)
        )
        self.output = named(normalization=nn.BatchNorm1d(width), activation=nn.ReLU(), linear=nn.Linear(width, OUTPUTS))

    def forward(self, x):
        x = self.input_projection(self.features(x))
        for block in self.blocks:
            x = x + block(x)
        return self.output(x)


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.W_q, self.W_k, self.W_v, self.W_out = (nn.Linear(width, width) for _ in range(4))
        for layer in (self.W_q, self.W_k, self.W_v, self.W_out):
            nn.init.zeros_(layer.bias)

    def forward(self, q, kv):
        split = lambda x: x.unflatten(2, (self.heads, -1)).transpose(1, 2)
        q, k, v = split(self.W_q(q)), split(self.W_k(kv)), split(self.W_v(kv))
        p = (q @ k.transpose(2, 3) / math.sqrt(q.shape[3])).softmax(3)
        return self.W_out((p @ v).transpose(1, 2).flatten(2))


class ReGLU(nn.Module):
    def forward(self, x):
        a, b = x.chunk(2, -1)
        return a * b.relu()


class FTTransformer(nn.Module):
    def __init__(self, blocks, width, heads, inner, edges=None):
        super().__init__()
        self.cls_embedding = nn.Module()
        self.cls_embedding.weight = uniform(width)
        self.cont_embeddings = NumberEmbeddings(NUMBERS, width, edges)
        self.cat_embeddings = nn.Module()
        self.cat_embeddings.embeddings = nn.ModuleList(nn.Embedding(n, width) for n in CATEGORIES)
        for e in self.cat_embeddings.embeddings:
            nn.init.uniform_(e.weight, -(width**-0.5), width**-0.5)
        self.cat_embeddings.bias = uniform(len(CATEGORIES), width)
        self.backbone = nn.Module()
        self.backbone.blocks = nn.ModuleList()
        for i in range(blocks):
            block = nn.ModuleDict(dict(attention=Attention(width, heads), ffn_normalization=nn.LayerNorm(width),
                                       ffn=named(linear1=nn.Linear(width, 2 * inner), activation=ReGLU(), linear2=nn.Linear(inner, width))))
            if i > 0:
                block["attention_normalization"] = nn.LayerNorm(width)
            self.backbone.blocks.append(block)
        self.backbone.output = named(normalization=nn.LayerNorm(width), activation=nn.ReLU(), linear=nn.Linear(width, OUTPUTS))

    def forward(self, x):
        cls = self.cls_embedding.weight.expand(len(x), 1, -1)
        cats = torch.stack([e(x[:, NUMBERS + i].long()) for i, e in enumerate(self.cat_embeddings.embeddings)], 1) + self.cat_embeddings.bias
        x = torch.cat([cls, self.cont_embeddings(x[:, :NUMBERS]), cats], 1)
        for i, block in enumerate(self.backbone.blocks):
            y = block["attention_normalization"](x) if i > 0 else x
            if i + 1 == len(self.backbone.blocks):
                x, q = x[:, :1], y[:, :1]
            else:
                q = y
            x = x + block["attention"](q, y)
            x = x + block["ffn"](block["ffn_normalization"](x))
        return self.backbone.output(x[:, 0])


def rows():
    x = torch.sin(torch.arange(ROWS * NUMBERS, dtype=torch.float64) * 0.83).reshape(ROWS, NUMBERS) * 2
    codes = torch.stack([(torch.arange(ROWS) * 5 + i) % n for i, n in enumerate(CATEGORIES)], 1)
    return torch.cat([x.float().double(), codes.double()], 1)


def edges(clip):
    """The quantiles 0, 1/BINS, …, 1 of each number, each a value of the table."""
    x = numbers_of(rows().float(), clip).sort(0).values
    return x[[i * (ROWS - 1) // BINS for i in range(BINS + 1)]].T.contiguous()


def rounded(x, digits=12):
    return [float(f"{v:.{digits}g}") for v in x.detach().double().flatten().tolist()]


def norms(tensors):
    return {k: rounded(v.double().norm())[0] for k, v in tensors if v is not None}


def case(make, x=rows()):
    torch.manual_seed(0)
    net = make().eval()
    initial = norms(net.state_dict().items())
    for k, p in net.named_parameters():
        if k.endswith(".bins"):  # first 0: other values show more
            p.data = torch.sin(torch.arange(p.numel(), dtype=torch.float64) * 0.7).float().reshape(p.shape)
    exact = copy.deepcopy(net).double()
    y, y64 = net(x.float()), exact(x)
    pred = exact.train()(x)
    target = torch.arange(ROWS) * 2 % OUTPUTS
    members = pred.shape[1] if pred.ndim == 3 else 1
    loss = F.cross_entropy(pred.reshape(-1, OUTPUTS), target.repeat_interleave(members))
    loss.backward()
    return {"initial": initial, "outputs": rounded(y, 9), "tolerance": 4 * (y.double() - y64).abs().max().item(), "loss": loss.item(),
            "gradients": norms((k, p.grad) for k, p in exact.named_parameters())}


def check():
    """Compares with the packages of the papers' authors."""
    try:
        import rtdl_revisiting_models as rtdl
    except ImportError:
        print("rtdl_revisiting_models is not installed: not compared")
        return
    x = rows().float()
    numbers, codes = x[:, :NUMBERS], x[:, NUMBERS:].long()
    pairs = [
        (lambda: MLP([16, 16], categories=[]), lambda: rtdl.MLP(d_in=NUMBERS, d_out=OUTPUTS, n_blocks=2, d_block=16, dropout=0.0), (numbers,)),
        (lambda: ResNet(2, 16, 24, categories=[]),
         lambda: rtdl.ResNet(d_in=NUMBERS, d_out=OUTPUTS, n_blocks=2, d_block=16, d_hidden=24, d_hidden_multiplier=None, dropout1=0.0, dropout2=0.0), (numbers,)),
        (lambda: FTTransformer(2, 16, 4, 20),
         lambda: rtdl.FTTransformer(n_cont_features=NUMBERS, cat_cardinalities=CATEGORIES, d_out=OUTPUTS, n_blocks=2, d_block=16, attention_n_heads=4, attention_dropout=0.0,
                                    ffn_d_hidden=20, ffn_d_hidden_multiplier=None, ffn_dropout=0.0, residual_dropout=0.0), (numbers, codes)),
    ]
    for ours, theirs, inputs in pairs:
        torch.manual_seed(0)
        a = ours().eval()
        torch.manual_seed(0)
        b = theirs().eval()
        assert a.state_dict().keys() == b.state_dict().keys(), (a.state_dict().keys(), b.state_dict().keys())
        assert all(torch.equal(a.state_dict()[k], v) for k, v in b.state_dict().items())
        assert torch.allclose(a(x), b(*inputs), atol=1e-6)
    print("equal to rtdl_revisiting_models", rtdl.__version__)


if __name__ == "__main__":
    check()
    cases = {
        "mlp": case(lambda: MLP([16, 12])),
        "mlp_members": case(lambda: MLP([16, 12], MEMBERS, edges=edges(CLIP), clip=CLIP)),
        "resnet": case(lambda: ResNet(2, 16, 24)),
        "ft_transformer": case(lambda: FTTransformer(2, 16, 4, 20)),
        "ft_transformer_bins": case(lambda: FTTransformer(1, 16, 4, 20, edges=edges(0))),
    }
    with open(os.path.join(here, "tabular.json"), "w") as f:
        json.dump(cases, f, indent=1)
        f.write("\n")
