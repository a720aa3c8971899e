package benchmarks

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
)

// The server of the loopback benchmarks runs in a process of its own, so that the CPU time of this one is the
// client's alone.
const serverEnv = "WECHAT_BENCH_SERVER"

func TestMain(m *testing.M) {
	if mode := os.Getenv(serverEnv); mode != "" {
		serve(mode)
		return
	}
	os.Exit(trusting(m.Run))
}

// trusting runs run where the certificate of httptest, the same for all its servers, counts as one of the system's:
// so the SDK is measured with the transport that it makes for itself.
func trusting(run func() int) int {
	s := httptest.NewTLSServer(nil)
	s.Close()
	file, err := os.CreateTemp("", "wechat-bench-*.pem")
	if err != nil {
		panic(err)
	}
	defer os.Remove(file.Name())
	if err := pem.Encode(file, &pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}); err != nil {
		panic(err)
	}
	_ = file.Close()
	_ = os.Setenv("SSL_CERT_FILE", file.Name())
	return run()
}

// serve answers sends until its standard input closes.
func serve(mode string) {
	var conns atomic.Int64
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/connections" {
			_, _ = io.WriteString(w, strconv.FormatInt(conns.Load(), 10))
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json; encoding=utf-8")
		_, _ = io.WriteString(w, answer)
	})
	s := httptest.NewUnstartedServer(handler)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			conns.Add(1)
		}
	}
	switch mode {
	case "http":
		s.Start()
	case "h2":
		s.EnableHTTP2 = true
		s.StartTLS()
	default:
		s.TLS = &tls.Config{NextProtos: []string{"http/1.1"}}
		s.StartTLS()
	}
	fmt.Println(s.URL)
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// server is the child process.
type server struct{ url string }

func startServer(b *testing.B, mode string) *server {
	b.Helper()
	if mode != "http" && (runtime.GOOS == "darwin" || runtime.GOOS == "windows") {
		b.Skip("here the system's certificates cannot be added to by SSL_CERT_FILE")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), serverEnv+"="+mode, "GOMAXPROCS=1")
	in, err := cmd.StdinPipe()
	must(b, err)
	out, err := cmd.StdoutPipe()
	must(b, err)
	must(b, cmd.Start())
	b.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
		cancel()
	})
	address, err := bufio.NewReader(out).ReadString('\n')
	must(b, err)
	return &server{strings.TrimSpace(address)}
}

// connections returns how many connections were opened before this call.
func (s *server) connections(b *testing.B) float64 {
	b.Helper()
	probe := &http.Client{Transport: sized()}
	defer probe.CloseIdleConnections()
	resp, err := probe.Get(s.url + "/connections")
	must(b, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	must(b, err)
	n, err := strconv.ParseFloat(string(text), 64)
	must(b, err)
	return n - 1 // its own
}

func must(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}
