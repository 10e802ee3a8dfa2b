package dialog

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/anteroom-chat/anteroom/bot/gpt/gpttest"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// An answer that the database does not take is kept as soon as it does: the model is
// not asked again, and the visitor is shown one answer, once.
func TestAnAnswerWaitsForTheDatabase(t *testing.T) {
	h := newHelped(t, nil)
	h.run(t)
	r := h.reads(t)
	db, err := sql.Open("sqlite3", "file:"+h.file+"?_busy_timeout=5000")
	must(t, err)
	t.Cleanup(func() { _ = db.Close() })
	change := func(query string) {
		t.Helper()
		_, err := db.ExecContext(t.Context(), query)
		must(t, err)
	}
	change(`CREATE TRIGGER full BEFORE INSERT ON bot_input WHEN NEW.input_key LIKE 'reply:%' BEGIN SELECT RAISE(ABORT, 'the disk is full'); END`)
	h.server.Script(gpttest.Says(long).Calling("fly", "{}"), gpttest.Says("Nothing more"), gpttest.Says("Never asked for"))
	h.says(t, "client-1", "Count, please")
	tries := func() int { h.told.mu.Lock(); defer h.told.mu.Unlock(); return len(h.told.wrong) }
	until(t, "it was tried again", func() bool { return tries() >= 2 })
	if said := h.journal(t); len(said) != 1 || len(h.requests(t)) != 1 {
		t.Fatalf("the journal has %q", said)
	}
	asked := len(h.server.Requests())
	change(`DROP TRIGGER full`)
	until(t, "the answer is kept", func() bool { return len(h.requests(t)) == 0 && len(h.journal(t)) == 2 })
	until(t, "the stream ends", func() bool { return h.streams.current(h.in.Visitor) == nil })
	if again := len(h.server.Requests()); again != asked {
		t.Errorf("the model was asked %d times more", again-asked)
	}
	for _, text := range r.texts() {
		if text[len(text)-len("✗"):] == "✗" {
			t.Errorf("the answer was taken away: %q", r.texts())
		}
	}
	if u := h.used(t); u.Visitor.Requests != 1 {
		t.Errorf("it was counted %d times", u.Visitor.Requests)
	}
}

func TestKeep(t *testing.T) {
	full := errors.New("the disk is full")
	for name, c := range map[string]struct {
		fails []error
		until time.Duration
		tries int
		err   error
	}{
		"at once":             {nil, time.Hour, 1, nil},
		"in the end":          {[]error{full, full, full}, time.Hour, 4, nil},
		"not for ever":        {[]error{full, full, full, full, full, full}, 10 * time.Second, 4, full},
		"who is gone":         {[]error{store.ErrNotFound}, time.Hour, 1, store.ErrNotFound},
		"a fault of ours":     {[]error{store.ErrPanic}, time.Hour, 1, store.ErrPanic},
		"what is not allowed": {[]error{&chat.Error{Code: chat.CodeBlocked}}, time.Hour, 1, &chat.Error{Code: chat.CodeBlocked}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tries := 0
				err := keep(t.Context(), time.Now().Add(c.until), func() error {
					if tries++; tries <= len(c.fails) {
						return c.fails[tries-1]
					}
					return nil
				})
				if tries != c.tries || !errors.Is(err, c.err) {
					t.Errorf("%d tries, %v", tries, err)
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := keep(ctx, time.Now().Add(time.Hour), func() error { return full }); !errors.Is(err, full) {
			t.Errorf("after the end: %v", err)
		}
	})
}
