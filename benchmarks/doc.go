// Package benchmarks measures the SDK in the same run beside a floor, which is what a careful programmer would write
// by hand with net/http and encoding/json for one call, and beside silenceper/wechat, which many programs use. Compare
// the lines of a benchmark with each other; the absolute figures belong to the machine. On a busy one cpu-ns/op, the
// CPU time of this process, tells more than ns/op.
//
//	cd benchmarks && go test -run '^$' -bench .
package benchmarks
