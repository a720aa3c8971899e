package console

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

var sameOrigin = http.NewCrossOriginProtection()

// foreign says why a request may not come from the console's own page or from a program of the developer.
//
// A page of another site can send requests, so a request to the control API must not carry the marks of
// such a page, and has to be JSON if it changes something, which such a page cannot send unasked. It cannot
// read answers, unless its own host name leads here; so the host must be one that no stranger can own.
// Links to the page itself may stand anywhere.
func (c *Console) foreign(r *http.Request) string {
	if !c.knowsHost(r.Host) {
		return "unknown host name: use localhost or an IP address, or allow the name"
	}
	if sameOrigin.Check(r) != nil || isCrossRead(r) {
		return "the request comes from a page of another site"
	}
	if origin := r.Header.Get("Origin"); origin != "" && !strings.EqualFold(trimScheme(origin), r.Host) {
		return "the request comes from a page of another site"
	}
	return ""
}

// isCrossRead finds what sameOrigin lets pass: a GET of the control API from a page of another origin. Such
// a page learns nothing from it, but could keep the emulator busy.
func isCrossRead(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	return strings.HasPrefix(r.URL.Path, apiPrefix) && (site == "cross-site" || site == "same-site")
}

func trimScheme(origin string) string {
	_, host, _ := strings.Cut(origin, "://")
	return host
}

func (c *Console) knowsHost(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	host = strings.ToLower(strings.Trim(host, "[]"))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") || c.hosts[host] {
		return true
	}
	_, err := netip.ParseAddr(host)
	return err == nil
}

// protect sets the headers that keep the page from being framed, and script in a message from running.
func protect(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'self'; img-src 'self' data:; font-src 'self' data:; "+
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}
