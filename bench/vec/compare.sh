#!/bin/sh
# Alternates timings of Lamina and PyTorch, four each, on one core (CORE, default 0), and prints the ratios of the shortest and of the median
# times. PYTHON is a Python interpreter with PyTorch. An argument selects an operation by its name, or by a prefix and *.
set -e
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
go build -o "$work/ours" .
for round in 1 2 3 4; do
	taskset -c "${CORE:-0}" "$work/ours" "$@" >>"$work/ours.txt"
	taskset -c "${CORE:-0}" "${PYTHON:-python3}" peer.py "$@" >>"$work/peer.txt"
done
awk '
	{ key = $1 " " $2; side = FILENAME ~ /ours.txt$/ ? "a" : "b" }
	!(key in seen) { seen[key] = 1; order[++count] = key }
	{
		if (!((side, key) in low) || $3 < low[side, key]) low[side, key] = $3
		if (!((side, key) in mid) || $4 < mid[side, key]) mid[side, key] = $4
	}
	END {
		printf "%-16s %9s %12s %12s %8s %8s\n", "operation", "elements", "ours (µs)", "torch (µs)", "× median", "× best"
		for (i = 1; i <= count; i++) {
			key = order[i]
			split(key, part, " ")
			printf "%-16s %9d %12.2f %12.2f %8.2f %8.2f\n", part[1], part[2], mid["a", key] / 1000, mid["b", key] / 1000,
				mid["b", key] / mid["a", key], low["b", key] / low["a", key]
		}
	}' "$work/ours.txt" "$work/peer.txt"
