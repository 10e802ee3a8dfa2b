package store_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

func open(t *testing.T, path string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Type: "sqlite3", URI: path, Log: zerolog.New(zerolog.NewTestWriter(t)).Level(zerolog.WarnLevel)})
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func enter(t *testing.T, s *store.Store, secret string) chat.VisitorID {
	t.Helper()
	v, err := s.EnterVisitor(t.Context(), "shop", secret, store.Device{Language: "en"}, time.Now())
	if err != nil {
		t.Fatalf("enter: %v", err)
	}
	return v.ID
}

func draft(v chat.VisitorID, origin, text string) store.Draft {
	return store.Draft{
		Visitor: v, Kind: chat.Message, Author: chat.Author{Party: chat.Visitor},
		Content: chat.Content{Text: text}, Origin: origin, At: time.Now(),
	}
}

func TestInvariant25SecondProcessIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a b%?#.db")
	open(t, path)
	_, err := store.Open(t.Context(), store.Options{Type: "sqlite3", URI: path})
	if err == nil {
		t.Fatal("the database was opened twice")
	}
}

func TestBootNumberRises(t *testing.T) {
	path := filepath.Join(t.TempDir(), "anteroom.db")
	s := open(t, path)
	first, err := s.RaiseBoot(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	_ = s.Close()
	if second, err := open(t, path).RaiseBoot(t.Context(), first-1); err != nil || second != first+1 {
		t.Fatalf("boot went from %d to %d (%v)", first, second, err)
	}
}

func TestSameSecretIsTheSameVisitor(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "anteroom.db"))
	first, again := enter(t, s, "one"), enter(t, s, "one")
	if first != again {
		t.Error("one session became two visitors")
	}
	if first == enter(t, s, "two") {
		t.Error("two sessions became one visitor")
	}
}

// Invariants 1 and 2: ids are random, numbers have no gaps, the same origin is one entry.
func TestInvariant02ConcurrentAppendsAreNumberedOnceEach(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "anteroom.db"))
	v := enter(t, s, "one")
	const writers, each = 16, 20
	var wait sync.WaitGroup
	for w := range writers {
		wait.Go(func() {
			for i := range each {
				// Every second origin is said by two writers at once.
				origin := string(rune('a'+w/2)) + string(rune('A'+i))
				if _, _, err := s.Append(t.Context(), draft(v, origin, origin)); err != nil {
					t.Errorf("append: %v", err)
				}
			}
		})
	}
	wait.Wait()
	entries, err := s.EntriesAfter(t.Context(), v, 0, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != writers/2*each {
		t.Fatalf("%d entries, want %d", len(entries), writers/2*each)
	}
	for i, e := range entries {
		if e.Seq != int64(i+1) {
			t.Fatalf("entry %d has number %d", i, e.Seq)
		}
	}
}

func TestOneRefusedJobDoesNotHarmItsNeighbours(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "anteroom.db"))
	v := enter(t, s, "one")
	boom := errors.New("boom")
	var wait sync.WaitGroup
	for i := range 60 {
		wait.Go(func() {
			err := s.Write(t.Context(), func(ctx context.Context) error {
				if _, _, err := s.Append(ctx, draft(v, string(rune('A'+i)), "x")); err != nil {
					return err
				}
				switch i % 6 {
				case 1:
					return chat.Errorf(chat.CodeTooLong, "refused")
				case 2:
					return boom
				case 3:
					panic("at the wrong moment")
				default:
					return nil
				}
			})
			if want := i%6 == 1 || i%6 == 2 || i%6 == 3; (err != nil) != want {
				t.Errorf("job %d: %v", i, err)
			}
		})
	}
	wait.Wait()
	entries, err := s.EntriesAfter(t.Context(), v, 0, 1000)
	if err != nil || len(entries) != 30 {
		t.Fatalf("%d entries (%v), want the 30 that were not refused", len(entries), err)
	}
	if last := entries[29].Seq; last != 30 {
		t.Fatalf("the last number is %d: a refused job left a gap", last)
	}
}

func TestAppendToAnErasedDialogIsGone(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "anteroom.db"))
	_, _, err := s.Append(t.Context(), draft(chat.NewVisitorID(), "a", "x"))
	if !errors.Is(err, &chat.Error{Code: chat.CodeGone}) {
		t.Fatalf("got %v", err)
	}
}

func TestInvariant05RedactionEmptiesItsTargetAndItsEdits(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "anteroom.db"))
	v := enter(t, s, "one")
	message, _, err := s.Append(t.Context(), draft(v, "a", "secret"))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []store.Draft{
		{Kind: chat.Edit, Content: chat.Content{Text: "still secret"}, Origin: "b"},
		{Kind: chat.Redaction, Origin: "c"},
	} {
		d.Visitor, d.Target, d.Author, d.At = v, message.ID, message.Author, time.Now()
		if _, _, err := s.Append(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := s.EntriesAfter(t.Context(), v, 0, 10)
	if err != nil || len(entries) != 3 {
		t.Fatalf("%d entries (%v)", len(entries), err)
	}
	for _, e := range entries[:2] {
		if !e.Redacted || !reflect.ValueOf(e.Content).IsZero() {
			t.Errorf("entry %d still says %+v", e.Seq, e.Content)
		}
	}
}

func TestInvariant08LeaseFencesTheFormerOwner(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "anteroom.db"))
	now := time.Now()
	first, err := s.TakeLease(t.Context(), "send:x", "a", now, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.TakeLease(t.Context(), "send:x", "b", now, time.Minute); !errors.Is(err, store.ErrFenced) {
		t.Fatalf("b took a's lease: %v", err)
	}
	if _, err := s.TakeLease(t.Context(), "send:x", "b", now.Add(2*time.Minute), time.Minute); err != nil {
		t.Fatalf("b did not get the expired lease: %v", err)
	}
	if err := s.Guard(t.Context(), first); !errors.Is(err, store.ErrFenced) {
		t.Fatalf("a still passes: %v", err)
	}
}

// Of two events of an entry either can be the one that counts.
func TestMoveEventMakesOneEventTheEntrysOwn(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "anteroom.db"))
	v := enter(t, s, "secret")
	e, _, err := s.Append(t.Context(), draft(v, "a", "Hello"))
	if err != nil {
		t.Fatal(err)
	}
	for _, event := range []id.EventID{"$first", "$later"} {
		if _, err := s.MapEvent(t.Context(), "!room", event, e); err != nil {
			t.Fatal(err)
		}
	}
	for _, event := range []id.EventID{"$later", "$new", "$first"} {
		if err := s.MoveEvent(t.Context(), "!room", event, e); err != nil {
			t.Fatal(err)
		}
		if own, _, err := s.EventOf(t.Context(), e.ID); err != nil || own != event {
			t.Errorf("the entry's event is %s (%v), want %s", own, err, event)
		}
	}
}

// An edit that came before its message waits for whatever becomes of it.
func TestWhatWaitsForAKeptEventIsFreed(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "anteroom.db"))
	for _, end := range []func(context.Context, int64) error{
		func(ctx context.Context, position int64) error { return s.FinishArrival(ctx, position, 0) },
		func(ctx context.Context, position int64) error { return s.KeepArrival(ctx, position, 0) },
		func(ctx context.Context, position int64) error { return s.FailArrival(ctx, position, "poison") },
	} {
		name := fmt.Sprint("$", time.Now().UnixNano())
		if err := s.StoreArrivals(t.Context(), []store.Arrival{{Key: name + "edit", Room: "!room", Raw: []byte("{}")}, {Key: name, Room: "!room", Raw: []byte("{}")}}, time.Now()); err != nil {
			t.Fatal(err)
		}
		waiting, err := s.NewArrivals(t.Context(), 0, 10)
		if err != nil || len(waiting) != 2 {
			t.Fatalf("%d wait (%v)", len(waiting), err)
		}
		if err := s.ParkArrival(t.Context(), waiting[0].Position, id.EventID(name)); err != nil {
			t.Fatal(err)
		}
		if err := end(t.Context(), waiting[1].Position); err != nil {
			t.Fatal(err)
		}
		freed, err := s.NewArrivals(t.Context(), 0, 10)
		if err != nil || len(freed) != 1 || freed[0].Key != name+"edit" {
			t.Errorf("free are %v (%v)", freed, err)
		}
		if err := s.FinishArrival(t.Context(), waiting[0].Position, 0); err != nil {
			t.Fatal(err)
		}
	}
}
