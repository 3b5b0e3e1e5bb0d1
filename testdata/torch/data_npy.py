"""Writes the golden files of package data/npy: data/npy/*.npy, *.npz and index.json, which lists their contents.

Run: python testdata/torch/data_npy.py
"""

import json
import pathlib

import numpy as np

out = pathlib.Path(__file__).parent / "data" / "npy"
out.mkdir(parents=True, exist_ok=True)
index = []


def note(file, array, x):
    index.append({"file": file, "array": array, "kind": x.dtype.kind, "shape": x.shape, "values": x.reshape(-1).tolist()})


def save(name, x, version=None):
    with open(out / f"{name}.npy", "wb") as f:
        np.lib.format.write_array(f, x, version=version)
    note(f"{name}.npy", "", x)


def limits(dtype, shape):
    """Numbers up to the type's limits (int64's for uint64)."""
    if np.dtype(dtype).kind == "b":
        return (np.arange(np.prod(shape, dtype=int)) % 3 == 0).reshape(shape)
    info = np.finfo(dtype) if np.dtype(dtype).kind == "f" else np.iinfo(dtype)
    top = min(int(info.max), 2**63 - 1) if np.dtype(dtype).kind != "f" else info.max
    x = np.arange(np.prod(shape, dtype=int)).astype(dtype)
    flat = x.reshape(-1)
    flat[:2] = [info.min, top]
    return x.reshape(shape)


for kind in "b1 u1 i1 i2 u2 i4 u4 i8 u8 f2 f4 f8".split():
    for order in "<>":
        if kind[1] == "1" and order == ">":
            continue
        dtype = np.dtype(kind).newbyteorder(order)
        save(f"{'little' if order == '<' else 'big'}_{kind}", limits(kind, (2, 3)).astype(dtype))
f4 = np.arange(24, dtype="f4").reshape(2, 3, 4)
save("fortran", np.asfortranarray(f4))
save("fortran_big", np.asfortranarray(f4.astype(">f8")))
save("fortran_vector", np.asfortranarray(np.arange(5)))
save("version2", f4, version=(2, 0))
save("version3", f4, version=(3, 0))
save("scalar", np.float64(2.5))
save("empty", np.zeros((0,), "f4"))
save("empty_rows", np.zeros((3, 0, 2), "i8"))
save("long", np.arange(1000, dtype="i8"))

arrays = {"x": f4, "labels": np.array([3, 1, 2], "u1"), "group/w": np.array([[1.5]]), "mask": np.array([True, False])}
for name, write in ("plain", np.savez), ("compressed", np.savez_compressed):
    write(out / f"{name}.npz", **arrays)
    for key, x in arrays.items():
        note(f"{name}.npz", key, x)

# Files that must be refused.
refused = {
    "complex": np.zeros(2, "c8"),
    "object": np.array([{"a": 1}], dtype=object),
    "text": np.array(["ab", "c"]),
    "date": np.array(["2024-01-01"], "M8[D]"),
    "record": np.zeros(2, dtype=[("a", "f4"), ("b", "i8")]),
    "rank11": np.zeros((1,) * 11, "f4"),
    "big_uint64": np.array([0, 2**63], "u8"),
}
for name, x in refused.items():
    np.save(out / f"refused_{name}.npy", x, allow_pickle=True)

(out / "index.json").write_text("[\n" + ",\n".join(json.dumps(e, separators=(",", ":")) for e in index) + "\n]\n")
