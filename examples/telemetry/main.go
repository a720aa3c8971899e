// Command telemetry shows the traces and metrics of this SDK: of a login, a send, a push and a reminder, on an emulator,
// whatever the WECHAT_… variables of the other examples say.
//
//	cd examples/telemetry && go run .
//
// Metrics go to Prometheus by its exporter: the program serves them, scrapes itself in the end and prints what is there; with
// -listen localhost:9464 it stays up for a Prometheus. Traces go to an OpenTelemetry Collector where
// OTEL_EXPORTER_OTLP_ENDPOINT says where one is, such as http://localhost:4318.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	otelprometheus "go.opentelemetry.io/otel/exporters/prometheus"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

func main() {
	listen := flag.String("listen", "", "address at which the metrics stay, such as localhost:9464; without it they are printed")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, *listen); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, listen string) (err error) {
	traces, err := newTraces(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, traces.Shutdown(context.WithoutCancel(ctx))) }()
	metrics, page, err := newMetrics()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, metrics.Shutdown(context.WithoutCancel(ctx))) }()

	w, err := newWorld(ctx, traces, metrics)
	if err != nil {
		return err
	}
	err = w.play(ctx)
	if err := errors.Join(err, w.close()); err != nil {
		return err
	}
	return show(ctx, out, page, listen)
}

// newTraces sends spans to a collector where the environment names one.
func newTraces(ctx context.Context) (*sdktrace.TracerProvider, error) {
	if os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") == "" {
		return sdktrace.NewTracerProvider(), nil
	}
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, err
	}
	return sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter)), nil
}

// newMetrics returns the provider and the page for Prometheus.
func newMetrics() (*sdkmetric.MeterProvider, http.Handler, error) {
	registry := prometheus.NewRegistry()
	exporter, err := otelprometheus.New(otelprometheus.WithRegisterer(registry), otelprometheus.WithoutScopeInfo())
	if err != nil {
		return nil, nil, err
	}
	page := promhttp.HandlerFor(registry, promhttp.HandlerOpts{EnableOpenMetrics: true})
	return sdkmetric.NewMeterProvider(sdkmetric.WithReader(exporter)), page, nil
}

// show serves the page, and either stays or prints what is on it.
func show(ctx context.Context, out io.Writer, page http.Handler, address string) error {
	stay := address != ""
	if !stay {
		address = "127.0.0.1:0"
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", page)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(listener) }() // until Close
	defer server.Close()
	scraped := "http://" + listener.Addr().String() + "/metrics"
	if stay {
		fmt.Fprintln(out, "metrics at", scraped)
		<-ctx.Done()
		return nil
	}
	return scrape(ctx, out, scraped)
}

// scrape prints the page without the buckets of histograms.
func scrape(ctx context.Context, out io.Writer, address string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		if !strings.Contains(lines.Text(), "_bucket{") {
			fmt.Fprintln(out, lines.Text())
		}
	}
	return lines.Err()
}
