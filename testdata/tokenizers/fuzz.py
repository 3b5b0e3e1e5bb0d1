"""PyPI's side of text's fuzz comparison: for each line of the input, {"file": tokenizer.json} or {"texts": [...]}, a line with the results."""
import json
import sys

from tokenizers import Tokenizer

from golden import pack, record

tok = None
for line in sys.stdin:
    r = json.loads(line)
    if "file" in r:
        tok = Tokenizer.from_file(r["file"])
        print("{}", flush=True)
        continue
    print(json.dumps([pack(record(tok, tok.encode(*t))) for t in r["texts"]]), flush=True)
