#!/usr/bin/env bash
# net/http of Go 1.26 repeats a POST over HTTP/2 without end where the server reads all of it and resets the stream with
# PROTOCOL_ERROR, if the request has a GetBody, as http.NewRequest gives one to every bytes.Reader. POST is not idempotent,
# and RFC 9113, 8.7 allows an automatic repetition only of streams that were refused or lie above a GOAWAY.
# Expected: one arrival and an error. Seen with go1.26.8: hundreds of arrivals in a second. Go 1.27 does not repeat it.
# Exits with 0 while this is so.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
cd "$dir"
export GOWORK=off GOFLAGS=-mod=mod GOTOOLCHAIN=go1.26.8
go mod init example.test/repeats >/dev/null 2>&1
go get golang.org/x/net@v0.62.0 >/dev/null 2>&1
cat > main.go <<'GO'
package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/net/http2"
)

func main() {
	loan := httptest.NewTLSServer(http.NotFoundHandler())
	cert, trust := loan.TLS.Certificates, loan.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	loan.Close()
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: cert, NextProtos: []string{"h2"}})
	if err != nil {
		panic(err)
	}
	var arrived atomic.Int64
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				if _, err := io.ReadFull(c, make([]byte, len(http2.ClientPreface))); err != nil {
					return
				}
				f := http2.NewFramer(c, c)
				_ = f.WriteSettings()
				for {
					frame, err := f.ReadFrame()
					if err != nil {
						return
					}
					if data, ok := frame.(*http2.DataFrame); ok && data.StreamEnded() {
						arrived.Add(1)
						_ = f.WriteRSTStream(data.StreamID, http2.ErrCodeProtocol)
					}
				}
			}()
		}
	}()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trust}, ForceAttemptHTTP2: true}}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	req, _ := http.NewRequestWithContext(ctx, "POST", "https://"+l.Addr().String(), bytes.NewReader([]byte("one message")))
	_, err = client.Do(req)
	fmt.Printf("%s: %d arrivals of one POST: %v\n", runtime.Version(), arrived.Load(), err)
	if arrived.Load() <= 1 {
		os.Exit(1)
	}
}
GO
go run .
