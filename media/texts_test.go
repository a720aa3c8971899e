package media_test

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/media"
)

const (
	gbk = "\xca\xd3\xc6\xb5" // 视频, as it comes from an old database
	mp4 = "\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"
)

func TestTextThatIsNoUTF8IsRefused(t *testing.T) {
	t.Parallel()
	video := media.File{Type: media.Video, Name: "a.mp4"}
	type call func(context.Context, *media.Client) error
	for _, c := range []struct {
		field string
		do    call
	}{
		{"Title", func(ctx context.Context, c *media.Client) error {
			f := video
			f.Content = strings.NewReader(mp4)
			_, err := c.AddMaterial(ctx, &media.NewMaterial{File: f, Title: gbk})
			return err
		}},
		{"Introduction", func(ctx context.Context, c *media.Client) error {
			f := video
			f.Content = strings.NewReader(mp4)
			_, err := c.AddMaterial(ctx, &media.NewMaterial{File: f, Title: "a", Introduction: gbk})
			return err
		}},
		{"Type", func(ctx context.Context, c *media.Client) error {
			_, err := c.Upload(ctx, &media.File{Type: gbk, Content: strings.NewReader("x")})
			return err
		}},
		{"Type", func(ctx context.Context, c *media.Client) error {
			_, err := c.MaterialsPage(ctx, &media.MaterialQuery{Type: gbk})
			return err
		}},
		{"mediaID", func(ctx context.Context, c *media.Client) error {
			_, err := c.Download(ctx, gbk, io.Discard)
			return err
		}},
		{"mediaID", func(ctx context.Context, c *media.Client) error {
			_, err := c.DownloadMaterial(ctx, gbk, io.Discard)
			return err
		}},
		{"mediaID", func(ctx context.Context, c *media.Client) error { return c.DeleteMaterial(ctx, gbk) }},
		{"recordID", func(ctx context.Context, c *media.Client) error {
			_, err := c.DownloadFeedback(ctx, gbk, "m", io.Discard)
			return err
		}},
	} {
		for _, opts := range [][]wechat.Option{nil, {wechat.WithoutChecks()}} {
			api, fake := client(t, []answer{{body: `{"errcode":0}`}}, opts...)
			err := c.do(t.Context(), api)
			require.EqualError(t, err, "media: "+c.field+": not UTF-8")
			require.ErrorIs(t, err, errcode.InvalidArgument)
			fake.mu.Lock()
			require.Empty(t, fake.bodies)
			fake.mu.Unlock()
		}
	}
}

// The name of a file is made ASCII in any case, so that one of another encoding need not be refused.
func TestNameOfAFileThatIsNoUTF8(t *testing.T) {
	t.Parallel()
	api, fake := client(t, []answer{{body: `{"type":"video","media_id":"m1","created_at":1700000000}`}})
	_, err := api.Upload(t.Context(), &media.File{Type: media.Video, Name: gbk + ".mp4", Content: strings.NewReader(mp4)})
	require.NoError(t, err)
	require.Contains(t, fake.bodies[0], `filename="media.mp4"`)
}
