package bridge_test

import (
	"database/sql"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3" // looks into the bridge's database
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/killpoint"
)

// Invariant 24: what a former room of the dialog holds goes too, and an outage
// of the homeserver only delays it.
func TestInvariant24FormerRoomsAndOutages(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	k.visitor.Acked(t, k.visitor.Say("The quokka of the first room"))
	k.anna.Sees(t, k.room, "The quokka of the first room")
	former := k.room
	next := k.upgrade(t)
	if _, err := k.anna.JoinRoomByID(t.Context(), next); err != nil {
		t.Fatal(err)
	}
	k.visitor.Acked(t, k.visitor.Say("The quokka of the second room"))
	k.anna.Sees(t, next, "The quokka of the second room")
	k.anna.Says(t, next, "!forget 1")
	bridgetest.Await(t, "the visitor's socket ends", func() bool { return !k.visitor.Connected() })
	if err := k.Homeserver.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	bridgetest.Await(t, "the bridge is through", func() bool { return k.Logged("Nothing is left of an erased visitor") })
	for _, room := range []id.RoomID{former, next} {
		silent(t, room, k.seen(t, room))
	}
	if files := k.left(t); len(files) > 0 {
		t.Errorf("the word is left in %v", files)
	}
}

// A large room is emptied page by page.
func TestALargeRoomIsEmptied(t *testing.T) {
	t.Parallel()
	const messages = 250
	k := startTalk(t, bridgetest.Options{})
	for i := range messages {
		k.visitor.Say(fmt.Sprintf("quokka number %d", i))
	}
	bridgetest.Await(t, "all is said", k.visitor.AllAcked)
	k.anna.Sees(t, k.room, fmt.Sprintf("quokka number %d", messages-1))
	k.anna.Says(t, k.room, "!forget 1")
	k.erased(t)
}

// Dialogs are erased after the time that the site keeps them since their end: closed ones,
// and those that nobody closed; nobody is left in their rooms.
func TestDialogsAreErasedForTheirAge(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{Site: "    closed: {erase_after: 30d}\n"})
	k.visitor.Acked(t, k.visitor.Say("About the quokka"))
	answers(t, k.anna, k.room, "!close")
	other := k.Visitor().MustConnect(t)
	other.Acked(t, other.Say("I stay open"))
	open := k.anna.Room(t, 1)
	k.anna.Sees(t, open, "I stay open")
	third := k.Visitor().MustConnect(t)
	third.Acked(t, third.Say("Closed a moment ago"))
	young := k.anna.Room(t, 2)
	answers(t, k.anna, young, "!close")
	fourth := k.Visitor().MustConnect(t)
	fourth.Acked(t, fourth.Say("About a wombat. Thanks, bye"))
	silent := k.anna.Room(t, 3)
	k.anna.Sees(t, silent, "About a wombat. Thanks, bye")
	k.StopBridge(t)
	k.age(t, 31*24*time.Hour, 1)
	k.age(t, 29*24*time.Hour, 3)
	k.silence(t, 29*24*time.Hour, 2)
	k.silence(t, 31*24*time.Hour, 4)
	k.StartBridge(t, "", atOnce)
	bridgetest.Await(t, "the bridge is through", func() bool { return k.LoggedTimes("Nothing is left of an erased visitor") == 2 })
	// Of one something may still be on its way at first; then there are two words of it.
	desk := k.anna.Desk(t)
	bridgetest.Await(t, "it is told which visitors were erased", func() bool {
		var told []string
		for _, e := range k.anna.Timeline(desk) {
			if words, numbers, found := strings.Cut(bridgetest.Body(e), ": visitor"); found && words == "Erased, because the dialogs have been over for more than 30 days" {
				told = append(told, strings.Split(strings.Trim(numbers, "s ."), ", ")...)
			}
		}
		return slices.Equal(slices.Sorted(slices.Values(told)), []string{"#1", "#4"})
	})
	if files := k.left(t); len(files) > 0 {
		t.Errorf("the word is left in %v", files)
	}
	joined, err := k.anna.JoinedRooms(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, room := range joined.JoinedRooms {
		if room == k.room || room == silent {
			t.Error("the operator is still in an erased dialog's room")
		}
	}
	wants(t, answers(t, k.anna, open, "!visitor"), "#2")
	wants(t, answers(t, k.anna, young, "!visitor"), "#3")
}

// atOnce has a bridge erase for their age what it finds at its start.
const atOnce = string(killpoint.ExpireAfter) + "=100"

// What an operator said while the bridge was off reaches a dialog that was over by then: the
// homeserver, which tries again after a while, comes first.
func TestAnAnswerComesBeforeTheErasureForAge(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{Site: "    closed: {erase_after: 30d}\n"})
	k.StopBridge(t)
	k.silence(t, 31*24*time.Hour, 1)
	k.anna.Says(t, k.room, "Sorry for the wait")
	k.StartBridge(t, "")
	again := k.visitor.Tab().MustConnect(t)
	again.Hears(t, "Sorry for the wait")
}

// age closes a dialog earlier than it was. The bridge must be stopped.
func (k *talk) age(t *testing.T, by time.Duration, number int) {
	t.Helper()
	k.alter(t, `UPDATE dialog SET closed_at = $1, opened_at = 1 WHERE status = 'closed'
		AND visitor_id = (SELECT id FROM visitor WHERE number = $2)`, time.Now().Add(-by).UnixMilli(), number)
}

// silence has all that was said in a dialog be older than it is. The bridge must be stopped.
func (k *talk) silence(t *testing.T, by time.Duration, number int) {
	t.Helper()
	at := time.Now().Add(-by).UnixMilli()
	k.alter(t, `UPDATE dialog SET said_at = $1, last_at = $1, opened_at = $1, waiting_since = $1
		WHERE visitor_id = (SELECT id FROM visitor WHERE number = $2)`, at, number)
	k.alter(t, `UPDATE entry SET at = $1 WHERE visitor_id = (SELECT id FROM visitor WHERE number = $2)`, at, number)
}

func (k *talk) alter(t *testing.T, statement string, args ...any) {
	t.Helper()
	db, err := sql.Open("sqlite3", k.Database())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(t.Context(), statement, args...); err != nil {
		t.Fatal(err)
	}
}

// A room that the bot is not in any more holds up nothing, and the desk is told of it.
func TestAnErasedVisitorsLostRoomIsTold(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	for _, user := range []id.UserID{k.asked.Sender, bot} {
		if _, err := k.as(t, user).LeaveRoom(t.Context(), k.room); err != nil {
			t.Fatal(err)
		}
	}
	k.visitor.Acked(t, k.visitor.Say("Hello again"))
	next := k.anna.Room(t, 1)
	k.anna.Sees(t, next, "Hello again")
	lost := k.room
	k.anna.Says(t, next, "!forget 1")
	told := k.anna.Event(t, k.anna.Desk(t), "that something is left", func(e *event.Event) bool {
		return strings.Contains(bridgetest.Body(e), "Something of an erased visitor is left (#1)")
	})
	wants(t, string(told.Content.VeryRaw), string(lost)[1:])
	bridgetest.Await(t, "the bridge is through", func() bool { return k.Logged("Nothing is left of an erased visitor") })
	if seen := k.seen(t, next); strings.Contains(seen, "Hello again") {
		t.Errorf("the other room still says: %s", seen)
	}
}

// Invariant 24: a backup from before an erasure brings nothing back, of the database or of the homeserver.
func TestInvariant24RestoredBackupsBringNothingBack(t *testing.T) {
	t.Parallel()
	t.Run("database", func(t *testing.T) {
		k := startTalk(t, bridgetest.Options{})
		k.visitor.Acked(t, k.visitor.Say("About the quokka"))
		k.anna.Sees(t, k.room, "About the quokka")
		saved := k.backup(t)
		k.anna.Says(t, k.room, "!forget 1")
		k.erased(t)
		k.StopBridge(t)
		k.restoreDatabase(t, saved)
		if files := k.left(t); len(files) == 0 {
			t.Fatal("the backup does not have it")
		}
		k.StartBridge(t, "")
		bridgetest.Await(t, "nothing is left of it", func() bool { return len(k.left(t)) == 0 })
		wants(t, answers(t, k.anna, k.anna.Desk(t), "!visitor 1"), "no visitor #1")
	})
	t.Run("database that knows no room yet", func(t *testing.T) {
		k := &talk{Stack: bridgetest.Start(t, bridgetest.Options{})}
		k.anna = k.Operator(t)
		k.anna.Space(t)
		k.anna.Desk(t)
		if err := k.Homeserver.Stop(); err != nil {
			t.Fatal(err)
		}
		k.visitor = k.Visitor().MustConnect(t)
		k.visitor.Acked(t, k.visitor.Say("About the quokka"))
		other := k.Visitor().MustConnect(t)
		other.Acked(t, other.Say("About tea"))
		saved := k.backup(t)
		if err := k.Homeserver.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		bridgetest.Await(t, "one of the two rooms is that visitor's", func() bool {
			for n := range 2 {
				if room := k.anna.Room(t, n); slices.Contains(roomTalk(k.anna, room), "About the quokka") {
					k.room = room
				}
			}
			return k.room != ""
		})
		k.anna.Says(t, k.room, "!forget 1")
		bridgetest.Await(t, "the bridge is through", func() bool { return k.Logged("Nothing is left of an erased visitor") })
		k.StopBridge(t)
		k.restoreDatabase(t, saved)
		if files := k.left(t); len(files) == 0 {
			t.Fatal("the backup does not have it")
		}
		k.StartBridge(t, "")
		bridgetest.Await(t, "nothing is left of it", func() bool { return len(k.left(t)) == 0 })
		wants(t, answers(t, k.anna, k.anna.Desk(t), "!visitor 1"), "no visitor #1")
		// Who was not erased is not taken for one.
		wants(t, answers(t, k.anna, k.anna.Desk(t), "!visitor 2"), "#2")
	})
	t.Run("homeserver", func(t *testing.T) {
		k := startTalk(t, bridgetest.Options{})
		k.visitor.Acked(t, k.visitor.Say("About the quokka"))
		k.anna.Sees(t, k.room, "About the quokka")
		k.StopBridge(t)
		k.restoreHomeserver(t, func() {
			k.StartBridge(t, "")
			k.anna.Says(t, k.room, "!forget 1")
			bridgetest.Await(t, "the bridge is through", func() bool { return k.Logged("Nothing is left of an erased visitor") })
			k.StopBridge(t)
		})
		k.StartBridge(t, "")
		bridgetest.Await(t, "the room is emptied again", func() bool {
			resp, err := k.anna.Messages(t.Context(), k.room, "", "", mautrix.DirectionBackward, nil, 100)
			if err != nil {
				return false
			}
			for _, e := range resp.Chunk {
				if bridgetest.Body(e) != "" {
					return false
				}
			}
			return true
		})
	})
}

// Invariant 24: of two visitors who are one person, each is erased by itself,
// and the other one's room does not name it any more.
func TestInvariant24TheOtherRoomOfAPersonForgetsToo(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{Site: bridgetest.WithIdentity})
	k.visitor.SignIn(t, bridgetest.Token(t, "4711", map[string]any{"name": "Ann Quokka"}))
	seesNotice(t, k.anna, k.room, "goes on in Ann Quokka")
	next := k.anna.Room(t, 1)
	seesNotice(t, k.anna, next, "What was written before")
	wants(t, answers(t, k.anna, k.room, "!visitor"), "goes on in Ann Quokka")
	wants(t, answers(t, k.anna, next, "!forget"), "erases visitor #2", "is the same person before signing in", "!forget 1")
	wants(t, answers(t, k.anna, k.room, "!forget"), "erases visitor #1", "is the same person since signing in", "!forget 2")
	k.anna.Says(t, next, "!forget 2")
	bridgetest.Await(t, "the bridge is through", func() bool { return k.Logged("Nothing is left of an erased visitor") })
	bridgetest.Await(t, "the other room names it no more", func() bool { return !strings.Contains(strings.ToLower(k.seen(t, k.room)), quokka) })
	wants(t, answers(t, k.anna, k.room, "!visitor"), "#1")
	if files := k.left(t); len(files) > 0 {
		t.Errorf("the word is left in %v", files)
	}
}

// Invariant 24: an erasure ends though the homeserver refuses to remove one event, which
// is named in the log.
func TestInvariant24AnErasureEndsWithoutWhatCannotBeRemoved(t *testing.T) {
	t.Parallel()
	var refused atomic.Value
	b := refusing(http.StatusForbidden, func(r *http.Request, _ []byte) bool {
		target, some := refused.Load().(id.EventID)
		return some && strings.Contains(r.URL.Path, "/redact/"+string(target)+"/")
	})
	k := startTalk(t, bridgetest.Options{Through: b.Through(t)})
	refused.Store(k.asked.ID)
	k.anna.Says(t, k.room, "Yes, we do")
	k.visitor.Hears(t, "Yes, we do")
	k.anna.Says(t, k.room, "!forget 1")
	bridgetest.Await(t, "the bridge is through", func() bool { return k.Logged("Nothing is left of an erased visitor") })
	if !k.Logged("event " + string(k.asked.ID)) {
		t.Error("the log does not name the event")
	}
	if k.isRemoved(t, k.room, k.asked.ID) {
		t.Error("the event was removed all the same")
	}
}

// Invariant 24: an erasure ends though the homeserver refuses every removal in a room: none
// of the events waits for another.
func TestInvariant24AnErasureEndsInARoomThatRefusesAllRemovals(t *testing.T) {
	t.Parallel() // it waits for most of its time
	b := refusing(http.StatusForbidden, func(r *http.Request, _ []byte) bool { return strings.Contains(r.URL.Path, "/redact/") })
	k := startTalk(t, bridgetest.Options{Through: b.Through(t)})
	for range 20 {
		k.visitor.Acked(t, k.visitor.Say("And one more thing"))
	}
	bridgetest.Await(t, "all are in the room", func() bool { return k.times(t, "And one more thing") == 20 })
	k.anna.Says(t, k.room, "!forget 1")
	bridgetest.Await(t, "the bridge is through", func() bool { return k.Logged("Nothing is left of an erased visitor") })
	if !k.Logged("event " + string(k.asked.ID)) {
		t.Error("the log does not name the event")
	}
}
