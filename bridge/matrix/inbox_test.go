package matrix

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// openStore returns a new database.
func openStore(t *testing.T) *store.Store {
	t.Helper()
	return openStoreAt(t, filepath.Join(t.TempDir(), "anteroom.db"))
}

func openStoreAt(t *testing.T, path string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Type: "sqlite3", URI: path, Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// Invariant 4: what breaks a command, or is refused to it, breaks it again: it
// is set aside and stops no other event of its room.
func TestInvariant04ABrokenCommandIsSetAside(t *testing.T) {
	s := openStore(t)
	m := &Matrix{store: s, inbox: newInbox(), metrics: newMetrics(nil), log: zerolog.Nop()}
	panicked := s.Write(t.Context(), func(context.Context) error { panic("boom") })
	refused := fmt.Errorf("a command: %w", chat.Errorf(chat.CodeNotYours, "refused"))
	for i, cause := range []error{panicked, refused} {
		if err := s.StoreArrivals(t.Context(), []store.Arrival{{Key: fmt.Sprintf("$%d", i), Room: "!room:x", Raw: []byte(`{}`)}}, time.Now()); err != nil {
			t.Fatal(err)
		}
		waiting, err := s.NewArrivalsOf(t.Context(), "!room:x")
		if err != nil || len(waiting) != 1 {
			t.Fatalf("%d events wait (%v)", len(waiting), err)
		}
		for try := 1; try <= mostPoison; try++ {
			if aside, err := m.conversionFailed(t.Context(), waiting[0], cause); err != nil || aside != (try == mostPoison) {
				t.Errorf("try %d with cause %d: set aside is %t (%.80v)", try, i, aside, err)
			}
		}
		if state, err := s.ArrivalState(t.Context(), id.EventID(waiting[0].Key)); err != nil || state != store.InboxFailed {
			t.Errorf("the event is %s (%v)", state, err)
		}
	}
}

// Invariant 4: what waits is read page by page. An event that is held back while one page is
// gone through keeps its place, though its time comes before the next one.
func TestInvariant04NothingGoesPastWhatIsHeld(t *testing.T) {
	const room = "!room:x"
	s := openStore(t)
	m := &Matrix{store: s, inbox: newInbox(), metrics: newMetrics(nil), log: zerolog.Nop()}
	for _, key := range []string{"$first", "$second"} {
		if err := s.StoreArrivals(t.Context(), []store.Arrival{{Key: key, Room: room, Raw: []byte(`{}`)}}, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	all, err := s.NewArrivalsOf(t.Context(), room)
	if err != nil || len(all) != 2 {
		t.Fatalf("%d events wait (%v)", len(all), err)
	}
	m.inbox.held[room] = hold{event: "$first", until: time.Now().Add(time.Hour)}
	still := map[id.RoomID]bool{}
	for i, page := range [][]store.InboxEvent{all[:1], all[1:]} {
		if moved, err := m.convertPage(t.Context(), page, still); moved || err != nil {
			t.Errorf("page %d: moved is %t (%v)", i+1, moved, err)
		}
		if m.inbox.held[room].event == "$second" {
			t.Error("the second was tried before the first")
		}
		delete(m.inbox.held, room)
	}
}

// Invariant 24: what is left in the inbox of an erased visitor's room ends there. It would be
// taken up again and again.
func TestInvariant24TheInboxOfAnErasedRoomEnds(t *testing.T) {
	const room = "!room:x"
	path := filepath.Join(t.TempDir(), "anteroom.db")
	s := openStoreAt(t, path)
	m := &Matrix{store: s, inbox: newInbox(), metrics: newMetrics(nil), log: zerolog.Nop()}
	if err := s.StoreArrivals(t.Context(), []store.Arrival{{Key: "$early", Room: room, Raw: []byte(`{}`)}}, time.Now()); err != nil {
		t.Fatal(err)
	}
	waiting, err := s.NewArrivalsOf(t.Context(), room)
	if err != nil || len(waiting) != 1 {
		t.Fatalf("%d events wait (%v)", len(waiting), err)
	}
	if err := s.AddErasure(t.Context(), store.Erasure{Visitor: chat.NewVisitorID(), Site: "shop", At: time.Now()}, []id.RoomID{room}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.ArrivalState(t.Context(), "$early"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("what came before is still there (%v)", err)
	}
	if err := m.hear(t.Context(), waiting[0]); err != nil {
		t.Errorf("of the same page: %v", err)
	}
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(t.Context(), `INSERT INTO inbox (event_key, room_id, raw, state, received_at) VALUES ('$left', $1, '{}', 'new', 0)`, room); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 5*time.Second)
	defer stop()
	if err := m.convertAll(ctx); err != nil {
		t.Errorf("the inbox does not come to its end: %v", err)
	}
	if _, err := s.ArrivalState(t.Context(), "$left"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("what was left is still there (%v)", err)
	}
}

// Rooms come and go for as long as the bridge runs: what is noted of them is bounded.
func TestCheckedRoomsAreBounded(t *testing.T) {
	i := newInbox()
	for n := range 3 * mostChecked {
		i.noteChecked(id.RoomID(fmt.Sprintf("!%d", n)), 1)
		if len(i.checked) > mostChecked {
			t.Fatalf("%d rooms are noted", len(i.checked))
		}
	}
	if last := id.RoomID(fmt.Sprintf("!%d", 3*mostChecked-1)); i.checked[last] != 1 {
		t.Error("the last room is not noted")
	}
}
