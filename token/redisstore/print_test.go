package redisstore_test

import (
	"encoding/json"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/internal/printed"
	"github.com/wechatkit/wechat/token"
	"github.com/wechatkit/wechat/token/redisstore"
)

// Neither the keys nor the password of the client show where a store is printed.
func TestNothingPrintsItsSecrets(t *testing.T) {
	t.Parallel()
	const key, password = "planted-key-of-thirty-two-bytes!", "planted-password-1"
	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1", Password: password})
	t.Cleanup(func() { _ = client.Close() })
	store, err := redisstore.New(client, redisstore.WithEncryption([]byte(key)))
	require.NoError(t, err)
	pushes, err := redisstore.NewPushes(client, redisstore.WithEncryption([]byte(key)))
	require.NoError(t, err)
	printed.RequireClean(t, store, key, password)
	printed.RequireClean(t, *store, key, password)
	printed.RequireClean(t, pushes, key, password)
	printed.RequireClean(t, *pushes, key, password)
}

// A token that was marshalled on its way here is none any more.
func TestMaskIsNotSaved(t *testing.T) {
	t.Parallel()
	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1"})
	t.Cleanup(func() { _ = client.Close() })
	store, err := redisstore.New(client)
	require.NoError(t, err)
	data, err := json.Marshal(token.Token{Value: "T"})
	require.NoError(t, err)
	var read token.Token
	require.NoError(t, json.Unmarshal(data, &read))
	_, err = store.Save(t.Context(), "k", read, "")
	require.ErrorIs(t, err, token.ErrMasked)
}
