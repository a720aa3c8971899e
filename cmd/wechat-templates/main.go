// Command wechat-templates writes a Go struct for each message template of an account, with a field for each
// keyword, so that a wrong keyword is an error of the compiler's and not WeChat's 47003.
//
//	wechat-templates -kind subscribe -package messages -o messages/wechat.go
//
// In a source file of the package, a comment makes go generate run it:
//
//	//go:generate go run github.com/wechatkit/wechat/cmd/wechat-templates -kind subscribe -package messages -o wechat.go
//
// Then a message is
//
//	due := messages.ContractDue{Thing1: "Fire insurance", Date2: "2026-12-01"}
//	_, err := client.Send(ctx, due.Message(openID))
//
// -kind says which templates:
//
//	subscribe   subscription messages of a Mini Program (小程序订阅消息)
//	notify      subscription notifications of a service account (服务号订阅通知)
//	template    template messages of a service account (服务号模板消息)
//
// WECHAT_APPID and WECHAT_APPSECRET name the Mini Program, WECHAT_SERVICE_APPID and WECHAT_SERVICE_APPSECRET the service
// account. WECHAT_BASE_URL, or -base-url, replaces the address of WeChat's API by that of a proxy or of an emulator.
//
// The name of a struct is the template's title, with a T before it where that does not start with a Latin
// letter; where two templates have the same, part of the id follows. Fields are named by key. The keywords
// that WeChat lists values for have a type of their own and a constant for each value.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/wechatkit/wechat"
)

func main() {
	err := run(context.Background(), os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
	case errors.Is(err, errUsage):
		os.Exit(2)
	default:
		fmt.Fprintln(os.Stderr, "wechat-templates:", err)
		os.Exit(1)
	}
}

// errUsage is a mistake on the command line, which has been explained by then.
var errUsage = errors.New("usage")

type settings struct {
	kind    *kind
	pkg     string
	out     string
	baseURL string
}

func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	s, err := parse(args, stderr)
	if err != nil {
		return err
	}
	client, err := s.client(getenv)
	if err != nil {
		return err
	}
	defer client.Close()
	templates, err := s.kind.fetch(ctx, client)
	if err != nil {
		return err
	}
	source, err := generate(s.pkg, s.kind, templates)
	if err != nil {
		return err
	}
	if s.out == "" {
		_, err = stdout.Write(source)
		return err
	}
	return os.WriteFile(s.out, source, 0o644) //nolint:gosec // source code, not a secret
}

func parse(args []string, stderr io.Writer) (*settings, error) {
	flags := flag.NewFlagSet("wechat-templates", flag.ContinueOnError)
	flags.SetOutput(stderr)
	kindName := flags.String("kind", "subscribe", "templates of which `kind`: subscribe, notify or template")
	s := &settings{}
	flags.StringVar(&s.pkg, "package", "messages", "`name` of the package to write")
	flags.StringVar(&s.out, "o", "", "`file` to write; without it, standard output")
	flags.StringVar(&s.baseURL, "base-url", "", "`address` in place of WECHAT_BASE_URL or WeChat's API")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil, err
		}
		return nil, errUsage
	}
	s.kind = kinds[*kindName]
	switch {
	case flags.NArg() > 0:
		fmt.Fprintf(stderr, "unexpected argument %q\n", flags.Arg(0))
	case s.kind == nil:
		fmt.Fprintf(stderr, "-kind: unknown kind %q\n", *kindName)
	case !isPackageName(s.pkg):
		fmt.Fprintf(stderr, "-package: %q is not the name of a package\n", s.pkg)
	default:
		return s, nil
	}
	flags.Usage()
	return nil, errUsage
}

func (s *settings) client(getenv func(string) string) (*wechat.Client, error) {
	cfg, address, err := wechat.ConfigFromEnv(getenv, s.kind.Prefix)
	if err != nil {
		return nil, err
	}
	if s.baseURL != "" {
		address = wechat.WithBaseURL(s.baseURL)
	}
	return wechat.New(cfg, address)
}
