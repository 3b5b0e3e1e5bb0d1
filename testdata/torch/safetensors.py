"""Writes safetensors/*.safetensors with the Python package safetensors, and
safetensors/tensors.json, which says what is in them: per file the metadata and,
for each tensor, name, dtype, shape and the elements' bytes in hexadecimal.

Run it in this folder: python safetensors.py
"""

import json
import os
import sys

sys.path.pop(0)  # this script's name would hide the package

import safetensors
import torch
from safetensors.torch import save

DTYPES = {
    "F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16,
    "I64": torch.int64, "I32": torch.int32, "I16": torch.int16, "I8": torch.int8,
    "U64": torch.uint64, "U32": torch.uint32, "U16": torch.uint16, "U8": torch.uint8,
    "BOOL": torch.bool, "C64": torch.complex64,
    "F8_E4M3": torch.float8_e4m3fn, "F8_E5M2": torch.float8_e5m2, "F8_E8M0": torch.float8_e8m0fnu,
    "F8_E4M3FNUZ": torch.float8_e4m3fnuz, "F8_E5M2FNUZ": torch.float8_e5m2fnuz,
    "F4": torch.float4_e2m1fn_x2,
}
CODES = {t: code for code, t in DTYPES.items()}


def raw(t):
    return t.detach().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()


def all_dtypes():
    """A 2 × n tensor of every dtype that PyTorch can save, from the same 32 bytes."""
    data = torch.arange(32, dtype=torch.uint8) * 37 % 251
    out = {}
    for code, dtype in DTYPES.items():
        b = data % 2 if code == "BOOL" else data.clone()
        out["of_" + code.lower()] = b.view(dtype).reshape(2, -1)
    return out


def special_values():
    v = [float("nan"), float("inf"), float("-inf"), -0.0, 1e-45, 3.4028234663852886e38, 1.0, -2.5]
    return {d: torch.tensor(v, dtype=DTYPES[d]) for d in ("F64", "F32", "F16", "BF16")}


def shapes():
    return {
        "scalar": torch.tensor(3.5),
        "scalar_bool": torch.tensor(True),
        "empty": torch.zeros(0),
        "empty_middle": torch.zeros(2, 0, 3),
        "empty_int64": torch.zeros(0, 7, dtype=torch.int64),
        "ones": torch.ones(1, 1, 1, 1, 1, 1, 1, 1),
        "nchw": torch.arange(2 * 3 * 2 * 2, dtype=torch.float32).reshape(2, 3, 2, 2),
        "odd_bytes": torch.arange(5, dtype=torch.uint8),
    }


def names():
    words = ["", " ", "layers.0.weight", "layers.10.weight", "layers.2.weight", "größe", "重み", "вес", "é", "e\u0301",
             "😀", 'quote " backslash \\ slash /', "\b\f\n\r\t\0\x01\x1f\x7f", "<script>&</script>", "\u2028\u2029\ufeff\ufffd",
             "__metadata", "x" * 300]
    return {w: torch.tensor([i], dtype=torch.int32) for i, w in enumerate(words)}


def model():
    """The state dict of a small network."""
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.ReLU(), torch.nn.Linear(2, 1)).state_dict()


FILES = {
    "nothing": ({}, None),
    "nothing_but_metadata": ({}, {"format": "pt"}),
    "dtypes": (all_dtypes(), None),
    "special": (special_values(), None),
    "shapes": (shapes(), {}),
    "names": (names(), {'key "\n\0é\u2028': "value \\ /\t\x1f<&>😀"}),
    "model": (model(), {"format": "pt", "epoch": "12", "": ""}),
}


def header(b):
    return b[8 : 8 + int.from_bytes(b[:8], "little")]


def save_sorted(tensors, metadata):
    """The package writes metadata in random order: retry until it is sorted."""
    while True:
        b = save(tensors, metadata)
        if metadata is None or list(json.loads(header(b))["__metadata__"]) == sorted(metadata):
            return b


index = {"safetensors": safetensors.__version__, "torch": torch.__version__, "files": {}}
os.makedirs("safetensors", exist_ok=True)
for name, (tensors, metadata) in FILES.items():
    with open(f"safetensors/{name}.safetensors", "wb") as f:
        f.write(save_sorted(tensors, metadata))
    index["files"][name] = {
        "metadata": metadata,
        "tensors": [
            {
                "name": n,
                "dtype": CODES[t.dtype],
                # Two F4 share a byte: PyTorch counts bytes, the format counts elements.
                "shape": [*t.shape[:-1], t.shape[-1] * 2] if CODES[t.dtype] == "F4" else list(t.shape),
                "data": raw(t).hex(),
            }
            for n, t in tensors.items()
        ],
    }
with open("safetensors/tensors.json", "w") as f:
    json.dump(index, f, indent=1)
    f.write("\n")
