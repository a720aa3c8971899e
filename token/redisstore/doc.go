// Package redisstore shares access tokens through Redis, so that a fleet of processes needs one request to
// WeChat where each would make its own. It works with Redis 6 and later and with Valkey, standalone, behind
// Sentinel or as a Cluster.
//
//	rdb := redis.NewUniversalClient(&redis.UniversalOptions{Addrs: []string{"localhost:6379"}})
//	store, err := redisstore.New(rdb)
//	manager, err := token.NewManager(token.Config{AppID: "wx…", AppSecret: "…", Store: store})
//	client, err := wechat.New(wechat.Config{AppID: "wx…"}, wechat.WithTokenSource(manager))
//
// What the client has of HTTP client, base URL, timeout and logger the manager wants too, see token.Config.
//
// [Store] is a token.Store and token.Locker, [Pushes] a callback.Store: it keeps WeChat's repeated pushes from
// running twice on several machines. Both use the client and never close it, and both return when their
// context ends, whether or not the client was made with ContextTimeoutEnabled.
//
// # What is in Redis
//
// Below the prefix, "wechat:token:{wx0123456789abcdef}:stable" is a hash with the token (v), a digest of
// it (f) and when it was asked for by the clock of Redis (i); it expires with the token. The same name with
// ":lock" holds the random name of who is asking WeChat; it lasts five seconds and is extended. ":forced:0:lock"
// and ":renewal:0:lock" to ":renewal:4:lock" count requests for the fleet. What another program leaves under the name
// of a lock, with no end or a later one than a lock has, is let go by the time that a lock lasts after it was first
// seen. "wechat:push:" and a digest is a push that ran or runs, see [Pushes]. The names hold no secret. The token
// itself is one: protect Redis by password and TLS, and see [WithEncryption].
//
// A user of Redis ACLs needs the commands EVAL, EVALSHA, TIME, HMGET, HSET, PTTL, PEXPIRE, PERSIST, DEL, GET,
// SET, PUBLISH and SUBSCRIBE on these names, and on a Cluster CLUSTER SLOTS. Without PUBLISH and SUBSCRIBE waiting
// takes up to half a second longer.
//
// # What can go wrong
//
// Tokens survive that Redis forgets them: they are fetched again. Failing over may lose a lock, so that two
// processes ask WeChat; the store then keeps the answer to the later question. The refresh tokens and the
// verify ticket of a third-party platform do not come back by themselves: give their Redis persistence and a
// maxmemory-policy that does not evict (noeviction or volatile-*).
package redisstore
