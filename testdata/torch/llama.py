"""Writes llama.json, logits and gradients of package models' Llama in the forms of Llama, Qwen 2 and Qwen 3; and in the folder
llama a model as a folder of Hugging Face (in two files) and as GGUF files, with the logits of each.

    OMP_NUM_THREADS=1 python -P testdata/torch/llama.py

A network is made after torch.manual_seed(0). "initial" has the norm of each parameter. "logits" are the float32 results,
"tolerance" four times their largest difference to float64. Then one training step in float64 gives "loss" and the norms of
the "gradients". "greedy" is what generate continues with. Needs transformers and gguf.
"""

import copy
import json
import pathlib
import shutil

import gguf
import numpy as np
import torch
from gguf import GGMLQuantizationType as T
from gguf import GGUFWriter
from gguf.quants import dequantize, quantize
from transformers import LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM, Qwen3Config, Qwen3ForCausalLM

here = pathlib.Path(__file__).parent
torch.set_num_threads(1)

sizes = dict(vocab_size=64, hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
             max_position_embeddings=64, bos_token_id=1, eos_token_id=2, pad_token_id=2)


def rounded(x, digits=9):
    return [float(f"{v:.{digits}g}") for v in x.detach().double().flatten().tolist()]


def norms(named):
    return {k: rounded(v.double().norm(), 12)[0] for k, v in named}


def ids():
    return (torch.arange(2 * 12) * 7 % 61).reshape(2, 12)


def greedy(net):
    out = net.generate(ids()[:1, :5], attention_mask=torch.ones(1, 5, dtype=torch.long), max_new_tokens=12, do_sample=False, eos_token_id=None, pad_token_id=2)
    return out[0, 5:].tolist()


def case(make):
    torch.manual_seed(0)
    net = make().eval()
    net64 = copy.deepcopy(net).double()
    logits, logits64 = net(ids()).logits, net64(ids()).logits
    loss = torch.nn.functional.cross_entropy(logits64[:, :-1].reshape(-1, 64), ids()[:, 1:].reshape(-1))
    loss.backward()
    return {
        "initial": norms(net.state_dict().items()),
        "logits": rounded(logits),
        "tolerance": 4 * (logits.double() - logits64).abs().max().item(),
        "loss": loss.item(),
        "gradients": norms((k, p.grad) for k, p in net64.named_parameters()),
        "greedy": greedy(net),
    }


def rope(kind, **more):
    return {"rope_type": kind, "rope_theta": 10000.0, "factor": 2.0, "original_max_position_embeddings": 8, **more}


def llama(**more):
    return lambda: LlamaForCausalLM(LlamaConfig(**sizes, **more))


def permuted(w, heads):
    """Rows in the order of llama.cpp: the two elements of a pair side by side."""
    size = w.shape[0] // heads
    return w.reshape(heads, 2, size // 2, *w.shape[1:]).swapaxes(1, 2).reshape(w.shape)


NAMES = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output", "model.layers.": "blk.", "self_attn.q_proj": "attn_q",
         "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output", "self_attn.q_norm": "attn_q_norm",
         "self_attn.k_norm": "attn_k_norm", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
         "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm"}


def write_gguf(path, net, kind):
    """Writes a GGUF file, and replaces the weights of net by those that the file has."""
    c = net.config
    arch = c.model_type
    w = GGUFWriter(path, arch)
    w.add_block_count(c.num_hidden_layers)
    w.add_context_length(c.max_position_embeddings)
    w.add_embedding_length(c.hidden_size)
    w.add_feed_forward_length(c.intermediate_size)
    w.add_head_count(c.num_attention_heads)
    w.add_head_count_kv(c.num_key_value_heads)
    w.add_layer_norm_rms_eps(c.rms_norm_eps)
    w.add_rope_freq_base(c.rope_parameters["rope_theta"])
    if arch == "qwen3":
        w.add_key_length(c.head_dim)
    for name, p in net.state_dict().items():
        if name == "lm_head.weight" and c.tie_word_embeddings:
            continue
        v, to = p.numpy(), name
        for old, new in NAMES.items():
            to = to.replace(old, new)
        heads = {"q": c.num_attention_heads, "k": c.num_key_value_heads}.get(name.split("_proj")[0][-1]) if arch == "llama" else None
        if "_proj" in name and heads:
            v = permuted(v, heads)
        if v.ndim == 2 and kind != T.F32:
            k = T.Q8_0 if "embed" in name else kind
            raw = quantize(v, k)
            w.add_tensor(to, raw, raw_dtype=k)
            v = dequantize(raw, k)
            if "_proj" in name and heads:
                v = v.reshape(heads, -1, 2, v.shape[1]).swapaxes(1, 2).reshape(v.shape)
            with torch.no_grad():
                p.copy_(torch.from_numpy(v))
        else:
            w.add_tensor(to, v)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def files():
    folder = here / "llama"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    out = {}
    torch.manual_seed(1)
    wide = dict(initializer_range=0.15)  # logits that differ clearly
    net = LlamaForCausalLM(LlamaConfig(**sizes, **wide, tie_word_embeddings=True, rope_parameters={"rope_type": "default", "rope_theta": 5000.0})).eval()
    net.bfloat16().save_pretrained(folder / "bf16", max_shard_size="100KB")
    (folder / "bf16" / "generation_config.json").unlink()
    net = LlamaForCausalLM.from_pretrained(folder / "bf16", dtype=torch.float32).eval()  # bfloat16() has rounded the frequencies, too
    out["bf16"] = {"logits": rounded(net(ids()).logits), "greedy": greedy(net)}
    for name, kind, make in (
        ("llama-q4_1", T.Q4_1, lambda: LlamaForCausalLM(LlamaConfig(**sizes, **wide, tie_word_embeddings=True))),
        ("llama-f32", T.F32, lambda: LlamaForCausalLM(LlamaConfig(**sizes, **wide))),
        ("qwen2-q4_0", T.Q4_0, lambda: Qwen2ForCausalLM(Qwen2Config(**sizes, **wide, tie_word_embeddings=True))),
        ("qwen3-q8_0", T.Q8_0, lambda: Qwen3ForCausalLM(Qwen3Config(**sizes, **wide, head_dim=32))),
    ):
        torch.manual_seed(2)
        net = make().eval()
        if name.startswith("qwen2"):
            for n, p in net.named_parameters():
                if n.endswith("bias"):
                    torch.nn.init.normal_(p, std=0.2)
        write_gguf(folder / (name + ".gguf"), net, kind)
        out[name] = {"logits": rounded(net(ids()).logits), "greedy": greedy(net)}
    (folder / "logits.json").write_text(json.dumps(out))


if __name__ == "__main__":
    qwen3 = {**sizes, "head_dim": 24}
    out = {
        "llama": case(llama()),
        "tied": case(llama(tie_word_embeddings=True, rms_norm_eps=1e-3)),
        "bias": case(llama(attention_bias=True, mlp_bias=True)),
        "linear": case(llama(rope_parameters=rope("linear"))),
        "llama3": case(llama(rope_parameters=rope("llama3", low_freq_factor=1.0, high_freq_factor=4.0))),
        "yarn": case(llama(rope_parameters=rope("yarn"))),
        "qwen2": case(lambda: Qwen2ForCausalLM(Qwen2Config(**sizes))),
        "qwen3": case(lambda: Qwen3ForCausalLM(Qwen3Config(**qwen3))),
    }
    (here / "llama.json").write_text(json.dumps(out))
    files()
