// Package benchmarks measures the SDK beside a floor, in the same run: what a careful programmer would write
// by hand with net/http and encoding/json for one call. Compare the lines of a benchmark with each other;
// the absolute figures belong to the machine. On a busy one cpu-ns/op, the CPU time of this process, tells more
// than ns/op.
//
//	go test -bench . ./benchmarks
package benchmarks
