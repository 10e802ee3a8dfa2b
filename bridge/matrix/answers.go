package matrix

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"unicode"

	"maunium.net/go/mautrix"

	"github.com/anteroom-chat/anteroom/bridge/steady"
)

// errGarbage marks an answer that no homeserver gives: so do proxies that are ill.
// Whether what was asked for was done is not known then.
var errGarbage = errors.New("the homeserver's answer does not say what it has to")

// answering refuses answers of nothing but "null", of which the library makes nil.
type answering struct{ through http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (t answering) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := t.through.RoundTrip(r)
	steady.Beat(r.Context())
	if err != nil || answer.StatusCode >= http.StatusMultipleChoices || !strings.HasSuffix(mediaType(answer), "json") {
		return answer, err
	}
	body := bufio.NewReader(answer.Body)
	for {
		c, err := body.ReadByte()
		if err != nil {
			break // whoever reads on hears of it
		}
		if !unicode.IsSpace(rune(c)) {
			_ = body.UnreadByte() // it was just read
			break
		}
	}
	if null := []byte("null"); peeks(body, null) {
		_ = answer.Body.Close() // it is given up
		return nil, errGarbage
	}
	answer.Body = struct {
		io.Reader
		io.Closer
	}{body, answer.Body}
	return answer, nil
}

// peeks reports whether a body goes on with these bytes. It waits for no more than it needs.
func peeks(body *bufio.Reader, want []byte) bool {
	for i := range want {
		if got, err := body.Peek(i + 1); err != nil || !bytes.Equal(got, want[:i+1]) {
			return false
		}
	}
	return true
}

func mediaType(answer *http.Response) string {
	kind, _, _ := strings.Cut(answer.Header.Get("Content-Type"), ";")
	return strings.TrimSpace(kind)
}

// whole returns a page of a room's events, or errGarbage if it is none: every page has a
// chunk, be it empty (Matrix specification, GET /rooms/{roomId}/messages).
func whole(page *mautrix.RespMessages, err error) (*mautrix.RespMessages, error) {
	if err == nil && page.Chunk == nil {
		return nil, errGarbage
	}
	return page, err
}

// named returns what an answer has to name, or errGarbage if it names nothing.
func named[T ~string](name T) (T, error) {
	if name == "" {
		return "", errGarbage
	}
	return name, nil
}
