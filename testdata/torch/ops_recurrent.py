"""Writes ops/recurrent.json.gz: one direction of a layer of a recurrent network with gradients, in the form of ops.py. The result is the
states of all steps, the last h and, for an LSTM, the last c, flattened and joined.

Run: python testdata/torch/ops_recurrent.py
"""

import warnings

import torch

import ops
from ops import File

VF = torch._VF
warnings.filterwarnings("ignore", "LSTM with projections")  # which says that oneDNN is not used
KINDS = {"rnn_tanh": 1, "rnn_relu": 1, "gru": 3, "lstm": 4}


def layer(name, bias=True, projection=False):
    def run(*inputs, reverse=False, batch_sizes=None):
        inputs = list(inputs)
        x, h = inputs.pop(0), inputs.pop(0)
        states = [h, inputs.pop(0)] if name == "lstm" else [h]
        ways = 2 if reverse else 1  # PyTorch goes backwards as the second of two directions only
        states = [torch.stack([s] * ways) for s in states]
        hx, weights = states if name == "lstm" else states[0], inputs * ways
        if batch_sizes is None:
            out = getattr(VF, name)(x, hx, weights, bias, 1, 0.0, False, reverse, False)
        else:
            out = getattr(VF, name)(x, torch.tensor(batch_sizes), hx, weights, bias, 1, 0.0, False, reverse)
        y = out[0]
        if reverse:
            y = y[..., y.shape[-1] // 2:]
        return torch.cat([y.flatten()] + [s[-1].flatten() for s in out[1:]])

    return run


def recurrent():
    f = File("recurrent")
    f.begin("recurrent")
    shapes = [(1, 1, 1, 1), (3, 2, 4, 3), (5, 1, 2, 6), (4, 3, 0, 2), (2, 0, 3, 2), (2, 9, 3, 17)]
    packs = [[1], [2, 2, 1], [4, 3, 3, 1]]
    for dtype in ops.FLOATS:
        for name, gates in KINDS.items():
            def inputs(rows, batch, size, hidden, out=None):
                out = out or hidden
                d = lambda *s: f.draw(s, dtype, -1, 1)
                h = [d(batch, out)] + ([d(batch, hidden)] if name == "lstm" else [])
                return [d(*rows, size), *h, d(gates * hidden, size), d(gates * hidden, out)], [d(gates * hidden), d(gates * hidden)], d(out, hidden)

            for steps, batch, size, hidden in shapes:
                if dtype != ops.F32 and hidden > 10:
                    continue
                for reverse in (False, True):
                    x, b, _ = inputs((steps, batch), batch, size, hidden)
                    f.case(name, layer(name), x + b, batch > 0, reverse=reverse)
                    if batch in (2, 9):
                        f.case(name + "_no_bias", layer(name, False), x, reverse=reverse)
                    if name == "lstm" and 2 < hidden < 10 and batch > 0:
                        x, b, p = inputs((steps, batch), batch, size, hidden, 2)
                        f.case("lstm_projected", layer(name, True, True), x + b + [p], reverse=reverse)
                        f.case("lstm_projected_no_bias", layer(name, False, True), x + [p], reverse=reverse)
            x, b, _ = inputs((2, 3), 3, 1, 2)
            x[0] = torch.tensor([[[ops.NAN], [ops.INF], [-ops.INF]], [[1], [2], [3]]], dtype=dtype)
            f.case(name, layer(name), x + b, False, reverse=False)
            f.case(name + "_no_bias", layer(name, False), x, False, reverse=False)
            for sizes in packs:
                for reverse in (False, True):
                    x, b, _ = inputs((sum(sizes),), sizes[0], 3, 4)
                    f.case(name, layer(name), x + b, reverse=reverse, batch_sizes=sizes)
                    if name == "lstm":
                        x, b, p = inputs((sum(sizes),), sizes[0], 3, 4, 2)
                        f.case("lstm_projected", layer(name, True, True), x + b + [p], reverse=reverse, batch_sizes=sizes)
    f.write()


if __name__ == "__main__":
    recurrent()
