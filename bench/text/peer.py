"""Times PyPI tokenizers for main.go. Answers lines on standard input:

load FILE: reads a tokenizer.json; prints the number of ids of the text and a weighted sum of them
ids ms, lines ms, full ms: prints the shortest nanoseconds of encoding the text, its lines, and the text with offsets
"""
import os
import sys
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
from tokenizers import Tokenizer

text = open(sys.argv[1], encoding="utf-8", newline="").read()
lines = text.split("\n")
tok = None

JOBS = {
    "ids": lambda: tok.encode_batch_fast([text], add_special_tokens=False),
    "lines": lambda: tok.encode_batch_fast(lines, add_special_tokens=False),
    "full": lambda: tok.encode(text, add_special_tokens=False),
}


def measure(f, ms):
    best, n = 1 << 62, 0
    end = time.perf_counter_ns() + ms * 1e6
    while n < 2 or time.perf_counter_ns() < end:
        start = time.perf_counter_ns()
        f()
        best = min(best, time.perf_counter_ns() - start)
        n += 1
    return best


for line in sys.stdin:
    name, argument = line.split(maxsplit=1)
    if name == "load":
        tok = Tokenizer.from_file(argument.strip())
        tok.no_truncation()
        tok.no_padding()
        ids = tok.encode(text, add_special_tokens=False).ids
        print(len(ids), sum(i % 101 * x for i, x in enumerate(ids)), flush=True)
    else:
        print(measure(JOBS[name], float(argument)), flush=True)
