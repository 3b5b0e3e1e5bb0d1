"""Generates tokens with llama.cpp and transformers for main.go. Answers lines on standard input:

load THREADS FILE: reads a GGUF file; prints "ok"
llama.cpp N ID…, transformers N ID…: prints the seconds of N tokens after the ids, always the most probable one, and
the tokens
"""
import os
import sys
import time

import torch
import transformers
from llama_cpp import Llama

transformers.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()
llama = model = None


def with_llama(ids, n):
    llama.reset()
    out = []
    for token in llama.generate(ids, top_k=1, top_p=1.0, min_p=0.0, temp=0.0, repeat_penalty=1.0):
        out.append(token)
        if len(out) == n:
            return out


def with_transformers(ids, n):
    with torch.inference_mode():
        x = torch.tensor([ids])
        out = model.generate(x, attention_mask=torch.ones_like(x), max_new_tokens=n, min_new_tokens=n, do_sample=False,
                             pad_token_id=0)
    return out[0, len(ids):].tolist()


for line in sys.stdin:
    name, first, rest = line.split(maxsplit=2)
    if name == "load":
        threads, path = int(first), rest.strip()
        torch.set_num_threads(threads)
        llama = Llama(path, n_threads=threads, n_threads_batch=threads, n_ctx=512, verbose=False)
        model = transformers.AutoModelForCausalLM.from_pretrained(
            os.path.dirname(path), gguf_file=os.path.basename(path), dtype=torch.float32)
        print("ok", flush=True)
        continue
    ids, n = [int(i) for i in rest.split()], int(first)
    run = with_llama if name == "llama.cpp" else with_transformers
    start = time.perf_counter()
    tokens = run(ids, n)
    print(time.perf_counter() - start, *tokens, flush=True)
