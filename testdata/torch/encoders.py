"""Writes testdata/torch/encoders.json: results and gradients of package models' BERT, ViT and T5.

    OMP_NUM_THREADS=1 python -P testdata/torch/encoders.py

The networks are made after torch.manual_seed(0). "initial" has the norm of each tensor of the state dict. "outputs" are the float32
results in evaluation mode, "tolerance" four times their largest difference to float64. Then one backward pass in float64, without dropout, gives
"loss" and the norms of the "gradients". T5's norms are computed in the type of their input, not always in float32. Needs transformers.
"""

import copy
import json
import os

import torch
from torch.nn import functional as F
from transformers import (BertConfig, BertForMaskedLM, BertForSequenceClassification, BertModel, T5Config, T5ForConditionalGeneration, ViTConfig,
                          ViTForImageClassification)
from transformers.models.t5.modeling_t5 import T5LayerNorm

T5LayerNorm.forward = lambda self, x: F.rms_norm(x, x.shape[-1:], self.weight, self.variance_epsilon)

here = os.path.dirname(os.path.abspath(__file__))

BERT = dict(vocab_size=50, hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=40, max_position_embeddings=16, type_vocab_size=3)
VIT = dict(hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=40, image_size=12, patch_size=4, num_channels=2, num_labels=5)
T5 = dict(vocab_size=50, d_model=24, d_kv=6, d_ff=40, num_layers=2, num_heads=3, relative_attention_num_buckets=8, relative_attention_max_distance=12)


def rounded(x, digits=12):
    return [float(f"{v:.{digits}g}") for v in x.detach().double().flatten().tolist()]


def norms(named):
    return {k: rounded(v.double().norm())[0] for k, v in named if v is not None}


ids = (torch.arange(2 * 12) * 7 % 50).reshape(2, 12)
mask = torch.ones(2, 12, dtype=torch.int64)
mask[1, 9:] = 0
types = (torch.arange(2 * 12) % 3).reshape(2, 12)


def case(make, outputs, loss):
    torch.manual_seed(0)
    net = make().eval()
    exact = copy.deepcopy(net).double()
    y, y64 = outputs(net), outputs(exact)
    value = loss(y64)
    value.backward()
    return {"initial": norms(net.state_dict().items()), "outputs": rounded(y, 9), "tolerance": 4 * (y.double() - y64).abs().max().item(), "loss": value.item(),
            "gradients": norms((k, p.grad) for k, p in exact.named_parameters())}


def bert(kind, attributes, more={}, masked=True, labels=None, typed=True):
    def outputs(net):
        out = net(ids, attention_mask=mask if masked else None, token_type_ids=types if typed else None)
        return torch.cat([getattr(out, a).flatten() for a in attributes])

    def loss(y):
        if labels is None:
            return (y * torch.linspace(-1, 1, len(y), dtype=y.dtype)).sum()
        return F.cross_entropy(y.reshape(len(labels), -1), labels)

    return case(lambda: kind(BertConfig(**BERT, **more)), outputs, loss)


def vit(more={}):
    x = torch.sin(torch.arange(2 * 2 * 12 * 12, dtype=torch.float64) * 0.37).float().reshape(2, 2, 12, 12)
    return case(lambda: ViTForImageClassification(ViTConfig(**VIT, **more)), lambda net: net(x.to(net.dtype)).logits.flatten(),
                lambda y: F.cross_entropy(y.reshape(2, -1), torch.tensor([1, 3])))


def t5(more={}):
    target = (torch.arange(2 * 7) * 5 % 50).reshape(2, 7)

    def outputs(net):
        return net(ids, attention_mask=mask, decoder_input_ids=target).logits.flatten()

    return case(lambda: T5ForConditionalGeneration(T5Config(**T5, **more, decoder_start_token_id=0)), outputs, lambda y: F.cross_entropy(y.reshape(14, -1), target.flatten()))


if __name__ == "__main__":
    out = {
        "bert": bert(BertModel, ["last_hidden_state", "pooler_output"]),
        "bert without mask": bert(BertModel, ["last_hidden_state"], masked=False, typed=False),
        "bert masked": bert(BertForMaskedLM, ["logits"], labels=ids.flatten()),
        "bert classifier": bert(BertForSequenceClassification, ["logits"], {"num_labels": 4, "hidden_act": "relu", "layer_norm_eps": 1e-3, "pad_token_id": 3}, labels=torch.tensor([2, 0])),
        "vit": vit(),
        "vit without bias": vit({"qkv_bias": False, "hidden_act": "relu"}),
        "t5": t5(),
        "t5 gated": t5({"feed_forward_proj": "gated-gelu", "tie_word_embeddings": False, "num_decoder_layers": 1}),
    }
    with open(os.path.join(here, "encoders.json"), "w") as f:
        json.dump(out, f)
