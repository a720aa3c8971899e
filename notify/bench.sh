#!/usr/bin/env bash
# Measures this tree beside the build of a commit, on one machine, in one run, one after the other in turn: absolute
# figures belong to the machine, and to what else runs on it. Both use the benchmarks of this tree.
#
#	make bench-notify BASE=5c1ce99
#	SIZES=3000 ROUNDS=1 BENCH='BenchmarkFire/SQLite' bash notify/bench.sh 5c1ce99
#
# NOTIFY_MILLION=1 adds the reminders among a million others, and what these cost.
set -euo pipefail
cd "$(dirname "$0")/.."
base=${1:?which commit?}
bench=${BENCH:-BenchmarkFire}
read -ra sizes <<<"${SIZES:-3000 10000}"
dir=$(mktemp -d)
trap 'git worktree remove --force "$dir/base"; rm -rf "$dir"' EXIT
git worktree add --quiet --detach "$dir/base" "$base"
cp notify/bench_test.go notify/bench_cpu_test.go "$dir/base/notify/"
(cd notify && go test -c -o "$dir/now.test" .)
(cd "$dir/base/notify" && go test -c -o "$dir/base.test" .)
export PGTEST_FSYNC=on
for size in "${sizes[@]}"; do
	for ((round = 1; round <= ${ROUNDS:-3}; round++)); do
		for build in base now; do
			echo "# $size reminders, round $round, $build" >&2
			(cd notify && "$dir/$build.test" -test.run '^$' -test.bench "$bench" -test.benchtime "${size}x" -test.timeout 30m) |
				awk -v build="$build" -v size="$size" '/^Benchmark/ { sub(/-[0-9]+$/, "", $1)
					for (i = 3; i < NF; i += 2) if ($(i + 1) != "ns/op") print $1 "|" size "|" $(i + 1) "|" build, $i }'
		done
	done
done | sort -k1,1 -k2,2g | awk '
	function flush() { if (key != "") median[key] = values[int((n + 1) / 2)]; n = 0 }
	$1 != key { flush(); key = $1 }
	{ values[++n] = $2 }
	END {
		flush()
		printf "%-44s %8s %-14s %10s %10s %8s\n", "benchmark", "size", "unit", "base", "now", "ratio"
		for (k in median) if (sub(/\|now$/, "", k)) {
			split(k, part, "|"); was = median[k "|base"]; is = median[k "|now"]
			printf "%-44s %8s %-14s %10.4g %10.4g %8.3g\n", part[1], part[2], part[3], was, is, was ? is / was : 0 | "sort"
		}
	}'
