package emulator

import (
	"bytes"
	"crypto/sha256"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
)

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
