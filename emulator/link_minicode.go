package emulator

import (
	"bytes"
	"crypto/sha256"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"net/http"
	"regexp"
	"strings"

	"github.com/wechatkit/wechat/errcode"
)

const maxMiniCodes = 100_000 // of the two kinds with a path, together

// Codes of a Mini Program (小程序码). They answer an image, or JSON when something is wrong.
var miniCodeRoutes = []route{
	{method: http.MethodPost, path: "/wxa/getwxacodeunlimit", token: appToken, kinds: mpOnly, handle: miniCode(unlimitedCode)},
	{method: http.MethodPost, path: "/wxa/getwxacode", token: appToken, kinds: mpOnly, handle: miniCode(pathCode(1024))},
	{method: http.MethodPost, path: "/cgi-bin/wxaapp/createwxaqrcode", token: appToken, kinds: mpOnly, handle: miniCode(pathCode(128))},
}

type miniCodeBody struct {
	Scene     string `json:"scene"`
	Page      string `json:"page"`
	Path      string `json:"path"`
	CheckPath *bool  `json:"check_path"`
	Env       string `json:"env_version"`
	Width     int    `json:"width"`
	Hyaline   bool   `json:"is_hyaline"`
}

var sceneForm = regexp.MustCompile(`^[0-9A-Za-z!#$&'()*+,/:;=?@\-._~]+$`)

// miniCode checks what the three calls have in common, and draws.
func miniCode(target func(*call, *miniCodeBody) (MiniProgramLink, reply, bool)) func(*call) reply {
	return func(c *call) reply {
		var in miniCodeBody
		if bad, ok := c.decode(&in); !ok {
			if bad.code == errcode.MalformedBody && strings.HasSuffix(c.path, "unlimit") {
				return c.fail(errcode.InvalidSceneSize)
			}
			return bad
		}
		if in.Width == 0 {
			in.Width = 430
		}
		if in.Width < 280 || in.Width > 1280 {
			return c.fail(errcode.InvalidWidth)
		}
		if !knownEnv(in.Env) {
			return c.fail(errcode.InvalidParameters)
		}
		link, bad, ok := target(c, &in)
		if !ok {
			return bad
		}
		content := "https://mp.weixin.qq.com/a/~emulator/" + link.AppID + "/" + link.Page
		c.w.miniCodes[content] = link
		if in.Hyaline {
			return reply{status: http.StatusOK, contentType: "image/png", body: picture(content, in.Width, true)}
		}
		return reply{status: http.StatusOK, contentType: "image/jpeg", body: picture(content, in.Width, false)}
	}
}

func knownEnv(env string) bool {
	return env == "" || env == "release" || env == "trial" || env == "develop"
}

// unlimitedCode takes a scene, which reaches the page as query.scene, percent-encoded.
func unlimitedCode(c *call, in *miniCodeBody) (MiniProgramLink, reply, bool) {
	link := MiniProgramLink{AppID: c.app.AppID, Page: in.Page + "?scene=" + percent(in.Scene)}
	page, _, hasQuery := strings.Cut(in.Page, "?")
	switch {
	case in.Scene == "" || len(in.Scene) > 32:
		return link, c.fail(errcode.InvalidSceneSize), false
	case !sceneForm.MatchString(in.Scene):
		return link, c.fail(errcode.InvalidScene), false
	case hasQuery || strings.HasPrefix(page, "/"):
		return link, c.fail(errcode.InvalidPage), false
	case (in.CheckPath == nil || *in.CheckPath) && page != "" && !c.app.hasPage(page):
		return link, c.fail(errcode.InvalidPage), false
	}
	return link, reply{}, true
}

// pathCode counts against the number that an account may ever make; the same target counts once.
func pathCode(longest int) func(*call, *miniCodeBody) (MiniProgramLink, reply, bool) {
	return func(c *call, in *miniCodeBody) (MiniProgramLink, reply, bool) {
		link := MiniProgramLink{AppID: c.app.AppID, Page: in.Path}
		switch {
		case in.Path == "" || len(in.Path) > longest:
			return link, c.fail(errcode.InvalidPathSize), false
		case !c.app.hasPage(in.Path):
			return link, c.fail(errcode.InvalidPage), false
		case !c.app.links.CodePaths[in.Path] && len(c.app.links.CodePaths) >= maxMiniCodes:
			return link, c.fail(errcode.CodesUsedUp), false
		}
		if c.app.links.CodePaths == nil {
			c.app.links.CodePaths = map[string]bool{}
		}
		c.app.links.CodePaths[in.Path] = true
		return link, reply{}, true
	}
}

// percent encodes all that is neither a letter nor a digit nor one of "-_.~".
func percent(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		ch := s[i]
		if strings.IndexByte(base62+"-_.~", ch) >= 0 {
			b.WriteByte(ch)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hex[ch>>4])
		b.WriteByte(hex[ch&15])
	}
	return b.String()
}

// pictureMark precedes the content of a code behind the end of its picture, where viewers do not look.
const pictureMark = "\nwechat-emulator-code:"

const modules = 25 // squares per side

// picture draws something that looks like a code, but only [User.ScanPicture] can read it.
func picture(content string, width int, transparent bool) []byte {
	img := image.NewPaletted(image.Rect(0, 0, width, width), color.Palette{color.White, color.Black})
	if transparent {
		img.Palette[0] = color.Transparent
	}
	sum := sha256.Sum256([]byte(content))
	for y := range width {
		row := y * modules / width
		for x := range width {
			i := row*modules + x*modules/width
			if sum[i/8%len(sum)]>>(i%8)&1 == 1 {
				img.Pix[y*img.Stride+x] = 1
			}
		}
	}
	var b bytes.Buffer
	if transparent {
		_ = png.Encode(&b, img) // a buffer does not fail
	} else {
		_ = jpeg.Encode(&b, img, &jpeg.Options{Quality: 50})
	}
	b.WriteString(pictureMark + content)
	return b.Bytes()
}

func contentOfPicture(image []byte) (string, bool) {
	i := bytes.LastIndex(image, []byte(pictureMark))
	if i < 0 {
		return "", false
	}
	return string(image[i+len(pictureMark):]), true
}
