package matrix

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// Invariant 15: who was to be taken out of a dialog that is open again counts as
// taken out only if the homeserver says so.
func TestInvariant15AFailedLookTakesNobodyOut(t *testing.T) {
	const room, anna = id.RoomID("!room:x"), id.UserID("@anna:x")
	s := openStore(t)
	visitor, err := s.EnterVisitor(t.Context(), "shop", "secret", store.Device{}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	opened, openErr := s.OpenDialog(t.Context(), visitor.ID, time.Now())
	closed, closeErr := s.CloseDialog(t.Context(), visitor.ID, time.Now())
	if err := errors.Join(openErr, closeErr, s.SetRoom(t.Context(), visitor.ID, room, time.Now()), s.EnterRoom(t.Context(), room, anna, time.UnixMilli(1))); err != nil || !opened || !closed {
		t.Fatal(err)
	}
	leaver, err := s.BeginArchive(t.Context(), "shop", anna, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.OpenDialog(t.Context(), visitor.ID, time.Now()); err != nil {
		t.Fatal(err)
	}
	answer, body := http.StatusInternalServerError, `{"errcode":"M_UNKNOWN"}`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(answer)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	cfg := config.Default()
	cfg.Homeserver.Address, cfg.Homeserver.Domain = server.URL, "x"
	hs, err := newHomeserver(cfg, nil, newMetrics(nil), zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	m := &Matrix{cfg: cfg, store: s, hs: hs, doubts: newDoubts(), metrics: newMetrics(nil), log: zerolog.Nop()}
	if err := m.takeOut(t.Context(), leaver); err == nil {
		t.Error("a failed look is no error")
	}
	if still, err := s.Leaving(t.Context()); err != nil || still != leaver {
		t.Errorf("it is given up: %+v (%v)", still, err)
	}
	answer, body = http.StatusOK, `{"membership":"join"}`
	if err := m.takeOut(t.Context(), leaver); err != nil {
		t.Error(err)
	}
	if gone, err := s.Archived(t.Context(), room); err != nil || len(gone) != 0 {
		t.Errorf("%v were taken out (%v)", gone, err)
	}
}
