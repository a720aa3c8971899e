// Command api-security makes a call of a Mini Program that is encrypted with SM4_GCM and signed with SM2withSM3 (国密), by
// github.com/emmansun/gmsm. With AES256_GCM and RSAwithSHA256 none of this is needed: wechat.APISecurity takes those keys as text.
//
//	cd examples/api-security && go run .
//
// Without settings it plays both sides on a WeChat emulator inside itself. With a Mini Program of yours in the environment it
// asks WeChat how many customer-service messages it may send today:
//
//	WECHAT_APPID, WECHAT_APPSECRET                      the Mini Program
//	WECHAT_SM4_KEY, WECHAT_SM4_NUMBER                   API对称密钥: base64, and its number
//	WECHAT_SM2_KEY, WECHAT_SM2_NUMBER                   API非对称密钥: the private key as PEM, and its number
//	WECHAT_CERTIFICATE, WECHAT_CERTIFICATE_NUMBER       开放平台证书: PEM, and its number
//	WECHAT_BASE_URL                                     another address than https://api.weixin.qq.com
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/wechatkit/wechat"
)

func main() {
	if err := run(context.Background(), os.Stdout, os.Getenv); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run picks the real WeChat or the emulator.
func run(ctx context.Context, out io.Writer, env func(string) string) error {
	cfg, address, err := wechat.ConfigFromEnv(env, "WECHAT_", "WECHAT_SM4_KEY", "WECHAT_SM4_NUMBER", "WECHAT_SM2_KEY",
		"WECHAT_SM2_NUMBER", "WECHAT_CERTIFICATE", "WECHAT_CERTIFICATE_NUMBER")
	if errors.Is(err, wechat.ErrEnvEmpty) {
		return playOnEmulator(ctx, out)
	}
	if err != nil {
		return err
	}
	k := keys{
		env("WECHAT_SM4_KEY"), env("WECHAT_SM4_NUMBER"), env("WECHAT_SM2_KEY"), env("WECHAT_SM2_NUMBER"),
		env("WECHAT_CERTIFICATE"), env("WECHAT_CERTIFICATE_NUMBER"),
	}
	settings, err := k.settings()
	if err != nil {
		return err
	}
	client, err := wechat.New(cfg, address, wechat.WithAPISecurity(settings))
	if err != nil {
		return err
	}
	defer client.Close()
	return ask(ctx, out, client)
}

func ask(ctx context.Context, out io.Writer, client *wechat.Client) error {
	quota, err := client.Account().Quota(ctx, "/cgi-bin/message/custom/send")
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "customer-service messages today: %d of %d\n", quota.Used, quota.DailyLimit)
	return nil
}
