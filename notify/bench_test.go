package notify_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/notify"
	"github.com/wechatkit/wechat/notify/internal/pgtest"
)

// specs are the databases to measure. PGTEST_FSYNC=on makes PostgreSQL keep its promises, as SQLite does here.
func specs(b *testing.B, run func(b *testing.B, spec *workerSpec)) {
	b.Run("SQLite", func(b *testing.B) {
		run(b, &workerSpec{SQLite: filepath.Join(b.TempDir(), "ledger.db")})
	})
	b.Run("Postgres", func(b *testing.B) { run(b, &workerSpec{Postgres: pgtest.Database(b)}) })
}

// BenchmarkPlan stores reminders with one lead each, a thousand at a time.
func BenchmarkPlan(b *testing.B) {
	specs(b, func(b *testing.B, spec *workerSpec) {
		_, n := openFor(b, spec)
		planFar(b, n, 0, b.N)
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "planned/s")
	})
}

// BenchmarkLook looks for what is due, nothing, among many planned reminders, and reports what that many cost.
func BenchmarkLook(b *testing.B) {
	specs(b, func(b *testing.B, spec *workerSpec) {
		_, n := openFor(b, spec)
		planned := 0
		for _, size := range sizes(b) {
			b.Run(strconv.Itoa(size), func(b *testing.B) {
				planFar(b, n, planned, size-planned)
				planned = max(planned, size)
				b.ResetTimer()
				for b.Loop() {
					fired, err := n.FireDue(b.Context())
					require.NoError(b, err)
					require.Zero(b, fired)
				}
				b.StopTimer()
				b.ReportMetric(millis(b, func() error {
					_, err := n.List(b.Context(), notify.Query{States: []notify.State{notify.Planned}})
					return err
				}), "ms/list")
				b.ReportMetric(millis(b, func() error {
					_, err := n.List(b.Context(), notify.Query{})
					return err
				}), "ms/list-all")
				b.ReportMetric(millis(b, func() error {
					_, _, err := n.Next(b.Context(), "contract-7")
					return err
				}), "ms/next")
				b.ReportMetric(millis(b, func() error {
					_, err := n.Counts(b.Context(), notify.Query{})
					return err
				}), "ms/counts")
				runtime.GC()
				b.ReportMetric(residentMB(b), "MB-resident")
				if spec.SQLite != "" {
					file, err := os.Stat(spec.SQLite)
					require.NoError(b, err)
					b.ReportMetric(float64(file.Size())/float64(size), "file-bytes/reminder")
				}
			})
		}
	})
}

// sizes ends with a million if NOTIFY_MILLION is set.
func sizes(b *testing.B) []int {
	b.Helper()
	if os.Getenv("NOTIFY_MILLION") == "" {
		return []int{1_000, 10_000}
	}
	return []int{10_000, 100_000, 1_000_000}
}

// BenchmarkFire sends template messages to an emulator over a socket, by one and by three worker processes.
func BenchmarkFire(b *testing.B) {
	specs(b, func(b *testing.B, spec *workerSpec) {
		for _, processes := range []int{1, 3} {
			if processes > 1 && spec.SQLite != "" {
				continue // SQLite is for one process
			}
			b.Run(fmt.Sprintf("%dprocesses", processes), func(b *testing.B) { benchmarkFire(b, spec, processes) })
		}
		if os.Getenv("NOTIFY_MILLION") != "" {
			_, n := openFor(b, &workerSpec{SQLite: spec.SQLite, Postgres: spec.Postgres})
			planFar(b, n, 0, 1_000_000)
			b.Run("1processesAmongAMillion", func(b *testing.B) { benchmarkFire(b, spec, 1) })
		}
	})
}

func benchmarkFire(b *testing.B, spec *workerSpec, processes int) {
	wx := emulator.New(b, emulator.WithCallLimit(0), emulator.WithInboxLimit(1))
	spec.URL, spec.Doors = wx.URL(), []string{notify.DoorTemplate}
	spec.Mini, spec.Service = appOf(wx.MiniProgram()), appOf(wx.ServiceAccount())
	_, n := openFor(b, spec)
	service := wx.ServiceAccount()
	tpl := service.AddTemplate(emulator.Template{Title: "Due", Keywords: []string{"thing1"}})
	list := make([]*notify.Reminder, b.N)
	for i := range list {
		key := fmt.Sprintf("%s-%d-%d", b.Name(), b.N, i)
		u := wx.User(key)
		u.Follow(service)
		require.NoError(b, n.Ledger().Link(b.Context(), notify.Identity{
			AppID: service.AppID, OpenID: u.OpenID(service), User: key,
		}))
		list[i] = &notify.Reminder{
			Key: key, User: key, Due: time.Now().Add(time.Hour), Leads: []notify.Lead{notify.Before(time.Hour)},
			Content: notify.Content{Template: &notify.TemplateContent{TemplateID: tpl, Data: map[string]string{"thing1": "x"}}},
		}
	}
	require.NoError(b, n.PlanAll(b.Context(), list))
	workers := make([]*worker, processes)
	for i := range workers {
		workers[i] = startWorker(b, spec)
	}
	began, synced := cpuTime(b), syncs(b, spec)
	b.ResetTimer()
	for _, w := range workers {
		w.begin(b)
	}
	for _, w := range workers {
		require.NoError(b, <-w.done)
	}
	b.StopTimer()
	require.Equal(b, b.N, wx.Count(templateSend))
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "fired/s")
	b.ReportMetric(float64((cpuTime(b)-began).Microseconds())/1000/float64(b.N), "cpu-ms/lead")
	if spec.Postgres != "" {
		b.ReportMetric(float64(syncs(b, spec)-synced)/float64(b.N), "fsyncs/lead")
	}
}

// syncs is how often PostgreSQL has written its log to the disk.
func syncs(b *testing.B, spec *workerSpec) (count int) {
	b.Helper()
	if spec.Postgres == "" {
		return 0
	}
	conn, err := pgx.Connect(b.Context(), spec.Postgres)
	require.NoError(b, err)
	defer conn.Close(b.Context())
	require.NoError(b, conn.QueryRow(b.Context(), `SELECT wal_sync FROM pg_stat_wal`).Scan(&count))
	return count
}

// millis is how long a call takes.
func millis(b *testing.B, call func() error) float64 {
	b.Helper()
	begin := time.Now()
	require.NoError(b, call())
	return float64(time.Since(begin).Microseconds()) / 1000
}

func openFor(b *testing.B, spec *workerSpec) (*notify.Database, *notify.Notifier) {
	db, err := spec.open(b.Context())
	require.NoError(b, err)
	b.Cleanup(func() { _ = db.Close() })
	if spec.URL == "" {
		n, err := notify.New(notify.Config{Database: db})
		require.NoError(b, err)
		return db, n
	}
	n, err := spec.notifier(db)
	require.NoError(b, err)
	return db, n
}

// planFar plans reminders of next year, numbered from first.
func planFar(b *testing.B, n *notify.Notifier, first, count int) {
	b.Helper()
	due := time.Now().AddDate(1, 0, 0)
	for count > 0 {
		batch := make([]*notify.Reminder, min(count, 1000))
		for i := range batch {
			batch[i] = &notify.Reminder{
				Key: fmt.Sprintf("contract-%d", first+i), User: fmt.Sprintf("user-%d", first+i), Due: due,
				Leads: []notify.Lead{notify.Days(7)}, Content: notify.Content{Reply: "It ends soon."},
			}
		}
		require.NoError(b, n.PlanAll(b.Context(), batch))
		first, count = first+len(batch), count-len(batch)
	}
}

// residentMB is the memory of this process, where the system tells.
func residentMB(b *testing.B) float64 {
	b.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	kb, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
	require.NoError(b, err)
	return kb / 1024
}
