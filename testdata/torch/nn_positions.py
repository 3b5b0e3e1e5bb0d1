"""Writes nn/positions.json: the angles of rotary positions with each scaling, computed by Hugging Face's LlamaRotaryEmbedding, sinusoidal positions
and the slopes of ALiBi.

Run it in this folder: python nn_positions.py (needs transformers)
"""

import json
import math
import sys

sys.path.append(sys.path.pop(0))  # the files of this folder have names of packages, such as safetensors

import torch
from transformers import LlamaConfig
from transformers.models.bloom.modeling_bloom import build_alibi_tensor
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

import keep

SCALINGS = [
    {"rope_type": "default"},
    {"rope_type": "default", "rope_theta": 500000.0},
    {"rope_type": "linear", "factor": 4.0},
    {"rope_type": "dynamic", "factor": 2.0},
    {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64},
    {"rope_type": "yarn", "factor": 8.0, "original_max_position_embeddings": 32, "beta_fast": 16.0, "beta_slow": 2.0, "attention_factor": 1.5},
    {"rope_type": "yarn", "factor": 8.0, "original_max_position_embeddings": 32, "mscale": 0.7, "mscale_all_dim": 1.2, "truncate": False},
    {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 64},
]


def angles():
    cases = []
    for parameters in SCALINGS:
        given = {"rope_theta": 10000.0, **parameters}
        config = LlamaConfig(hidden_size=32, num_attention_heads=2, num_key_value_heads=2, num_hidden_layers=1, max_position_embeddings=128, vocab_size=8,
                             intermediate_size=8, rope_parameters=dict(given))
        for positions in ([0, 1, 2, 60, 100], [3, 200, 199]):
            rope = LlamaRotaryEmbedding(config)
            cos, sin = rope(torch.zeros(1), torch.tensor([positions]))
            cases.append({"scaling": given, "positions": positions, "cos": cos[0, :, :8].flatten().tolist(), "sin": sin[0, :, :8].flatten().tolist()})
    return cases


def sinusoidal(t, e):
    """The formula of "Attention is all you need", section 3.5."""
    return [math.sin(p * 10000 ** (-j / e)) if j % 2 == 0 else math.cos(p * 10000 ** (-(j - 1) / e)) for p in range(t) for j in range(e)]


def slopes(heads):
    return build_alibi_tensor(torch.ones(1, 2), heads, torch.float32)[:, 0, 1].tolist()


content = {"rotary": angles(), "sinusoidal": [{"t": t, "e": e, "table": sinusoidal(t, e)} for t, e in ((5, 6), (3, 5), (40, 2))],
           "slopes": [slopes(n) for n in (1, 2, 3, 4, 6, 8, 12, 16)]}
content = keep.values("nn/positions.json", content)
with open("nn/positions.json", "w") as f:
    json.dump(content, f, separators=(",", ":"))
    f.write("\n")
