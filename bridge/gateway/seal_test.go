package gateway

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
)

// A visitor who guesses a user id must not be able to see that it is the
// operator's, and the picture's link must not name the homeserver.
func TestVisitorCannotGuessWhoAnOperatorIs(t *testing.T) {
	d := openDoor(t, nil)
	d.dialog.ServeMedia(&homeserver{})
	secret := newSecret()
	d.enter(secret, nil)
	d.hear(d.visitor(secret), dialog.Heard{Content: chat.Content{Text: "Hi"}})
	_, welcome := d.enter(secret, nil)
	author := welcome.Entries[0].Author
	for _, guess := range []string{anna().ID, "shop\x00" + anna().ID, "shop" + anna().ID} {
		sum := sha256.Sum256([]byte(guess))
		if strings.HasPrefix(hex.EncodeToString(sum[:]), author.ID) {
			t.Errorf("%q is a plain hash of %q", author.ID, guess)
		}
	}
	other := openDoor(t, nil)
	if there := other.gateway.links.author("shop", anna(), time.Now()); there.ID == author.ID {
		t.Error("another installation calls the operator by the same id")
	}
	if there := d.gateway.links.author("blog", anna(), time.Now()); there.ID == author.ID {
		t.Error("another site calls the operator by the same id")
	}
	link, err := url.Parse(author.Avatar)
	must(t, err)
	raw, err := base64.RawURLEncoding.DecodeString(path.Base(link.Path))
	must(t, err)
	if strings.Contains(string(raw), "example.com") || strings.Contains(author.Avatar, "example.com/anna") {
		t.Errorf("the picture's link names the homeserver: %q", raw)
	}
	response, body := d.ask(http.MethodGet, author.Avatar, nil)
	if response.StatusCode != http.StatusOK || strings.Contains(response.Header.Get("Etag"), "example") {
		t.Errorf("the picture is answered with %d %s %v", response.StatusCode, body, response.Header)
	}
}

func TestSealedLinkOpensOnlyWhatItWasMadeFor(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	s, err := newSealer([]byte("key"))
	must(t, err)
	sealed := s.seal("shop", "mxc://example.com/anna", now.Add(time.Minute))
	mxc, expires, err := s.open("shop", sealed, now)
	if err != nil || mxc != "mxc://example.com/anna" || !expires.Equal(now.Add(time.Minute)) {
		t.Fatalf("opened %q, %s, %v", mxc, expires, err)
	}
	if again := s.seal("shop", "mxc://example.com/anna", now.Add(time.Minute)); again != sealed {
		t.Error("a browser cannot use its cache: the link changed")
	}
	if longer := s.seal("shop", "mxc://a.much.longer.example.com/anna", now.Add(time.Minute)); len(longer) != len(sealed) {
		t.Error("the link's length tells that of the homeserver's name")
	}
	refused := func(name string, s sealer, site chat.SiteID, sealed string, now time.Time) {
		t.Helper()
		if _, _, err := s.open(site, sealed, now); !errors.Is(err, &chat.Error{Code: chat.CodeLinkExpired}) {
			t.Errorf("%s: %v", name, err)
		}
	}
	other, err := newSealer([]byte("other"))
	must(t, err)
	refused("another key", other, "shop", sealed, now)
	refused("another site", s, "blog", sealed, now)
	refused("expired", s, "shop", sealed, now.Add(time.Minute))
	refused("nothing", s, "shop", "", now)
	refused("not base64url", s, "shop", "!", now)
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	must(t, err)
	for i := range raw {
		changed := append([]byte(nil), raw...)
		changed[i] ^= 1
		refused("a changed byte", s, "shop", base64.RawURLEncoding.EncodeToString(changed), now)
		refused("cut off", s, "shop", base64.RawURLEncoding.EncodeToString(raw[:i]), now)
	}
}
