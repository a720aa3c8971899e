module github.com/wechatkit/wechat/benchmarks

go 1.26.0

require github.com/wechatkit/wechat v0.0.0

replace github.com/wechatkit/wechat => ../
