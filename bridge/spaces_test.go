package bridge_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	_ "github.com/mattn/go-sqlite3"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/dendrite/dendritetest"
	"github.com/anteroom-chat/anteroom/bridge/killpoint"
)

// listed is a room in a space, as a member of the space sees it.
type listed struct {
	room  id.RoomID
	name  string
	order string
}

// tree is what a client shows below a space: for each space, its rooms in order.
func tree(t *testing.T, o *mautrix.Client, root id.RoomID) map[id.RoomID][]listed {
	t.Helper()
	spaces, names := map[id.RoomID][]listed{}, map[id.RoomID]string{}
	for from := ""; ; {
		page, err := o.Hierarchy(t.Context(), root, &mautrix.ReqHierarchy{Limit: 100, From: from})
		if err != nil {
			return nil // just made, or just deleted
		}
		for _, chunk := range page.Rooms {
			names[chunk.RoomID] = chunk.Name
			for _, e := range chunk.ChildrenState {
				var child event.SpaceChildEventContent
				_ = json.Unmarshal(e.Content.VeryRaw, &child)
				if len(child.Via) > 0 {
					spaces[chunk.RoomID] = append(spaces[chunk.RoomID], listed{room: id.RoomID(e.GetStateKey()), order: child.Order})
				}
			}
		}
		if from = page.NextBatch; from == "" {
			break
		}
	}
	for _, children := range spaces {
		for i := range children {
			children[i].name = names[children[i].room]
		}
		slices.SortFunc(children, func(a, b listed) int { return strings.Compare(a.order, b.order) })
	}
	return spaces
}

// isIn reports in which spaces below the root a room is listed, by their names.
func (k *talk) isIn(t *testing.T, root, room id.RoomID) (names []string) {
	t.Helper()
	spaces := tree(t, k.anna.Client, root)
	for _, space := range spaces[root] {
		if slices.ContainsFunc(spaces[space.room], func(l listed) bool { return l.room == room }) {
			names = append(names, space.name)
		}
	}
	if slices.ContainsFunc(spaces[root], func(l listed) bool { return l.room == room }) {
		names = append(names, "root")
	}
	slices.Sort(names)
	return names
}

// awaitIn waits until a room is listed in one space whose name begins so, and in no other.
func (k *talk) awaitIn(t *testing.T, root, room id.RoomID, name string) {
	t.Helper()
	bridgetest.Await(t, "the room is listed in "+name+" alone", func() bool {
		in := k.isIn(t, root, room)
		return len(in) == 1 && strings.HasPrefix(in[0], name)
	})
}

// children counts the requests that list rooms in spaces, or do not any more.
func children(b *bridgetest.Between, room id.RoomID) int {
	return len(b.Requests(func(r string) bool {
		return strings.HasPrefix(r, "PUT") && strings.Contains(r, "/state/m.space.child/"+string(room))
	}))
}

// awaitMoved waits until the bridge has noted where its rooms are listed: one
// that stops before that does the last change once more.
func (k *talk) awaitMoved(t *testing.T) {
	t.Helper()
	k.awaitNone(t, "the bridge has noted where rooms are listed",
		`SELECT (SELECT count(*) FROM child WHERE state NOT IN ('in', 'out')) + (SELECT count(*) FROM dialog WHERE move <> 0)`)
}

// awaitNone waits until a query of the running bridge's database counts nothing.
func (k *talk) awaitNone(t *testing.T, what, query string) {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+k.Database()+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	bridgetest.Await(t, what, func() bool {
		var left int
		err := db.QueryRowContext(t.Context(), query).Scan(&left)
		return err == nil && left == 0
	})
}

const movesSoon = "    closed: {move_after: 3s}\n"

// Invariant 16: an open dialog is listed in Open, a closed one in the month's
// Closed; operators see both, and enter what they see.
func TestInvariant16DialogsMoveBetweenOpenAndClosed(t *testing.T) {
	t.Parallel()
	b := &bridgetest.Between{}
	k := startTalk(t, bridgetest.Options{Site: movesSoon, Through: b.Through(t)})
	root, open := k.anna.Space(t), k.anna.Open(t, 0)
	k.awaitIn(t, root, k.room, "Open")
	// One that is opened again at once does not move at all.
	answers(t, k.anna, k.room, "!close")
	answers(t, k.anna, k.room, "!open")
	answers(t, k.anna, k.room, "!close")
	k.awaitIn(t, root, k.room, "Closed · ")
	if n := children(b, k.room); n != 3 {
		t.Errorf("the spaces were changed %d times, want 3: into Open, into Closed, out of Open", n)
	}
	spaces := tree(t, k.anna.Client, root)
	if found := spaces[root]; len(found) != 3 || !strings.HasPrefix(found[0].name, "Operators’ desk") || found[1].room != open || !strings.HasPrefix(found[2].name, "Closed · ") {
		t.Fatalf("the site's space lists %+v", found)
	}
	closed := spaces[root][2].room
	if joined, err := k.as(t, bot).JoinedMembers(t.Context(), closed); err != nil || len(joined.Joined) != 1 {
		t.Errorf("in Closed are %v (%v), want the bot alone", joined, err)
	}
	// Bob is in the site's space, and in no other room.
	bob := dendritetest.Operator(t, k.Homeserver, "bob")
	if _, err := bob.JoinRoomByID(t.Context(), closed); err == nil {
		t.Error("an outsider joined Closed")
	}
	if _, err := k.anna.InviteUser(t.Context(), root, &mautrix.ReqInviteUser{UserID: bob.UserID}); err != nil {
		t.Fatal(err)
	}
	for _, room := range []id.RoomID{root, closed, k.room} {
		if _, err := bob.JoinRoomByID(t.Context(), room); err != nil {
			t.Errorf("join %s: %v", room, err)
		}
	}
	if seen := tree(t, bob, root); len(seen[closed]) != 1 || seen[closed][0].room != k.room {
		t.Errorf("bob sees in Closed %+v", seen[closed])
	}
	k.visitor.Acked(t, k.visitor.Say("One more thing"))
	k.awaitIn(t, root, k.room, "Open")
	k.awaitMoved(t)
	k.StopBridge(t)
	k.StartBridge(t, "")
	k.visitor.MustConnect(t)
	answers(t, k.anna, k.room, "!visitor")
	if n := children(b, k.room); n != 5 {
		t.Errorf("the spaces were changed %d times, want 5", n)
	}
}

// Invariant 16: a space never lists more than so many rooms; the next one takes over.
func TestInvariant16SpacesAreFollowedByOthersWhenTheyAreFull(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{Site: "    closed: {move_after: 0}\n", Env: []string{string(killpoint.BucketChildren) + "=2"}})
	root, first := k.anna.Space(t), k.anna.Open(t, 0)
	rooms := []id.RoomID{k.room}
	for i := range 2 {
		v := k.Visitor().MustConnect(t)
		v.Acked(t, v.Say("Hello"))
		rooms = append(rooms, k.anna.Room(t, 1+i))
	}
	k.awaitIn(t, root, rooms[2], "Open · Shop · 2")
	k.anna.Open(t, 1)
	if found := tree(t, k.anna.Client, root)[root]; len(found) != 3 || found[1].name != "Open · Shop · 2" || found[2].name != "Open · Shop" {
		t.Errorf("the site's space lists %+v", found)
	}
	for _, room := range rooms {
		answers(t, k.anna, room, "!close")
		k.awaitIn(t, root, room, "Closed · ")
	}
	bridgetest.Await(t, "the full space is gone", func() bool {
		found := tree(t, k.anna.Client, root)[root]
		joined, err := k.anna.JoinedRooms(t.Context())
		return err == nil && len(found) == 4 && !slices.Contains(joined.JoinedRooms, first)
	})
	found := tree(t, k.anna.Client, root)[root]
	if found[1].name != "Open · Shop · 2" || !strings.HasSuffix(found[2].name, " · 2") || found[3].name+" · 2" != found[2].name {
		t.Errorf("the site's space lists %+v", found)
	}
	joined, err := k.as(t, bot).JoinedRooms(t.Context())
	if err != nil || slices.Contains(joined.JoinedRooms, first) {
		t.Errorf("the bot is still in the space that was given up (%v)", err)
	}
}

// Invariant 16: wherever the bridge dies while a dialog moves, it is listed in
// one place in the end, and nothing but the step that was not recorded is done twice.
func TestInvariant16MovesSurviveTheEndOfTheProcess(t *testing.T) {
	t.Parallel()
	b := &bridgetest.Between{}
	k := startTalk(t, bridgetest.Options{Site: "    closed: {move_after: 0}\n", Through: b.Through(t)})
	root := k.anna.Space(t)
	k.awaitIn(t, root, k.room, "Open")
	for _, point := range []killpoint.Point{killpoint.AfterBucket, killpoint.AfterList, killpoint.AfterUnlist} {
		k.awaitMoved(t)
		before := children(b, k.room)
		k.StopBridge(t)
		k.StartBridge(t, "", killpoint.Env+"="+string(point))
		k.anna.Says(t, k.room, "!close")
		bridgetest.Await(t, "the bridge dies at "+string(point), func() bool { return !k.Alive() })
		k.StartBridge(t, "")
		k.awaitIn(t, root, k.room, "Closed · ")
		k.visitor.MustConnect(t)
		k.visitor.Acked(t, k.visitor.Say("Here again after "+string(point)))
		k.awaitIn(t, root, k.room, "Open")
		if n := children(b, k.room) - before; n > 5 {
			t.Errorf("killed at %s, the spaces were changed %d times, want 4 or 5", point, n)
		}
	}
	if spaces := tree(t, k.anna.Client, root); len(spaces[root]) != 3 {
		t.Errorf("the site's space lists %+v", spaces[root])
	}
}

// Invariant 16: a dialog that is opened again while the bridge is dead in the
// middle of the move comes back all the same.
func TestInvariant16OpenedAgainInTheMiddleOfAMove(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{Site: "    closed: {move_after: 0}\n"})
	root := k.anna.Space(t)
	for i, point := range []killpoint.Point{killpoint.AfterList, killpoint.AfterUnlist} {
		k.awaitIn(t, root, k.room, "Open")
		answers(t, k.anna, k.room, "!visitor") // all of that is recorded
		k.StopBridge(t)
		k.StartBridge(t, "", killpoint.Env+"="+string(point))
		k.anna.Says(t, k.room, "!close")
		bridgetest.Await(t, "the bridge dies at "+string(point), func() bool { return !k.Alive() })
		k.sql(t, `UPDATE dialog SET status = 'open', move = 1 WHERE status = 'closed'`)
		k.StartBridge(t, "")
		k.visitor.MustConnect(t)
		k.visitor.Acked(t, k.visitor.Say(fmt.Sprintf("Here again %d", i)))
		k.anna.Sees(t, k.room, fmt.Sprintf("Here again %d", i))
	}
	k.awaitIn(t, root, k.room, "Open")
}

// sql changes the bridge's database while it is stopped.
func (k *talk) sql(t *testing.T, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite3", k.Database())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for _, s := range statements {
		if _, err := db.ExecContext(context.WithoutCancel(t.Context()), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// Invariant 16: rooms that the site's space listed itself, as it was before
// there were Open and Closed, move there.
func TestInvariant16RoomsOfBeforeMoveIntoTheSpaces(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{Site: "    closed: {move_after: 0}\n"})
	root, open := k.anna.Space(t), k.anna.Open(t, 0)
	other := k.Visitor().MustConnect(t)
	other.Acked(t, other.Say("Me too"))
	done := k.anna.Room(t, 1)
	answers(t, k.anna, done, "!close")
	k.awaitIn(t, root, k.room, "Open")
	k.awaitIn(t, root, done, "Closed")
	k.StopBridge(t)
	// As the version before left it.
	client := k.as(t, bot)
	for _, room := range []id.RoomID{k.room, done} {
		if _, err := client.SendStateEvent(t.Context(), root, event.StateSpaceChild, string(room), map[string]any{"via": []string{"localhost"}}); err != nil {
			t.Fatal(err)
		}
	}
	for _, space := range tree(t, k.anna.Client, root)[root] {
		if space.order == "" || space.order == "0" {
			continue // dialogs, the desk
		}
		if _, err := client.SendStateEvent(t.Context(), root, event.StateSpaceChild, string(space.room), struct{}{}); err != nil {
			t.Fatal(err)
		}
		alias := "anteroom_space_shop_open_1"
		if space.room != open {
			alias = "anteroom_space_shop_" + k.month(t) + "_1"
		}
		if _, err := client.DeleteAlias(t.Context(), id.NewRoomAlias(alias, "localhost")); err != nil {
			t.Fatal(err)
		}
	}
	k.sql(t, `DELETE FROM child WHERE space_id NOT IN (SELECT room_id FROM site_room) OR room_id IN (SELECT room_id FROM bucket)`,
		`INSERT INTO child SELECT '`+string(root)+`', room_id, 'in' FROM room WHERE room_id IN ('`+string(k.room)+`', '`+string(done)+`')`,
		`DELETE FROM bucket`, `DELETE FROM member`, `UPDATE room SET counted = false`,
		`UPDATE dialog SET move = 2 WHERE status <> ''`)
	k.StartBridge(t, "")
	k.awaitIn(t, root, k.room, "Open")
	k.awaitIn(t, root, done, "Closed")
	k.anna.Open(t, 1)
}

// month is the shelf of what is closed now.
func (k *talk) month(t *testing.T) (shelf string) {
	t.Helper()
	db, err := sql.Open("sqlite3", k.Database())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if err := db.QueryRowContext(t.Context(), `SELECT shelf FROM bucket WHERE shelf <> 'open'`).Scan(&shelf); err != nil {
		t.Fatal(err)
	}
	return shelf
}
