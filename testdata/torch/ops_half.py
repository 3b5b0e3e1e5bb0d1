"""Writes ops/half_*.json.gz and ops_nn/half_*.json.gz: the cases of ops.py, ops2.py, ops_activations.py, ops_nn.py, ops_norm.py, ops_recurrent.py
and ops_bag.py once more, in 16-bit floats.

Run: python testdata/torch/ops_half.py
"""

import sys

import torch

import ops

F32, F64 = torch.float32, torch.float64
skipped = {}


def draw(self, shape, dtype, lo=-3.0, hi=3.0):
    v = torch.rand(shape, generator=self.dice, dtype=F64) * (hi - lo) + lo
    if dtype == torch.bool:
        return v > (lo + hi) / 2
    return (v.abs() if dtype == torch.uint8 else v).to(dtype)


def case(self, op, f, inputs, grad=True, **attrs):
    """Skips cases without 16-bit inputs, and those that PyTorch does not support or computes differently for these types."""
    types = [x.dtype for x in inputs if x.dtype in ops.HALVES]
    if not types:
        return
    infinite = any(x.dtype in ops.HALVES and bool(x.isinf().any()) for x in inputs)
    if op == "pow_scalar" and infinite and types[0] == torch.float16:
        return  # the root of −∞ is ∞ there, but NaN in all other types
    if op == "mul" and len(set(types)) == 2 and min(x.dim() for x in inputs) == 0:
        return  # a number of the other type is not rounded to the array's
    if op.startswith("layer_norm") and inputs[0].shape[-1:] == (1,):
        return  # 0, but a rounding error in PyTorch
    if op.startswith("rnn_relu") and inputs[0].numel() > 40:
        return  # some sum is so near 0 that PyTorch's rounding to 16 bits changes its sign
    if op == "logsumexp_keepdim" or op == "prod" and infinite or op == "logsumexp" and bool(inputs[0].abs().max() > 100 if inputs[0].numel() else False):
        grad = False  # computed from the rounded result
    try:
        whole(self, op, f, inputs, grad, **attrs)
    except (RuntimeError, NotImplementedError) as e:
        skipped.setdefault(op, str(e).split("\n")[0][:100])


def tensor(v, dtype=None, make=torch.tensor):
    """Numbers outside the range of the 16-bit type become infinite."""
    return make(v, dtype=F32).to(dtype) if dtype in ops.HALVES else make(v, dtype=dtype)


def write(self, once=ops.File.write):
    self.name = "half_" + self.name
    once(self)


whole = ops.File.case
ops.File.draw, ops.File.case, ops.File.write = draw, case, write
torch.tensor = tensor
ops.F32, ops.F64 = ops.HALVES
for types in (ops.FLOATS, ops.NUMBERS, ops.ALL):
    types[:] = ops.HALVES

if __name__ == "__main__":
    sys.dont_write_bytecode = True
    import ops2
    import ops3
    import ops_nn
    import ops_norm
    import ops_bag
    import ops_recurrent

    for f in (ops.elementwise, ops.reductions, ops.softmaxes, ops.views, ops.indexing, ops.inplace, ops.products,
              ops2.joins, ops2.picks, ops2.order, ops2.moments, ops2.special, ops2.equations,
              ops3.numbers, ops3.keepdims, ops3.brackets,
              ops_nn.layers, ops_nn.losses, ops_norm.norms, ops_recurrent.recurrent, ops_bag.bags):
        f()
    import ops_activations  # the import writes the file

    for op, why in skipped.items():
        print(f"{op}: {why}")
