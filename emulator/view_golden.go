package emulator

import (
	"fmt"
	"net/http"
	"strings"
)

// Golden turns the recorded calls into sample files for tests that mock HTTP: by name, the first call to
// each endpoint that succeeded, and the first with each errcode.
//
//	cgi-bin.message.subscribe.send/request.http
//	cgi-bin.message.subscribe.send/response.json
//	cgi-bin.message.subscribe.send/error-43101.http
//	cgi-bin.message.subscribe.send/error-43101.json
//
// A .http file has the method with the address, the Content-Type if there is a body, an empty line, and
// the body. Secrets read "***". Calls that are recorded in part only (files, bodies above 16 KiB, broken
// connections) are left out.
func (s *Server) Golden() map[string][]byte {
	files := map[string][]byte{}
	for _, c := range s.recorded() {
		if c.isWhole() { // which masking may hide
			c.mask()
			c.addGolden(files)
		}
	}
	return files
}

// isWhole reports whether the record holds all of the call.
func (c *Call) isWhole() bool {
	isText := !strings.HasSuffix(c.Request, noText)
	return isText && !isCut(c.Request) && !isCut(c.Response) && c.Status == http.StatusOK && kindOf(c.Response) == "application/json"
}

func isCut(body string) bool { return len(body) >= longestShown && strings.HasSuffix(body, cutMark) }

func (c *Call) addGolden(files map[string][]byte) {
	folder := strings.ReplaceAll(strings.Trim(c.Path, "/"), "/", ".")
	request, response := folder+"/request.http", folder+"/response.json"
	if c.Code != 0 {
		request, response = fmt.Sprintf("%s/error-%d.http", folder, c.Code), fmt.Sprintf("%s/error-%d.json", folder, c.Code)
	}
	if files[request] != nil {
		return
	}
	files[request], files[response] = []byte(c.asHTTP()), []byte(c.Response+"\n")
}

func (c *Call) asHTTP() string {
	var b strings.Builder
	b.WriteString(c.Method + " https://api.weixin.qq.com" + c.Path)
	if c.Query != "" {
		b.WriteString("?" + c.Query)
	}
	b.WriteString("\n")
	if c.Request != "" {
		b.WriteString("Content-Type: " + kindOf(c.Request) + "\n\n" + c.Request + "\n")
	}
	return b.String()
}
