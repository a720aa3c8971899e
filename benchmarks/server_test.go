package benchmarks

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
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
	os.Exit(m.Run())
}

// serve answers sends until its standard input closes.
func serve(mode string) {
	var conns atomic.Int64
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/connections" {
			_, _ = io.WriteString(w, strconv.FormatInt(conns.Swap(0), 10))
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
	if cert := s.Certificate(); cert != nil {
		_ = pem.Encode(os.Stdout, &pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
	}
	fmt.Println("ready")
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// server is the child process.
type server struct {
	url   string
	roots *x509.CertPool
}

func startServer(b *testing.B, mode string) *server {
	b.Helper()
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
	lines := bufio.NewScanner(out)
	lines.Scan()
	s := &server{url: lines.Text(), roots: x509.NewCertPool()}
	var certificate strings.Builder
	for lines.Scan() && lines.Text() != "ready" {
		certificate.WriteString(lines.Text() + "\n")
	}
	s.roots.AppendCertsFromPEM([]byte(certificate.String()))
	return s
}

// connections returns how many connections were opened since the last call.
func (s *server) connections(b *testing.B, client *http.Client) float64 {
	b.Helper()
	resp, err := client.Get(s.url + "/connections")
	must(b, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	must(b, err)
	n, err := strconv.ParseFloat(string(text), 64)
	must(b, err)
	return n
}

func must(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}
