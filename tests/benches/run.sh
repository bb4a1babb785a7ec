#!/bin/sh
# `make bench`: every figure of docs/BENCHMARKS.md, in one run.
set -eu
mkdir -p target/bench
# The functions by themselves, as they are deployed: with the tests they would have more features.
cargo build --release -p tests -p admin --bin sts-admin --benches
cargo build --release -p sts -p authorizer -p empty-function --bins
newest() {
	find target/release/deps -name "$1-*" -type f -perm -u+x -print0 | xargs -0 ls -t | head -n 1
}
cpu=$(newest cpu)
"$cpu" --bench
"$(newest load)" >target/bench/load.json

# Instructions of one call: the difference of two runs, so that preparing the calls does not count.
instructions="Instructions: not counted, valgrind is not installed here."
if command -v valgrind >/dev/null; then
	count() {
		STS_CALLS=$1 valgrind --tool=callgrind --callgrind-out-file=/dev/null "$cpu" 2>&1 |
			sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
	}
	few=$(count 10)
	many=$(count 1010)
	instructions="One AssumeRole takes $(((many - few) / 1000)) instructions (callgrind)."
fi
machine="$(nproc) cores, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(rustc --version)"
python3 tests/benches/report.py target/bench/load.json "$instructions" "$machine"
