module github.com/wechatkit/wechat/benchmarks

go 1.26.0

require github.com/wechatkit/wechat v0.1.0

require (
	github.com/go-resty/resty/v2 v2.17.2 // indirect
	golang.org/x/net v0.62.0 // indirect
	golang.org/x/sync v0.25.0 // indirect
	golang.org/x/time v0.16.0 // indirect
)
