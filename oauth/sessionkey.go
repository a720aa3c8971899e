package oauth

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/internal/lenient"
	"github.com/wechatkit/wechat/internal/rest"
)

// CheckSessionKey reports whether a session key of a Mini Program's user is still the current one
// (检验登录态). A key that is not is an answer, false, and no error.
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/user-login/api_checksessionkey
//
//wechat:endpoint GET /wxa/checksession
//wechat:account mini-program
func (c *Client) CheckSessionKey(ctx context.Context, openID string, key wechat.Secret) (bool, error) {
	err := c.signed(ctx, wechat.Call{
		Op: "oauth.CheckSessionKey", Path: "/wxa/checksession", Effect: wechat.ReadOnly,
	}, openID, key)
	if errors.Is(err, errcode.SessionKeyInvalid) || errors.Is(err, errcode.SessionKeyExpired) {
		return false, nil
	}
	return err == nil, err
}

// ResetSessionKey replaces the session key of a Mini Program's user (重置登录态) and returns the session with
// the new one. The old key is void at once; the new one ends when the old one would have.
//
// [errcode.SessionKeyExpired] and [errcode.SessionKeyInvalid] mean that key is not the current one. Sixty
// thousand calls a minute; resetting one user's key often is not allowed.
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/user-login/api_resetusersessionkey
//
//wechat:endpoint GET /wxa/resetusersessionkey
//wechat:account mini-program
func (c *Client) ResetSessionKey(ctx context.Context, openID string, key wechat.Secret) (*Session, error) {
	var out wireSession
	err := c.signed(ctx, wechat.Call{
		Op: "oauth.ResetSessionKey", Path: "/wxa/resetusersessionkey",
		Out: rest.Needs(&out, "session_key"), Effect: wechat.SingleUse,
	}, openID, key)
	if err != nil {
		return nil, err
	}
	return out.session(), nil
}

// EncryptKey is a key for the encrypted channel between a user's Mini Program and the server.
type EncryptKey struct {
	Version int // the same number as on the user's device
	Key     wechat.Secret
	IV      wechat.Secret
	Created time.Time
	// ExpiresIn is how long the key was still good for when WeChat answered; 0 for one that has ended.
	ExpiresIn time.Duration
}

// EncryptKeys returns the last three keys of a Mini Program's user for the encrypted channel
// (获取用户encryptKey). Each lives an hour. The user's device names the version that it used.
//
// [errcode.SessionKeyExpired] and [errcode.SessionKeyInvalid] mean that key is not the user's current session
// key.
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/user-info/internet/api_getuserencryptkey
//
//wechat:endpoint GET /wxa/business/getuserencryptkey
//wechat:account mini-program
func (c *Client) EncryptKeys(ctx context.Context, openID string, key wechat.Secret) ([]EncryptKey, error) {
	var out struct {
		List lenient.List[wireEncryptKey] `json:"key_info_list"`
	}
	err := c.signed(ctx, wechat.Call{
		Op: "oauth.EncryptKeys", Path: "/wxa/business/getuserencryptkey", Out: rest.NeedsAny(&out, "errcode", "key_info_list"), Effect: wechat.ReadOnly,
	}, openID, key)
	if err != nil {
		return nil, err
	}
	keys := make([]EncryptKey, 0, len(out.List))
	for _, k := range out.List {
		keys = append(keys, k.key())
	}
	return keys, nil
}

type wireEncryptKey struct {
	Key       lenient.String `json:"encrypt_key"`
	IV        lenient.String `json:"iv"`
	Version   lenient.Int64  `json:"version"`
	ExpiresIn lenient.Int64  `json:"expire_in"`
	Created   lenient.Int64  `json:"create_time"`
}

func (w *wireEncryptKey) key() EncryptKey {
	return EncryptKey{
		Version: int(w.Version), Key: wechat.Secret(w.Key), IV: wechat.Secret(w.IV),
		Created: w.Created.Time(), ExpiresIn: time.Duration(w.ExpiresIn) * time.Second,
	}
}

// signed makes a call that proves with a signature that it knows the user's session key. WeChat wants all
// of it in the query, although its tables say otherwise.
func (c *Client) signed(ctx context.Context, call wechat.Call, openID string, key wechat.Secret) error {
	if err := needTexts(c.core, "openID", openID, "key", key.Reveal()); err != nil {
		return err
	}
	if err := checkSecret("key", key); err != nil {
		return err
	}
	signature := signEmpty(key)
	call.Method = http.MethodGet
	call.Query = url.Values{"openid": {openID}, "signature": {signature}, "sig_method": {"hmac_sha256"}}
	call.Private = []string{openID, signature, key.Reveal()}
	return c.core.Call(ctx, call)
}

// signEmpty signs the empty text. The HMAC's key is the session key as it is written, in base64, and not
// the bytes that it stands for.
func signEmpty(key wechat.Secret) string {
	return hex.EncodeToString(hmac.New(sha256.New, []byte(key.Reveal())).Sum(nil))
}
