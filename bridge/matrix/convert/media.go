package convert

import (
	"math"
	"mime"
	"path"
	"regexp"
	"strings"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
)

// Limits of what an operator's client may claim of a file; a claim beyond one
// counts as unknown.
const (
	maxSize     = int64(1) << 40 // bytes
	maxSide     = int64(100_000) // pixels
	maxDuration = int64(30 * 24 * 60 * 60 * 1000)
)

func media(content object, as manner) Incoming {
	if content.has("file") {
		return refuse(ReasonEncryptedMedia)
	}
	url, ok := MediaURL(content.string("url"))
	if !ok {
		return refuse(ReasonNoMedia)
	}
	c := chat.Content{}
	// MSC2530: the body is a caption when a file name stands beside it and differs.
	if name := content.string("filename"); name != "" && content.string("body") != name {
		c = words(content, content.string("body"), as)
	}
	c.File = file(content)
	in := orCommand(c, as)
	in.Media = &Media{URL: url}
	return in
}

func file(content object) *chat.File {
	info := content.object("info")
	name := content.string("filename")
	if name == "" {
		name = content.string("body")
	}
	claimed := mediaType(info.string("mimetype"), name)
	kind := fileKind(content, claimed)
	f := &chat.File{
		Kind:     kind,
		Type:     claimed,
		Size:     info.number("size", maxSize),
		Width:    int(info.number("w", maxSide)),
		Height:   int(info.number("h", maxSide)),
		Duration: info.number("duration", maxDuration),
	}
	if f.Duration == 0 {
		f.Duration = content.object("org.matrix.msc1767.audio").number("duration", maxDuration)
	}
	if kind == chat.Voice {
		f.Waveform = chat.Waveform(content.object("org.matrix.msc1767.audio").numbers("waveform", math.MaxInt32))
	}
	f.Name = plain.FileName(name)
	if f.Name == "" {
		f.Name = string(kind)
	}
	return f
}

func fileKind(content object, claimed string) chat.FileKind {
	switch content.string("msgtype") {
	case "m.image":
		return picture(chat.Image, claimed)
	case "m.video":
		return chat.Video
	case msgSticker:
		return picture(chat.Sticker, claimed)
	case "m.audio":
		for _, mark := range []string{"m.voice", "org.matrix.msc3245.voice", "org.matrix.msc3245.voice.v2", "org.matrix.msc2516.voice"} {
			if content.has(mark) {
				return chat.Voice
			}
		}
		return chat.Audio
	default:
		return chat.Attachment
	}
}

// picture is the kind of what a client calls a picture: a file to download, if
// the client says that it is of a type that browsers cannot draw.
func picture(kind chat.FileKind, claimed string) chat.FileKind {
	if claimed == unknownType || chat.IsPicture(claimed) {
		return kind
	}
	return chat.Attachment
}

var serverName = regexp.MustCompile(`^[a-zA-Z0-9.:\-\[\]]{1,255}$`)

// MediaURL accepts mxc://server/id with an id of the specification's alphabet,
// so that neither can lead a download to another path.
func MediaURL(s string) (id.ContentURIString, bool) {
	uri, err := id.ParseContentURI(s)
	if err != nil || !serverName.MatchString(uri.Homeserver) || !id.IsValidMediaID(uri.FileID) || len(uri.FileID) > maxID {
		return "", false
	}
	return uri.CUString(), true
}

const unknownType = "application/octet-stream"

// mediaType is the claimed type without parameters, or what the name's
// extension says where a client claims none (bots often leave info out).
func mediaType(claim, name string) string {
	t, _, err := mime.ParseMediaType(claim)
	if err == nil && strings.Count(t, "/") == 1 && len(t) <= maxID {
		return chat.PictureType(t)
	}
	return typeOfName(name)
}

// typeOfName does not use mime.TypeByExtension, whose answers differ from
// machine to machine.
func typeOfName(name string) string {
	switch strings.ToLower(path.Ext(name)) {
	case ".jpg", ".jpeg":
		return "image/jpeg"
	case ".png":
		return "image/png"
	case ".gif":
		return "image/gif"
	case ".webp":
		return "image/webp"
	case ".heic", ".heif":
		return "image/heic"
	case ".tif", ".tiff":
		return "image/tiff"
	case ".svg":
		return "image/svg+xml"
	case ".mp4":
		return "video/mp4"
	case ".webm":
		return "video/webm"
	case ".mp3":
		return "audio/mpeg"
	case ".ogg":
		return "audio/ogg"
	case ".pdf":
		return "application/pdf"
	default:
		return unknownType
	}
}
