"""Writes format.json: tensors as PyTorch prints them.

A case is {"name", "dtype", "shape", "values", "text"}; values are numbers or the strings "nan", "inf" and "-inf", or absent for the
numbers 0, 1, 2 … divided by "over".

Run: python testdata/torch/format.py
"""

import json
import math
import pathlib

import torch

NAN, INF = math.nan, math.inf
cases = []


def case(values, shape=None, dtype=torch.float32):
    x = torch.tensor(values, dtype=dtype)
    x = x if shape is None else x.reshape(shape)
    values = [v if isinstance(v, int) or math.isfinite(v) else str(v) for v in x.reshape(-1).tolist()]
    cases.append({"dtype": str(dtype)[6:], "shape": list(x.shape), "values": values, "text": str(x)})


def count(shape, over, dtype=torch.float32):
    x = (torch.arange(math.prod(shape)) / over).to(dtype).reshape(shape) if over > 1 else torch.arange(math.prod(shape)).to(dtype).reshape(shape)
    cases.append({"dtype": str(dtype)[6:], "shape": list(shape), "over": over, "text": str(x)})


for values in ([1.5, 2.25, -3], [1, 2000, 3], [1, 100, 999], [1e9, 1], [1e8], [1.5e8], [1e-5, 1e-4], [0.5, 600], [0.5, 499], [NAN, 1, INF, -INF], [NAN, 1.5], [0, 0],
               [NAN], [-0.0, 1], [-0.0, NAN], [123456.789, 0.001], [1e-10, -1e10], [1e-10, NAN], [INF, 1000000.5], [0, 1e-5], [1e38, 1], [1e-45], [9999.99996], [0.00005, 1]):
    case(values)
case([3.14159], ())
case([3], (), torch.int64)
case([1, -100], None, torch.int64)
for n in (14, 15, 30, 100):
    count((n,), 1)
    count((n,), 7)
    count((n,), 1, torch.int64)
for shape in ((2, 30), (2, 2, 20), (3, 1), (1, 3, 2), (2, 2, 2, 2)):
    count(shape, 1)
    count(shape, 8)
for shape in ((1000,), (1001,), (2000,), (100, 120), (9, 8, 20), (6, 2000), (7, 7, 7, 7), (2, 3, 500)):
    count(shape, 1)
    count(shape, 1, torch.int64)
    if shape[0] < 50:
        count(shape, 3)
path = pathlib.Path(__file__).parent / "format.json"
path.write_text("[\n" + ",\n".join(map(json.dumps, cases)) + "\n]\n")
