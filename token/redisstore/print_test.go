package redisstore_test

import (
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/internal/printed"
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
