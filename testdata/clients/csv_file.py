"""Writes a table with pandas and prints what pandas reads of it, as JSON: csv_file.py FILE.csv"""

import json
import sys

import numpy as np
import pandas

rng = np.random.default_rng(9)
n = 5000
table = pandas.DataFrame({
    "float": rng.normal(0, 1, n) * 10.0 ** rng.integers(-12, 12, n),
    "short": rng.normal(0, 1, n).astype("float32"),
    "int": rng.integers(-10**15, 10**15, n),
    "gaps": np.where(rng.random(n) < 0.3, np.nan, rng.integers(0, 1000, n)),
    "words": rng.choice(['plain', 'a "quote"', "two\nlines", "comma, semicolon;", "Ünïcode"], n),
    "when": pandas.Timestamp("2024-01-01") + pandas.to_timedelta(rng.integers(0, 10**7, n), unit="s"),
    "flag": rng.random(n) < 0.5,
})
table.to_csv(sys.argv[1], index=False)
table = pandas.read_csv(sys.argv[1], float_precision="round_trip")
columns = {}
for name in table.columns:
    c = table[name]
    columns[name] = {"missing": int(c.isna().sum())}
    if name in ("float", "short", "int", "gaps"):
        columns[name] |= {"mean": float(c.mean()), "std": float(c.std(ddof=0)), "min": float(c.min()), "max": float(c.max())}
    if name in ("words", "flag"):
        columns[name]["counts"] = {str(k): int(v) for k, v in c.value_counts().items()}
print(json.dumps({"rows": len(table), "columns": columns}))
