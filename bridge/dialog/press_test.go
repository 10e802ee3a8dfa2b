package dialog

import (
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// A press is another one once the bot has said something since, or the dialog was
// closed; but not in the moment for which a finger trembles, however quick the bot is.
func TestAPressIsTheSameWithNothingSaidSince(t *testing.T) {
	c := newBot(t, map[string]string{"greeting": greeting})
	c.says(t, "client-1", "Hi")
	c.hear(t)
	offer := c.told(t)[0].ID
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(filepath.Dir(c.cfg.Gateway.DataDir), "anteroom.db")+"?_busy_timeout=5000")
	must(t, err)
	defer func() { _ = db.Close() }()
	said := func(at time.Time) {
		t.Helper()
		_, err := db.ExecContext(t.Context(), `UPDATE entry SET at = ?`, at.UnixMilli())
		must(t, err)
	}
	press := func(client chat.ClientID) chat.EntryID {
		t.Helper()
		button := 0
		e, err := c.Say(t.Context(), c.in, Message{Client: client, Answer: &chat.Answer{Entry: offer, Button: &button}})
		must(t, err)
		return e.ID
	}

	first := press("client-2")
	said(now().Add(-time.Hour))
	if again := press("client-3"); again != first {
		t.Error("with nothing said since it is another press")
	}
	c.hear(t)
	c.hears(t, "Hello you!", "One it is.")
	said(now().Add(time.Hour)) // the moment lasts as long as the test
	if again := press("client-4"); again != first {
		t.Error("a finger that trembles presses twice")
	}
	said(now().Add(-trembles))
	second := press("client-5")
	if second == first {
		t.Fatal("the press after the bot's answer is lost")
	}

	closed, err := c.Close(t.Context(), c.in.Visitor)
	must(t, err)
	said(now().Add(-trembles))
	if again := press("client-6"); !closed || again == second {
		t.Errorf("the press after the closing, %t, is lost", closed)
	}
	if stands, err := c.store.Dialog(t.Context(), c.in.Visitor); err != nil || stands.Status != store.StatusOpen {
		t.Errorf("after the press the dialog is %s, %v", stands.Status, err)
	}
}
