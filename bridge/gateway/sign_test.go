package gateway

import (
	"encoding/base64"
	"errors"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

func TestTokenOpensOnlyWhatItWasMadeFor(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	s := signer{key: []byte("key")}
	made := grant{
		purpose: forUpload, site: "shop", object: "file", visitor: "aaaaaaaaaaaaaaaa", size: 7, expires: now.Add(time.Minute),
	}
	token := s.token(made)
	asked := grant{purpose: forUpload, site: "shop", object: "file"}
	got, err := s.check(asked, token, now)
	if err != nil || got != made {
		t.Fatalf("got %+v, %v; want %+v", got, err, made)
	}
	refused := func(name string, s signer, asked grant, token string, now time.Time) {
		t.Helper()
		if _, err := s.check(asked, token, now); !errors.Is(err, &chat.Error{Code: chat.CodeLinkExpired}) {
			t.Errorf("%s: %v", name, err)
		}
	}
	refused("another key", signer{key: []byte("other")}, asked, token, now)
	refused("another purpose", s, grant{purpose: forFile, site: "shop", object: "file"}, token, now)
	refused("another site", s, grant{purpose: forUpload, site: "blog", object: "file"}, token, now)
	refused("another object", s, grant{purpose: forUpload, site: "shop", object: "film"}, token, now)
	refused("parts moved", s, grant{purpose: forUpload, site: "shopf", object: "ile"}, token, now)
	refused("expired", s, asked, token, now.Add(time.Minute))
	refused("nothing", s, asked, "", now)
	refused("not base64url", s, asked, "!", now)
	raw, err := base64.RawURLEncoding.DecodeString(token)
	must(t, err)
	for i := range raw {
		changed := append([]byte(nil), raw...)
		changed[i] ^= 1
		refused("a changed byte", s, asked, base64.RawURLEncoding.EncodeToString(changed), now)
	}
	for i := range raw {
		refused("cut off", s, asked, base64.RawURLEncoding.EncodeToString(raw[:i]), now)
	}
}

func TestLinksAreStableAndLongEnough(t *testing.T) {
	start := time.Unix(1_800_000_000, 0).Truncate(time.Hour)
	for _, after := range []time.Duration{0, time.Second, 59 * time.Minute} {
		now := start.Add(after)
		expires := stableExpiry(now, time.Hour)
		if !expires.Equal(stableExpiry(start, time.Hour)) {
			t.Errorf("after %s the link changed", after)
		}
		if left := expires.Sub(now); left < time.Hour || left > 2*time.Hour {
			t.Errorf("after %s the link has %s left", after, left)
		}
	}
}
