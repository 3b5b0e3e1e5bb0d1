"""Writes gguf/types.gguf, a file with every type of metadata and of tensors that package gguf reads, and gguf/types.json: its
contents as PyPI gguf reads them, with the tensors dequantized.

Run: python testdata/torch/gguf_files.py
"""

import base64
import json
import pathlib

import gguf
import numpy as np
from gguf import GGMLQuantizationType as T
from gguf import GGUFReader, GGUFValueType, GGUFWriter
from gguf.quants import dequantize, quantize

here = pathlib.Path(__file__).parent / "gguf"
dice = np.random.default_rng(7)


def halves(n):
    """Random float16 scales as bytes, among them a subnormal number and zero."""
    v = (dice.standard_normal(n) / 50).astype(np.float16)
    v[: min(n, 2)] = np.array([3e-7, 0], dtype=np.float16)[: min(n, 2)]
    return v.view(np.uint8).reshape(n, 2)


def blocks(kind, rows, columns):
    """Blocks of a format: quantized numbers, or for the formats of K, which PyPI gguf cannot write, random bytes."""
    if kind in (T.Q4_K, T.Q6_K):
        n = rows * columns // 256
        raw = dice.integers(0, 256, (n, gguf.GGML_QUANT_SIZES[kind][1]), dtype=np.uint8)
        if kind == T.Q4_K:
            raw[:, 0:2], raw[:, 2:4] = halves(n), halves(n)
        else:
            raw[:, 208:210] = halves(n)
        return raw.reshape(rows, -1)
    return quantize(dice.standard_normal((rows, columns)).astype(np.float32), kind)


def main():
    here.mkdir(exist_ok=True)
    path = here / "types.gguf"
    w = GGUFWriter(path, "llama")
    w.add_uint8("a.uint8", 200)
    w.add_int8("a.int8", -100)
    w.add_uint16("a.uint16", 60000)
    w.add_int16("a.int16", -30000)
    w.add_uint32("a.uint32", 4000000000)
    w.add_int32("a.int32", -2000000000)
    w.add_float32("a.float32", 0.1)
    w.add_bool("a.bool", True)
    w.add_string("a.string", "höchst ungewöhnlich 🦙")
    w.add_uint64("a.uint64", 2**63 + 5)
    w.add_int64("a.int64", -(2**62))
    w.add_float64("a.float64", 0.1)
    w.add_array("an.array.of.strings", ["", "x", "Ġthe"])
    w.add_array("an.array.of.int32", [1, -2, 3])
    w.add_array("an.array.of.float32", [0.5, -0.25])
    w.add_array("an.array.of.bool", [True, False])
    w.add_key_value("an.array.of.uint8", [1, 2, 255], GGUFValueType.ARRAY, GGUFValueType.UINT8)
    w.add_key_value("an.array.of.float64", [1e300], GGUFValueType.ARRAY, GGUFValueType.FLOAT64)
    w.add_tensor("f32", dice.standard_normal((3, 5)).astype(np.float32))
    w.add_tensor("f16", dice.standard_normal((2, 3, 4)).astype(np.float16))
    w.add_tensor("f64", dice.standard_normal(3))
    w.add_tensor("bf16", quantize(dice.standard_normal((2, 6)).astype(np.float32), T.BF16), raw_dtype=T.BF16)
    for kind in (np.int8, np.int16, np.int32, np.int64):
        w.add_tensor(np.dtype(kind).name, dice.integers(-100, 100, 7).astype(kind))
    for kind, rows, columns in ((T.Q8_0, 3, 64), (T.Q4_0, 5, 96), (T.Q4_1, 7, 160), (T.Q4_K, 3, 512), (T.Q6_K, 3, 512)):
        w.add_tensor(kind.name.lower(), blocks(kind, rows, columns), raw_dtype=kind)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()

    tensors = {}
    for t in GGUFReader(path).tensors:
        v = t.data
        if t.tensor_type not in (T.F32, T.F16, T.F64, T.I8, T.I16, T.I32, T.I64):
            v = dequantize(t.data, t.tensor_type)
        v = np.ascontiguousarray(v).astype(np.float64)
        tensors[t.name] = {"type": t.tensor_type.name, "shape": [int(n) for n in reversed(t.shape)], "values": base64.b64encode(v.astype(np.float32).tobytes()).decode()}
        assert t.tensor_type == T.F64 or (v.astype(np.float32) == v).all()
    (here / "types.json").write_text(json.dumps({"gguf": gguf.__version__ if hasattr(gguf, "__version__") else "", "tensors": tensors}, indent=0) + "\n")
    print(path.stat().st_size, (here / "types.json").stat().st_size)


main()
