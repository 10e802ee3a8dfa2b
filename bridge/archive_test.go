package bridge_test

import (
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/dendrite/dendritetest"
	"github.com/anteroom-chat/anteroom/bridge/killpoint"
)

// membership is how a user stands in a room, as the bot sees it.
func (k *talk) membership(t *testing.T, room id.RoomID, user id.UserID) event.Membership {
	t.Helper()
	var member event.MemberEventContent
	if err := k.as(t, bot).StateEvent(t.Context(), room, event.StateMember, string(user), &member); err != nil {
		t.Fatal(err)
	}
	return member.Membership
}

// awaitMember waits until a user stands so in a room.
func (k *talk) awaitMember(t *testing.T, room id.RoomID, user id.UserID, want event.Membership) {
	t.Helper()
	bridgetest.Await(t, string(user)+" is at "+string(want), func() bool { return k.membership(t, room, user) == want })
}

// Invariant 15: with archiving on and a hundred closed dialogs, an operator's
// first sync carries the rooms of open ones alone.
func TestInvariant15ArchivingKeepsAnOperatorsSyncSmall(t *testing.T) {
	t.Parallel()
	const closed, open = 100, 3
	s := bridgetest.Start(t, bridgetest.Options{
		Site: "    closed: {archive_above: 3}\n", Env: []string{string(killpoint.ArchivePace) + "=20"},
	})
	anna := s.Operator(t)
	root, inbox, desk := anna.Space(t), anna.Open(t, 0), anna.Desk(t)
	var wait sync.WaitGroup
	begin := make(chan struct{}, 8) // who may do something at the same time
	for range closed + open {
		wait.Go(func() {
			begin <- struct{}{}
			defer func() { <-begin }()
			v := s.Visitor()
			defer v.Close()
			v.MustConnect(t)
			v.Acked(t, v.Say("Hello"))
		})
	}
	rooms := make([]id.RoomID, closed+open)
	for n := range rooms {
		rooms[n] = anna.Room(t, n)
		if n < closed {
			wait.Go(func() {
				begin <- struct{}{}
				defer func() { <-begin }()
				anna.Says(t, rooms[n], "!close")
			})
		}
	}
	wait.Wait()
	want := append([]id.RoomID{root, inbox, desk}, rooms[closed:]...)
	slices.Sort(want)
	// Dendrite's sync comes a moment after its rooms.
	bridgetest.Await(t, "the sync carries the space, Open, the desk and the open dialogs alone", func() bool {
		var first struct {
			Rooms struct {
				Join map[id.RoomID]any `json:"join"`
			} `json:"rooms"`
		}
		_, err := anna.MakeRequest(t.Context(), http.MethodGet, anna.BuildURLWithQuery(mautrix.ClientURLPath{"v3", "sync"}, map[string]string{"timeout": "0"}), nil, &first)
		return err == nil && slices.Equal(slices.Sorted(maps.Keys(first.Rooms.Join)), want)
	})
}

// Invariant 15: of the operators whom archiving took out, only the one who has
// the dialog is called back; who goes in without being called stays.
func TestInvariant15WhoIsTakenOutAndWhoComesBack(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{
		Site: "    closed: {move_after: 0}\n", Env: []string{string(killpoint.ArchivePace) + "=20"},
	})
	bob := dendritetest.Operator(t, k.Homeserver, "bob")
	root, desk := k.anna.Space(t), k.anna.Desk(t)
	visitors, rooms := []*bridgetest.Visitor{k.visitor}, []id.RoomID{k.room}
	for i := range 3 {
		v := k.Visitor().MustConnect(t)
		v.Acked(t, v.Say("Hello"))
		visitors, rooms = append(visitors, v), append(rooms, k.anna.Room(t, 1+i))
	}
	set := func(before, after string) {
		t.Helper()
		k.StopBridge(t)
		raw, err := os.ReadFile(k.ConfigPath())
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(k.ConfigPath(), []byte(strings.Replace(string(raw), before, after, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		k.StartBridge(t, "")
	}
	set(`"@anna:localhost"`, `"@anna:localhost", "@bob:localhost"`)
	for _, room := range append([]id.RoomID{root}, rooms...) {
		bridgetest.Await(t, "bob is let in", func() bool {
			_, err := bob.JoinRoomByID(t.Context(), room)
			return err == nil
		})
	}
	answers(t, k.anna, rooms[0], "!assign @bob:localhost")
	for _, room := range rooms[:3] {
		answers(t, k.anna, room, "!close")
	}
	// Archiving is off until now; then the two closed longest go.
	set("{move_after: 0}", "{move_after: 0, archive_above: 2}")
	for _, room := range rooms[:2] {
		k.awaitMember(t, room, k.anna.UserID, event.MembershipLeave)
		k.awaitMember(t, room, bob.UserID, event.MembershipLeave)
	}

	// Who goes in by herself stays, and another room is given up for it; and
	// the same from the desk.
	if _, err := k.anna.JoinRoomByID(t.Context(), rooms[0]); err != nil {
		t.Fatal(err)
	}
	k.awaitMember(t, rooms[2], k.anna.UserID, event.MembershipLeave)
	wants(t, answers(t, k.anna, desk, "!read 2"), "The room")
	k.awaitMember(t, rooms[1], k.anna.UserID, event.MembershipJoin) // the client joins whatever it is invited to
	answers(t, k.anna, rooms[1], "!visitor")
	if got := k.membership(t, rooms[0], k.anna.UserID); got != event.MembershipJoin {
		t.Errorf("anna was taken out of the room that she entered herself: %s", got)
	}
	if got := k.membership(t, rooms[2], bob.UserID); got != event.MembershipJoin {
		t.Errorf("bob is in two rooms, and was taken out: %s", got)
	}
	// Until the dialog is closed again.
	answers(t, k.anna, rooms[1], "!open")
	k.anna.Says(t, rooms[1], "!close") // she may be out before her client asks for the answer
	k.awaitMember(t, rooms[1], k.anna.UserID, event.MembershipLeave)
	if got := k.membership(t, rooms[0], k.anna.UserID); got != event.MembershipJoin {
		t.Errorf("anna was taken out of the room that she entered herself: %s", got)
	}

	// The dialog of bob calls him; anna is there by herself. That of nobody calls all.
	visitors[0].MustConnect(t)
	visitors[0].Acked(t, visitors[0].Say("Bob?"))
	k.awaitMember(t, rooms[0], bob.UserID, event.MembershipInvite)
	visitors[2].MustConnect(t)
	visitors[2].Acked(t, visitors[2].Say("Anybody?"))
	k.awaitMember(t, rooms[2], k.anna.UserID, event.MembershipJoin)
}

// Invariant 15: a dialog of somebody calls nobody else, and the end of the
// process in the middle of archiving changes nothing of that.
func TestInvariant15OnlyWhoHasTheDialogIsCalledBack(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{
		Site: "    closed: {move_after: 0, archive_above: 1}\n", Env: []string{string(killpoint.ArchivePace) + "=20"},
	})
	bob := dendritetest.Operator(t, k.Homeserver, "bob")
	k.StopBridge(t)
	raw, err := os.ReadFile(k.ConfigPath())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(k.ConfigPath(), []byte(strings.Replace(string(raw), `"@anna:localhost"`, `"@anna:localhost", "@bob:localhost"`, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	k.StartBridge(t, "", killpoint.Env+"="+string(killpoint.AfterArchive))
	k.visitor.MustConnect(t)
	other := k.Visitor().MustConnect(t)
	other.Acked(t, other.Say("Hello"))
	rooms := []id.RoomID{k.room, k.anna.Room(t, 1)}
	for _, room := range append([]id.RoomID{k.anna.Space(t)}, rooms...) {
		bridgetest.Await(t, "bob is let in", func() bool {
			_, err := bob.JoinRoomByID(t.Context(), room)
			return err == nil
		})
	}
	answers(t, k.anna, k.room, "!take")
	k.anna.Says(t, k.room, "!close")
	bridgetest.Await(t, "the bridge dies while it takes somebody out", func() bool { return !k.Alive() })
	k.StartBridge(t, "")
	k.awaitMember(t, k.room, k.anna.UserID, event.MembershipLeave)
	k.awaitMember(t, k.room, bob.UserID, event.MembershipLeave)
	k.visitor.MustConnect(t)
	k.visitor.Acked(t, k.visitor.Say("Anna?"))
	k.anna.Sees(t, k.room, "Anna?")
	k.visitor.Acked(t, k.visitor.Say("There you are"))
	k.anna.Sees(t, k.room, "There you are")
	answers(t, k.anna, k.room, "!visitor")
	if got := k.membership(t, k.room, bob.UserID); got != event.MembershipLeave {
		t.Errorf("bob was called as well: %s", got)
	}
	// Once who has it is away, the others are called, also later.
	desk := k.anna.Desk(t)
	answers(t, k.anna, desk, "!away")
	k.awaitMember(t, k.room, bob.UserID, event.MembershipInvite)
	if _, err := bob.JoinRoomByID(t.Context(), k.room); err != nil {
		t.Fatal(err)
	}
	k.anna.Says(t, k.room, "!close")
	k.awaitMember(t, k.room, k.anna.UserID, event.MembershipLeave)
	k.awaitMember(t, k.room, bob.UserID, event.MembershipLeave)
	k.visitor.Acked(t, k.visitor.Say("Is nobody there?"))
	k.awaitMember(t, k.room, bob.UserID, event.MembershipInvite)
}
