package bridge_test

import (
	"database/sql"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
)

// dialogName is a dialog's name as it stands in a link to its room.
var dialogName = regexp.MustCompile(`anteroom_[a-z2-7]{16}`)

// rung are the users whom an event rings.
func rung(e *event.Event) string { return fmt.Sprint(path(content(e), "m.mentions", "user_ids")) }

// says waits for a message that contains words.
func says(t *testing.T, o *bridgetest.Operator, room id.RoomID, words string) *event.Event {
	t.Helper()
	return o.Event(t, room, words, func(e *event.Event) bool { return strings.Contains(bridgetest.Body(e), words) })
}

func isIn(t *testing.T, o *bridgetest.Operator, room id.RoomID) bool {
	t.Helper()
	joined, err := o.JoinedMembers(t.Context(), room)
	return err == nil && len(joined.Joined) > 0
}

// Those on duty are invited into a dialog's room and rung; who is away finds
// the way in without an invitation, and is invited when back.
func TestThoseOnDutyAreInvited(t *testing.T) {
	t.Parallel()
	s := bridgetest.Start(t, bridgetest.Options{Operators: []string{"bob"}})
	anna, bob := s.Operator(t), s.Colleague(t, "bob")
	answers(t, bob, bob.Desk(t), "!away")
	v := s.Visitor().MustConnect(t)
	v.Acked(t, v.Say("Do you have green tea?"))
	room := anna.Room(t, 0)
	if r := rung(says(t, anna, anna.Desk(t), "wrote for the first time")); r != "[@anna:localhost]" {
		t.Errorf("rung: %s", r)
	}
	answers(t, anna, room, "!visitor") // by now everybody was invited who is to be
	members, err := anna.Members(t.Context(), room)
	if err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(members.Chunk, func(e *event.Event) bool { return *e.StateKey == string(bob.UserID) }) {
		t.Error("somebody who is away was invited")
	}
	answers(t, bob, bob.Desk(t), "!back")
	if back := bob.Room(t, 0); back != room {
		t.Errorf("bob is invited to %s", back)
	}
	says(t, bob, room, "green tea")
	// A dialog that somebody has rings nobody else.
	wants(t, answers(t, anna, room, "!assign @bob:localhost"), "@bob:localhost")
	if r := rung(says(t, anna, anna.Desk(t), "handed over")); r != "[@bob:localhost]" {
		t.Errorf("the hand-over rings %s", r)
	}
	answers(t, anna, room, "!close")
	v.Acked(t, v.Say("Still there?"))
	if r := rung(says(t, anna, anna.Desk(t), "Still there?")); r != "[@bob:localhost]" {
		t.Errorf("the reopened dialog rings %s", r)
	}
	// Who is no operator any more has no dialogs either.
	s.StopBridge(t)
	raw, err := os.ReadFile(s.ConfigPath())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.ConfigPath(), []byte(strings.Replace(string(raw), `, "@bob:localhost"`, "", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	s.StartBridge(t, "")
	wants(t, bridgetest.Body(says(t, anna, anna.Desk(t), "no operator of this site any more")), "@bob:localhost", "#1")
	if card := answers(t, anna, room, "!visitor"); strings.Contains(card, "Dialog of") {
		t.Errorf("somebody still has it:\n%s", card)
	}
}

// Who comes on duty while the bridge is down is called when it starts.
func TestWhoIsOnDutyAtTheStartIsCalled(t *testing.T) {
	t.Parallel()
	s := bridgetest.Start(t, bridgetest.Options{Operators: []string{"bob"}})
	anna, bob := s.Operator(t), s.Colleague(t, "bob")
	answers(t, bob, bob.Desk(t), "!away")
	v := s.Visitor().MustConnect(t)
	v.Acked(t, v.Say("Do you have green tea?"))
	room := anna.Room(t, 0)
	answers(t, anna, room, "!visitor")
	s.StopBridge(t)
	db, err := sql.Open("sqlite3", "file:"+s.Database())
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.ExecContext(t.Context(), `DELETE FROM away`)
	if _ = db.Close(); err != nil {
		t.Fatal(err)
	}
	s.StartBridge(t, "")
	if back := bob.Room(t, 0); back != room {
		t.Errorf("bob is invited to %s", back)
	}
}

// Of two operators who take a dialog at once one wins, and both see who; only
// words that name the new one take it away again.
func TestOneOfTwoOperatorsTakesADialog(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{Operators: []string{"bob"}})
	bob := k.Colleague(t, "bob")
	bob.Room(t, 0)
	var group sync.WaitGroup
	said := make([]string, 2)
	for i, o := range []*bridgetest.Operator{k.anna, bob} {
		group.Go(func() { said[i] = answers(t, o, k.room, "!take") })
	}
	group.Wait()
	won, lost := "The dialog is @anna:localhost’s now", "The dialog is @anna:localhost’s."
	loser := bob
	if strings.Contains(said[1], "now") {
		won, lost, loser = "The dialog is @bob:localhost’s now", "The dialog is @bob:localhost’s.", k.anna
		said[0], said[1] = said[1], said[0]
	}
	wants(t, said[0], won)
	wants(t, said[1], lost, "!assign "+string(loser.UserID))
	wants(t, answers(t, loser, k.room, "!visitor"), "Dialog of "+strings.Fields(won)[3][:len("@bob")])
	wants(t, answers(t, loser, k.room, "!assign "+string(loser.UserID)), "it was")
	wants(t, answers(t, loser, k.room, "!take"), "already")
}

// Who is given a dialog is called in, also after leaving its room.
func TestWhoIsGivenADialogIsCalledIn(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{Operators: []string{"bob"}})
	bob := k.Colleague(t, "bob")
	bob.Room(t, 0)
	for _, want := range []string{"now", "already"} {
		if _, err := bob.LeaveRoom(t.Context(), k.room); err != nil {
			t.Fatal(err)
		}
		wants(t, answers(t, k.anna, k.room, "!assign @bob:localhost"), want)
		bridgetest.Await(t, "bob is let in once more", func() bool { return isIn(t, bob, k.room) })
	}
}

// Where nobody is invited, operators enter by themselves, and !read lets in who asks.
func TestNobodyIsInvitedWhereTheSiteWantsThat(t *testing.T) {
	t.Parallel()
	s := bridgetest.Start(t, bridgetest.Options{Operators: []string{"bob"}, Site: "    invite: nobody\n"})
	anna, bob := s.Operator(t), s.Colleague(t, "bob")
	desk := anna.Desk(t)
	anna.Space(t)
	v := s.Visitor().MustConnect(t)
	v.Acked(t, v.Say("Do you have green tea?"))
	alias := id.NewRoomAlias(dialogName.FindString(bridgetest.Body(says(t, anna, desk, "wrote for the first time"))), "localhost")
	var room id.RoomID
	bridgetest.Await(t, "the room is there", func() bool {
		found, err := anna.ResolveAlias(t.Context(), alias)
		if err == nil {
			room = found.RoomID
		}
		return err == nil
	})
	bridgetest.Await(t, "anna enters by herself", func() bool {
		_, err := anna.JoinRoomByID(t.Context(), room)
		return err == nil
	})
	says(t, anna, room, "green tea")
	answers(t, anna, room, "!close")
	wants(t, answers(t, bob, bob.Desk(t), "!read 1"), "The room")
	if got := bob.Room(t, 0); got != room {
		t.Errorf("bob is let into %s", got)
	}
	wants(t, answers(t, anna, room, "!visitor"), "closed")
	if _, err := bob.LeaveRoom(t.Context(), room); err != nil {
		t.Fatal(err)
	}
	wants(t, answers(t, bob, bob.Desk(t), "!open "+nameOf(t, anna, room)), "open again")
	bridgetest.Await(t, "bob is let in once more", func() bool { return isIn(t, bob, room) })
}

func nameOf(t *testing.T, o *bridgetest.Operator, room id.RoomID) string {
	t.Helper()
	var name event.RoomNameEventContent
	if err := o.StateEvent(t.Context(), room, event.StateRoomName, "", &name); err != nil {
		t.Fatal(err)
	}
	return name.Name
}
