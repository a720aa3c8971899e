module github.com/wechatkit/wechat/examples/token

go 1.26.0

require (
	github.com/redis/go-redis/v9 v9.23.0
	github.com/wechatkit/wechat v0.1.0
	github.com/wechatkit/wechat/token/redisstore v0.1.0
)

require (
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/go-resty/resty/v2 v2.17.2 // indirect
	go.uber.org/atomic v1.12.0 // indirect
	golang.org/x/net v0.62.0 // indirect
	golang.org/x/sync v0.25.0 // indirect
	golang.org/x/sys v0.50.0 // indirect
	golang.org/x/time v0.16.0 // indirect
)
