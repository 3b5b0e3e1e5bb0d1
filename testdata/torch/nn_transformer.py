"""Writes nn/transformer.json.gz: attention and transformer layers with every argument, their results and gradients, and the digests of their
initial values after torch.manual_seed.

Run it in this folder: python nn_transformer.py

The parameters of a case are its first inputs, in the order of named_parameters, then query, key and value, or the sequences. In training mode the
dropout is that after torch.manual_seed(77).
"""

import gzip
import json

import torch
from torch import nn

import keep
from nn import DTYPES, digest, pack

HALVES = (torch.bfloat16, torch.float16)
E, H, N, L, S = 4, 2, 2, 3, 5

# The layer's arguments, the call's, and which types of masks it gets. "self" is self-attention.
ATTENTION = [
    ({}, {}),
    ({}, {"self": True}),
    ({}, {"same_kv": True}),
    ({}, {"weights": "mean"}),
    ({}, {"weights": "heads"}),
    ({"bias": False}, {"weights": "mean"}),
    ({"kdim": 3, "vdim": 5}, {"weights": "mean"}),
    ({"kdim": 3, "vdim": 5, "bias": False}, {}),
    ({"vdim": 3, "batch_first": True}, {}),
    ({"add_bias_kv": True}, {"mask": "bool2", "padding": "bool"}),
    ({"add_zero_attn": True}, {"mask": "float2", "padding": "bool"}),
    ({"add_bias_kv": True, "add_zero_attn": True}, {"weights": "mean", "mask": "bool3", "padding": "float"}),
    ({"batch_first": True}, {"mask": "bool2"}),
    ({"batch_first": True}, {"self": True, "mask": "float2"}),
    ({"batch_first": True}, {"mask": "bool3", "weights": "mean"}),
    ({}, {"mask": "float3"}),
    ({}, {"padding": "bool"}),
    ({}, {"padding": "float", "weights": "heads"}),
    ({}, {"self": True, "causal": True}),
    ({}, {"self": True, "causal": True, "weights": "mean"}),
    ({}, {"self": True, "causal": True, "padding": "bool"}),
    ({}, {"mask": "bool2", "hidden": True}),
    ({}, {"unbatched": True}),
    ({"batch_first": True, "add_bias_kv": True}, {"unbatched": True, "mask": "bool3", "padding": "bool", "weights": "heads"}),
    ({"dropout": 0.4}, {"train": True}),
    ({"dropout": 0.4, "batch_first": True}, {"train": True, "weights": "mean", "mask": "bool2"}),
    ({"dropout": 0.4}, {"train": True, "self": True, "causal": True}),
]
LAYER = {"d_model": E, "nhead": H, "dim_feedforward": 6}
ENCODER = [
    ({}, {}), ({"activation": "gelu"}, {"mask": "float2"}), ({"norm_first": True}, {"padding": "bool"}), ({"bias": False}, {}),
    ({"layer_norm_eps": 0.1}, {"causal": True}), ({"batch_first": True}, {"mask": "bool3"}), ({"dropout": 0.3}, {"train": True}),
    ({"dropout": 0.3, "norm_first": True, "batch_first": True}, {"train": True, "causal": True}), ({}, {"unbatched": True}),
]
DECODER = [
    ({}, {}), ({"activation": "gelu"}, {"causal": True}), ({"norm_first": True}, {"mask": "bool2", "memory_mask": "bool2"}), ({"bias": False}, {}),
    ({"batch_first": True}, {"padding": "bool", "memory_padding": "bool"}), ({"dropout": 0.3}, {"train": True}),
    ({"dropout": 0.3, "norm_first": True}, {"train": True, "causal": True, "memory_padding": "float"}),
]
STACKS = [
    ("encoder", {"num_layers": 2}, {}), ("encoder", {"num_layers": 2, "norm": True, "norm_first": True}, {"causal": True}),
    ("encoder", {"num_layers": 2, "dropout": 0.3}, {"train": True, "padding": "bool"}),
    ("decoder", {"num_layers": 2, "norm": True}, {"causal": True}), ("decoder", {"num_layers": 2, "dropout": 0.3}, {"train": True}),
    ("transformer", {"num_encoder_layers": 1, "num_decoder_layers": 2}, {"causal": True, "padding": "bool", "memory_padding": "bool"}),
    ("transformer", {"num_encoder_layers": 2, "num_decoder_layers": 1, "norm_first": True, "dropout": 0.3, "activation": "gelu"}, {"train": True}),
]


class Dice:
    def __init__(self, dtype):
        self.g, self.dtype = torch.Generator().manual_seed(41), dtype

    def randn(self, *shape):
        return torch.randn(shape, generator=self.g, dtype=torch.float64).to(self.dtype).requires_grad_()

    def mask(self, kind, n, l, s):
        if kind is None:
            return None
        shape = (n * H, l, s) if kind.endswith("3") else (l, s)
        m = torch.rand(shape, generator=self.g) < 0.4
        m[..., 0] = False  # every query sees a key
        if kind.startswith("bool"):
            return m
        x = torch.randn(shape, generator=self.g, dtype=torch.float64).to(self.dtype)
        return x.masked_fill(m, -torch.inf)

    def padding(self, kind, n, s):
        if kind is None:
            return None
        m = torch.arange(s) >= s - torch.arange(n).unsqueeze(1) - 1
        return m if kind == "bool" else torch.zeros(n, s, dtype=self.dtype).masked_fill(m, -torch.inf)


def finish(name, layer, a, call, inputs, masks, f):
    """Records the case of f(parameters, inputs), whose first result is the layer's output."""
    names = [n for n, _ in layer.named_parameters()]
    params = [p.detach().clone().requires_grad_() for p in layer.parameters()]
    leaves = params + [x for x in inputs if x is not None]
    if call.get("train"):
        torch.manual_seed(77)
    y = f(dict(zip(names, params)), inputs)
    y, weights = y if isinstance(y, tuple) else (y, None)
    w = torch.linspace(0.5, 1.5, y.numel(), dtype=torch.float64).to(y.dtype).reshape(y.shape)
    total = (y * w).sum()
    if weights is not None:
        total = total + (weights * torch.linspace(-1, 1, weights.numel(), dtype=torch.float64).to(y.dtype).reshape(weights.shape)).sum()
    first = torch.autograd.grad(total, leaves, allow_unused=True)
    c = {"name": name, "attrs": a, "call": call, "keys": names, "inputs": [pack(x) for x in leaves], "masks": {k: pack(m) for k, m in masks.items() if m is not None},
         "output": pack(y), "first": [pack(torch.zeros_like(x) if g is None else g) for g, x in zip(first, leaves)]}
    if weights is not None:
        c["weights"] = pack(weights)
    return c


def randomize(layer, dice):
    """Gives biases and norms other values than 0 and 1."""
    with torch.no_grad():
        for p in layer.parameters():
            p.copy_(dice.randn(*p.shape).detach() * 0.5 + (1 if p.dim() == 1 and bool((p == 1).all()) else 0))


def attention(dtype):
    for a, call in ATTENTION:
        dice = Dice(dtype)
        layer = nn.MultiheadAttention(E, H, dtype=dtype, **a)
        randomize(layer, dice)
        layer.train(call.get("train", False))
        s = L if call.get("self") else S
        n = 1 if call.get("unbatched") else N

        def sequence(length, size):
            if call.get("unbatched"):
                return dice.randn(length, size)
            return dice.randn(n, length, size) if a.get("batch_first") else dice.randn(length, n, size)

        q = sequence(L, E)
        k = None if call.get("self") else sequence(S, a.get("kdim", E))
        v = None if call.get("self") or call.get("same_kv") else sequence(S, a.get("vdim", E))
        masks = {"mask": dice.mask(call.get("mask"), n, L, s), "padding": dice.padding(call.get("padding"), n, s)}
        if call.get("hidden"):
            masks["mask"][1] = True  # one query sees no key
        if call.get("unbatched") and masks["padding"] is not None:
            masks["padding"] = masks["padding"][0]
        given = dict(masks)
        if call.get("causal"):
            given["mask"] = torch.ones(L, s, dtype=torch.bool).triu(1)

        def f(params, inputs):
            q, k, v = inputs
            k = q if k is None else k
            v = k if v is None else v
            out = torch.func.functional_call(layer, params, (q, k, v), {
                "key_padding_mask": given["padding"], "need_weights": "weights" in call, "attn_mask": given["mask"],
                "average_attn_weights": call.get("weights") != "heads", "is_causal": call.get("causal", False)})
            return out if "weights" in call else out[0]

        yield finish("MultiheadAttention", layer, a, call, [q, k, v], masks, f)


def causal(call, mask, t):
    return torch.ones(t, t, dtype=torch.bool).triu(1) if call.get("causal") else mask


def encoders(dtype, name, make, table):
    for a, call in table:
        dice = Dice(dtype)
        layer = make(a, dtype)
        randomize(layer, dice)
        layer.train(call.get("train", False))
        x = dice.randn(L, E) if call.get("unbatched") else dice.randn(N, L, E) if a.get("batch_first") else dice.randn(L, N, E)
        masks = {"mask": dice.mask(call.get("mask"), N, L, L), "padding": dice.padding(call.get("padding"), N, L)}
        kinds = {"src_key_padding_mask": masks["padding"], "is_causal": call.get("causal", False),
                 ("mask" if name == "TransformerEncoder" else "src_mask"): causal(call, masks["mask"], L)}
        yield finish(name, layer, a, call, [x], masks, lambda params, inputs: torch.func.functional_call(layer, params, tuple(inputs), kinds))


def decoders(dtype, name, make, table):
    for a, call in table:
        dice = Dice(dtype)
        layer = make(a, dtype)
        randomize(layer, dice)
        layer.train(call.get("train", False))
        first = a.get("batch_first")
        x, memory = (dice.randn(N, t, E) if first else dice.randn(t, N, E) for t in (L, S))
        masks = {"mask": dice.mask(call.get("mask"), N, L, L), "padding": dice.padding(call.get("padding"), N, L),
                 "memory_mask": dice.mask(call.get("memory_mask"), N, L, S), "memory_padding": dice.padding(call.get("memory_padding"), N, S)}
        kinds = {"tgt_mask": causal(call, masks["mask"], L), "tgt_key_padding_mask": masks["padding"], "memory_mask": masks["memory_mask"],
                 "memory_key_padding_mask": masks["memory_padding"], "tgt_is_causal": call.get("causal", False)}
        yield finish(name, layer, a, call, [x, memory], masks, lambda params, inputs: torch.func.functional_call(layer, params, tuple(inputs), kinds))


def transformers(dtype, table):
    for a, call in table:
        dice = Dice(dtype)
        layer = whole(a, dtype)
        randomize(layer, dice)
        layer.train(call.get("train", False))
        source, target = dice.randn(S, N, E), dice.randn(L, N, E)
        masks = {"padding": dice.padding(call.get("padding"), N, S), "memory_padding": dice.padding(call.get("memory_padding"), N, S)}
        kinds = {"src_key_padding_mask": masks["padding"], "memory_key_padding_mask": masks["memory_padding"], "tgt_mask": causal(call, None, L),
                 "tgt_is_causal": call.get("causal", False)}
        yield finish("Transformer", layer, a, call, [source, target], masks, lambda params, inputs: torch.func.functional_call(layer, params, tuple(inputs), kinds))


def single(kind):
    return lambda a, dtype: getattr(nn, kind)(**LAYER, dtype=dtype, **a)


def stack(kind):
    def make(a, dtype):
        inner = {k: v for k, v in a.items() if k not in ("num_layers", "norm")}
        norm = nn.LayerNorm(E, dtype=dtype) if a.get("norm") else None
        return getattr(nn, "Transformer" + kind)(getattr(nn, f"Transformer{kind}Layer")(**LAYER, dtype=dtype, **inner), a["num_layers"], norm)

    return make


def whole(a, dtype):
    return nn.Transformer(**LAYER, dtype=dtype, **a)


def cases(dtype, brief=False):
    out = list(attention(dtype))
    out += encoders(dtype, "TransformerEncoderLayer", single("TransformerEncoderLayer"), ENCODER)
    out += decoders(dtype, "TransformerDecoderLayer", single("TransformerDecoderLayer"), DECODER)
    if not brief:
        out += encoders(dtype, "TransformerEncoder", stack("Encoder"), [(a, c) for k, a, c in STACKS if k == "encoder"])
        out += decoders(dtype, "TransformerDecoder", stack("Decoder"), [(a, c) for k, a, c in STACKS if k == "decoder"])
        out += transformers(dtype, [(a, c) for k, a, c in STACKS if k == "transformer"])
    return out


def initial():
    made = [("MultiheadAttention", a, lambda a, d: nn.MultiheadAttention(E, H, dtype=d, **a)) for a in
            ({}, {"bias": False}, {"kdim": 3, "vdim": 5}, {"add_bias_kv": True}, {"dropout": 0.5})]
    made += [("TransformerEncoderLayer", a, single("TransformerEncoderLayer")) for a in ({}, {"bias": False})]
    made += [("TransformerDecoderLayer", a, single("TransformerDecoderLayer")) for a in ({}, {"bias": False})]
    made += [("TransformerEncoder", {"num_layers": 2, "norm": True}, stack("Encoder")), ("TransformerDecoder", {"num_layers": 2}, stack("Decoder"))]
    made += [("Transformer", {"num_encoder_layers": 1, "num_decoder_layers": 2}, whole)]
    out = []
    for dtype in DTYPES:
        for name, a, make in made:
            torch.manual_seed(31)
            layer = make(a, dtype)
            out.append({"name": name, "attrs": a, "dtype": str(dtype)[6:], "keys": list(layer.state_dict()),
                        "digests": [digest(p) for p in layer.parameters()], "next": torch.rand(()).item()})
    return out


if __name__ == "__main__":
    torch.set_num_threads(1)
    path = "nn/transformer.json.gz"
    content = {"layers": [c for dtype in DTYPES for c in cases(dtype)], "half": [c for dtype in HALVES for c in cases(dtype, True)], "init": initial()}
    content = keep.values(path, content)
    with open(path, "wb") as f:
        f.write(gzip.compress(json.dumps(content, separators=(",", ":")).encode(), 9, mtime=0))
    print(len(content["layers"]), "layers", len(content["half"]), "in 16 bits")
