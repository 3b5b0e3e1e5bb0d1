"""Reads a Parquet file with pyarrow, pandas and DuckDB, which must agree, and prints the columns' types and the rows:
parquet_read.py FILE."""

import datetime
import json
import sys

import duckdb
import pyarrow.parquet as pq
import pandas

file = sys.argv[1]
table = pq.read_table(file)
print(" ".join(f"{f.name}:{f.type}" for f in table.schema))
db = duckdb.connect()
print(" ".join(f"{name}:{kind}" for name, kind, *_ in db.execute(f"describe select * from '{file}'").fetchall()))
assert pq.ParquetFile(file).metadata.num_rows == table.num_rows
assert db.execute(f"select * from '{file}'").fetchall() == [tuple(r.values()) for r in table.to_pylist()]
frame = pandas.read_parquet(file)
assert list(frame.columns) == table.column_names and len(frame) == table.num_rows
for name in frame.columns:
    assert frame[name].isna().sum() == table[name].null_count, name


def cell(v):
    if isinstance(v, datetime.datetime):
        return v.strftime("%Y-%m-%d %H:%M:%S.%f")
    return str(v) if isinstance(v, datetime.date) else v


for row in table.to_pylist():
    print(json.dumps([cell(v) for v in row.values()], ensure_ascii=False))
