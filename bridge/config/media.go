package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gabriel-vasile/mimetype"

	"github.com/anteroom-chat/anteroom/bot/typo"
	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// typeProblem says why no file will ever be found to be of that type, which a
// site then accepts in vain; empty for a type or wildcard that can be found.
func typeProblem(t string) string {
	if !mediaType.MatchString(t) {
		return fmt.Sprintf("%q is not a media type; write it like application/pdf or image/*.", t)
	}
	if top, wild := strings.CutSuffix(t, "/*"); wild {
		return topProblem(top)
	}
	proper := properType(t)
	switch {
	case proper == "":
		return fmt.Sprintf("no file is found to be %q by looking into it; what only the name tells is text/plain or application/octet-stream.", t)
	case proper != t:
		return fmt.Sprintf("%q is another name of %s, under which the bridge finds such files: write that.", t, proper)
	default:
		return ""
	}
}

func topProblem(top string) string {
	tops := []string{"application", "audio", "font", "image", "model", "text", "video"}
	if slices.Contains(tops, top) {
		return ""
	}
	hint := ""
	if near := typo.Meant(top, tops); near != "" {
		hint = fmt.Sprintf("; did you mean %s/*?", near)
	}
	return fmt.Sprintf("%q is not among %s/*%s", top+"/*", strings.Join(tops, "/*, "), hint)
}

// properType is the name under which looking into a file finds the type
// (dialog's inspect); empty if it never does.
func properType(t string) string {
	t = chat.PictureType(t)
	if other, ok := map[string]string{
		"image/svg":                "image/svg+xml",
		"image/tif":                "image/tiff",
		"image/ico":                "image/x-icon",
		"image/vnd.microsoft.icon": "image/x-icon",
		"audio/m4a":                "audio/x-m4a",
		"audio/opus":               "audio/ogg",
		"audio/x-aac":              "audio/aac",
		"audio/x-flac":             "audio/flac",
		"audio/x-mp3":              "audio/mpeg",
		"video/mov":                "video/quicktime",
		"video/x-mp4":              "video/mp4",
		"text/json":                "application/json",
		"text/pdf":                 "application/pdf",
		"text/x-pdf":               "application/pdf",
		"text/x-csv":               "text/csv",
		"text/x-vcard":             "text/vcard",
		"application/7z":           "application/x-7z-compressed",
		"application/csv":          "text/csv",
		"application/vnd.rar":      "application/x-rar-compressed",
		"application/x-tgz":        "application/gzip",
	}[t]; ok {
		return other
	}
	found := mimetype.Lookup(t)
	if found == nil {
		return ""
	}
	proper, _, _ := strings.Cut(found.String(), ";")
	return chat.PictureType(proper)
}
