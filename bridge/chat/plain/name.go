package plain

import (
	"path"
	"strings"
	"unicode/utf8"
)

const (
	// maxName is the longest name of a file, in runes; the extension survives.
	maxName = 200
	// maxExtension is the longest ending that counts as an extension, in runes with its dot.
	maxExtension = 16
)

// FileName makes a name safe to show and to save: its last path
// element, without control characters, direction marks or characters that file
// systems refuse, at most 200 runes, of which a cut spares the extension. It is
// empty when nothing is left.
func FileName(name string) string {
	name = Clean(name)
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		switch {
		case isIsolate(r) || r == '\u200E' || r == '\u200F' || r == '\u061C':
			return -1
		case r == '\n' || r == '\t':
			return ' '
		case strings.ContainsRune(`<>:"|?*`, r):
			return '_'
		}
		return r
	}, name)
	// A leading dot hides a file, a trailing dot or space is dropped by Windows.
	name = strings.TrimLeft(strings.TrimRight(strings.Join(strings.Fields(name), " "), ". "), ". ")
	if Blank(name) {
		return ""
	}
	runes := utf8.RuneCountInString(name)
	if runes <= maxName {
		return name
	}
	ext := path.Ext(name)
	n := utf8.RuneCountInString(ext)
	if n > maxExtension {
		ext, n = "", 0
	}
	return strings.TrimRight(Cut(name, maxName-n), ". ") + ext
}
