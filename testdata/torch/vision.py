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

DEFAULT, NEAREST, NEAREST_EXACT, BILINEAR, BICUBIC = "default", "nearest", "nearest-exact", "bilinear", "bicubic"
MODES = {m: m for m in (NEAREST, NEAREST_EXACT, BILINEAR, BICUBIC)} | {DEFAULT: "bilinear"}

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
    """An image of 8-bit levels."""
    return torch.randint(0, 256, (c, h, w), generator=g).float() / 255


inputs = {
    "rgb": smooth(3, 11, 14),
    "tall": smooth(3, 17, 9),
    "gray": smooth(1, 12, 12),
    "square": smooth(3, 10, 10),
    "levels": eighths(3, 9, 8),
    "big": smooth(1, 24, 40),
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


def crops():
    for image in "rgb", "tall", "gray":
        for mode in "constant", "edge", "reflect", "symmetric":
            fill = 0.3 if mode == "constant" else None
            args = {"Padding": [3, 1, 2, 4], "Mode": mode, "Fill": [fill] if fill else None}
            case("Pad", args, image, lambda x: F.pad(x, [3, 1, 2, 4], fill=fill, padding_mode=mode))
    case("Pad", {"Padding": [1, 2, 3, 4], "Fill": [0.1, 0.2, 0.3]}, "rgb", lambda x: F.pad(x, [1, 2, 3, 4], fill=[0.1, 0.2, 0.3]))
    for top, left, h, w in (2, 3, 5, 6), (-2, 1, 8, 8), (4, -3, 12, 9), (0, 0, 11, 14), (-1, -1, 20, 20):
        case("Crop", {"Top": top, "Left": left, "Height": h, "Width": w}, "rgb", lambda x: F.crop(x, top, left, h, w))
    for image in "rgb", "tall", "gray":
        for h, w in (4, 5), (7, 8), (12, 9), (21, 6), (16, 25), (5, 18):
            case("CenterCrop", {"Height": h, "Width": w}, image, lambda x: F.center_crop(x, [h, w]))
        case("CenterCrop", {"Size": 7}, image, lambda x: F.center_crop(x, [7]))
        case("RandomHorizontalFlip", {"P": 1}, image, F.horizontal_flip)
        case("RandomVerticalFlip", {"P": 1}, image, F.vertical_flip)
    case("Erase", {"Top": 2, "Left": 3, "Height": 4, "Width": 6, "Value": [0.1, 0.2, 0.3]}, "rgb",
         lambda x: F.erase(x, 2, 3, 4, 6, torch.tensor([0.1, 0.2, 0.3])[:, None, None]))


def warps():
    for image in "rgb", "tall", "square":
        for mode in NEAREST, BILINEAR:
            for angle in 0.0, 29.0, -75.0, 90.0, 180.0, 270.0, 131.0:
                for expand in False, True:
                    if angle in (90.0, 270.0) and image != "square" and not expand and mode == NEAREST:
                        continue  # all positions are half-way between pixels, and rounding decides
                    args = {"Angle": angle, "Interpolation": mode, "Expand": expand, "Fill": [0.7]}
                    case("Rotate", args, image, lambda x: F.rotate(x, angle, MODES[mode], expand=expand, fill=0.7))
            args = {"Angle": 20.0, "Interpolation": mode, "Center": [2.0, 7.0], "Fill": [0.0]}
            case("Rotate", args, image, lambda x: F.rotate(x, 20.0, MODES[mode], center=[2.0, 7.0], fill=0))
            _, h, w = inputs[image].shape
            start = [[0, 0], [w - 1, 0], [w - 1, h - 1], [0, h - 1]]
            for end in ([2.3, 1.1], [w - 1.2, 2.4], [w - 3.3, h - 2.1], [1.2, h - 1.4]), ([3.1, 0.2], [w - 2.4, 3.3], [w - 1.1, h - 3.2], [0.3, h - 4.2]):
                args = {"Start": start, "End": end, "Interpolation": mode, "Fill": [0.2]}
                case("Perspective", args, image, lambda x: F.perspective(x, start, end, MODES[mode], fill=0.2))
            d = torch.rand(h, w, 2, generator=g) * 0.6 - 0.3  # relative to half of each side
            pixels = d * torch.tensor([w / 2, h / 2])
            args = {"DX": pixels[..., 0].flatten().tolist(), "DY": pixels[..., 1].flatten().tolist(), "Interpolation": mode, "Fill": [0.4]}
            case("displacement", args, image, lambda x: F.elastic(x, d[None], MODES[mode], fill=0.4))
    for image in "rgb", "tall", "big":
        for kernel, sigma in (1, 0.5), (3, 0.8), (5, 1.7), (9, 0.3), (17, 5.0), (41, 5.0):
            if kernel // 2 >= min(inputs[image].shape[1:]):
                continue
            args = {"KernelSize": kernel, "Sigma": [sigma, sigma]}
            case("GaussianBlur", args, image, lambda x: F.gaussian_blur(x, [kernel, kernel], [sigma, sigma]))


def colors():
    for image in "rgb", "gray", "levels", "flat":
        for f in 0.0, 0.4, 1.0, 1.9:
            case("AdjustBrightness", {"Factor": f}, image, lambda x: F.adjust_brightness(x, f))
            case("AdjustContrast", {"Factor": f}, image, lambda x: F.adjust_contrast(x, f))
            case("AdjustSaturation", {"Factor": f}, image, lambda x: F.adjust_saturation(x, f))
            case("AdjustSharpness", {"Factor": f}, image, lambda x: F.adjust_sharpness(x, f))
        for f in -0.5, -0.13, 0.0, 0.31, 0.5:
            case("AdjustHue", {"Factor": f}, image, lambda x: F.adjust_hue(x, f))
        for gamma, gain in (0.5, 1.0), (2.2, 1.0), (1.0, 1.7):
            case("AdjustGamma", {"Gamma": gamma, "Gain": gain}, image, lambda x: F.adjust_gamma(x, gamma, gain))
        case("Grayscale", {}, image, lambda x: F.rgb_to_grayscale(x, 1))
        case("Grayscale", {"Channels": 3}, image, lambda x: F.rgb_to_grayscale(x, 3))
        case("Invert", {}, image, F.invert)
        for threshold in 0.0, 0.5, 1.0:
            case("Solarize", {"Threshold": threshold}, image, lambda x: F.solarize(x, threshold))
        for bits in 0, 1, 4, 8:
            case("Posterize", {"Bits": bits}, image, lambda x: F.posterize(x, bits))
        case("AutoContrast", {}, image, F.autocontrast)
    for image in "rgb", "gray", "levels", "flat", "big":
        case("Equalize", {}, image, F.equalize)


def rand_augment():
    """Each operation of RandAugment at three magnitudes in both directions, from torchvision's table."""
    from torchvision.transforms.v2 import RandAugment

    t = RandAugment(fill=0.5)
    for op, name in enumerate(t._AUGMENTATION_SPACE):
        for magnitude in 0, 9, 30:
            for sign in 1.0, -1.0:
                values, signed = t._AUGMENTATION_SPACE[name]

                def f(x):
                    m = values(31, x.shape[1], x.shape[2])
                    m = 0.0 if m is None else float(m[magnitude]) * (sign if signed else 1.0)
                    return t._apply_image_or_video_transform(x, name, m, interpolation=t.interpolation, fill=t._fill)

                case("randaugment", {"Op": op, "Sign": sign, "Magnitude": magnitude or -1}, "rgb", f)


resize()
affine()
normalize()
crops()
warps()
colors()
rand_augment()

path = out / "functional.json.gz"
content = {"inputs": {k: tensor(v) for k, v in inputs.items()}, "cases": cases}
content = keep.values(path, content)
path.write_bytes(gzip.compress(json.dumps(content, separators=(",", ":")).encode(), mtime=0))
print(len(cases), "cases,", path.stat().st_size, "bytes")
