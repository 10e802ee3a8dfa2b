package dialog

import (
	"errors"
	"strings"
	"testing"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// FuzzMailLink: only the links that were made stop the mails of an address, and only a
// secret of the form of one names a session; all else is refused in one way.
func FuzzMailLink(f *testing.F) {
	c := newCore(f)
	hash, err := c.AddressHash(f.Context(), "shop", "Ann@example.com")
	must(f, err)
	token, err := c.stopToken(f.Context(), "shop", hash)
	must(f, err)
	abroad, err := c.stopToken(f.Context(), "blog", hash)
	must(f, err)
	for _, seed := range []string{
		"", ".", hash, hash + ".", "." + hash, token, abroad, token + ".", token + "\x00", strings.ToUpper(token), " " + token, token[:40], strings.Repeat("A", 43), strings.Repeat("A", 44), "' OR 1=1 --", strings.Repeat("é", 43), "\xff\xfe",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, said string) {
		expired := &chat.Error{Code: chat.CodeLinkExpired}
		stopped, err := c.MailsStopped(t.Context(), "shop", said)
		if (err == nil) != (said == token) || err != nil && !errors.Is(err, expired) || stopped {
			t.Fatalf("%q: %t %v", said, stopped, err)
		}
		if said != token {
			if err := c.StopMails(t.Context(), "shop", said, false); !errors.Is(err, expired) {
				t.Fatalf("%q stops mails: %v", said, err)
			}
		}
		if pass, err := c.ComeBack(t.Context(), "shop", said, "", ""); !errors.Is(err, expired) {
			t.Fatalf("%q opens a dialog: %+v %v", said, pass, err)
		}
		if known, err := c.Known(t.Context(), "shop", said); err != nil && !isRefusal(err) || known != (said == strings.Repeat("s", 43)) {
			t.Fatalf("%q is known: %t %v", said, known, err)
		}
	})
}

func isRefusal(err error) bool {
	_, ok := errors.AsType[*chat.Error](err)
	return ok
}
