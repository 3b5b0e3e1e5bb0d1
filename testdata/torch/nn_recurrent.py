"""Writes nn/recurrent.json.gz: recurrent networks and cells with their first values after torch.manual_seed, results and gradients, packed
sequences among them, and what pads and packs sequences.

Run it in this folder: python nn_recurrent.py
"""

import gzip
import json
import warnings

import torch
from torch import nn
from torch.nn.utils import rnn

import keep
from nn import digest, pack

warnings.filterwarnings("ignore")
KINDS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU, "rnn_cell": nn.RNNCell, "lstm_cell": nn.LSTMCell, "gru_cell": nn.GRUCell}


def outputs(kind, out):
    """The result as a list: y, h and c, as far as there are such."""
    if kind == "lstm_cell":
        return list(out)
    if not isinstance(out, tuple):
        return [out]
    y, states = out
    return [y.data if isinstance(y, rnn.PackedSequence) else y] + (list(states) if isinstance(states, tuple) else [states])


def case(kind, x, sizes=(3, 5), state=True, dtype=torch.float32, lengths=None, enforce_sorted=True, **config):
    torch.manual_seed(5)
    m = KINDS[kind](*sizes, dtype=dtype, **config)
    g = torch.Generator().manual_seed(3)
    draw = lambda *shape: torch.randn(shape, generator=g, dtype=torch.float64).to(dtype).requires_grad_()
    x = draw(*x)
    c = {"kind": kind, "sizes": sizes, "config": config, "dtype": str(dtype)[6:], "keys": list(m.state_dict()), "digests": [digest(p) for p in m.parameters()],
         "text": str(m).replace("dropout=1.0", "dropout=1"), "x": pack(x), "lengths": lengths, "sorted": enforce_sorted}
    leaves, states = [x], []
    if state:
        batched = x.dim() == (2 if kind.endswith("cell") else 3)
        batch = [x.shape[0 if kind.endswith("cell") or config.get("batch_first") else 1]] if batched else []
        layers = [] if kind.endswith("cell") else [m.num_layers * (2 if m.bidirectional else 1)]
        out = config.get("proj_size") or sizes[1]
        states = [draw(*layers, *batch, n) for n in ((out, sizes[1]) if kind.startswith("lstm") else (out,))]
        leaves += states
    c["states"] = [pack(s) for s in states]
    hx = None if not states else tuple(states) if len(states) > 1 else states[0]
    inputs = x
    if lengths:
        first = config.get("batch_first", False)
        inputs = rnn.pack_padded_sequence(x, torch.tensor(lengths), first, enforce_sorted)
        c["packed"] = pack(inputs.data)
        c["batch_sizes"] = inputs.batch_sizes.tolist()
        c["indices"] = [None if i is None else i.tolist() for i in (inputs.sorted_indices, inputs.unsorted_indices)]
    torch.manual_seed(7)  # of the masks
    out = m(inputs, hx)
    if lengths:
        padded, n = rnn.pad_packed_sequence(out[0], config.get("batch_first", False), -2.5, max(lengths) + 1)
        c["padded"], c["padded_lengths"] = pack(padded), n.tolist()
    out = outputs(kind, out)
    total = torch.cat([o.flatten() for o in out])
    w = torch.linspace(0.5, 1.5, total.numel(), dtype=dtype)
    grads = torch.autograd.grad((total * w).sum(), leaves + list(m.parameters()))
    c["outputs"], c["grads"] = [pack(o) for o in out], [pack(t) for t in grads]
    return c


def networks():
    cases = []
    for dtype in (torch.float32, torch.float64):
        for kind in ("rnn", "lstm", "gru"):
            add = lambda *a, **k: cases.append(case(kind, *a, dtype=dtype, **k))
            add((4, 2, 3))
            add((4, 2, 3), state=False, num_layers=2, bidirectional=True)
            add((4, 3))  # one sequence
            add((4, 3), bidirectional=True, batch_first=True, num_layers=2)
            add((2, 4, 3), batch_first=True, num_layers=2, bidirectional=True, bias=False)
            add((4, 2, 3), num_layers=3, dropout=0.4)
            add((2, 4, 3), num_layers=2, dropout=0.5, batch_first=True, bidirectional=True)
            add((4, 2, 3), num_layers=2, dropout=1)
            add((4, 3, 3), lengths=[4, 2, 2])
            add((4, 3, 3), lengths=[2, 4, 1], enforce_sorted=False, num_layers=2, bidirectional=True, dropout=0.3)
            add((3, 4, 3), lengths=[3, 3, 1], enforce_sorted=False, batch_first=True, state=False)
            if kind == "rnn":
                add((4, 2, 3), nonlinearity="relu", num_layers=2)
            if kind == "lstm":
                add((4, 2, 3), proj_size=2, num_layers=2, bidirectional=True)
                add((4, 3, 3), proj_size=2, lengths=[1, 4, 2], enforce_sorted=False, bidirectional=True)
        for kind in ("rnn_cell", "lstm_cell", "gru_cell"):
            add = lambda *a, **k: cases.append(case(kind, *a, dtype=dtype, **k))
            add((4, 3))
            add((4, 3), state=False, bias=False)
            add((3,))
            if kind == "rnn_cell":
                add((4, 3), nonlinearity="relu")
    return cases


def padding():
    cases = []
    for lengths in ([3, 1, 2], [2], [2, 2], [0, 2]):
        sequences = [torch.arange(1, n * 2 + 1, dtype=torch.float32).reshape(n, 2) + 10 * i for i, n in enumerate(lengths)]
        for first in (False, True):
            for side in ("right", "left"):
                y = rnn.pad_sequence(sequences, first, -1.0, padding_side=side)
                cases.append({"lengths": lengths, "batch_first": first, "left": side == "left", "y": pack(y)})
    return cases


def ctc():
    """CTCLoss of log-probabilities, whose gradients PyTorch computes as if they were those of logits."""
    cases = []
    for dtype in (torch.float32, torch.float64):
        g = torch.Generator().manual_seed(4)
        log = torch.randn(6, 3, 4, generator=g, dtype=torch.float64).to(dtype).log_softmax(2)
        targets = torch.tensor([[1, 1, 2], [3, 1, 2], [2, 2, 2]])
        for lengths, inputs in (([3, 2, 0], [6, 4, 5]), ([3, 2, 3], [6, 4, 3])):  # the last one of the second is impossible
            for reduction in ("mean", "sum", "none"):
                for zero in (False, True):
                    x = log.clone().requires_grad_()
                    y = nn.CTCLoss(0, reduction, zero)(x, targets, torch.tensor(inputs), torch.tensor(lengths))
                    w = torch.linspace(0.5, 1.5, y.numel(), dtype=dtype).reshape(y.shape)
                    (grad,) = torch.autograd.grad((y * w).sum(), [x])
                    cases.append({"lengths": lengths, "inputs": inputs, "reduction": reduction, "zero": zero, "x": pack(x), "y": pack(y), "grad": pack(grad)})
        x = log[:, 0].clone().requires_grad_()
        y = nn.CTCLoss(blank=3)(x, targets[0], torch.tensor(6), torch.tensor(3))
        (grad,) = torch.autograd.grad(y * 0.5, [x])
        cases.append({"lengths": [3], "inputs": [6], "blank": 3, "reduction": "mean", "x": pack(x), "y": pack(y), "grad": pack(grad)})
    return cases


if __name__ == "__main__":
    path = "nn/recurrent.json.gz"
    content = keep.values(path, {"networks": networks(), "padding": padding(), "ctc": ctc()})
    with open(path, "wb") as f:
        f.write(gzip.compress(json.dumps(content, separators=(",", ":")).encode(), 9, mtime=0))
