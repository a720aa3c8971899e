package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/emulator/console"
)

// program is a running emulator with its listener.
type program struct {
	options

	listener net.Listener
	con      *console.Console
	base     string
}

func start(o options) (*program, error) {
	wx, err := o.emulator()
	if err != nil {
		return nil, err
	}
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", o.addr)
	if err != nil {
		return nil, errors.Join(err, wx.Close())
	}
	p := &program{options: o, listener: l, base: baseOf(l.Addr())}
	wx.SetBaseURL(p.base)
	opts, err := o.settings()
	if err != nil {
		return nil, errors.Join(err, l.Close(), wx.Close())
	}
	p.con = console.New(wx, console.WithHosts(o.hosts...), console.WithReset(o.fresh), console.WithOptions(opts...))
	return p, nil
}

// emulator is the one that was saved, or a fresh one.
func (o *options) emulator() (*emulator.Server, error) {
	if o.state == "" {
		return o.fresh()
	}
	f, err := os.Open(o.state) //nolint:gosec // the user names the file
	if errors.Is(err, fs.ErrNotExist) {
		return o.fresh()
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	opts, err := o.settings()
	if err != nil {
		return nil, err
	}
	wx, err := emulator.Load(f, opts...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.state, err)
	}
	return wx, nil
}

// fresh starts from the configuration.
func (o *options) fresh() (*emulator.Server, error) {
	cfg, err := o.configuration()
	if err != nil {
		return nil, err
	}
	return cfg.Start(o.overrides()...)
}

// baseOf is the address for clients on this machine.
func baseOf(addr net.Addr) string {
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return "http://" + addr.String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}

func (p *program) page() string { return p.base + console.Prefix }

func (p *program) isPublic() bool {
	tcp, ok := p.listener.Addr().(*net.TCPAddr)
	return !ok || !tcp.IP.IsLoopback()
}

// introduce says how to begin, and what to put where.
func (p *program) introduce(w io.Writer) {
	fmt.Fprintf(w, "WeChat runs at %s\n", p.base)
	fmt.Fprintf(w, "its phones at  %s\n\n", p.page())
	if p.isPublic() {
		fmt.Fprintf(w, "Careful: whoever reaches %s can read all secrets here and do everything.\n\n", p.listener.Addr())
	}
	if shell := p.con.FirstMessage(); shell != "" {
		fmt.Fprintf(w, "Try it, from another shell; what is sent appears on the phones:\n\n%s\n\n", shell)
	}
	fmt.Fprintln(w, "Give your program this base URL instead of https://api.weixin.qq.com, and these accounts:")
	fmt.Fprintln(w)
	fmt.Fprintf(w, "  export WECHAT_BASE_URL=%s\n", p.base)
	names, silent := naming{}, []string{}
	for _, a := range p.con.Server().Apps() {
		fmt.Fprintf(w, "\n  # %s (%v)\n", a.Name, a.Kind)
		export := names.exporter(w, a.Kind)
		export("APPID", a.AppID)
		export("APPSECRET", a.Secret())
		p.exportReceiver(w, a, export)
		cb, ok := a.Callback()
		if ok {
			export("TOKEN", cb.Token)
			export("AES_KEY", cb.EncodingAESKey)
		}
		if cb.URL != "" {
			fmt.Fprintf(w, "  # pushes go to %s (%v, %v)\n", cb.URL, cb.Mode, cb.Format)
		} else if a.Kind != emulator.Website {
			silent = append(silent, a.AppID)
		}
	}
	p.explainPushes(w, silent)
	fmt.Fprintln(w, "\nCtrl-C stops it.")
}

const mostListed = 10 // of users and of templates; the page has all

// exportReceiver names a template and a user to send it to, the first of each, and lists all.
func (p *program) exportReceiver(w io.Writer, a *emulator.App, export func(name, value string)) {
	if a.Kind != emulator.MiniProgram && a.Kind != emulator.ServiceAccount {
		return
	}
	templates, users := a.State().Templates, p.con.Server().Users()
	if len(templates) > 0 {
		export("TEMPLATE", templates[0].ID)
	}
	if len(users) > 0 {
		export("OPENID", users[0].OpenID(a))
	}
	list(w, "templates:", templates, func(t emulator.TemplateState) string { return describeTemplate(&t) })
	list(w, "OpenIDs of the users:", users, func(u *emulator.User) string { return describeUser(a, u) })
}

// list writes what there is as comments.
func list[T any](w io.Writer, heading string, all []T, describe func(T) string) {
	if len(all) == 0 {
		return
	}
	fmt.Fprintf(w, "  # %s\n", heading)
	for _, one := range all[:min(len(all), mostListed)] {
		fmt.Fprintf(w, "  #   %s\n", describe(one))
	}
	if more := len(all) - mostListed; more > 0 {
		fmt.Fprintf(w, "  #   and %d more\n", more)
	}
}

// describeTemplate writes "demo-contract-due: Contract due, one-time, with thing1, date2, thing3".
func describeTemplate(t *emulator.TemplateState) string {
	keys := make([]string, len(t.Keywords))
	for i, k := range t.Keywords {
		keys[i] = k.Key
	}
	text := fmt.Sprintf("%s: %s, %s", t.ID, t.Title, kindOfTemplate(t))
	if len(keys) == 0 {
		return text
	}
	return text + ", with " + strings.Join(keys, ", ")
}

func kindOfTemplate(t *emulator.TemplateState) string {
	switch {
	case t.Card != 0:
		return "for service cards"
	case t.Type == emulator.Followers.String():
		return "for followers"
	}
	return t.Type
}

func describeUser(a *emulator.App, u *emulator.User) string {
	text := u.Name + ": " + u.OpenID(a)
	if u.Follows(a) {
		text += ", follows the account"
	}
	return text
}

// explainPushes says how to get the pushes of accounts that have no callback yet.
func (p *program) explainPushes(w io.Writer, appIDs []string) {
	if len(appIDs) == 0 {
		return
	}
	fmt.Fprintf(w, "\nNothing is pushed for %s yet. Say where it should go, and get the token and the key:\n\n", strings.Join(appIDs, ", "))
	fmt.Fprintln(w, `  curl -X PUT -H 'Content-Type: application/json' -d '{"url": "http://localhost:8080/wechat"}' \`)
	fmt.Fprintf(w, "    %sapi/apps/%s/callback\n", p.page(), appIDs[0])
}

// naming counts the accounts of each kind, so that each has its own variables.
type naming map[emulator.Kind]int

// exporter writes the variables of the next account of a kind: WECHAT_APPID for the first Mini Program,
// WECHAT_SERVICE_APPID_2 for the second service account.
func (n naming) exporter(w io.Writer, kind emulator.Kind) func(name, value string) {
	n[kind]++
	prefix, suffix := "WECHAT_"+kindPrefixes[kind], ""
	if n[kind] > 1 {
		suffix = "_" + strconv.Itoa(n[kind])
	}
	return func(name, value string) { fmt.Fprintf(w, "  export %s%s%s=%s\n", prefix, name, suffix, value) }
}

var kindPrefixes = map[emulator.Kind]string{
	emulator.ServiceAccount: "SERVICE_", emulator.Website: "WEBSITE_", emulator.ThirdParty: "PLATFORM_",
}

// serve answers until ctx ends, then lets the calls under way finish.
func (p *program) serve(ctx context.Context) error {
	srv := &http.Server{Handler: p.con, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(p.listener) }()
	select {
	case err := <-ended:
		return errors.Join(err, p.con.Close())
	case <-ctx.Done():
	}
	err := p.con.Close() // ends the streams, which Shutdown would wait for
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return errors.Join(err, srv.Shutdown(grace))
}

// finish stops the emulator and saves what is to be saved.
func (p *program) finish() error {
	wx := p.con.Server()
	err := wx.Close()
	if p.state != "" {
		err = errors.Join(err, writeFile(p.state, wx.Save))
	}
	if p.har != "" {
		err = errors.Join(err, writeFile(p.har, wx.WriteHAR))
	}
	return err
}

// writeFile replaces a file at once, so that a crash leaves the old one.
func writeFile(name string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	if err := errors.Join(write(f), f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name())) //nolint:gosec // made above
	}
	return os.Rename(f.Name(), name) //nolint:gosec // the user names the file
}

// openBrowser opens an address with the system's own command.
func openBrowser(ctx context.Context, address string) error {
	name, args := "xdg-open", []string{address}
	switch runtime.GOOS {
	case "darwin":
		name = "open"
	case "windows":
		name, args = "rundll32", []string{"url.dll,FileProtocolHandler", address}
	}
	return exec.CommandContext(ctx, name, args...).Start() //nolint:gosec // the address is our own
}
