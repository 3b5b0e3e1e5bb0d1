"""Writes ops/attention.json.gz and attention_weights.json.gz: scaled dot-product attention with every argument, in the form of ops.py.

Run: python testdata/torch/ops_attention.py
"""

import torch
import torch.nn.functional as F

from ops import BOOL, F32, FLOATS, HALVES, INF, File

attend = F.scaled_dot_product_attention
masked = lambda q, k, v, mask, **a: attend(q, k, v, mask, **a)

# Shapes of query, key and value, and arguments.
SHAPES = [
    ((1, 1, 2, 3), (1, 1, 2, 3), (1, 1, 2, 3), {}),
    ((2, 2, 3, 4), (2, 2, 5, 4), (2, 2, 5, 4), {}),
    ((2, 2, 3, 4), (2, 2, 5, 4), (2, 2, 5, 4), {"is_causal": True}),
    ((1, 2, 5, 4), (1, 2, 3, 4), (1, 2, 3, 2), {"is_causal": True}),
    ((3, 2), (4, 2), (4, 3), {"scale": 0.3}),
    ((2, 3, 2), (2, 4, 2), (2, 4, 2), {"scale": -0.7}),
    ((2, 1, 2, 3, 2), (1, 2, 4, 2), (2, 1, 1, 4, 3), {}),
    ((1, 4, 3, 4), (1, 2, 5, 4), (1, 2, 5, 4), {"enable_gqa": True}),
    ((4, 3, 4), (1, 5, 4), (2, 5, 4), {"enable_gqa": True, "is_causal": True}),
    ((1, 2, 0, 3), (1, 2, 3, 3), (1, 2, 3, 3), {}),
    ((1, 2, 2, 3), (1, 2, 0, 3), (1, 2, 0, 3), {}),
    ((1, 2, 2, 0), (1, 2, 3, 0), (1, 2, 3, 2), {}),
    ((1, 2, 2, 2), (1, 2, 3, 2), (1, 2, 3, 0), {}),
    ((0, 2, 2, 2), (0, 2, 3, 2), (0, 2, 3, 2), {"is_causal": True}),
]
# The same with the mask's shape.
MASKS = [
    ((2, 2, 3, 4), (2, 2, 5, 4), (2, 2, 5, 4), (3, 5), {}),
    ((2, 2, 3, 4), (2, 2, 5, 4), (2, 2, 5, 4), (2, 1, 1, 5), {}),
    ((2, 2, 3, 4), (2, 2, 5, 4), (2, 2, 5, 4), (2, 2, 3, 5), {"scale": 0.25}),
    ((2, 3, 2), (2, 4, 2), (2, 4, 2), (1, 3, 4), {}),
    ((2, 2, 2, 3, 2), (2, 4, 2), (2, 1, 1, 4, 2), (2, 1, 1, 3, 4), {}),
    ((2, 4, 3, 2), (2, 2, 4, 2), (2, 2, 4, 2), (4, 3, 4), {"enable_gqa": True}),
]


def calls():
    f = File("attention")
    f.begin("scaled_dot_product_attention")
    for dtype in FLOATS + HALVES:
        for q, k, v, a in SHAPES:
            f.case("scaled_dot_product_attention", attend, [f.draw(s, dtype) for s in (q, k, v)], **a)
        for p in (0.3, 1):
            for q, k, v, a in ((s, s, s, a) for s in ((2, 2, 5, 3), (1, 2, 20, 4)) for a in ({}, {"is_causal": True})):
                def dropout(q, k, v, **a):
                    torch.manual_seed(7)
                    return attend(q, k, v, **a)

                f.case("scaled_dot_product_attention", dropout, [f.draw(s, dtype) for s in (q, k, v)], dropout_p=p, **a)
    for dtype in (F32,):
        for shape, a in (((1, 1, 70, 9), {"is_causal": True}), ((1, 1, 140, 4), {})):
            f.case("scaled_dot_product_attention", attend, [f.draw(shape, dtype) for _ in range(3)], **a)
    for dtype in FLOATS + HALVES:
        for q, k, v, m, a in MASKS:
            inputs = [f.draw(s, dtype) for s in (q, k, v)]
            f.case("scaled_dot_product_attention_mask", masked, [*inputs, f.draw(m, BOOL)], **a)
            f.case("scaled_dot_product_attention_bias", masked, [*inputs, f.draw(m, dtype)], **a)
        inputs = [f.draw((1, 1, 3, 2), dtype), f.draw((1, 1, 4, 2), dtype), f.draw((1, 1, 4, 2), dtype)]
        seen = torch.tensor([[True, False, True, True], [False] * 4, [False, True, False, False]])
        f.case("scaled_dot_product_attention_mask", masked, [*inputs, seen])
        f.case("scaled_dot_product_attention_bias", masked, [*inputs, torch.where(seen, 0.5, -INF).to(dtype)])
    inputs = [f.draw((1, 1, 40, 5), F32) for _ in range(3)]
    f.case("scaled_dot_product_attention_mask", masked, [*inputs, f.draw((40, 40), BOOL)])
    f.case("scaled_dot_product_attention_bias", masked, [*inputs, f.draw((40, 40), F32)])
    f.write()


def weights(q, k, **a):
    return torch.ops.aten._scaled_dot_product_attention_math(q, k, k, **a)[1]


def weight_calls():
    f = File("attention_weights")
    f.begin("attention_weights")
    for dtype in FLOATS + HALVES:
        for q, k, _, a in SHAPES:
            if len(q) == len(k) and q[-1] > 0 and k[-2] > 0 and k[:-2] in (q[:-2], (1, 2)):
                f.case("attention_weights", weights, [f.draw(s, dtype) for s in (q, k)], **a)
    f.write()


if __name__ == "__main__":
    calls()
    weight_calls()
