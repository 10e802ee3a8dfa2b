package dialog_test

import (
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// enter gives a visitor of a fresh service with at most two waiting files.
func enter(t *testing.T) (*dialog.Service, dialog.Session) {
	t.Helper()
	d, _, _ := serviceWith(t)
	in, err := d.Enter(t.Context(), "shop", strings.Repeat("s", 43), store.Device{})
	if err != nil {
		t.Fatal(err)
	}
	return d, in
}

// serviceWith gives such a service, with what is under it.
func serviceWith(t *testing.T) (*dialog.Service, *store.Store, *config.Config) {
	t.Helper()
	dir := t.TempDir()
	cfg := config.Default()
	cfg.Gateway.DataDir = dir + "/files"
	cfg.Gateway.Limits.FilesWaiting = 2
	cfg.Sites["shop"] = config.DefaultSite("shop")
	s, err := store.Open(t.Context(), store.Options{Type: "sqlite3", URI: dir + "/anteroom.db", Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	d, err := dialog.New(cfg, s, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	return d, s, cfg
}

func TestRefusedFileFreesItsPlace(t *testing.T) {
	d, in := enter(t)
	for i := range 5 {
		f, _, err := d.Announce(t.Context(), in, dialog.Upload{Client: chat.ClientID("upload-" + string(rune('a'+i))), Name: "game.png", Size: 100})
		if err != nil {
			t.Fatalf("announcement %d: %v", i, err)
		}
		if err := d.Receive(t.Context(), in, f.ID, strings.NewReader("\x7fELF\x02\x01\x01\x00"+strings.Repeat("\x00", 92))); err == nil {
			t.Fatal("an executable was taken")
		}
	}
}

func TestAnswerToARemovedMessageGoesWithoutIt(t *testing.T) {
	d, in := enter(t)
	first, err := d.Say(t.Context(), in, dialog.Message{Client: "message-1", Text: "one"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Redact(t.Context(), in, "removal-1", first.ID); err != nil {
		t.Fatal(err)
	}
	answer, err := d.Say(t.Context(), in, dialog.Message{Client: "message-2", Text: "two", ReplyTo: first.ID})
	if err != nil || answer.Content.ReplyTo != "" || answer.Content.Text != "two" {
		t.Errorf("got %+v (%v)", answer.Content, err)
	}
}
