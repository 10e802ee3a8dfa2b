package dialog

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// The widget draws what is called an image; a browser that cannot shows a
// broken picture in its place.
func TestOnlyWhatBrowsersDrawIsAnImage(t *testing.T) {
	for name, want := range map[string]struct {
		data string
		kind chat.FileKind
		mime string
	}{
		"png":           {"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", chat.Image, "image/png"},
		"animated png":  {"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x08acTL", chat.Image, "image/png"},
		"jpeg":          {"\xff\xd8\xff\xe0\x00\x10JFIF", chat.Image, "image/jpeg"},
		"gif":           {"GIF89a\x01\x00\x01\x00", chat.Image, "image/gif"},
		"webp":          {"RIFF\x1a\x00\x00\x00WEBPVP8L", chat.Image, "image/webp"},
		"avif":          {"\x00\x00\x00\x1cftypavif\x00\x00\x00\x00avifmif1", chat.Image, "image/avif"},
		"bmp":           {"BM\x46\x00\x00\x00\x00\x00\x00\x00", chat.Image, "image/bmp"},
		"heic":          {"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", chat.Attachment, "image/heic"},
		"tiff":          {"II*\x00\x08\x00\x00\x00", chat.Attachment, "image/tiff"},
		"photoshop":     {"8BPS\x00\x01\x00\x00", chat.Attachment, "image/vnd.adobe.photoshop"},
		"autocad":       {"AC1032\x00\x00\x00", chat.Attachment, "image/vnd.dwg"},
		"djvu":          {"AT&TFORM\x00\x00\x00\x00DJVU", chat.Attachment, "image/vnd.djvu"},
		"jpeg xl":       {"\x00\x00\x00\x0cJXL \r\n\x87\n", chat.Attachment, "image/jxl"},
		"icon":          {"\x00\x00\x01\x00\x01\x00\x10\x10", chat.Attachment, "image/x-icon"},
		"svg":           {`<svg xmlns="http://www.w3.org/2000/svg"></svg>`, chat.Attachment, "image/svg+xml"},
		"film":          {"\x1aE\xdf\xa3\x01\x00\x00\x00\x00\x00\x00\x1fB\x86\x81\x01B\x82\x84webm", chat.Video, "video/webm"},
		"sound":         {"ID3\x04\x00\x00\x00\x00\x00\x00", chat.Audio, "audio/mpeg"},
		"anything else": {"plain", chat.Attachment, "text/plain"},
	} {
		path := filepath.Join(t.TempDir(), strings.ReplaceAll(name, " ", "-"))
		must(t, os.WriteFile(path, []byte(want.data), 0o600))
		got, err := inspect(path, chat.File{})
		must(t, err)
		if got.Kind != want.kind || got.Type != want.mime {
			t.Errorf("%s is %s of kind %s", name, got.Type, got.Kind)
		}
	}
}
