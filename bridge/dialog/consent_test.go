package dialog_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// Nobody enters without having agreed to a text of today, and nothing is kept of who
// tries; what was agreed to is kept once for each text, with the visitor.
func TestConsentIsKeptWithTheFirstThingThatIs(t *testing.T) {
	s, db, cfg := serviceWith(t)
	widget := &cfg.Sites["shop"].Widget
	widget.Consent = config.Text{config.English: "We keep it.", config.Russian: "Мы храним это."}
	english, russian := config.ConsentHash("We keep it."), config.ConsentHash("Мы храним это.")
	secret := strings.Repeat("c", 43)
	for _, hash := range []string{"", "we keep it", config.ConsentHash("Something else.")} {
		if _, err := s.EnterAgreed(t.Context(), "shop", secret, store.Device{}, hash); !errors.Is(err, &chat.Error{Code: chat.CodeConsentNeeded}) {
			t.Fatalf("with %q: %v", hash, err)
		}
	}
	if known, err := s.Known(t.Context(), "shop", secret); err != nil || known {
		t.Fatalf("who did not agree is known: %t (%v)", known, err)
	}
	for _, hash := range []string{english, english, russian, english} {
		in, err := s.EnterAgreed(t.Context(), "shop", secret, store.Device{}, hash)
		if err != nil {
			t.Fatal(err)
		}
		agreed, err := db.Consents(t.Context(), in.Visitor)
		if err != nil || len(agreed) == 0 || agreed[len(agreed)-1].Hash != english && agreed[0].Hash != english {
			t.Fatalf("kept: %+v (%v)", agreed, err)
		}
	}
	in, err := s.EnterAgreed(t.Context(), "shop", secret, store.Device{}, english)
	if err != nil {
		t.Fatal(err)
	}
	agreed, err := db.Consents(t.Context(), in.Visitor)
	if err != nil || len(agreed) != 2 {
		t.Fatalf("kept: %+v (%v)", agreed, err)
	}
	for _, c := range agreed {
		if config.ConsentHash(c.Text) != c.Hash || c.At.IsZero() {
			t.Errorf("%+v does not say what was agreed to", c)
		}
	}
	// A text that was changed is asked again, also of who is known.
	widget.Consent = config.Text{"": "We keep it for ever."}
	if _, err := s.EnterAgreed(t.Context(), "shop", secret, store.Device{}, english); !errors.Is(err, &chat.Error{Code: chat.CodeConsentNeeded}) {
		t.Errorf("with the old text: %v", err)
	}
}
