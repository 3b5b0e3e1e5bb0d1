"""Writes ops_nn/bags.json.gz: EmbeddingBag with gradients, in the form of ops.py.

Run: python testdata/torch/ops_bag.py
"""

import torch
import torch.nn.functional as F

import ops
from ops import File


def bag(w, index, weights=None, mode="mean", offsets=None, last=False, padding_idx=None):
    offsets = None if offsets is None else torch.tensor(offsets)
    return F.embedding_bag(index, w, offsets, mode=mode, per_sample_weights=weights, include_last_offset=last, padding_idx=padding_idx)


def bags():
    f = File("bags", "ops_nn")
    f.begin("embedding_bag")
    for dtype in ops.FLOATS:
        for mode in ("mean", "sum", "max"):
            for shape, offsets, last in (((3, 4), None, False), ((1, 1), None, False), ((7,), [0, 2, 2, 5], False), ((7,), [0, 3, 3, 7], True), ((7,), [0, 0], False),
                                         ((40,), [0, 7, 19], False), ((0,), [0], False)):
                index = torch.randint(0, 6, shape, generator=f.dice)
                attrs = {"mode": mode} | ({"offsets": offsets} if offsets else {}) | ({"last": True} if last else {})
                w = f.draw((6, 3), dtype)
                f.case("embedding_bag", bag, [w, index], **attrs)
                f.case("embedding_bag", bag, [w, index], **attrs, padding_idx=2)
                if mode == "sum":
                    f.case("embedding_bag_weighted", bag, [w, index, f.draw(shape, dtype)], **attrs)
                    f.case("embedding_bag_weighted", bag, [w, index, f.draw(shape, dtype)], **attrs, padding_idx=-1)
            w = torch.tensor([[ops.NAN, ops.INF], [1, -ops.INF], [2, 3]], dtype=dtype)
            f.case("embedding_bag", bag, [w, torch.tensor([[0, 1], [2, 1]])], False, mode=mode)
        w = torch.tensor([[ops.NAN, ops.INF], [1, -ops.INF], [2, 3]], dtype=dtype)
        f.case("embedding_bag_weighted", bag, [w, torch.tensor([[0, 1], [2, 1]]), f.draw((2, 2), dtype)], False, mode="sum")
    f.write()


if __name__ == "__main__":
    bags()
