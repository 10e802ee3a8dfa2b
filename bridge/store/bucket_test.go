package store_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// housed makes an open dialog with a room.
func housed(t *testing.T, s *store.Store, n int) (chat.VisitorID, id.RoomID) {
	t.Helper()
	v, err := s.EnterVisitor(t.Context(), "shop", fmt.Sprintf("hash-%d", n), store.Device{}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	room := id.RoomID(fmt.Sprintf("!room%d:example.org", n))
	if err := errors.Join(s.SetRoom(t.Context(), v.ID, room, time.Now()), s.SetNewRoom(t.Context(), room, "!root:example.org")); err != nil {
		t.Fatal(err)
	}
	if opened, err := s.OpenDialog(t.Context(), v.ID, time.Now()); err != nil || !opened {
		t.Fatalf("opened %t (%v)", opened, err)
	}
	return v.ID, room
}

// Rooms that the site's space listed itself are known there, and have to move at leisure.
func TestUpgradeKnowsWhereRoomsWereListed(t *testing.T) {
	path := frozen(t, "v1.sql")
	run(t, path, `INSERT INTO applied VALUES ('6ogx6bbgxfryhno4', 'child of', '!space:example.org')`)
	s := open(t, path)
	spots, err := s.Spots(t.Context(), "6ogx6bbgxfryhno4")
	want := []store.Spot{
		{Space: "!space:example.org", Room: "!first:example.org", State: store.ChildIn},
		{Space: "!space:example.org", Room: "!second:example.org", State: store.ChildIn},
	}
	if err != nil || !slices.Equal(spots, want) {
		t.Errorf("listed are %+v (%v), want %+v", spots, err, want)
	}
	if due, err := s.DueMoves(t.Context(), "shop", store.MoveAtLeisure, time.Now(), 10); err != nil || !slices.Contains(due, "6ogx6bbgxfryhno4") {
		t.Errorf("due are %v (%v)", due, err)
	}
	if door, err := s.DoorOf(t.Context(), "!second:example.org"); err != nil || door != "!space:example.org" {
		t.Errorf("the door is %s (%v)", door, err)
	}
	if room, err := s.UncountedRoom(t.Context(), "shop"); err != nil || room == "" {
		t.Errorf("nobody asks who is in the rooms of before: %s (%v)", room, err)
	}
}

// Invariant 16: what was taken out of a space still counts, and what comes back does not count again.
func TestInvariant16PlacesInASpaceAreNeverFreed(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "anteroom.db"))
	bucket := store.Bucket{Site: "shop", Shelf: store.ShelfOpen, Number: 1, Room: "!open:example.org"}
	if err := s.AddBucket(t.Context(), bucket, "!root:example.org"); err != nil {
		t.Fatal(err)
	}
	reserve := func(room id.RoomID) error {
		_, err := s.Reserve(t.Context(), "shop", store.ShelfOpen, room, 2)
		return err
	}
	if err := errors.Join(reserve("!a"), reserve("!b")); err != nil {
		t.Fatal(err)
	}
	if err := s.Listed(t.Context(), bucket.Room, "!a", store.ChildOut); err != nil {
		t.Fatal(err)
	}
	if err := reserve("!c"); !errors.Is(err, store.ErrFull) {
		t.Errorf("a third room: %v", err)
	}
	if err := reserve("!a"); err != nil {
		t.Errorf("the first room again: %v", err)
	}
	if _, err := s.Reserve(t.Context(), "shop", "2026-11", "!a", 2); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a shelf without a space: %v", err)
	}
}

// A dialog has to move when it was opened, and some time after it was closed;
// what changes while it moves is not forgotten.
func TestDialogsMoveWhenItIsTime(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "anteroom.db"))
	v, room := housed(t, s, 1)
	if err := errors.Join(
		s.SetSiteRoom(t.Context(), "shop", "space", "!root:example.org"),
		s.AddBucket(t.Context(), store.Bucket{Site: "shop", Shelf: store.ShelfOpen, Number: 1, Room: "!open:example.org"}, "!root:example.org"),
		s.SetChild(t.Context(), "!open:example.org", room, store.ChildIn),
	); err != nil {
		t.Fatal(err)
	}
	due := func(closedBefore time.Time) bool {
		t.Helper()
		found, err := s.DueMoves(t.Context(), "shop", store.MoveNow, closedBefore, 10)
		if err != nil {
			t.Fatal(err)
		}
		return slices.Contains(found, v)
	}
	stood, err := s.Dialog(t.Context(), v)
	if err != nil || !due(time.Now()) {
		t.Fatalf("a dialog that was opened does not move (%v)", err)
	}
	spot := store.Spot{Space: "!open:example.org", Room: room}
	if err := s.Moved(t.Context(), v, stood, spot, "!lost:example.org"); err != nil || !due(time.Now()) {
		t.Errorf("it has moved into a site's space that is lost (%v)", err)
	}
	if err := s.Moved(t.Context(), v, stood, spot, "!root:example.org"); err != nil || due(time.Now()) {
		t.Errorf("it moves again (%v)", err)
	}
	closed := time.Now()
	if _, err := s.CloseDialog(t.Context(), v, closed); err != nil {
		t.Fatal(err)
	}
	if due(closed.Add(-time.Second)) || !due(closed.Add(time.Second)) {
		t.Error("a closed dialog does not move when it is time")
	}
	if err := s.Moved(t.Context(), v, stood, spot, "!root:example.org"); err != nil || !due(closed.Add(time.Second)) {
		t.Errorf("that it was closed meanwhile is forgotten (%v)", err)
	}
	if _, err := s.ForgetSpace(t.Context(), "!open:example.org"); err != nil {
		t.Fatal(err)
	}
	if found, err := s.DueMoves(t.Context(), "shop", store.MoveAtLeisure, closed.Add(time.Second), 10); err != nil || !slices.Equal(found, []chat.VisitorID{v}) {
		t.Errorf("of a lost space move %v (%v)", found, err)
	}
}

// Invariant 15: the dialog that was closed first goes first; who came later stays for a while.
func TestInvariant15TheLongestClosedRoomIsLeftFirst(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "anteroom.db"))
	const anna = id.UserID("@anna:example.org")
	began := time.Now()
	var rooms []id.RoomID
	for i := range 4 {
		v, room := housed(t, s, i)
		rooms = append(rooms, room)
		if err := s.EnterRoom(t.Context(), room, anna, began); err != nil {
			t.Fatal(err)
		}
		if i == 3 {
			break // stays open
		}
		if _, err := s.CloseDialog(t.Context(), v, began.Add(time.Duration(3-i)*time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := s.CountIn(t.Context(), "shop", anna); err != nil || n != 4 {
		t.Errorf("she is in %d rooms (%v)", n, err)
	}
	// She left the one that was closed first, and came back after an hour.
	back := began.Add(time.Hour)
	if err := errors.Join(s.ExitRoom(t.Context(), rooms[2], anna), s.EnterRoom(t.Context(), rooms[2], anna, back)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []id.RoomID{rooms[1], rooms[0]} {
		l, err := s.BeginArchive(t.Context(), "shop", anna, back.Add(-time.Second))
		if err != nil || l.Room != want {
			t.Fatalf("she leaves %s (%v), want %s", l.Room, err, want)
		}
		if begun, err := s.Leaving(t.Context()); err != nil || begun != l {
			t.Errorf("begun is %+v (%v)", begun, err)
		}
		if err := s.EndArchive(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		if out, err := s.Archived(t.Context(), want); err != nil || !slices.Equal(out, []id.UserID{anna}) {
			t.Errorf("archived are %v (%v)", out, err)
		}
	}
	if l, err := s.BeginArchive(t.Context(), "shop", anna, back.Add(-time.Second)); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("she leaves %s (%v)", l.Room, err)
	}
	if l, err := s.BeginArchive(t.Context(), "shop", anna, back); err != nil || l.Room != rooms[2] {
		t.Errorf("in the end she leaves %s (%v), want %s", l.Room, err, rooms[2])
	}
}
