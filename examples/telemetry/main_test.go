package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// receiver is an endpoint for OTLP that keeps what it gets.
type receiver struct {
	mu    sync.Mutex
	names []string
	bytes.Buffer
}

func (rc *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		body, _ = gzip.NewReader(r.Body)
	}
	data, _ := io.ReadAll(body)
	var in collector.ExportTraceServiceRequest
	if err := proto.Unmarshal(data, &in); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	rc.mu.Lock()
	defer rc.mu.Unlock()
	rc.Write(data)
	rc.WriteString(protojson.Format(&in))
	for _, resource := range in.GetResourceSpans() {
		for _, scope := range resource.GetScopeSpans() {
			for _, span := range scope.GetSpans() {
				rc.names = append(rc.names, span.GetName())
			}
		}
	}
}

// secrets are those that a run has, besides those that WeChat makes up.
func (w *world) secrets(t *testing.T) []string {
	t.Helper()
	token, err := w.client.TokenSource().Token(t.Context())
	require.NoError(t, err)
	return []string{
		w.mini.AppSecret, token.Value.Reveal(), pushToken, aesKey, w.ann.OpenID(w.mini), w.ann.UnionID(w.mini),
		"Fire insurance", "When does it end?", "We are on it.", "js_code", "access_token", "contract-77",
	}
}

func requireNone(t *testing.T, text string, secrets []string) {
	t.Helper()
	for _, s := range secrets {
		if s == "" {
			continue
		}
		require.NotContains(t, text, s)
		require.NotContains(t, text, url.QueryEscape(s))
	}
}

// playTo plays with spans that go to a collector, and returns the scraped page and what must not be anywhere.
func playTo(t *testing.T, endpoint string) (page string, secrets []string) {
	t.Helper()
	exporter, err := otlptracehttp.New(t.Context(), otlptracehttp.WithEndpointURL(endpoint))
	require.NoError(t, err)
	traces := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter))
	metrics, handler, err := newMetrics()
	require.NoError(t, err)
	w, err := newWorld(t.Context(), traces, metrics)
	require.NoError(t, err)
	require.NoError(t, w.play(t.Context()))
	secrets = w.secrets(t)
	require.NoError(t, w.close())
	require.NoError(t, traces.Shutdown(t.Context()))
	server := httptest.NewServer(handler)
	defer server.Close()
	return get(t, server.URL), secrets
}

func get(t *testing.T, address string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return string(data)
}

// The whole of it, over HTTP: traces to a receiver of OTLP, metrics by a scrape. No secret is in either.
func TestTracesAndScrape(t *testing.T) {
	t.Parallel()
	var received receiver
	otlp := httptest.NewServer(&received)
	defer otlp.Close()
	page, secrets := playTo(t, otlp.URL+"/v1/traces")
	requireNone(t, page, secrets)
	requireNone(t, received.String(), secrets)

	slices.Sort(received.names)
	require.Equal(t, []string{
		"GET /sns/jscode2session", "POST /cgi-bin/message/custom/send", "POST /cgi-bin/message/subscribe/send",
		"POST /cgi-bin/message/subscribe/send", "POST /cgi-bin/message/subscribe/send", "POST /cgi-bin/message/subscribe/send",
		"POST /cgi-bin/stable_token", "POST /cgi-bin/stable_token", // a day later WeChat rejects the token
		"customerservice.Send", "login", "oauth.Login",
		"process subscribe_msg_popup_event", "process subscribe_msg_popup_event", "process subscribe_msg_sent_event",
		"process subscribe_msg_sent_event", "process text", "push", "refused", "remind subscribe", "reminder", "send",
		"subscribe.Send", "subscribe.Send", "subscribe.Send", "subscribe.Send", "token.Fetch", "token.Fetch",
	}, received.names)
	for _, series := range []string{
		`rpc_client_call_duration_seconds_count{rpc_method="subscribe.Send",rpc_response_status_code="0",rpc_system_name="wechat",` +
			`url_template="/cgi-bin/message/subscribe/send"} 2`,
		`rpc_client_call_duration_seconds_count{rpc_method="subscribe.Send",rpc_response_status_code="43101",rpc_system_name="wechat",` +
			`url_template="/cgi-bin/message/subscribe/send",wechat_errcode_class="user unreachable"} 1`,
		`rpc_client_call_duration_seconds_count{rpc_method="token.Fetch",rpc_response_status_code="0",rpc_system_name="wechat"} 2`,
		`wechat_push_type="text"} 1`,
		`wechat_reminder_outcomes_total{wechat_reminder_door="subscribe",wechat_reminder_state="accepted"} 1`,
		`wechat_reminder_outcomes_total{wechat_reminder_door="",wechat_reminder_state="unreachable"} 1`,
		`wechat_reminder_lateness_seconds_count{wechat_reminder_door="subscribe"} 1`,
		`wechat_reminder_send_duration_seconds_count{wechat_reminder_door="subscribe"} 1`,
	} {
		require.Contains(t, page, series)
	}
}

func TestRunPrintsTheScrape(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out, ""))
	require.Contains(t, out.String(), "# HELP rpc_client_call_duration_seconds Duration of a request to WeChat.")
	require.NotContains(t, out.String(), "_bucket{")
}

// The same to a real collector, which prints what it gets. OTELCOL names its binary; `.ci/run collector` builds one.
func TestCollector(t *testing.T) {
	t.Parallel()
	binary := os.Getenv("OTELCOL")
	if binary == "" {
		t.Skip("OTELCOL is not set")
	}
	address := freeAddress(t)
	config := filepath.Join(t.TempDir(), "collector.yaml")
	require.NoError(t, os.WriteFile(config, fmt.Appendf(nil, `
receivers: {otlp: {protocols: {http: {endpoint: "%s"}}}}
exporters: {debug: {verbosity: detailed}}
service:
  telemetry: {metrics: {level: none}}
  pipelines: {traces: {receivers: [otlp], exporters: [debug]}}
`, address), 0o600))
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	cmd := exec.CommandContext(ctx, binary, "--config", config)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	require.NoError(t, cmd.Start())
	awaitListener(ctx, t, address)
	_, secrets := playTo(t, "http://"+address+"/v1/traces")
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	require.NoError(t, cmd.Wait(), out.String())
	printed := out.String()
	t.Log(printed)
	requireNone(t, printed, secrets)
	for _, name := range []string{"oauth.Login", "subscribe.Send", "process text", "remind subscribe", "token.Fetch", "url.full"} {
		require.Contains(t, printed, name)
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

// awaitListener asks until somebody listens.
func awaitListener(ctx context.Context, t *testing.T, address string) {
	t.Helper()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err == nil {
			_ = conn.Close()
			return
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			t.Fatal("nobody listens at " + address + ": " + strings.TrimSpace(err.Error()))
		}
	}
}
