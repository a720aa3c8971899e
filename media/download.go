package media

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"unicode"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/internal/file"
	"github.com/wechatkit/wechat/internal/lenient"
	"github.com/wechatkit/wechat/internal/rest"
)

// longestDownload bounds a file. WeChat's own limits for uploads are far below.
const longestDownload = 64 * mib

// Downloaded tells of a file that was written, or where WeChat keeps it instead.
type Downloaded struct {
	// ContentType is told by the content where it can be, for WeChat's header is now and then wrong.
	ContentType string
	// Filename as WeChat gives it, without any directory; made up where it gives none.
	Filename string
	Size     int64 // bytes written
	// VideoURL is where a video is to be fetched from, without an access token. Nothing was written then,
	// and the other fields are empty.
	VideoURL string
}

// Download writes a temporary file of the account to w (获取临时素材), for Mini Programs and official accounts:
// one that it uploaded or that a user sent. Of a video WeChat tells only the address, see
// [Downloaded.VideoURL].
//
// WeChat labels errors as files and files as text at times, so the content decides: an error never reaches
// w. If Download fails, w may hold the beginning of the file. An error of w ends the call and is returned.
//
// Errors: [errcode.InvalidMediaID] where the id is unknown, older than three days or another account's. An
// official account may download 200,000 files a day by default; an older page says 10,000.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/material/temporary/api_getmedia
//
//wechat:endpoint GET /cgi-bin/media/get
//wechat:account mini-program official-account
func (c *Client) Download(ctx context.Context, mediaID string, w io.Writer) (*Downloaded, error) {
	var video wireVideo
	return c.download(ctx, mediaID, w, &video, wechat.Call{
		Op: "media.Download", Method: http.MethodGet, Path: "/cgi-bin/media/get",
		Query: url.Values{"media_id": {mediaID}}, Out: &video,
	})
}

// DownloadVoiceHD writes a voice that the JS-SDK's uploadVoice stored to w, as Speex at 16 kHz (获取高清语音素材),
// for verified official accounts. [Client.Download] gives the same voice as AMR at 8 kHz. What that says of
// files and errors holds here too.
//
// Errors: [errcode.InvalidMediaID].
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/material/temporary/api_gethdvoice
//
//wechat:endpoint GET /cgi-bin/media/get/jssdk
//wechat:account official-account
func (c *Client) DownloadVoiceHD(ctx context.Context, mediaID string, w io.Writer) (*Downloaded, error) {
	return c.download(ctx, mediaID, w, nil, wechat.Call{
		Op: "media.DownloadVoiceHD", Method: http.MethodGet, Path: "/cgi-bin/media/get/jssdk",
		Query: url.Values{"media_id": {mediaID}},
	})
}

// DownloadFeedback writes a picture of a user's feedback on a Mini Program to w (获取用户反馈图片). recordID is
// the feedback's, and mediaID one of its MediaIDs, see [Client.Feedbacks]. What [Client.Download] says of files and errors holds here too.
//
// Errors: [errcode.MediaNotFound].
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/operation/api_getfeedbackmedia
//
//wechat:endpoint GET /cgi-bin/media/getfeedbackmedia
//wechat:account mini-program
func (c *Client) DownloadFeedback(ctx context.Context, recordID, mediaID string, w io.Writer) (*Downloaded, error) {
	if recordID == "" && c.core.Checks() {
		return nil, fieldError("recordID", "empty")
	}
	return c.download(ctx, mediaID, w, nil, wechat.Call{
		Op: "media.DownloadFeedback", Method: http.MethodGet, Path: "/cgi-bin/media/getfeedbackmedia",
		Query: url.Values{"record_id": {recordID}, "media_id": {mediaID}},
	})
}

// wireVideo is the answer in place of a video: video_url of temporary media, down_url of permanent.
type wireVideo struct {
	URL     lenient.String `json:"video_url"`
	DownURL lenient.String `json:"down_url"`
}

func (v *wireVideo) address() string {
	if v.URL != "" {
		return string(v.URL)
	}
	return string(v.DownURL)
}

// DecodeAnswer implements rest.Decoder.
func (v *wireVideo) DecodeAnswer(data []byte) error {
	err := lenient.Unmarshal(data, v)
	if err == nil && v.address() == "" {
		err = rest.Missing("video_url")
	}
	return err
}

// download makes the call and writes the file to w. video, where there is one, is call.Out.
func (c *Client) download(
	ctx context.Context, mediaID string, w io.Writer, video *wireVideo, call wechat.Call,
) (*Downloaded, error) {
	sink, err := c.sink(mediaID, w)
	if err != nil {
		return nil, err
	}
	call.Binary, call.Effect = sink.receive, wechat.ReadOnly
	if err := c.core.Call(ctx, call); err != nil {
		return nil, err
	}
	if video != nil {
		sink.got.VideoURL = video.address()
	}
	return &sink.got, nil
}

func (c *Client) sink(mediaID string, w io.Writer) (*sink, error) {
	switch {
	case mediaID == "" && c.core.Checks():
		return nil, fieldError("mediaID", "empty")
	case w == nil:
		return nil, fieldError("w", "nil")
	}
	return &sink{mediaID: mediaID, w: w}, nil
}

// sink takes a file.
type sink struct {
	mediaID string
	w       io.Writer
	got     Downloaded
}

func (s *sink) receive(header http.Header, body io.Reader) error {
	buffered := bufio.NewReader(body)
	head, err := buffered.Peek(512)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	kind := file.Detect(head)
	s.got.ContentType = contentType(kind, header)
	s.got.Filename = filename(header)
	if s.got.Filename == "" {
		s.got.Filename = file.Name(s.mediaID, kind, "")
	}
	s.got.Size, err = io.Copy(s.w, io.LimitReader(buffered, longestDownload+1))
	switch {
	case err != nil && !isAnswerBroken(err):
		return fmt.Errorf("writing the file: %w", err)
	case err == nil && s.got.Size > longestDownload:
		return fmt.Errorf("file over the limit of %d bytes", longestDownload)
	}
	return err
}

// isAnswerBroken tells an error of the answer from one of the writer.
func isAnswerBroken(err error) bool {
	var transport *wechat.TransportError
	var answer *wechat.ResponseError
	return errors.As(err, &transport) || errors.As(err, &answer)
}

// contentType believes the content before the header, and the header unless it says text.
func contentType(kind string, header http.Header) string {
	told, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	switch {
	case kind != file.Unknown:
		return kind
	case err != nil, strings.HasPrefix(told, "text/"), told == "application/json":
		return file.Unknown
	}
	return told
}

// filename reads the name out of Content-Disposition, also where that is not well formed.
func filename(header http.Header) string {
	disposition := header.Get("Content-Disposition")
	name := ""
	if _, params, err := mime.ParseMediaType(disposition); err == nil {
		name = params["filename"]
	} else if _, rest, ok := strings.Cut(disposition, "filename="); ok {
		name, _, _ = strings.Cut(rest, ";")
		name = strings.Trim(name, `" `)
	}
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	if strings.Trim(name, ".") == "" {
		return ""
	}
	return strings.Map(printable, name)
}

func printable(r rune) rune {
	if unicode.IsPrint(r) {
		return r
	}
	return -1
}
