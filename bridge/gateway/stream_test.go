package gateway

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// socketOf returns the gateway's end of the only socket.
func (d *door) socketOf() (s *socket) {
	for slot := range wheelSlots {
		for _, found := range d.gateway.heart.in(slot) {
			s = found
		}
	}
	return s
}

// takeWriter waits for the end of the socket's writer, and has the place of it from here on.
func (d *door) takeWriter(t *testing.T, s *socket) {
	t.Helper()
	eventually(t, "the writer of the welcome ends", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.flushing {
			return false
		}
		s.flushing = true
		return true
	})
}

// shownReply is what a widget shows after the pieces that came: see wire/README.md.
type shownReply struct {
	id, text string
	next     int
}

func (r *shownReply) take(t interface{ Fatalf(string, ...any) }, f *wire.Stream) {
	switch {
	case f.Gone && f.ID == r.id:
		*r = shownReply{}
	case f.Gone:
		t.Fatalf("%s is taken away, and %q is shown", f.ID, r.id)
	case f.N == 0:
		*r = shownReply{f.ID, f.Text, 1}
	case f.ID != r.id || f.N != r.next:
		t.Fatalf("piece %d of %s came, and piece %d of %q is next", f.N, f.ID, r.next, r.id)
	default:
		r.text += f.Text
		r.next++
	}
}

func TestReplyComesInPiecesAndBeforeItsEntry(t *testing.T) {
	d := openDoor(t, nil)
	secret := newSecret()
	c, _ := d.enter(secret, nil)
	v := d.visitorOf(secret)
	s := d.socketOf()
	var shown shownReply
	text := ""
	for _, word := range []string{"Green ", "tea ", "costs ", "12 € 🍵."} {
		text += word
		s.Stream(chat.Stream{ID: "reply-1", Text: text})
		shown.take(t, take[wire.Stream](c, wire.TypeStream))
		if shown.text != text {
			t.Fatalf("the widget shows %q of %q", shown.text, text)
		}
	}
	s.Stream(chat.Stream{ID: "reply-1", Text: text}) // is no news
	said := d.hear(v, dialog.Heard{Content: chat.Content{Text: text, AI: &chat.AI{
		Assistant: "sales", Stream: "reply-1", Sources: []chat.Source{{Title: "Prices", URL: "https://shop.example.com/prices"}},
	}}})
	e := take[wire.NewEntry](c, wire.TypeEntry).Entry
	if e.ID != said.ID || e.AI == nil || e.AI.Stream != "reply-1" || len(e.AI.Sources) != 1 {
		t.Errorf("the entry is %+v", e)
	}
	s.Stream(chat.Stream{ID: "reply-2", Text: "Black"})
	shown.take(t, take[wire.Stream](c, wire.TypeStream))
	s.Stream(chat.Stream{ID: "reply-2", Gone: true})
	shown.take(t, take[wire.Stream](c, wire.TypeStream))
	if shown.id != "" {
		t.Errorf("%+v stays", shown)
	}
}

// A visitor on a slow line gets fewer and longer pieces, and no longer queue.
func TestReplyOnASlowLineIsOnePiece(t *testing.T) {
	d := openDoor(t, nil)
	c, _ := d.enter(newSecret(), nil)
	s := d.socketOf()
	d.takeWriter(t, s)
	text := ""
	for range 2 * mostQueued {
		text += "word "
		s.Stream(chat.Stream{ID: "reply-1", Text: text})
	}
	s.Typing(chat.Author{Party: chat.Bot}, false)
	if s.ended() {
		t.Fatal("a long reply ended the connection")
	}
	s.mu.Lock()
	s.flushing = false
	s.flushLocked()
	s.mu.Unlock()
	take[wire.Typing](c, wire.TypeTyping)
	if f := take[wire.Stream](c, wire.TypeStream); f.N != 0 || f.Text != text {
		t.Errorf("piece %d has %d of %d bytes", f.N, len(f.Text), len(text))
	}
}

// What the core tells a connection before its welcome comes after it.
func TestReplyOfBeforeTheWelcomeComesAfterIt(t *testing.T) {
	d := openDoor(t, nil)
	s := newStreamedSocket(d)
	s.Stream(chat.Stream{ID: "reply-1", Text: "Green tea"})
	if w, some := s.nextWork(); some || w.reply != nil {
		t.Error("it is written before the welcome")
	}
	s.ready = true
	if w, _ := s.nextWork(); w.reply == nil || w.reply.Text != "Green tea" {
		t.Errorf("after the welcome: %+v", w.reply)
	}
}

func newStreamedSocket(d *door) *socket {
	s := &socket{}
	s.g = d.gateway
	s.flushing = true // nobody writes
	return s
}

// Whatever the connection heard of, and missed: its widget shows the present state.
func TestPiecesTellThePresentState(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var p pieces
		var shown shownReply
		replies := []chat.Stream{{ID: "a"}, {ID: "b"}}
		for range rapid.IntRange(1, 40).Draw(t, "times") {
			r := &replies[rapid.IntRange(0, 1).Draw(t, "reply")]
			gone := rapid.IntRange(0, 9).Draw(t, "gone") == 0
			if gone {
				r.Text = ""
			} else {
				r.Text += rapid.String().Draw(t, "more")
			}
			state := *r
			state.Gone = gone
			if rapid.Bool().Draw(t, "missed") {
				continue
			}
			if f := p.piece(state); f != nil {
				shown.take(t, f)
			}
			want := state.Text
			if gone {
				if shown.id == state.ID {
					t.Fatalf("%s is gone and shown", state.ID)
				}
				continue
			}
			if shown.text != want || want != "" && shown.id != state.ID {
				t.Fatalf("shown %+v of %+v", shown, state)
			}
		}
	})
}

// waiting runs an exchange that waits for news after what the visitor has.
func (d *door) waiting(secret string, resume *wire.Resume) (*poll, func() batch) {
	d.t.Helper()
	r := httptest.NewRequestWithContext(d.t.Context(), http.MethodPost, "/", http.NoBody)
	p := d.gateway.newPoll(d.cfg.Sites["shop"], r)
	over := make(chan error, 1)
	go func() {
		over <- p.run(d.t.Context(), &wire.Exchange{Hello: wire.Hello{T: wire.TypeHello, Secret: secret, Resume: resume}, Wait: 25})
	}()
	v := d.visitor(secret)
	eventually(d.t, "the exchange waits", func() bool { return d.dialog.Connections(v) == 1 })
	return p, func() batch {
		d.t.Helper()
		defer p.end()
		defer p.free()
		select {
		case err := <-over:
			must(d.t, err)
		case <-time.After(within):
			d.t.Fatal("nothing came")
		}
		data, err := json.Marshal(wire.Batch{Frames: p.frames})
		must(d.t, err)
		return *decode[batch](d.t, data)
	}
}

func TestExchangeTellsAReplyAsItGoesOn(t *testing.T) {
	d := openDoor(t, nil)
	secret := newSecret()
	v := d.visitor(secret)
	begun := chat.Stream{ID: "reply-1", Text: "Green"}

	p, answer := d.waiting(secret, &wire.Resume{})
	p.Stream(begun)
	if f := pieceOf(t, answer()); f.N != 0 || f.Text != "Green" {
		t.Errorf("told %+v", f)
	}

	// An exchange that looks between the two, or begins after them, tells the entry in the
	// next one or in its welcome: then it is tried again.
	const tries = 20
	resume := &wire.Resume{}
	for try := range tries {
		reply := fmt.Sprintf("reply-%d", 2+try)
		p, answer = d.waiting(secret, resume)
		p.mu.Lock() // as Stream does, but it looks only when the entry is there too
		p.written = &chat.Stream{ID: reply, Text: "Green tea"}
		p.mu.Unlock()
		said := d.hear(v, dialog.Heard{Content: chat.Content{Text: "Green tea", AI: &chat.AI{Stream: reply}}})
		resume = &wire.Resume{Seq: said.Seq, ID: said.ID}
		told := answer()
		if f := pieceOf(t, told); f.N != 0 || f.ID != reply || f.Text != "Green tea" {
			t.Errorf("told %+v", f)
		}
		if len(told.Frames) == 2 && try < tries-1 {
			continue
		}
		if types := told.types(t); types != "welcome stream entry" || decode[wire.NewEntry](t, told.Frames[2]).Entry.ID != said.ID {
			t.Errorf("the entry does not come last: %s", types)
		}
		break
	}

	p, answer = d.waiting(secret, resume)
	p.Stream(chat.Stream{ID: "reply-gone", Gone: true})
	if f := pieceOf(t, answer()); !f.Gone {
		t.Errorf("told %+v", f)
	}
}

// pieceOf returns the piece of an answer, which stands behind the welcome.
func pieceOf(t *testing.T, b batch) *wire.Stream {
	t.Helper()
	if types := b.types(t); !strings.HasPrefix(types, "welcome stream") {
		t.Fatalf("answered with %s", types)
	}
	return decode[wire.Stream](t, b.Frames[1])
}
