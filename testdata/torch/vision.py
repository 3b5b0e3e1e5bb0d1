"""Writes the golden file of package vision: vision/functional.json.gz.

A case names a transform of package vision, its settings as JSON, an input and what torchvision's function of the same meaning computes
from it. Images are float32 tensors with values from 0 to 1.

Run: python testdata/torch/vision.py
"""

import base64
import gzip
import json
import pathlib

import numpy as np
import torch
import torchvision.transforms.v2.functional as F

import keep

out = pathlib.Path(__file__).parent / "vision"
out.mkdir(exist_ok=True)

DEFAULT, NEAREST, NEAREST_EXACT, BILINEAR, BICUBIC = range(5)
MODES = {NEAREST: "nearest", NEAREST_EXACT: "nearest-exact", BILINEAR: "bilinear", BICUBIC: "bicubic", DEFAULT: "bilinear"}

torch.manual_seed(0)
g = torch.Generator().manual_seed(1)


def smooth(c, h, w):
    """An image with smooth parts, an edge and noise."""
    y, x = torch.meshgrid(torch.linspace(-1, 1, h), torch.linspace(-1, 1, w), indexing="ij")
    planes = [torch.sigmoid(4 * (x * np.cos(k) + y * np.sin(k)) + k - 1) * 0.8 + 0.1 for k in range(c)]
    m = torch.stack(planes)
    m[:, h // 3 : h // 2, w // 4 : w // 2] = 0.95
    return (m + 0.1 * (torch.rand(c, h, w, generator=g) - 0.5)).clamp(0, 1).float()


def eighths(c, h, w):
    """An image of whole levels of 8 bits."""
    return torch.randint(0, 256, (c, h, w), generator=g).float() / 255


inputs = {
    "rgb": smooth(3, 11, 14),
    "tall": smooth(3, 17, 9),
    "gray": smooth(1, 12, 12),
    "square": smooth(3, 10, 10),
    "levels": eighths(3, 9, 8),
    "flat": torch.full((3, 5, 6), 0.25),
}
cases = []


def case(name, args, image, f):
    x = inputs[image].clone()
    y = f(x)
    assert y.dtype == torch.float32, name
    cases.append({"transform": name, "args": args, "in": image, "out": tensor(y)})


def tensor(t):
    t = t.contiguous()
    return {"d": "float32", "s": list(t.shape), "b": base64.b64encode(t.numpy().astype("<f4").tobytes()).decode()}


def resize():
    for image in "rgb", "tall":
        for mode in MODES:
            for size in (5, 8), (20, 23), (11, 7), (33, 9), (1, 1), (2, 40):
                for plain in (False, True):
                    if plain and mode in (NEAREST, NEAREST_EXACT):
                        continue
                    args = {"Height": size[0], "Width": size[1], "Interpolation": mode, "NoAntialias": plain}
                    case("Resize", args, image, lambda x: F.resize(x, list(size), MODES[mode], antialias=not plain))
        for size, most in (6, None), (13, None), (6, 8), (20, 22):
            args = {"Size": size, "MaxSize": most or 0}
            case("Resize", args, image, lambda x: F.resize(x, [size], max_size=most))


def affine():
    for image in "rgb", "tall", "gray":
        for mode in NEAREST, BILINEAR:
            for angle, translate, scale, shear, center in (
                (17.0, [0, 0], 1.0, [0.0, 0.0], None),
                (-33.0, [2, -1], 1.3, [0.0, 0.0], None),
                (5.0, [0, 3], 0.7, [11.0, 0.0], None),
                (120.0, [1, 1], 0.9, [-7.0, 19.0], [3.0, 2.5]),
                (0.0, [3, -2], 1.0, [0.0, 0.0], None),
            ):
                for fill in 0.0, 0.6, [0.1, 0.5, 0.9]:
                    if isinstance(fill, list) and image == "gray":
                        continue
                    args = {
                        "Angle": angle,
                        "Translate": translate,
                        "Scale": scale,
                        "Shear": shear,
                        "Center": center,
                        "Interpolation": mode,
                        "Fill": fill if isinstance(fill, list) else [fill],
                    }
                    f = lambda x: F.affine(x, angle, translate, scale, shear, MODES[mode], fill, center)
                    case("Affine", args, image, f)


def normalize():
    mean, std = [0.4, 0.5, 0.6], [0.2, 0.25, 0.3]
    case("Normalize", {"Mean": mean, "Std": std}, "rgb", lambda x: F.normalize(x, mean, std))


resize()
affine()
normalize()

path = out / "functional.json.gz"
content = {"inputs": {k: tensor(v) for k, v in inputs.items()}, "cases": cases}
content = keep.values(path, content)
path.write_bytes(gzip.compress(json.dumps(content, separators=(",", ":")).encode(), mtime=0))
print(len(cases), "cases,", path.stat().st_size, "bytes")
