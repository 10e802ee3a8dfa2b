package dialog

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// reader is a connection that notes what it is told of a reply.
type reader struct {
	silent
	mu   sync.Mutex
	told []chat.Stream
	at   []time.Time
}

func (r *reader) Stream(reply chat.Stream) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.told, r.at = append(r.told, reply), append(r.at, time.Now())
}

// texts are what it was told, with a cross where it was taken away.
func (r *reader) texts() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var texts []string
	for _, reply := range r.told {
		if reply.Gone {
			reply.Text = "✗"
		}
		texts = append(texts, reply.ID+":"+reply.Text)
	}
	return texts
}

const reading = chat.VisitorID("v")

// watch gives a visitor a connection.
func listen(s *streams) *reader {
	r := &reader{}
	s.hub.add(Session{Visitor: reading, name: "session"}, r)
	s.join(reading, r)
	return r
}

func openStreams() *streams {
	h := newHub()
	return newStreams(&h)
}

func wantTexts(t *testing.T, who string, r *reader, want ...string) {
	t.Helper()
	synctest.Wait()
	if got := r.texts(); !slices.Equal(got, want) {
		t.Errorf("%s was told %q, want %q", who, got, want)
	}
}

func TestPiecesAreToldAtOnceAndFewOfThemIfTheyAreMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openStreams()
		r := listen(s)
		st := s.begin(reading, "a")
		text := ""
		for range 100 { // a word each ten milliseconds
			text += "word "
			st.show(text)
			if len(r.texts()) == 0 {
				t.Fatal("the first piece waits")
			}
			pass(10 * time.Millisecond)
		}
		pass(streamEvery)
		synctest.Wait()
		if last := r.told[len(r.told)-1]; last.Text != text {
			t.Errorf("the end is missing: %q", last.Text)
		}
		for i := range r.at[1:] {
			if since := r.at[i+1].Sub(r.at[0]); since < time.Duration(i+2-streamBurst)*streamEvery {
				t.Errorf("piece %d came after %s", i+1, since)
			}
			if !strings.HasPrefix(r.told[i+1].Text, r.told[i].Text) {
				t.Errorf("piece %d takes back what was shown", i+1)
			}
		}
		if n := len(r.told); n < 60 || n > 72 {
			t.Errorf("%d pieces in a second", n)
		}
	})
}

// A slow model's pieces wait for nothing, not even one that comes right behind a late one.
func TestASlowModelIsShownAsItWrites(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openStreams()
		r := listen(s)
		st := s.begin(reading, "a")
		text := ""
		for i := range 100 {
			text += "word "
			st.show(text)
			synctest.Wait()
			if told := r.texts(); len(told) != i+1 {
				t.Fatalf("piece %d waits", i)
			}
			if i%2 == 0 {
				pass(streamEvery + streamEvery - time.Millisecond)
			} else {
				pass(time.Millisecond)
			}
		}
	})
}

func TestWhoComesInMidstreamIsToldAllOfIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openStreams()
		first := listen(s)
		st := s.begin(reading, "a")
		st.show("Green tea")
		second := listen(s)
		wantTexts(t, "the second tab", second, "a:Green tea")
		pass(streamEvery)
		st.show("Green tea is fresh.")
		wantTexts(t, "the first tab", first, "a:Green tea", "a:Green tea is fresh.")
		wantTexts(t, "the second tab", second, "a:Green tea", "a:Green tea is fresh.")
		s.end(st, false)
		wantTexts(t, "who comes after the end", listen(s))
	})
}

// The first that a connection hears of a reply is all there is of it.
func TestListenJoinsAReply(t *testing.T) {
	c := newCore(t)
	first, second := &reader{}, &reader{}
	defer c.Listen(Session{Visitor: c.in.Visitor}, first)()
	st := c.streams.begin(c.in.Visitor, "a")
	st.show("Green tea")
	defer c.Listen(Session{Visitor: c.in.Visitor}, second)()
	for _, r := range []*reader{first, second} {
		if got := r.texts(); !slices.Equal(got, []string{"a:Green tea"}) {
			t.Errorf("told %q", got)
		}
	}
}

// What nobody read was not shown, so a cut keeps none of it.
func TestWithoutAListenerNothingIsShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openStreams()
		st := s.begin(reading, "a")
		st.show("Green tea")
		if _, shown := s.hold(reading); shown != "" {
			t.Errorf("nobody was shown %q", shown)
		}
		st.release()
		wantTexts(t, "who comes then", listen(s), "a:Green tea")
		if _, shown := s.hold(reading); shown != "Green tea" {
			t.Errorf("the visitor was shown %q", shown)
		}
	})
}

func TestHeldReplyShowsNoMoreUntilItIsReleased(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openStreams()
		r := listen(s)
		st := s.begin(reading, "a")
		told := []string{}
		for _, text := range strings.Fields("G Gr Gre Green")[:streamBurst] {
			st.show(text)
			told = append(told, "a:"+text)
		}
		st.show("Green tea") // waits for its time
		held, shown := s.hold(reading)
		if held != st || shown != "Green" {
			t.Fatalf("held %v with %q", held, shown)
		}
		st.show("Green tea is")
		pass(time.Second)
		wantTexts(t, "the visitor", r, told...)
		st.release()
		told = append(told, "a:Green tea is")
		wantTexts(t, "the visitor", r, told...)
		s.hold(reading)
		s.end(st, false)
		st.show("Green tea is fresh.") // the model did not hear of it yet
		st.release()
		pass(time.Second)
		wantTexts(t, "the visitor", r, told...)
		if held, _ := s.hold(reading); held != nil {
			t.Error("it is not over")
		}
	})
}

func TestReplyOfWhichNothingComesIsTakenAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openStreams()
		r := listen(s)
		st := s.begin(reading, "a")
		s.end(st, true)
		wantTexts(t, "who was shown nothing", r)
		st = s.begin(reading, "b")
		st.show("Green")
		s.end(st, true)
		s.end(st, true)
		wantTexts(t, "the visitor", r, "b:Green", "b:✗")
		s.begin(reading, "c").show("Black")
		next := s.begin(reading, "d")
		next.show("Red")
		wantTexts(t, "the visitor", r, "b:Green", "b:✗", "c:Black", "c:✗", "d:Red")
		s.end(st, true) // long over: the present one goes on
		if held, _ := s.hold(reading); held != next {
			t.Error("the end of another reply ended this one")
		}
		s.end(next, false)
		if len(s.of) != 0 {
			t.Errorf("%d replies are kept after their end", len(s.of))
		}
	})
}

// Whoever ends it, and whenever tabs come: none hears of a reply after its end, or
// of less after more.
func TestReplyIsToldInOrderWhateverHappensAtOnce(t *testing.T) {
	for range 50 {
		s := openStreams()
		var readers []*reader
		st := s.begin(reading, "a")
		var busy sync.WaitGroup
		busy.Go(func() {
			text := ""
			for range 100 {
				text += "word "
				st.show(text)
			}
		})
		busy.Go(func() {
			for range 10 {
				readers = append(readers, listen(s))
			}
		})
		busy.Go(func() { s.hold(reading); st.release(); s.end(st, true) })
		busy.Wait()
		for _, r := range readers {
			for i, reply := range r.texts() {
				if gone := reply == "a:✗"; gone && i != len(r.told)-1 || i > 0 && !gone && !strings.HasPrefix(r.told[i].Text, r.told[i-1].Text) {
					t.Fatalf("told %q", r.texts())
				}
			}
			if n := len(r.told); n > 0 && !r.told[n-1].Gone {
				t.Fatalf("it stays for ever: %q", r.texts())
			}
		}
	}
}
