"""Writes testdata/torch/gpt2.json: logits and gradients of package models' GPT2.

    OMP_NUM_THREADS=1 python -P testdata/torch/gpt2.py

The network is made after torch.manual_seed(0). "initial" has the norm of each parameter. "logits" are the float32
results in evaluation mode, "tolerance" four times their largest difference to float64. Then one training step in
float64, without dropout, gives "loss" and the norms of the "gradients". Needs transformers.
"""

import copy
import json
import os

import torch
from transformers import GPT2Config, GPT2LMHeadModel

here = os.path.dirname(os.path.abspath(__file__))

sizes = dict(vocab_size=50, n_positions=16, n_embd=24, n_layer=2, n_head=3)


def rounded(x, digits=12):
    return [float(f"{v:.{digits}g}") for v in x.detach().double().flatten().tolist()]


def norms(named):
    return {k: rounded(v.double().norm())[0] for k, v in named}


def make(**more):
    torch.manual_seed(0)
    return GPT2LMHeadModel(GPT2Config(**sizes, **more, bos_token_id=0, eos_token_id=0)).eval()


def case(net):
    ids = (torch.arange(2 * 12) * 7 % 50).reshape(2, 12)
    net64 = copy.deepcopy(net).double()
    logits, logits64 = net(ids).logits, net64(ids).logits
    # The target of a token is the next one.
    loss = torch.nn.functional.cross_entropy(logits64[:, :-1].reshape(-1, 50), ids[:, 1:].reshape(-1))
    loss.backward()
    return {
        "initial": norms(net.state_dict().items()),
        "logits": rounded(logits, 9),
        "tolerance": 4 * (logits.double() - logits64).abs().max().item(),
        "loss": loss.item(),
        "gradients": norms((k, p.grad) for k, p in net64.named_parameters()),
    }


if __name__ == "__main__":
    out = {
        "tied": case(make()),
        "untied": case(make(tie_word_embeddings=False)),
        "relu": case(make(activation_function="relu", n_inner=40, layer_norm_epsilon=1e-3)),
    }
    with open(os.path.join(here, "gpt2.json"), "w") as f:
        json.dump(out, f)
