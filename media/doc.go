// Package media uploads and downloads the files (素材) that messages carry: temporary media, which WeChat
// keeps for three days, and the permanent material of official accounts.
//
//	up, err := media.New(client).Upload(ctx, &media.File{Type: media.Image, Content: file})
//	…
//	err = customerservice.New(client).Send(ctx, &customerservice.Message{
//		ToUser: openID, Content: customerservice.Image{MediaID: up.MediaID},
//	})
//
// A media id belongs to the account that uploaded it. With another account, or after its three days, it
// gives [errcode.InvalidMediaID].
//
// Files are streamed both ways, and have no time limit but the context's.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/guide/product/asset.html
package media
