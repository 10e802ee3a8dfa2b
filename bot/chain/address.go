package chain

import (
	"net/url"
	"regexp"
	"strings"

	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bot/value"
)

// address is a URL. Which host it leads to is decided in the file and the
// configuration alone: up to the end of the host there is only plain text, a
// constant of the site or a secret, and they stand there as they are, as do texts of
// the file between which a place chooses. All values behind that are
// percent-encoded, so that none can become a part of its own.
type address struct {
	raw

	// front is how many parts make up the URL up to the end of its host.
	front int
}

// What stands in the form of a URL for a secret, and for a value of the visitor.
const (
	hiddenMark = "\x00"
	openMark   = "\x01"
)

var (
	// hostEnds is a form that is longer than its host: nothing behind it can change
	// where it leads. A secret at its beginning holds the scheme and the host.
	hostEnds = regexp.MustCompile(`^(?:https?://[^/?#\x01]+|\x00+)[/?#]`)
	// goodURL is the form of a URL; without user and password, which belong into a header.
	goodURL = regexp.MustCompile(`^(?:https?://[^/?#@\\\s\x01]+(?:[/?#][^\s]*)?|\x00(?:[?#][^\s]*|/(?:[^/\s][^\s]*)?)?)$`)
)

func (a *address) check(c *checker, read func(text string) (*value.Template, error)) {
	if a.raw.check(c, read); a.template == nil || !a.IsRead() {
		return
	}
	form, ok := a.form(c)
	if !ok {
		return
	}
	_, err := url.Parse(strings.NewReplacer(hiddenMark, "1", openMark, "1").Replace(form))
	if err != nil || !goodURL.MatchString(form) {
		c.fault(a.Pos, "bad_url", "%q is not a URL: write it like https://example.com/path, without spaces, user and password.", cut(a.Text, maxShown))
	}
}

// form is the address with marks in the places of secrets and values, and how much
// of it stands in front of the host's end; ok is false, and a fault noted, if a
// value would choose the host.
func (a *address) form(c *checker) (form string, ok bool) {
	for i, p := range a.template.Shape() {
		ended := hostEnds.MatchString(form)
		switch {
		case p.Secret != "":
			form += hiddenMark
		case p.Constant != "" && !ended:
			form += c.set.constants[p.Constant]
		case p.Place && !ended && endsHost(p.Written):
		case p.Place && !ended:
			at := a.Pos
			at.Column += p.Offset
			c.fault(at, "host_from_value", "Which host a URL leads to cannot depend on a value: write out https:// and the host, or take them from the site's constants or a secret.")
			return "", false
		case p.Place:
			form += openMark
		default:
			form += p.Text
		}
		if !ended {
			a.front = i + 1
		}
	}
	return form, true
}

// endsHost reports whether all of some texts leave the host before them as it is.
func endsHost(texts []string) bool {
	for _, text := range texts {
		if text != "" && !strings.Contains("/?#", text[:1]) {
			return false
		}
	}
	return len(texts) > 0
}

// maxShown is the most characters of what a fault quotes.
const maxShown = 80

// write writes the URL as it is now.
func (a *address) write(t *Turn, s *Step) talk.Spliced {
	var w splicer
	for i, p := range a.pieces(t, s) {
		switch {
		case i < a.front || p.Written != nil:
			w.piece(p, talk.AsIs)
		case p.Place && strings.Trim(p.Text, ".") == "": // ".." would lead out of the path
		case p.Place || p.Secret != "":
			w.piece(p, talk.AsURL)
		default:
			w.literal(p.Text)
		}
	}
	return w.out
}
