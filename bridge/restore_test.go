package bridge_test

import (
	"database/sql"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/admin"
	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// Invariant 3: after a restored backup of the database, what the rooms have is taken back.
func TestInvariant03DatabaseRestoredFromABackup(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	k.anna.Says(t, k.room, "Before the backup")
	k.visitor.Hears(t, "Before the backup")
	saved := k.backup(t)
	k.visitor.Acked(t, k.visitor.Say("After the backup"))
	k.anna.Sees(t, k.room, "After the backup")
	k.anna.Says(t, k.room, "Answered after the backup")
	k.visitor.Hears(t, "Answered after the backup")
	k.StopBridge(t)
	k.restoreDatabase(t, saved)
	k.StartBridge(t, "")
	back := k.visitor.Tab().MustConnect(t)
	for _, text := range []string{"Do you have green tea?", "Before the backup", "After the backup", "Answered after the backup"} {
		back.Hears(t, text)
	}
	k.visitor.Close()
	k.visitor.MustConnect(t)
	bridgetest.Frame(t, k.visitor, wire.TypeWelcome, func(w wire.Welcome) bool { return w.Reset })
	back.Acked(t, back.Say("Life goes on"))
	k.anna.Sees(t, k.room, "Life goes on")
	for _, text := range []string{"Do you have green tea?", "After the backup"} {
		if n := count(bodies(k.anna, k.room), text); n != 1 {
			t.Errorf("the room has %q %d times", text, n)
		}
	}
}

// Invariant 3: what a restored database has missed is read page by page, and
// nothing falls between two pages: events that are sent at once have one depth,
// which Dendrite does not part (see olderFrom).
func TestInvariant03PagesOfARestoredDatabase(t *testing.T) {
	t.Parallel()
	const clients, each = 10, 40
	k := startTalk(t, bridgetest.Options{Operators: []string{"bob"}})
	operators := []*bridgetest.Operator{k.anna, k.Colleague(t, "bob")}
	if _, err := operators[1].JoinRoomByID(t.Context(), k.room); err != nil {
		t.Fatal(err)
	}
	saved := k.backup(t)
	var all sync.WaitGroup
	for client := range clients {
		all.Go(func() {
			for i := range each {
				operators[client%2].Says(t, k.room, fmt.Sprintf("%d.%d", client, i))
			}
		})
	}
	all.Wait()
	heard := func(v *bridgetest.Visitor) map[string]int {
		times := map[string]int{}
		for _, e := range v.Entries() {
			times[e.Text]++
		}
		return times
	}
	bridgetest.Await(t, "all that was said is heard", func() bool { return len(heard(k.visitor)) > clients*each })
	k.StopBridge(t)
	k.restoreDatabase(t, saved)
	k.StartBridge(t, "")
	v := k.visitor.Tab().MustConnect(t)
	v.ScrollUp(t)
	t.Cleanup(func() {
		for text := range heard(k.visitor) {
			if heard(v)[text] == 0 {
				t.Logf("%q was not heard again; connected: %t", text, v.Connected())
			}
		}
	})
	bridgetest.Await(t, "all that was said is heard again", func() bool { return len(heard(v)) > clients*each })
	for text, times := range heard(v) {
		if times > 1 {
			t.Errorf("%q was heard %d times", text, times)
		}
	}
}

// Invariant 3: what is delivered before a restored database has read what it
// missed hides nothing of that, and comes after it.
func TestInvariant03EventsWhileARestoredDatabaseReads(t *testing.T) {
	t.Parallel()
	const gap = 120 // more than a page
	h := newHeld("account_data/chat.anteroom.boot")
	k := startTalk(t, bridgetest.Options{Through: h.Through(t)})
	saved := k.backup(t)
	for i := range gap {
		k.anna.Says(t, k.room, strconv.Itoa(i))
	}
	k.visitor.Hears(t, strconv.Itoa(gap-1))
	k.restoreAndSpeak(t, saved, h)
	for i := range gap {
		k.anna.Says(t, k.room, "then "+strconv.Itoa(i))
	}
	k.awaitArrival(t, "then "+strconv.Itoa(gap-1))
	h.release()
	v := k.visitor.Tab().MustConnect(t)
	v.ScrollUp(t)
	v.Hears(t, "then "+strconv.Itoa(gap-1))
	var heard []string
	for _, e := range v.Entries() {
		if e.Kind == chat.Message && e.Author.Party == chat.Operator {
			heard = append(heard, e.Text)
		}
	}
	want := make([]string, 0, 2*gap+1)
	for i := range gap {
		want = append(want, strconv.Itoa(i))
	}
	want = append(want, "Said meanwhile")
	for i := range gap {
		want = append(want, "then "+strconv.Itoa(i))
	}
	if !slices.Equal(heard, want) {
		t.Errorf("the visitor heard %q", heard)
	}
}

// Invariant 3: so does what an operator says in a room that its dialog got after the copy.
func TestInvariant03OperatorInAFirstRoomAfterTheBackup(t *testing.T) {
	t.Parallel()
	h := newHeld("/messages")
	k, saved := firstRoomAfterABackup(t, h.Through(t))
	k.anna.Says(t, k.room, "Said before")
	k.visitor.Hears(t, "Said before")
	k.restoreAndSpeak(t, saved, h)
	h.release()
	v := k.visitor.Tab().MustConnect(t)
	v.Hears(t, "Said before")
	v.Hears(t, "Said meanwhile")
}

// Invariant 3: what comes of a room that its dialog does not know (yet, or any more) waits
// until it does.
func TestInvariant03EventsOfARoomThatIsNotKnown(t *testing.T) {
	t.Parallel()
	var writes atomic.Bool
	known := make(chan struct{})
	know := sync.OnceFunc(func() { close(known) })
	b := &bridgetest.Between{Handle: func(w http.ResponseWriter, r *http.Request, _ []byte, forward http.Handler) bool {
		if !writes.Load() || !strings.HasSuffix(r.URL.Path, "/createRoom") {
			return false
		}
		answer := httptest.NewRecorder()
		forward.ServeHTTP(answer, r)
		<-known
		maps.Copy(w.Header(), answer.Header())
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes())
		return true
	}}
	s := bridgetest.Start(t, bridgetest.Options{Through: b.Through(t)})
	t.Cleanup(know)
	k := &talk{Stack: s, anna: s.Operator(t), visitor: s.Visitor().MustConnect(t)}
	k.anna.Space(t)
	rooms := func() []id.RoomID {
		joined, err := k.as(t, bot).JoinedRooms(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return joined.JoinedRooms
	}
	before := rooms()
	writes.Store(true)
	k.visitor.Acked(t, k.visitor.Say("Do you have green tea?"))
	bridgetest.Await(t, "the room is there", func() bool {
		k.room = rest(rooms(), before)
		return k.room != ""
	})
	if _, err := k.as(t, bot).SendText(t.Context(), k.room, "Somebody writes"); err != nil {
		t.Fatal(err)
	}
	k.query(t, "what is said in it is parked", `SELECT count(*) = 1 FROM inbox WHERE state = 'parked'`)
	know()
	k.room = k.anna.Room(t, 0)
	k.anna.Says(t, k.room, "We do")
	k.visitor.Hears(t, "We do")
	k.query(t, "nothing is parked any more", `SELECT count(*) = 0 FROM inbox WHERE state = 'parked'`)
}

// rest is the first room that is not among those before, "" if there is none.
func rest(rooms, before []id.RoomID) id.RoomID {
	at := slices.IndexFunc(rooms, func(room id.RoomID) bool { return !slices.Contains(before, room) })
	if at < 0 {
		return ""
	}
	return rooms[at]
}

// restoreAndSpeak starts the bridge with a restored database, and has the operator say
// "Said meanwhile" while it waits for an answer that is held back.
func (k *talk) restoreAndSpeak(t *testing.T, saved string, h *held) {
	t.Helper()
	k.StopBridge(t)
	k.restoreDatabase(t, saved)
	h.hold(t)
	k.StartBridge(t, "")
	h.awaitOne(t)
	k.anna.Says(t, k.room, "Said meanwhile")
	k.awaitArrival(t, "Said meanwhile")
}

// held stands between bridge and homeserver, and holds requests back to a path.
type held struct {
	bridgetest.Between
	path    string
	mu      sync.Mutex
	waiting int
	gate    chan struct{} // nil while nothing is held
	// drops has what is held never arrive once its client is dead.
	drops bool
}

func newHeld(path string) *held {
	h := &held{path: path}
	h.Handle = func(_ http.ResponseWriter, r *http.Request, _ []byte, _ http.Handler) bool {
		if !strings.Contains(r.URL.Path, h.path) {
			return false
		}
		h.mu.Lock()
		gate := h.gate
		if gate != nil {
			h.waiting++
		}
		h.mu.Unlock()
		if gate == nil {
			return false
		}
		if !h.drops {
			<-gate
			return false
		}
		select {
		case <-gate:
			return false
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		}
	}
	return h
}

func (h *held) hold(t *testing.T) {
	t.Helper()
	t.Cleanup(h.release) // a test that fails must not hold the proxy's end back
	h.mu.Lock()
	defer h.mu.Unlock()
	h.gate, h.waiting = make(chan struct{}), 0
}

func (h *held) release() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.gate != nil {
		close(h.gate)
		h.gate = nil
	}
}

func (h *held) awaitOne(t *testing.T) {
	t.Helper()
	bridgetest.Await(t, "a request is held", func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		return h.waiting > 0
	})
}

// awaitArrival waits until the bridge has stored an event that says that.
func (k *talk) awaitArrival(t *testing.T, text string) {
	t.Helper()
	k.query(t, "the homeserver delivered "+text, `SELECT count(*) = 1 FROM inbox WHERE raw LIKE '%' || $1 || '%'`, text)
}

// query waits until the bridge's database answers a question with yes.
func (k *talk) query(t *testing.T, what, question string, args ...any) {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+k.Database()+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	bridgetest.Await(t, what, func() (yes bool) {
		err := db.QueryRowContext(t.Context(), question, args...).Scan(&yes)
		return err == nil && yes
	})
}

// backup copies the bridge's database while it runs, and returns the copy's folder.
func (k *talk) backup(t *testing.T) string {
	t.Helper()
	saved := filepath.Join(t.TempDir(), "backup")
	if _, err := admin.Backup(t.Context(), k.config(t), saved); err != nil {
		t.Fatal(err)
	}
	return saved
}

// restoreDatabase puts a copy back; the bridge must be stopped.
func (k *talk) restoreDatabase(t *testing.T, saved string) {
	t.Helper()
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.RemoveAll(k.Database() + suffix); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.CopyFS(filepath.Dir(k.Database()), os.DirFS(saved)); err != nil {
		t.Fatal(err)
	}
}

// Invariant 3: after a restored backup of the homeserver, what it lost is sent again.
func TestInvariant03HomeserverRestoredFromABackup(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	k.StopBridge(t)
	k.restoreHomeserver(t, func() {
		k.StartBridge(t, "")
		k.visitor.MustConnect(t)
		k.visitor.Acked(t, k.visitor.Say("Lost by the homeserver"))
		k.anna.Sees(t, k.room, "Lost by the homeserver")
		k.StopBridge(t)
	})
	k.StartBridge(t, "")
	bridgetest.Await(t, "the room has again what it lost", func() bool {
		resp, err := k.anna.Messages(t.Context(), k.room, "", "", mautrix.DirectionBackward, nil, 100)
		if err != nil {
			return false
		}
		n := 0
		for _, e := range resp.Chunk {
			if bridgetest.Body(e) == "Lost by the homeserver" {
				n++
			}
		}
		return n == 1
	})
}

// Invariant 3: what a restored homeserver lost has gaps, for what is sent late has a lower
// number than what came meanwhile. Removals are done again, whoever asked for them.
func TestInvariant03ARestoredHomeserverLostMoreThanTheNewest(t *testing.T) {
	t.Parallel()
	h := newHeld("/send/m.room.message/")
	k := startTalk(t, bridgetest.Options{Through: h.Through(t)})
	card := k.visitor.Acked(t, k.visitor.Say("My card is 1234"))
	pin := k.visitor.Acked(t, k.visitor.Say("My PIN is 4321"))
	both := []*event.Event{k.anna.Sees(t, k.room, "My card is 1234"), k.anna.Sees(t, k.room, "My PIN is 4321")}
	h.hold(t)
	k.visitor.Acked(t, k.visitor.Say("Sent late"))
	k.visitor.Acked(t, k.visitor.Send(&wire.Redact{T: wire.TypeRedact, Target: card.ID}))
	h.awaitOne(t)
	k.anna.Says(t, k.room, "Said meanwhile")
	k.visitor.Hears(t, "Said meanwhile")
	k.KillBridge(t)
	h.release()
	removed := func(e *event.Event) bool { return k.isRemoved(t, k.room, e.ID) }
	k.restoreHomeserver(t, func() {
		if removed(both[0]) {
			t.Error("the removal was not held back")
		}
		k.StartBridge(t, "")
		k.visitor.MustConnect(t)
		k.anna.Sees(t, k.room, "Sent late")
		if _, err := k.anna.RedactEvent(t.Context(), k.room, both[1].ID); err != nil {
			t.Fatal(err)
		}
		bridgetest.Frame(t, k.visitor, wire.TypeEntry, func(e wire.NewEntry) bool {
			return e.Entry.Kind == chat.Redaction && e.Entry.Target == pin.ID
		})
		bridgetest.Await(t, "both are removed", func() bool { return removed(both[0]) && removed(both[1]) })
		k.StopBridge(t)
	})
	k.StartBridge(t, "")
	for i, what := range []string{"what the visitor removed", "what the operator removed"} {
		bridgetest.Await(t, what+" is removed again", func() bool { return removed(both[i]) })
	}
	bridgetest.Await(t, "the room has the late message again", func() bool { return k.times(t, "Sent late") == 1 })
}

// times is how often the room says a text, as the homeserver has it now.
func (k *talk) times(t *testing.T, text string) (n int) {
	t.Helper()
	resp, err := k.as(t, bot).Messages(t.Context(), k.room, "", "", mautrix.DirectionBackward, nil, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range resp.Chunk {
		if bridgetest.Body(e) == text && e.Unsigned.RedactedBecause == nil {
			n++
		}
	}
	return n
}
