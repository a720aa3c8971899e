module github.com/wechatkit/wechat/examples/api-security

go 1.26.0

require (
	github.com/emmansun/gmsm v0.40.0
	github.com/stretchr/testify v1.12.1
	github.com/wechatkit/wechat v0.1.0
)

require (
	github.com/go-resty/resty/v2 v2.17.2 // indirect
	go.yaml.in/yaml/v3 v3.0.6 // indirect
	golang.org/x/crypto v0.58.0 // indirect
	golang.org/x/net v0.62.0 // indirect
	golang.org/x/sync v0.25.0 // indirect
	golang.org/x/time v0.16.0 // indirect
)
