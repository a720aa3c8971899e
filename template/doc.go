// Package template sends template messages of a verified service account (服务号模板消息) to its followers
// and manages their templates. Any other account gets [errcode.APIUnauthorized].
//
// A service account may send 100,000 messages a day by default, more from 100,000 followers on, and have 25
// templates. They must inform: marketing is refused ([errcode.MarketingContent]) or held back after it was
// accepted, see [Client.Blocked].
//
// # What WeChat drops without a word
//
// Since 2023-05-04 WeChat delivers every template message without its head line (first), its tail (remark),
// colours and emoji, and cuts the other lines of old industry templates at 20 characters and at line
// breaks. The answer is a success all the same. This package therefore has no field for a colour. It sends
// the rest of the data as it is, since templates of the old library still name those keys, and [Losses]
// tells beforehand what the user will not see.
//
// The keys of newer templates, those of the category library (类目模板), name a type ("thing1", "time4") whose
// rule Send checks; what breaks it is refused by WeChat, not cut. [Fit] shortens for those who want it.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/guide/product/template_message/Template_Message_Interface.html
package template
