package notify_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// cpuTime is the CPU time of this process and of all that it has started: workers, the emulator and PostgreSQL. It is 0
// where the system does not tell.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	type process struct{ parent, ticks int }
	all := map[int]process{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has just ended
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		var p process
		p.parent, _ = strconv.Atoi(fields[1])
		for _, f := range fields[11:15] { // its own time, and that of children that have ended
			ticks, _ := strconv.Atoi(f)
			p.ticks += ticks
		}
		all[pid] = p
	}
	sum := 0
	for pid, p := range all {
		for pid != os.Getpid() && pid > 1 {
			pid = all[pid].parent
		}
		if pid == os.Getpid() {
			sum += p.ticks
		}
	}
	return time.Duration(sum) * time.Second / 100 // of the usual kernel
}
