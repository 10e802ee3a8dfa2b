package dialog

import (
	"fmt"
	"image"
	_ "image/gif"  // sizes of pictures
	_ "image/jpeg" // sizes of pictures
	_ "image/png"  // sizes of pictures
	"os"
	"slices"
	"strings"

	"github.com/gabriel-vasile/mimetype"
	_ "golang.org/x/image/webp" // sizes of pictures

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// refusedByDefault reports whether a double click would run a file of that
// type. Sites that need such files list the types that they accept.
func refusedByDefault(mediaType string) bool {
	switch mediaType {
	case "application/vnd.microsoft.portable-executable", "application/x-elf", "application/x-mach-binary",
		"application/x-msi", "application/x-ms-installer", "application/java-archive", "application/jar",
		"application/x-sh", "text/x-shellscript", "application/x-ms-shortcut", "application/x-chrome-extension",
		"application/vnd.android.package-archive", "application/x-sharedlib", "application/x-executable":
		return true
	default:
		return false
	}
}

// inspect finds out what a file is from its first bytes; the browser's word is not used.
func inspect(path string, f chat.File) (chat.File, error) {
	found, err := mimetype.DetectFile(path)
	if err != nil {
		return f, fmt.Errorf("look into a file: %w", err)
	}
	mediaType, _, _ := strings.Cut(found.String(), ";")
	f.Type = chat.PictureType(mediaType)
	f.Kind = kindOf(f.Type)
	if f.Kind != chat.Image {
		return f, nil
	}
	opened, err := os.Open(path) // #nosec G304 -- our own temporary file
	if err != nil {
		return f, fmt.Errorf("look into a file: %w", err)
	}
	defer func() { _ = opened.Close() }()
	// Pictures of formats that we cannot measure are shown all the same.
	if size, _, err := image.DecodeConfig(opened); err == nil {
		f.Width, f.Height = size.Width, size.Height
	}
	return f, nil
}

// kindOf says how a type is shown.
func kindOf(mediaType string) chat.FileKind {
	top, _, _ := strings.Cut(mediaType, "/")
	switch {
	case chat.IsPicture(mediaType):
		return chat.Image
	case top == "video":
		return chat.Video
	case top == "audio":
		return chat.Audio
	default:
		return chat.Attachment
	}
}

// accepts reports whether a site takes files of that type: any of its
// patterns, or without patterns all but refusedByDefault.
func accepts(patterns []string, mediaType string) bool {
	if len(patterns) == 0 {
		return !refusedByDefault(mediaType)
	}
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		top, wild := strings.CutSuffix(pattern, "/*")
		return pattern == mediaType || wild && strings.HasPrefix(mediaType, top+"/")
	})
}
