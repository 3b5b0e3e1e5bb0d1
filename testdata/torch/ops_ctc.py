"""Writes ops/ctc.json.gz: the loss of connectionist temporal classification of logits with gradients, in the form of ops.py.

Run: python testdata/torch/ops_ctc.py
"""

import torch
import torch.nn.functional as F

import ops
from ops import File


def loss(x, targets, input_lengths, target_lengths, blank):
    return F.ctc_loss(x.log_softmax(2), targets, tuple(input_lengths), tuple(target_lengths), blank, reduction="none")


def ctc():
    f = File("ctc")
    f.begin("ctc")
    for dtype in (ops.F32, ops.F64):
        for steps, classes, inputs, lengths, blank in (
                (1, 2, [1], [1], 0), (6, 4, [6, 6], [3, 2], 0), (7, 4, [7, 5, 3], [3, 0, 1], 3), (9, 3, [9, 9], [4, 4], 1), (5, 5, [5, 0], [2, 0], 0),
                (4, 3, [4], [0], 0), (30, 12, [30, 21, 30], [14, 3, 9], 2), (3, 3, [], [], 0)):
            labels = [c for c in range(classes) if c != blank]
            pick = lambda n: torch.tensor(labels, dtype=torch.int64)[torch.randint(0, len(labels), (n,), generator=f.dice)]
            attrs = {"input_lengths": inputs, "target_lengths": lengths, "blank": blank}
            x = f.draw((steps, len(inputs), classes), dtype)
            most = max(lengths, default=1)
            if inputs:
                f.case("ctc_loss", loss, [x, torch.stack([pick(max(1, most)) for _ in inputs])], **attrs)
                f.case("ctc_loss", loss, [x, pick(sum(lengths))], **attrs)
        # impossible targets, whose gradient is NaN in PyTorch
        x = f.draw((3, 2, 3), dtype)
        f.case("ctc_loss", loss, [x, torch.tensor([[1, 1, 2], [1, 2, 1]])], False, input_lengths=[3, 3], target_lengths=[3, 2], blank=0)
        f.case("ctc_loss", loss, [x, torch.tensor([[1, 1, 2], [1, 2, 1]])], False, input_lengths=[0, 3], target_lengths=[1, 2], blank=0)
        for v in ([ops.NAN, 0, 1], [ops.INF, 0, 1], [-ops.INF, 0, 1]):
            x = torch.tensor([[v], [[1, 2, 3]]], dtype=dtype)
            f.case("ctc_loss", loss, [x, torch.tensor([[1]])], False, input_lengths=[2], target_lengths=[1], blank=0)
    f.write()


if __name__ == "__main__":
    ctc()
