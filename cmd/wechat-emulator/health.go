package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/wechatkit/wechat/emulator/console"
)

const healthTimeout = 3 * time.Second

// checkHealth asks the emulator that listens on addr for its clock, as a container does that has no shell and no curl.
func checkHealth(ctx context.Context, addr string) error {
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	address, err := healthURL(addr)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	// No proxy of the environment's: what is asked runs beside this process.
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("health: HTTP %d", resp.StatusCode)
	}
	return nil
}

// healthURL is what to ask of an emulator that listens on addr. It names no localhost: an image without /etc/hosts does not
// know it.
func healthURL(addr string) (string, error) {
	tcp, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		return "", err
	}
	if tcp.IP == nil || tcp.IP.IsUnspecified() {
		tcp.IP = net.IPv4(127, 0, 0, 1)
	}
	return "http://" + tcp.String() + console.Prefix + "api/clock", nil
}
