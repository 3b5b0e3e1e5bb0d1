"""Writes curves_transformers.json: the losses of the programs of examples/curves/transformers.go, in the form of curves.py.

Run: OMP_NUM_THREADS=1 python testdata/torch/curves_transformers.py
"""

import math

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

import curves
from curves import step


class WordCounter(nn.Module):
    def __init__(self, words, size, classes):
        super().__init__()
        self.words = nn.Embedding(words, size, padding_idx=0)
        layer = nn.TransformerEncoderLayer(size, 4, 2 * size, 0.2, F.gelu, batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, nn.LayerNorm(size), enable_nested_tensor=False)
        self.head = nn.Linear(size, classes)

    def forward(self, x):
        padding = x == 0
        y = self.words(x)
        t = torch.arange(y.shape[1], dtype=y.dtype)
        angles = t[:, None] * torch.exp(torch.arange(y.shape[2] // 2, dtype=y.dtype) * (-2 * math.log(10000) / y.shape[2]))
        y = self.encoder(y + torch.stack((angles.sin(), angles.cos()), 2).flatten(1), src_key_padding_mask=padding)
        kept = (~padding).to(y.dtype).unsqueeze(-1)
        return self.head((y * kept).sum(1) / kept.sum(1))


def encoder(c):
    torch.manual_seed(61)
    words = torch.randint(1, 4, (80, 9))
    lengths = torch.randint(4, 10, (80, 1))
    words = words * (torch.arange(9) < lengths)
    y = torch.stack([(words == k).sum(1) for k in (1, 2, 3)], 1).argmax(1)
    loader = DataLoader(TensorDataset(words, y), batch_size=16, shuffle=True)
    model = c.to(WordCounter(4, 16, 3))
    opt = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for _ in range(6):
        for bx, by in loader:
            loss = F.cross_entropy(model(bx), by)
            step(opt, loss)
            c.add(loss)
    c.trained(model)


class Positions(nn.Module):
    def __init__(self, length, size):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(length, size))

    def forward(self, x):
        return x + self.weight[: x.shape[1]]


class Reverser(nn.Module):
    def __init__(self, words, length, size):
        super().__init__()
        self.words, self.positions = nn.Embedding(words, size), Positions(length, size)
        self.decoder = nn.TransformerDecoder(nn.TransformerDecoderLayer(size, 2, 2 * size, 0.1, batch_first=True), 2)
        self.head = nn.Linear(size, words)

    def forward(self, source, written):
        mask = torch.ones(written.shape[1], written.shape[1], dtype=torch.bool).triu(1)
        written, source = self.positions(self.words(written)), self.positions(self.words(source))
        return self.head(self.decoder(written, source, tgt_mask=mask, tgt_is_causal=True))


def decoder(c):
    torch.manual_seed(62)
    source = torch.randint(1, 6, (80, 6))
    loader = DataLoader(TensorDataset(source, source.flip(1)), batch_size=16, shuffle=True)
    model = c.to(Reverser(6, 6, 16))
    opt = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(6):
        for bx, by in loader:
            start = torch.zeros_like(by[:, :1])
            loss = F.cross_entropy(model(bx, torch.cat((start, by[:, :-1]), 1)).flatten(0, 1), by.flatten())
            step(opt, loss)
            c.add(loss)
    c.trained(model)


if __name__ == "__main__":
    curves.main([encoder, decoder], "curves_transformers.json")
