"""Writes Parquet files with pyarrow and DuckDB, and their rows as CSV: parquet_files.py DIR. Those in tabular/parquet/testdata are
its output."""

import datetime
import decimal
import pathlib
import sys

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

here = pathlib.Path(sys.argv[1])
rng = np.random.default_rng(1)
n = 200
day = datetime.date(1969, 12, 25)
when = datetime.datetime(2024, 2, 28, 23, 59, 58, 250000)
some = lambda values: [None if i % 7 == 3 else v for i, v in enumerate(values)]
columns = {
    "i8": pa.array(some((rng.integers(-100, 100, n)).tolist()), pa.int8()),
    "u64": pa.array([2**64 - 1 - i for i in range(n)], pa.uint64()),
    "i64": pa.array(some([int(v) * 10**12 for v in rng.integers(-9, 9, n)]), pa.int64()),
    "f32": pa.array(some(rng.normal(0, 1, n).astype("float32").tolist()), pa.float32()),
    "f64": pa.array([float("nan") if i == 5 else v for i, v in enumerate(rng.normal(0, 1e10, n))], pa.float64()),
    "yes": pa.array(some([i % 3 == 0 for i in range(n)]), pa.bool_()),
    "city": pa.array(some([["Rome", "Ōsaka", "Bern, CH"][i % 3] for i in range(n)])).dictionary_encode(),
    "text": pa.array([f"row {i}\n\"q\"" for i in range(n)]),
    "day": pa.array(some([day + datetime.timedelta(days=i) for i in range(n)]), pa.date32()),
    "ms": pa.array([when + datetime.timedelta(seconds=i) for i in range(n)], pa.timestamp("ms")),
    "us": pa.array(some([when - datetime.timedelta(days=30000, microseconds=i) for i in range(n)]), pa.timestamp("us", tz="UTC")),
    "money": pa.array(some([decimal.Decimal(int(v)).scaleb(-2) for v in rng.integers(-10**6, 10**6, n)]), pa.decimal128(20, 2)),
    "point": pa.array(some([{"x": i, "y": None if i % 5 == 0 else i / 4} for i in range(n)]), pa.struct([("x", pa.int32()), ("y", pa.float64())])),
    "list": pa.array([[i, i + 1] for i in range(n)]),
}
table = pa.table(columns)


def cell(v):
    if v is None or v != v:
        return ""
    if isinstance(v, bool):
        return str(v).lower()
    if isinstance(v, datetime.datetime):
        s = v.strftime("%Y-%m-%d %H:%M:%S")
        return s + (f".{v.microsecond:06d}".rstrip("0") if v.microsecond else "")
    if isinstance(v, bytes):
        return v.decode()
    return str(v)


def write_rows(name, table):
    import csv

    with open(here / name, "w", newline="") as f:
        w = csv.writer(f, lineterminator="\n")
        names, rows = [], []
        for c in table.column_names:
            values = table[c].to_pylist()
            if c == "list":
                continue
            if c == "point":
                for k in ("x", "y"):
                    names.append("point." + k)
                    rows.append([cell(v and v[k]) for v in values])
                continue
            names.append(c)
            rows.append([cell(v) for v in values])
        w.writerow(names)
        w.writerows(zip(*rows))


write_rows("pyarrow.csv", table)
pq.write_table(table, here / "snappy.parquet", compression="snappy", row_group_size=90, data_page_size=400)
pq.write_table(table, here / "zstd_v2.parquet", compression="zstd", data_page_version="2.0", version="2.6", row_group_size=120)
pq.write_table(table, here / "plain_gzip.parquet", compression="gzip", use_dictionary=False)
pq.write_table(table.slice(0, 0), here / "empty.parquet")
runs = pa.table({
    "yes": pa.array([i < 130 for i in range(n)]),
    "no": pa.array(some([i % 90 > 80 for i in range(n)])),
    "i64": pa.array(some(rng.integers(-2**63, 2**63 - 1, n).tolist()), pa.int64()),
    "i32": pa.array((rng.integers(-2**31, 2**31 - 1, n)).tolist(), pa.int32()),
    "slow": pa.array([i // 3 for i in range(n)], pa.int32()),
    "f64": pa.array(rng.normal(0, 1, n)),
    "path": pa.array(some([f"folder/{i // 9}/file {i}" for i in range(n)])),
    "text": pa.array(["ü" * (i % 5) for i in range(n)]),
})
write_rows("runs.csv", runs)
pq.write_table(runs, here / "lz4_v2.parquet", compression="lz4", data_page_version="2.0", use_dictionary=False, row_group_size=130)
pq.write_table(runs, here / "encodings.parquet", compression="brotli", use_dictionary=False, write_page_checksum=True, column_encoding={
    "yes": "RLE", "no": "RLE", "i64": "DELTA_BINARY_PACKED", "i32": "DELTA_BINARY_PACKED", "slow": "DELTA_BINARY_PACKED",
    "f64": "BYTE_STREAM_SPLIT", "path": "DELTA_BYTE_ARRAY", "text": "DELTA_LENGTH_BYTE_ARRAY"})
db = duckdb.connect()
db.execute(f"copy (select i::integer as i, (i*1.25)::double as d, case when i%7=3 then null else 'k'||(i%5) end as k, date '2020-01-30'+i::integer as \"day\", "
           f"(i*1.005)::decimal(9,3) as m, timestamp '2021-03-04 05:06:07.5'+interval (i) hour as t, i%2=0 as b from range(3000) r(i)) to '{here}/duckdb.parquet' (format parquet, compression zstd)")
write_rows("duckdb.csv", db.execute(f"select * from '{here}/duckdb.parquet'").to_arrow_table())
