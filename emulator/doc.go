// Package emulator is a WeChat (微信) that runs inside a Go program, for tests and for development without
// an account.
//
//	wx := emulator.New(t)
//	tpl := wx.MiniProgram().AddTemplate(emulator.Template{Title: "Contract due", Keywords: []string{"thing1", "date2"}})
//	alice := wx.User("alice")
//	alice.Accept(tpl)
//
// The program under test talks to it through [Server.HTTPClient], which answers every request in memory
// whatever its host, or over a real socket at [Server.URL]. Afterwards alice.Inbox() shows what her phone
// shows, and wx.Calls() what was asked of WeChat.
package emulator
