package bridge_test

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bot/gpt/gpttest"
	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/killpoint"
)

// Invariant 14: a visitor's message reaches somebody, also when all operators have left the room.
func TestInvariant14OperatorsWhoAllLeftAreAskedBack(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	if _, err := k.anna.LeaveRoom(t.Context(), k.room); err != nil {
		t.Fatal(err)
	}
	k.visitor.Acked(t, k.visitor.Say("Anybody there?"))
	k.anna.Sees(t, k.room, "Anybody there?") // the client joins whatever it is invited to
	k.visitor.Acked(t, k.visitor.Say("Good to see you"))
	k.anna.Sees(t, k.room, "Good to see you")
}

// tidy has anna leave rooms, and waits until the bridge knows.
func (k *talk) tidy(t *testing.T, rooms ...id.RoomID) {
	t.Helper()
	for _, room := range rooms {
		if _, err := k.anna.LeaveRoom(t.Context(), room); err != nil {
			t.Fatal(err)
		}
		k.query(t, "the bridge hears that anna left", `SELECT count(*) = 0 FROM member WHERE room_id = $1 AND user_id = $2`, room, k.anna.UserID)
	}
}

// settled waits until all that was said is in the rooms.
func (k *talk) settled(t *testing.T) {
	t.Helper()
	k.query(t, "nothing waits to be sent", `SELECT count(*) = 0 FROM outbox WHERE state = 'pending'`)
}

// patch has anna change something of a room's visitor from outside the room.
func (k *talk) patch(t *testing.T, room id.RoomID, what string, body map[string]any) {
	t.Helper()
	secret := session(t, k.Stack, k.Anna, "shop")
	_, about := post(t, k.Stack, http.MethodGet, "/api/v1/sites/shop/rooms/"+url.PathEscape(string(room)), secret, nil)
	contact, _ := about["contact"].(string)
	if status, said := post(t, k.Stack, http.MethodPatch, "/api/v1/sites/shop/contacts/"+contact+what, secret, body); status != http.StatusOK {
		t.Fatalf("%q of %v: %d %v", contact, about, status, said)
	}
}

// staysOut looks that a turn of a dialog calls anna into no room.
func (k *talk) staysOut(t *testing.T, room id.RoomID, name string) {
	t.Helper()
	k.patch(t, room, "", map[string]any{"name": name})
	bridgetest.Await(t, "the room gets its new name", func() bool {
		var now event.RoomNameEventContent
		err := k.as(t, bot).StateEvent(t.Context(), room, event.StateRoomName, "", &now)
		return err == nil && now.Name == name // which comes after the invitations
	})
	if got := k.membership(t, room, k.anna.UserID); got != event.MembershipLeave {
		t.Errorf("%s: nobody calls for anna, and she is at %s", name, got)
	}
}

// clock is a bridge's clock that tests set ahead.
type clock string

func newClock(t *testing.T) clock { t.Helper(); return clock(filepath.Join(t.TempDir(), "clock")) }

func (c clock) env() string { return killpoint.Clock + "=" + string(c) }

func (c clock) ahead(t *testing.T, by time.Duration) {
	t.Helper()
	if err := os.WriteFile(string(c), []byte(strconv.FormatInt(by.Milliseconds(), 10)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Invariant 14: a hand-off calls operators who left, long after the visitor's message was sent.
func TestInvariant14AHandOffCallsBackWhoLeft(t *testing.T) {
	t.Parallel()
	server := gpttest.Start(t)
	handOver := gpttest.Says("One moment.").Calling("hand_over", `{"reason":"wants a refund"}`)
	server.Script(handOver, handOver.Hold(0))
	k := startTalk(t, bridgetest.Options{Site: strings.Replace(assistantAt(server, "")+"    closed: {move_after: 0}\n", "everyone", "on_duty", 1)})
	k.visitor.Hears(t, "One moment.")
	answers(t, k.anna, k.room, "!close")
	k.tidy(t, k.room)
	k.visitor.Acked(t, k.visitor.Say("My money back"))
	bridgetest.Await(t, "the assistant thinks", func() bool { return server.Held() == 1 })
	k.settled(t)
	k.query(t, "the dialog is where open ones are, which comes after the invitations", `SELECT count(*) = 1 FROM dialog WHERE status = 'open' AND move = 0`)
	if got := k.membership(t, k.room, k.anna.UserID); got != event.MembershipLeave {
		t.Errorf("the assistant answers, and anna is at %s", got)
	}
	server.Release()
	k.awaitMember(t, k.room, k.anna.UserID, event.MembershipJoin) // the client joins whatever it is invited to
	k.anna.Sees(t, k.room, "My money back")
}

// Invariant 14: who waits too long has operators called back who left after its message.
func TestInvariant14WhoWaitsTooLongCallsBackWhoLeft(t *testing.T) {
	t.Parallel()
	c := newClock(t)
	k := startTalk(t, bridgetest.Options{OpenID: true, Site: "    alerts: {unanswered_after: 30m}\n", Env: []string{c.env()}})
	k.settled(t)
	k.tidy(t, k.room)
	c.ahead(t, time.Hour)
	k.awaitMember(t, k.room, k.anna.UserID, event.MembershipJoin)
	k.tidy(t, k.room)
	k.staysOut(t, k.room, "Patience")
}

// Invariant 14: who wrote while nobody was there has operators called back when they are;
// not who was shut out since, nor whose dialog was closed.
func TestInvariant14TheOpeningCallsBackWhoLeft(t *testing.T) {
	t.Parallel()
	c, hour := newClock(t), time.Now().UTC().Hour()
	span := func(from, to int) string { return fmt.Sprintf("%02d:00-%02d:00", (hour+from)%24, (hour+to)%24) }
	k := startTalk(t, bridgetest.Options{
		OpenID: true, Site: fmt.Sprintf("    alerts: {unanswered_after: 24h}\n    opening_hours: {mon-sun: [%q, %q]}\n", span(23, 2), span(6, 9)), Env: []string{c.env()},
	})
	visitors, rooms := []*bridgetest.Visitor{k.visitor}, []id.RoomID{k.room}
	for n := 1; n < 3; n++ {
		v := k.Visitor().MustConnect(t)
		v.Acked(t, v.Say("Hello"))
		visitors, rooms = append(visitors, v), append(rooms, k.anna.Room(t, n))
	}
	blocked, closed := rooms[1], rooms[2]
	k.settled(t)
	k.tidy(t, rooms...)
	k.StopBridge(t)
	c.ahead(t, 4*time.Hour)
	k.StartBridge(t, "")
	for _, v := range visitors {
		v.MustConnect(t)
		v.Acked(t, v.Say("Anybody there?"))
	}
	k.settled(t)
	k.staysOut(t, k.room, "Early")
	k.patch(t, blocked, "/dialog", map[string]any{"blocked": true})
	k.patch(t, closed, "/dialog", map[string]any{"status": "closed"})
	c.ahead(t, 7*time.Hour)
	k.awaitMember(t, k.room, k.anna.UserID, event.MembershipJoin)
	k.anna.Sees(t, k.room, "Anybody there?")
	k.patch(t, closed, "/dialog", map[string]any{"status": "open"})
	k.staysOut(t, blocked, "Blocked")
	k.staysOut(t, closed, "Closed")
}

// Invariant 14: a message whose turn ends before anybody was invited calls back who left,
// once: who leaves again is let be.
func TestInvariant14ABrokenTurnCallsBackWhoLeft(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{OpenID: true})
	k.settled(t)
	k.tidy(t, k.room)
	k.StopBridge(t)
	k.StartBridge(t, "", killpoint.Env+"="+string(killpoint.AfterSettle))
	k.visitor.MustConnect(t)
	k.visitor.Acked(t, k.visitor.Say("Anybody there?"))
	bridgetest.Await(t, "the bridge dies when it has recorded the message", func() bool { return !k.Alive() })
	k.StartBridge(t, "")
	k.awaitMember(t, k.room, k.anna.UserID, event.MembershipJoin)
	k.anna.Sees(t, k.room, "Anybody there?")
	k.tidy(t, k.room)
	k.StopBridge(t)
	k.StartBridge(t, "")
	k.staysOut(t, k.room, "Quiet")
}
