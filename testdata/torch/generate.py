"""Writes generate.json: what Hugging Face's LogitsProcessors make of logits, and what its generate continues with, for the model
in the folder llama/bf16.

    OMP_NUM_THREADS=1 python -P testdata/torch/generate.py

Needs transformers.
"""

import json
import pathlib

import torch
from transformers import LlamaForCausalLM
from transformers.generation.logits_process import (
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

here = pathlib.Path(__file__).parent
torch.set_num_threads(1)


def processors():
    dice = torch.Generator().manual_seed(3)
    out = []
    for settings in (
        {"RepetitionPenalty": 1.3}, {"RepetitionPenalty": 0.8}, {"Temperature": 0.7}, {"Temperature": 3.0}, {"TopK": 1}, {"TopK": 5}, {"TopK": 1000}, {"TopP": 0.1},
        {"TopP": 0.5}, {"TopP": 0.9}, {"TopP": 0.999}, {"MinP": 0.05}, {"MinP": 0.3}, {"MinP": 1.0}, {"RepetitionPenalty": 1.2, "Temperature": 0.8, "TopK": 20, "TopP": 0.9, "MinP": 0.02},
    ):
        for n in (7, 60):
            scores = 3 * torch.randn(1, n, generator=dice)
            history = torch.randint(0, n, (1, 9), generator=dice)
            y = scores.clone()
            for name, make in (("RepetitionPenalty", RepetitionPenaltyLogitsProcessor), ("Temperature", TemperatureLogitsWarper), ("TopK", TopKLogitsWarper),
                               ("TopP", TopPLogitsWarper), ("MinP", MinPLogitsWarper)):
                if name in settings:
                    y = make(settings[name])(history, y)
            text = lambda t: [f"{v:.9g}" for v in t[0].tolist()]
            out.append({"config": settings, "history": history[0].tolist(), "logits": text(scores), "want": text(y)})
    return out


def texts():
    net = LlamaForCausalLM.from_pretrained(here / "llama" / "bf16", dtype=torch.float32).eval()
    prompts = [[5, 17, 40, 33], [9], [11, 2, 60, 8, 20, 31, 7]]
    out = []
    for prompt in prompts:
        ids = torch.tensor([prompt])
        for config, more in (
            ({}, {}),
            ({"RepetitionPenalty": 1.5}, {"repetition_penalty": 1.5}),
            ({"Sample": True, "Seed": 1}, {"do_sample": True, "top_k": 0}),
            ({"Sample": True, "Seed": 2, "Temperature": 0.6, "TopK": 10}, {"do_sample": True, "temperature": 0.6, "top_k": 10}),
            ({"Sample": True, "Seed": 3, "Temperature": 1.4, "TopP": 0.8}, {"do_sample": True, "temperature": 1.4, "top_p": 0.8, "top_k": 0}),
            ({"Sample": True, "Seed": 4, "MinP": 0.1}, {"do_sample": True, "min_p": 0.1, "top_k": 0}),
        ):
            torch.manual_seed(config.get("Seed", 0))
            y = net.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=20, eos_token_id=None, pad_token_id=2, **{"do_sample": False, **more})
            out.append({"prompt": prompt, "config": {**config, "MaxTokens": 20}, "tokens": y[0, len(prompt):].tolist()})
    beams = []
    for prompt in prompts:
        ids = torch.tensor([prompt])
        for beams_, power, eos in ((2, 1.0, None), (4, 1.0, 10), (3, 0.0, 30), (5, 2.0, 10), (4, -1.0, 51), (1, 1.0, None)):
            y = net.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=12, num_beams=beams_, num_return_sequences=beams_, length_penalty=power, eos_token_id=eos,
                             pad_token_id=2, do_sample=False, output_scores=True, return_dict_in_generate=True, early_stopping=False)
            sequences = []
            for i, s in enumerate(y.sequences[:, len(prompt):].tolist()):
                if eos in s:
                    s = s[: s.index(eos)]
                score = y.sequences_scores[i].item() if beams_ > 1 else None
                sequences.append({"tokens": s, "score": score})
            beams.append({"prompt": prompt, "beams": beams_, "power": power, "stop": eos, "want": sequences})
    return out, beams


if __name__ == "__main__":
    tokens, beams = texts()
    (here / "generate.json").write_text(json.dumps({"processors": processors(), "tokens": tokens, "beams": beams}))
