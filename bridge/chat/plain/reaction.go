package plain

import (
	"strings"

	"github.com/rivo/uniseg"
	"go.mau.fi/util/emojirunes"
	"go.mau.fi/util/variationselector"
)

// MaxReaction is the longest key of a reaction in runes; family emoji with skin tones have about ten.
const MaxReaction = 32

// Reaction is the one form in which a reaction's key is stored and compared:
// trimmed, and with U+FE0F exactly where Unicode's fully qualified form has
// it, because clients differ (both Element and Cinny add it to 👍). False for
// a key that cannot be shown: empty, longer than MaxReaction, or a custom image.
func Reaction(key string) (string, bool) {
	key = strings.Join(strings.Fields(Clean(key)), " ")
	key = variationselector.FullyQualify(variationselector.Remove(key))
	if Blank(key) || strings.HasPrefix(key, "mxc://") || Cut(key, MaxReaction) != key {
		return "", false
	}
	return key, true
}

// IsEmoji reports whether s, in the form that Reaction gives, is one emoji and
// nothing else.
func IsEmoji(s string) bool {
	switch s {
	case "©" + variationselector.VS16, "®" + variationselector.VS16: // emojirunes leaves Latin-1 out
		return true
	default:
		return !Blank(strings.Trim(s, variationselector.VS16)) && emojirunes.IsOnlyEmojis(s) && uniseg.GraphemeClusterCount(s) == 1
	}
}
