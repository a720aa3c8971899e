// Package links makes the QR codes and links that lead a user to follow the service account, and back into
// the Mini Program.
//
// # To the service account
//
// A QR code with a scene (带参数二维码) tells who was asked to follow. [Client.CreateQRCode] makes one with the
// service account's client; when the user scans it, WeChat pushes a follow or scan event with the scene,
// which [SceneOf] reads. That binds the follower's OpenID to a user of the Mini Program even where the two
// accounts share no UnionID:
//
//	scene := links.OneTimeScene("bind-")             // store it with the user, unused, for an hour
//	code, err := service.CreateQRCode(ctx, &links.QRCode{Scene: scene, Lifetime: time.Hour})
//	show(links.ImageURL(code.Ticket))                // a picture; no secret in it
//	…
//	scene, ok := links.SceneOf(event, eventKey)      // in the handler of the push: look it up, use it once
//
// The scene names the picture, not the person: who gets the picture forwarded is bound in the other's place.
// Keep lifetimes short, use a scene once, and compare UnionIDs where both accounts have them. WeChat repeats
// pushes, so a scene that comes again from the same follower is a success without effect.
//
// # To the Mini Program
//
// Messages carry the Mini Program's page themselves and need no link. For SMS, mail and web pages there is
// the URL Link ([Client.GenerateURLLink]); for other apps the URL Scheme ([Client.GenerateScheme], which on
// Android needs a web page that redirects to it); for texts within WeChat the short link
// ([Client.GenerateShortLink]); for print the Mini Program code ([Client.UnlimitedCode]). All need a Mini
// Program of a company or organisation in mainland China, and a page that its published version has; the other versions
// ([wechat.MiniProgramVersion]) open only for those who may use them, and only from outside WeChat.
//
// Links end after at most 30 days, and a Mini Program generates 500,000 of them a day (schemes and URL Links
// together). Make one for a campaign, keep it, and tell users apart with [AppendQuery].
//
// Each call says which account it needs. The wrong one gives [errcode.APIUnauthorized].
package links
