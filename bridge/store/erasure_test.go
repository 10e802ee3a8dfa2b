package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// fill gives a visitor of shop everything that a visitor has.
func fill(t testing.TB, s *store.Store, secret string, room id.RoomID, entries int) chat.VisitorID {
	t.Helper()
	ctx := t.Context()
	visitor, err := s.EnterVisitor(ctx, "shop", secret, store.Device{Language: "en", UserAgent: "quokka browser"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	v := visitor.ID
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err = s.NumberVisitor(ctx, v, time.Now())
	must(err)
	must(s.SetName(ctx, v, "Ann Quokka", store.NamedByOperator))
	must(s.SetPage(ctx, v, store.Page{URL: "https://shop.test/quokka", Title: "quokka"}, time.Now()))
	must(s.SetVariable(ctx, v, "animal", "quokka", store.NamedByOperator))
	_, err = s.AddTag(ctx, v, "quokka", "Quokka")
	must(err)
	must(s.SetRoom(ctx, v, room, time.Now()))
	must(s.SetApplied(ctx, string(v), "name", "Ann Quokka"))
	_, err = s.TakeLease(ctx, store.SenderLease(v), "test", time.Now(), time.Minute)
	must(err)
	_, err = s.QueueDelivery(ctx, store.Delivery{Site: "shop", Visitor: v, Kind: store.Mail, Target: "ann@example.com", Origin: "opened:" + string(v), Payload: "quokka"}, time.Now())
	must(err)
	_, err = s.AddFile(ctx, store.File{File: chat.File{ID: chat.NewFileID(), Kind: chat.Attachment, Name: "quokka.txt", Type: "text/plain", Size: 1}, Visitor: v, Party: chat.Visitor, State: store.Announced}, "", time.Now())
	must(err)
	_, err = s.SetBotState(ctx, v, store.BotState{State: `{"quokka":1}`})
	must(err)
	_, err = s.AddBotInput(ctx, v, store.BotInput{Key: "quokka", Event: `{"text":"quokka"}`, At: time.Now()})
	must(err)
	must(s.AddBotRequest(ctx, store.BotRequest{Visitor: v, ID: "r", Request: `{"url":"quokka"}`}, time.Now()))
	must(s.AddUnmatched(ctx, "shop", v, store.Unmatched{Text: "quokka", At: time.Now()}))
	must(s.AddConsent(ctx, "shop", v, store.Consent{Hash: "hash of " + secret, Text: "We keep it.", At: time.Now()}))
	must(s.SetMailChoice(ctx, v, store.MailChoice{Address: "quokka@example.com", At: time.Now()}))
	must(s.AddMailLink(ctx, v, "link of "+secret, time.Now().Add(time.Hour)))
	must(s.WaitForMail(ctx, v, time.Now()))
	must(s.SetFilled(ctx, v, store.Filled{Form: "start", At: time.Now(), Answers: []store.FormAnswer{{Name: "animal", Value: "quokka"}}}))
	must(s.RateClosing(ctx, v, time.Now(), store.Rating{Score: 4, Of: 5}, "a quokka of a chat", time.Now()))
	_, err = s.AddFile(ctx, store.File{File: chat.File{ID: chat.NewFileID(), Kind: chat.Voice, Name: "quokka.ogg", Type: "audio/ogg", Size: 1, Duration: 4200, Waveform: []int{1, 2}}, Visitor: v, Party: chat.Visitor, State: store.Announced}, "", time.Now())
	must(err)
	must(s.StoreArrivals(ctx, []store.Arrival{{Key: "$" + secret, Room: room, Raw: []byte(`{"body":"quokka"}`)}}, time.Now()))
	const batch = 500
	for i := 0; i < entries; i += batch {
		must(s.Write(ctx, func(ctx context.Context) error {
			for n := i; n < min(i+batch, entries); n++ {
				e, _, err := s.Append(ctx, draft(v, fmt.Sprint(n), fmt.Sprintf("The quokka asks for the %d. time whether you have green tea, and how long it keeps.", n)))
				if err != nil {
					return err
				}
				if err := s.Enqueue(ctx, e); err != nil {
					return err
				}
				if _, err := s.MapEvent(ctx, room, id.EventID(fmt.Sprintf("$%s-%d", secret, n)), e); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	return v
}

// Invariant 24: in no table and in no file of the database anything is left of
// an erased visitor, but what is to be done on the homeserver.
func TestInvariant24NothingIsLeftInTheDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "anteroom.db")
	s, err := store.Open(t.Context(), store.Options{Type: "sqlite3", URI: path})
	if err != nil {
		t.Fatal(err)
	}
	v := fill(t, s, "erased", "!erased:localhost", 300)
	other := fill(t, s, "other", "!other:localhost", 1)
	files, err := s.EraseVisitor(t.Context(), v, "@anna:localhost", time.Now())
	if err != nil || len(files) != 2 {
		t.Fatalf("%v, error %v", files, err)
	}
	if _, err := s.EraseVisitor(t.Context(), v, "@anna:localhost", time.Now()); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the second time: %v", err)
	}
	if _, _, err := s.Append(t.Context(), draft(v, "late", "too late")); !errors.Is(err, chat.Errorf(chat.CodeGone, "")) {
		t.Errorf("a late word: %v", err)
	}
	left, err := s.ErasureOf(t.Context(), v)
	if err != nil || left.Number != 1 || left.By != "@anna:localhost" || left.Site != "shop" {
		t.Errorf("left to do: %+v, error %v", left, err)
	}
	rooms, err := s.ErasureRooms(t.Context(), v)
	if err != nil || len(rooms) != 1 || rooms[0].Room != "!erased:localhost" {
		t.Errorf("rooms: %v, error %v", rooms, err)
	}
	// What comes late is not taken in, and the other dialog goes on.
	if err := s.StoreArrivals(t.Context(), []store.Arrival{
		{Key: "$erased", Room: "!erased:localhost", Raw: []byte(`{"body":"quokka again"}`)},
		{Key: "$fresh", Room: "!other:localhost", Raw: []byte(`{}`)},
	}, time.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.ArrivalState(t.Context(), "$erased"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a late event was taken in: %v", err)
	}
	if _, err := s.ArrivalState(t.Context(), "$fresh"); err != nil {
		t.Errorf("another room's event: %v", err)
	}
	if err := s.EndErasureRoom(t.Context(), "!erased:localhost"); err != nil {
		t.Fatal(err)
	}
	if err := s.EndErasure(t.Context(), v, "erasure "+string(v)); err != nil {
		t.Fatal(err)
	}
	if erased, err := s.IsErased(t.Context(), "!erased:localhost"); err != nil || !erased {
		t.Errorf("the room is forgotten: %v", err)
	}
	// A number is given once.
	next := fill(t, s, "next", "!next:localhost", 0)
	if visitor, err := s.Visitor(t.Context(), next); err != nil || visitor.Number != 3 {
		t.Errorf("the next visitor has the number %d (%v)", visitor.Number, err)
	}
	for _, v := range []chat.VisitorID{other, next} {
		if _, err := s.EraseVisitor(t.Context(), v, "", time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	if done, err := s.Scrub(t.Context()); err != nil || !done {
		t.Fatalf("scrubbed: %t, error %v", done, err)
	}
	for _, file := range []string{path, path + "-wal"} {
		data, err := os.ReadFile(file) // #nosec G304 -- of the test
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"quokka", string(v), "!erased:localhost"} {
			if bytes.Contains(bytes.ToLower(data), []byte(strings.ToLower(word))) {
				t.Errorf("%s still holds %q", file, word)
			}
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// BenchmarkErase reports how long the erasure of a dialog with 10,000 entries
// holds the writer.
func BenchmarkErase(b *testing.B) {
	s, err := store.Open(b.Context(), store.Options{Type: "sqlite3", URI: filepath.Join(b.TempDir(), "anteroom.db")})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	n := 0
	for b.Loop() {
		b.StopTimer()
		n++
		v := fill(b, s, fmt.Sprint(n), id.RoomID(fmt.Sprintf("!%d:localhost", n)), 10_000)
		b.StartTimer()
		if _, err := s.EraseVisitor(b.Context(), v, "", time.Now()); err != nil {
			b.Fatal(err)
		}
	}
}

// Invariant 24: nothing of an erased visitor stays in pages of the database from
// which its rows had moved, which secure_delete passes over.
func TestInvariant24NothingStaysWhereRowsMoved(t *testing.T) {
	path := filepath.Join(t.TempDir(), "anteroom.db")
	s, err := store.Open(t.Context(), store.Options{Type: "sqlite3", URI: path})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	erased, other := fill(t, s, "erased", "!erased:localhost", 0), fill(t, s, "other", "!other:localhost", 0)
	for i := range 800 { // in turns, so that they share pages
		for v, word := range map[chat.VisitorID]string{erased: "platypus ", other: "tea "} {
			e, _, err := s.Append(t.Context(), draft(v, fmt.Sprint(i), strings.Repeat(word, 1+i*7%90)))
			if err != nil {
				t.Fatal(err)
			}
			if err := s.SetApplied(t.Context(), string(v), fmt.Sprint(i%30), strings.Repeat(word, 1+i%50)); err != nil {
				t.Fatal(err)
			}
			if _, err := s.MapEvent(t.Context(), "!room:localhost", id.EventID(fmt.Sprint(v, i)), e); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := s.EraseVisitor(t.Context(), erased, "", time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := s.Compact(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	if done, err := s.Scrub(t.Context()); err != nil || !done {
		t.Fatalf("scrubbed: %t, error %v", done, err)
	}
	for _, file := range []string{path, path + "-wal"} {
		data, err := os.ReadFile(file) // #nosec G304 -- of the test
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(data, []byte("platypus")); n > 0 {
			t.Errorf("%s still holds the word %d times", file, n)
		}
	}
}

// What nobody waits for is compacted once a day at most, and not before something was removed.
func TestTheDatabaseIsCompactedOnceADay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "anteroom.db")
	s, err := store.Open(t.Context(), store.Options{Type: "sqlite3", URI: path})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	began := time.Now()
	for i, step := range []struct {
		after time.Duration
		later bool // something was removed
		waits bool // somebody waits for it
		asked bool // somebody asked for it
		want  bool
	}{
		{after: 0},
		{after: 0, later: true, want: true},
		{after: time.Hour},
		{after: time.Hour, later: true},
		{after: 25 * time.Hour, want: true},
		{after: 50 * time.Hour},
		{after: 50 * time.Hour, later: true, asked: true}, // done with what was asked for
		{after: 75 * time.Hour},
		{after: 75 * time.Hour, later: true, want: true},
		{after: 76 * time.Hour, later: true, waits: true, want: true},
		{after: -time.Hour, later: true, want: true}, // the clock was wrong
	} {
		now := began.Add(step.after)
		if step.later {
			if err := s.CompactLater(t.Context(), step.waits); err != nil {
				t.Fatal(err)
			}
		}
		if step.asked {
			if err := s.Compact(t.Context(), now); err != nil {
				t.Fatal(err)
			}
		}
		if did, err := s.CompactDue(t.Context(), now); err != nil || did != step.want {
			t.Errorf("step %d: compacted is %t (%v), want %t", i, did, err, step.want)
		}
	}
}

// Invariant 24: of what a visitor filled in, agreed to, rated, spoke and was mailed
// nothing stays in the files, and no row names the visitor.
func TestInvariant24NothingStaysInTheFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "anteroom.db")
	s, err := store.Open(t.Context(), store.Options{Type: "sqlite3", URI: path})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	held := func(word string) (n int) {
		for _, file := range []string{path, path + "-wal"} {
			data, err := os.ReadFile(file) // #nosec G304 -- of the test
			if err != nil {
				t.Fatal(err)
			}
			n += bytes.Count(bytes.ToLower(data), []byte(word))
		}
		return n
	}
	v := fill(t, s, "erased", "!erased:localhost", 3)
	for _, word := range []string{"quokka@example.com", "ann@example.com", "quokka of a chat", "quokka.ogg", "link of erased"} {
		if held(word) == 0 {
			t.Fatalf("%q is not kept to begin with", word)
		}
	}
	if _, err := s.EraseVisitor(t.Context(), v, "", time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := s.EndErasure(t.Context(), v, string(v)); err != nil {
		t.Fatal(err)
	}
	if err := s.Compact(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	if done, err := s.Scrub(t.Context()); err != nil || !done {
		t.Fatalf("scrubbed: %t, error %v", done, err)
	}
	for _, word := range []string{"quokka", "ann@example.com", "link of erased", string(v)} {
		if n := held(word); n > 0 {
			t.Errorf("the files still hold %q %d times", word, n)
		}
	}
}

// Invariant 24: what is told of a visitor while it is erased is not noted, nor is
// what came between when nothing is left of it.
func TestInvariant24NothingIsNotedOfAnErasedVisitor(t *testing.T) {
	s, err := store.Open(t.Context(), store.Options{Type: "sqlite3", URI: filepath.Join(t.TempDir(), "anteroom.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	now := time.Now()
	aged, asked := fill(t, s, "aged", "!aged:localhost", 1), fill(t, s, "asked", "!asked:localhost", 1)
	for v, by := range map[chat.VisitorID]id.UserID{aged: "", asked: "@anna:localhost"} {
		at := now
		if by == "" {
			at = now.Add(-time.Hour)
		}
		if _, err := s.EraseVisitor(t.Context(), v, by, at); err != nil {
			t.Fatal(err)
		}
		if err := s.SetApplied(t.Context(), string(v), "name", "Ann Quokka"); err != nil {
			t.Fatal(err)
		}
		if _, err := s.TakeLease(t.Context(), store.SenderLease(v), "test", now, time.Minute); err != nil {
			t.Fatal(err)
		}
		if value, err := s.Applied(t.Context(), string(v), "name"); err != nil || value != "" {
			t.Errorf("noted is %q (%v)", value, err)
		}
	}
	if all, err := s.Erasures(t.Context()); err != nil || len(all) != 2 || all[0] != asked {
		t.Errorf("erased in the order %v, asked for is %s (%v)", all, asked, err)
	}
	for _, c := range []struct {
		v    chat.VisitorID
		want bool
	}{{aged, true}, {asked, false}} {
		e, err := s.ErasureOf(t.Context(), c.v)
		if err != nil {
			t.Fatal(err)
		}
		if others, err := s.OthersErasing(t.Context(), e); err != nil || others != c.want {
			t.Errorf("others beside the one by %q: %t (%v)", e.By, others, err)
		}
	}
	if err := s.EndErasure(t.Context(), asked, "erasure "+string(asked)); err != nil {
		t.Fatal(err)
	}
	if l, err := s.TakeLease(t.Context(), store.SenderLease(asked), "another", now, time.Minute); err != nil || l.Fence != 1 {
		t.Errorf("the lease stands: %+v (%v)", l, err)
	}
}
