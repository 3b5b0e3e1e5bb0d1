"""Writes ops_nn/quantized.json.gz: products with weights in blocks of ggml's formats, dequantized by PyPI gguf.

Run: python testdata/torch/ops_quantized.py
"""

import gguf
import numpy as np
import torch
import torch.nn.functional as F
from gguf import GGMLQuantizationType as T
from gguf.quants import dequantize

from ops import F32, FLOATS, INF, NAN, U8, File

SCALES = {T.Q8_0: (0,), T.Q4_0: (0,), T.Q4_1: (0, 2), T.Q4_K: (0, 2), T.Q6_K: (208,)}


def blocks(f, kind, rows, count):
    """Random blocks with small scales."""
    size = gguf.GGML_QUANT_SIZES[kind][1]
    b = torch.randint(0, 256, (rows * count, size), generator=f.dice, dtype=U8)
    for at in SCALES[kind]:
        scale = (torch.randn(rows * count, 1, generator=f.dice) / 50).to(torch.float16)
        b[:, at : at + 2] = scale.view(U8)
    return b.reshape(rows, count * size)


def weights(b, kind):
    return torch.from_numpy(np.ascontiguousarray(dequantize(b.numpy(), kind)))


def main():
    f = File("quantized", "ops_nn")
    for kind in SCALES:
        n = gguf.GGML_QUANT_SIZES[kind][0]
        f.begin("quantized_linear" + kind.name)
        for dtype in FLOATS:
            for x, out in (((3 * n,), 3), ((2, n), 4)):
                b = blocks(f, kind, out, x[-1] // n)
                linear = lambda x, b, *bias, format: F.linear(x, weights(b, kind).to(x.dtype), *bias)
                f.case("quantized_linear", linear, [f.draw(x, dtype), b, f.draw((out,), dtype)], format=kind.name)
                f.case("quantized_linear_no_bias", linear, [f.draw(x, dtype), b], format=kind.name)
        b = blocks(f, kind, 3, 2)
        f.case("dequantize", lambda b, format: weights(b, kind), [b], format=kind.name)
        f.case("quantized_embedding", lambda b, i, format: F.embedding(i, weights(b, kind)), [b, torch.tensor([[2, 0], [1, 2]])], format=kind.name)
        if kind == T.Q4_1:  # scales that are not finite, and one that is subnormal
            for high, low in ((0x7C, 0), (0xFC, 0), (0x7E, 1), (0x80, 3)):
                b = b.clone()
                b[0, 0], b[0, 1] = low, high
                f.case("dequantize", lambda b, format: weights(b, kind), [b], format=kind.name)
    f.write()


main()
