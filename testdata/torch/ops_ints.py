"""Writes ops/ints_*.json.gz: the integer cases of ops.py, ops2.py and ops3.py once more, in int16 and int8.

Run: python testdata/torch/ops_ints.py
"""

import sys

import ops
import torch

SMALL = torch.int16, torch.int8
skipped = {}


def case(self, op, f, inputs, grad=True, **attrs):
    """Skips cases without inputs of these types, and those that PyTorch does not support for them."""
    if not any(x.dtype in SMALL for x in inputs):
        return
    try:
        whole(self, op, f, inputs, grad, **attrs)
    except (RuntimeError, NotImplementedError, TypeError, IndexError) as e:
        skipped.setdefault(op, str(e).split("\n")[0][:100])


def write(self, once=ops.File.write):
    self.name = "ints_" + self.name
    if self.cases:
        once(self)


whole = ops.File.case
ops.File.case, ops.File.write = case, write
ops.I64, ops.I32 = SMALL
ops.NUMBERS[:], ops.ALL[:] = SMALL, (*SMALL, torch.uint8)

if __name__ == "__main__":
    sys.dont_write_bytecode = True
    import ops2
    import ops3

    for f in (ops.elementwise, ops.reductions, ops.views, ops.indexing, ops.inplace, ops.products,
              ops2.joins, ops2.order, ops2.moments, ops2.special, ops2.equations,
              ops3.numbers, ops3.keepdims):
        f()
    for op, why in skipped.items():
        print(f"{op}: {why}")
