"""Writes image files of many kinds and what Pillow reads from them: images/*, images/pixels.json.

The values are those of PIL.Image.open, ImageOps.exif_transpose and convert("RGBA"), or convert("L") for gray images.

Run: python testdata/torch/images.py
"""

import json
import pathlib

import numpy as np
from PIL import Image, ImageOps

out = pathlib.Path(__file__).parent / "images"
out.mkdir(exist_ok=True)
H, W = 11, 14
y, x = np.mgrid[0:H, 0:W]
rgb = np.stack([x * 255 // (W - 1), y * 255 // (H - 1), (x + y) * 255 // (W + H - 2)], -1).astype(np.uint8)
gray = rgb[..., 2]
alpha = (255 - 20 * y.clip(0, 12)).astype(np.uint8)
color = Image.fromarray(rgb)
rgba = Image.fromarray(np.dstack([rgb, alpha]))
light = Image.fromarray(gray)
deep = Image.fromarray((gray.astype(np.uint16) * 257 + x.astype(np.uint16)).clip(0, 65535).astype(np.uint16))
bilevel = light.convert("1", dither=Image.Dither.NONE)
exif = Image.Exif()
exif[0x0112] = 6  # rotate right

files = {
    "rgb.png": (color, {}),
    "rgba.png": (rgba, {}),
    "gray.png": (light, {}),
    "gray16.png": (deep, {}),
    "grayalpha.png": (Image.merge("LA", [light, Image.fromarray(alpha)]), {}),
    "bilevel.png": (bilevel, {}),
    "palette.png": (color.quantize(16), {}),
    "palettealpha.png": (color.quantize(16), {"transparency": bytes(range(0, 256, 16))}),
    "interlaced.png": (color, {}),
    "exif.png": (color, {"exif": exif}),
    "rgb.jpg": (color, {"quality": 95, "subsampling": 0}),
    "gray.jpg": (light, {"quality": 95}),
    "progressive.jpg": (color, {"quality": 95, "subsampling": 0, "progressive": True}),
    "cmyk.jpg": (color.convert("CMYK"), {"quality": 95}),
    "exif.jpg": (color, {"quality": 95, "subsampling": 0, "exif": exif}),
    "palette.gif": (color.quantize(16), {}),
    "animated.gif": (color.quantize(16), {"save_all": True, "append_images": [light.convert("P"), rgba.quantize(8)], "duration": 100}),
    "lossless.webp": (rgba, {"lossless": True, "exact": True}),
    "lossy.webp": (color, {"quality": 95}),
    "lossyalpha.webp": (rgba, {"quality": 95}),
    "white.webp": (Image.new("RGB", (5, 3), (255, 255, 255)), {"quality": 90}),
    "red.webp": (Image.new("RGB", (5, 3), (255, 0, 0)), {"quality": 90}),
    "exif.webp": (color, {"lossless": True, "exif": exif}),
    "animated.webp": (color, {"save_all": True, "append_images": [light.convert("RGB")], "lossless": True}),
    "rgb.bmp": (color, {}),
    "rgba.bmp": (rgba, {}),
    "gray.bmp": (light, {}),
    "palette.bmp": (color.quantize(16), {}),
    "bilevel.bmp": (bilevel, {}),
    "rgb.tiff": (color, {}),
    "rgba.tiff": (rgba, {}),
    "gray.tiff": (light, {}),
    "gray16.tiff": (deep, {}),
    "bilevel.tiff": (bilevel, {}),
    "group4.tiff": (bilevel, {"compression": "group4"}),
    "group4white.tiff": (bilevel, {"compression": "group4", "tiffinfo": {262: 0}}),
    "palette.tiff": (color.quantize(16), {}),
    "lzw.tiff": (color, {"compression": "tiff_lzw"}),
    "deflate.tiff": (color, {"compression": "tiff_adobe_deflate"}),
    "packbits.tiff": (color, {"compression": "packbits"}),
    "pages.tiff": (color, {"save_all": True, "append_images": [light.convert("RGB")]}),
    "exif.tiff": (color, {"exif": exif}),
    "cmyk.tiff": (color.convert("CMYK"), {}),
    "float.tiff": (Image.fromarray(gray.astype(np.float32)), {}),
}
pixels = {}
for name, (image, options) in files.items():
    image.save(out / name, **options)
    m = ImageOps.exif_transpose(Image.open(out / name))
    if m.mode in ("I;16", "I"):
        values = (np.asarray(m).astype(float) / 257).round(4)
    elif m.mode == "F":
        continue
    elif m.mode in ("L", "1"):
        values = np.asarray(m.convert("L"))
    else:
        values = np.asarray(m.convert("RGBA"))
    pixels[name] = {"shape": list(values.shape), "values": values.flatten().tolist()}
(out / "pixels.json").write_text(json.dumps(pixels, separators=(",", ":")) + "\n")
