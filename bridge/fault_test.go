package bridge_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// bodies are the texts that a room shows now: edits and removals applied by the homeserver's own view.
func bodies(o *bridgetest.Operator, room id.RoomID) []string {
	var texts []string
	for _, e := range o.Timeline(room) {
		if body := bridgetest.Body(e); body != "" && path(content(e), "msgtype") != "m.notice" {
			texts = append(texts, body)
		}
	}
	return texts
}

func count(texts []string, text string) (n int) {
	for _, t := range texts {
		if t == text {
			n++
		}
	}
	return n
}

// as returns a client of the bridge's own user, for what only the bot may do.
func (k *talk) as(t *testing.T, user id.UserID) *mautrix.Client {
	t.Helper()
	client, err := mautrix.NewClient(k.Homeserver.URL(), user, k.config(t).AppService.ASToken)
	if err != nil {
		t.Fatal(err)
	}
	client.SetAppServiceUserID = true
	return client
}

const bot = id.UserID("@anteroom:localhost")

func TestInvariant07VisitorWritesWhileTheHomeserverIsDownAtStart(t *testing.T) {
	t.Parallel()
	s := bridgetest.Start(t, bridgetest.Options{LateHomeserver: true})
	v := s.Visitor().MustConnect(t)
	v.Acked(t, v.Say("Anyone there?"))
	if err := s.Homeserver.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	anna := s.Operator(t)
	anna.Sees(t, anna.Room(t, 0), "Anyone there?")
}

// Invariant 5: what was edited or removed before it was sent arrives as if it had been written so.
func TestInvariant05EditAndRedactionBeforeTheirOriginalIsSent(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	v := k.visitor
	if err := k.Homeserver.Stop(); err != nil {
		t.Fatal(err)
	}
	typo := v.Acked(t, v.Say("One kilo off Sencha"))
	secret := v.Acked(t, v.Say("My password is 1234"))
	v.Acked(t, v.Send(&wire.Edit{T: wire.TypeEdit, Target: typo.ID, Text: "One kilo of Sencha"}))
	v.Acked(t, v.Send(&wire.Redact{T: wire.TypeRedact, Target: secret.ID}))
	v.Acked(t, v.Say("Thank you"))
	if err := k.Homeserver.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	k.anna.Sees(t, k.room, "Thank you")
	want := []string{"Do you have green tea?", "One kilo of Sencha", "Thank you"}
	if got := bodies(k.anna, k.room); !slices.Equal(got, want) {
		t.Errorf("the room says %q, want %q", got, want)
	}
	for _, e := range k.anna.Timeline(k.room) {
		if strings.Contains(string(e.Content.VeryRaw), "1234") {
			t.Errorf("a removed message was sent: %s", e.Content.VeryRaw)
		}
	}
}

// flaky is a proxy that passes a chosen PUT on and then drops the answer, or
// holds the request back until it is released.
type flaky struct {
	mu      sync.Mutex
	match   string
	hold    bool
	hit     chan struct{}
	release chan struct{}
	passed  chan struct{}
}

func (f *flaky) between() *bridgetest.Between {
	return &bridgetest.Between{Handle: func(_ http.ResponseWriter, r *http.Request, body []byte, forward http.Handler) bool {
		f.mu.Lock()
		matched := f.match != "" && r.Method == http.MethodPut && bytes.Contains(body, []byte(f.match))
		if matched {
			f.match = ""
		}
		hold := f.hold
		f.mu.Unlock()
		if !matched {
			return false
		}
		again := r.Clone(context.WithoutCancel(r.Context()))
		again.Body = io.NopCloser(bytes.NewReader(body))
		if hold {
			go func() {
				<-f.release
				forward.ServeHTTP(httptest.NewRecorder(), again)
				close(f.passed)
			}()
		} else {
			forward.ServeHTTP(httptest.NewRecorder(), again)
		}
		close(f.hit)
		panic(http.ErrAbortHandler) // the connection breaks without an answer
	}}
}

func (f *flaky) arm(match string, hold bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.match, f.hold = match, hold
	f.hit, f.release, f.passed = make(chan struct{}), make(chan struct{}), make(chan struct{})
}

// Invariant 6: a PUT that arrived although its answer was lost is found, not repeated.
func TestInvariant06LostAnswerMakesNoSecondEvent(t *testing.T) {
	t.Parallel()
	f := &flaky{}
	k := startTalk(t, bridgetest.Options{Through: f.between().Through(t)})
	f.arm("Only once", false)
	k.visitor.Acked(t, k.visitor.Say("Only once"))
	<-f.hit
	k.visitor.Acked(t, k.visitor.Say("And on"))
	k.anna.Sees(t, k.room, "And on")
	if n := count(bodies(k.anna, k.room), "Only once"); n != 1 {
		t.Errorf("the room has it %d times", n)
	}
}

// Invariant 6: a PUT that arrives after the sender gave up is a second event of
// one entry, and the later of the two is removed. An operator who removed either removes the
// message: a removal may be heard when its event has a twin already that counts.
func TestInvariant06LatePutIsRemovedAsATwin(t *testing.T) {
	t.Parallel()
	f := &flaky{}
	k := startTalk(t, bridgetest.Options{Through: f.between().Through(t)})
	f.arm("Slowly", true)
	k.visitor.Acked(t, k.visitor.Say("Slowly"))
	<-f.hit
	k.anna.Sees(t, k.room, "Slowly") // sent again after the look back
	// A restarted homeserver has forgotten the transaction id.
	if err := k.Homeserver.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	close(f.release)
	<-f.passed
	// The twin may be gone before the operator's client ever saw it.
	var removed id.EventID
	stands := func() (left int) {
		resp, err := k.anna.Messages(t.Context(), k.room, "", "", mautrix.DirectionBackward, nil, 100)
		if err != nil {
			return -1
		}
		for _, e := range resp.Chunk {
			switch {
			case bridgetest.Body(e) == "Slowly" && e.Unsigned.RedactedBecause == nil:
				left++
			case e.Type.Type == event.EventRedaction.Type && e.Sender == bot:
				removed = e.Redacts
			}
		}
		return left
	}
	bridgetest.Await(t, "one of the twins is removed", func() bool { return stands() == 1 && removed != "" })
	if _, err := k.anna.RedactEvent(t.Context(), k.room, removed); err != nil {
		t.Fatal(err)
	}
	k.visitor.Entry(t, "the removal", func(e wire.Entry) bool { return e.Kind == chat.Redaction })
	bridgetest.Await(t, "the other one is removed, too", func() bool { return stands() == 0 })
}

// Invariant 4: nothing that the homeserver delivers is refused, and a poison event stops no other.
func TestInvariant04PoisonEventsStopNothing(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	room := string(k.room)
	for _, body := range []string{
		`{"events":[{"type":7,"room_id":["x"]},null,"text",{}]}`,
		`{"events":"none"}`, `[]`, `7`, `not json`,
		`{"events":[{"event_id":"$a","room_id":"` + room + `","type":"m.room.message","sender":"@anna:localhost","content":[1,2]}]}`,
		`{"events":[{"event_id":"$b","room_id":"` + room + `","type":"m.room.member","state_key":"@x:y","sender":"@anna:localhost","content":{"membership":7}}]}`,
		`{"events":[{"event_id":"$c","room_id":"` + room + `","type":"m.room.tombstone","state_key":"","sender":"@anna:localhost","content":{"replacement_room":"!nowhere:localhost"}}]}`,
	} {
		if status := k.deliver(t, body); status != http.StatusOK {
			t.Errorf("%s was answered %d", body, status)
		}
	}
	k.anna.Says(t, k.room, "Still here")
	k.visitor.Hears(t, "Still here")
	k.anna.Event(t, k.room, "the notice about the poison", func(e *event.Event) bool {
		return path(content(e), "msgtype") == "m.notice" && strings.Contains(string(e.Content.VeryRaw), "$c")
	})
	if status := k.deliverAs(t, "wrong", `{"events":[]}`); status != http.StatusForbidden {
		t.Errorf("a wrong token was answered %d", status)
	}
}

// deliver puts a transaction as the homeserver does and returns the status.
func (k *talk) deliver(t *testing.T, body string) int {
	t.Helper()
	return k.deliverAs(t, k.config(t).AppService.HSToken, body)
}

func (k *talk) deliverAs(t *testing.T, token, body string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut,
		k.config(t).AppService.Address+"/_matrix/app/v1/transactions/1", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

func (k *talk) config(t *testing.T) *config.Config {
	t.Helper()
	cfg, err := config.Load(k.ConfigPath())
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// Invariant 6: an answer that is no page of a room does not say that a message is missing
// there. The homeserver forgets what it was sent under which id, so it would take it again.
func TestInvariant06NoPageIsNoSearch(t *testing.T) {
	t.Parallel()
	var k *talk
	var sent atomic.Bool
	var looked atomic.Int64
	nothing := func(w http.ResponseWriter) bool {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, "{}")
		return true
	}
	b := &bridgetest.Between{Handle: func(w http.ResponseWriter, r *http.Request, body []byte, forward http.Handler) bool {
		switch {
		case r.Method == http.MethodPut && bytes.Contains(body, []byte("Say it once")) && sent.CompareAndSwap(false, true):
			forward.ServeHTTP(httptest.NewRecorder(), r)
			if err := errors.Join(k.Homeserver.Stop(), k.Homeserver.Restart(t.Context())); err != nil {
				t.Error(err)
			}
			return nothing(w)
		case strings.HasSuffix(r.URL.Path, "/messages") && sent.Load() && looked.Add(1) <= 3: // some are to learn the room's order
			return nothing(w)
		}
		return false
	}}
	// Nor does the bridge hear of it.
	inward := &bridgetest.Between{Handle: func(w http.ResponseWriter, _ *http.Request, _ []byte, _ http.Handler) bool {
		if sent.Load() {
			bridgetest.Refuse(w, http.StatusServiceUnavailable)
		}
		return sent.Load()
	}}
	k = startTalk(t, bridgetest.Options{Through: b.Through(t), Inward: inward.Through(t)})
	k.visitor.Acked(t, k.visitor.Say("Say it once"))
	k.visitor.Acked(t, k.visitor.Say("And go on"))
	k.anna.Sees(t, k.room, "And go on")
	if looked.Load() == 0 {
		t.Error("the room was not searched")
	}
	page, err := k.as(t, bot).Messages(t.Context(), k.room, "", "", mautrix.DirectionBackward, nil, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range page.Chunk { // a second one would be taken away again
		if e.Unsigned.RedactedBecause != nil || e.Type == event.EventRedaction {
			t.Errorf("%s is a removal, or was removed: it was said twice", e.ID)
		}
	}
	if n := k.times(t, "Say it once"); n != 1 {
		t.Errorf("it is said %d times", n)
	}
}

// A proxy that is ill, or has no homeserver behind it for a moment, says nothing of the bot's
// membership while the bridge looks why a message was refused: the room is not lost for that.
func TestInvariant07NoMembershipIsNoLoss(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]http.HandlerFunc{
		"nothing": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, "{}")
		},
		"404 of a proxy": http.NotFound,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var refused, asked atomic.Bool
			b := &bridgetest.Between{Handle: func(w http.ResponseWriter, r *http.Request, body []byte, _ http.Handler) bool {
				switch {
				case r.Method == http.MethodPut && bytes.Contains(body, []byte("Refused once")) && refused.CompareAndSwap(false, true):
					bridgetest.Refuse(w, http.StatusForbidden)
					return true
				case refused.Load() && r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/state/m.room.member/@anteroom:") && asked.CompareAndSwap(false, true):
					answer(w, r)
					return true
				}
				return false
			}}
			k := startTalk(t, bridgetest.Options{Through: b.Through(t)})
			k.visitor.Acked(t, k.visitor.Say("Refused once"))
			k.anna.Sees(t, k.room, "Refused once")
			if !asked.Load() {
				t.Error("nobody looked why the message was refused")
			}
		})
	}
}

// Invariant 7: a proxy that is ill answers 200 with what no homeserver says. What was asked
// for is asked for again, and nobody falls over it.
func TestInvariant07AnswersThatSayNothing(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	left := map[string][]string{} // answers, by a part of the path
	b := &bridgetest.Between{Handle: func(w http.ResponseWriter, r *http.Request, _ []byte, _ http.Handler) bool {
		mu.Lock()
		defer mu.Unlock()
		for path, answers := range left {
			if strings.Contains(r.URL.Path, path) && len(answers) > 0 {
				left[path] = answers[1:]
				w.Header().Set("Content-Type", "application/json; charset=utf-8")
				_, _ = io.WriteString(w, answers[0])
				return true
			}
		}
		return false
	}}
	k := startTalk(t, bridgetest.Options{Through: b.Through(t)})
	mu.Lock()
	for _, path := range []string{"/register", "/createRoom", "/directory/room/", "/send/m.room.message/", "/redact/"} {
		left[path] = []string{" \n null", "{}"} // few, for a dialog waits longer after each
	}
	mu.Unlock()
	gone := k.visitor.Acked(t, k.visitor.Say("Forget this"))
	event := k.anna.Sees(t, k.room, "Forget this")
	k.visitor.Acked(t, k.visitor.Send(&wire.Redact{T: wire.TypeRedact, Target: gone.ID}))
	k.awaitRemoved(t, k.room, event.ID)
	second := k.Visitor().MustConnect(t)
	second.Acked(t, second.Say("My room, too"))
	k.anna.Sees(t, k.anna.Room(t, 1), "My room, too")
	mu.Lock()
	defer mu.Unlock()
	for path, answers := range left {
		if len(answers) > 0 {
			t.Errorf("%s was not asked for often enough: %q are left", path, answers)
		}
	}
}

// Invariant 19: an answer to a poll that says nothing, as of a proxy that is ill, is not
// asked for again and again, and holds up nobody.
func TestInvariant19APollThatSaysNothing(t *testing.T) {
	t.Parallel()
	var ill atomic.Bool
	var polls atomic.Int64
	b := &bridgetest.Between{Handle: func(w http.ResponseWriter, r *http.Request, _ []byte, _ http.Handler) bool {
		if !strings.HasSuffix(r.URL.Path, "/sync") || !ill.Load() {
			return false
		}
		polls.Add(1)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, "{}")
		return true
	}}
	k := startTalk(t, bridgetest.Options{Through: b.Through(t)})
	ill.Store(true)
	other := k.Visitor().MustConnect(t) // its poll is a new one
	other.Acked(t, other.Say("Is anybody there?"))
	bridgetest.Await(t, "a poll is answered with nothing", func() bool { return polls.Load() > 0 })
	select {
	case <-time.After(2 * time.Second):
	case <-t.Context().Done():
	}
	const most = 5 // of each of two ghosts
	if n := polls.Load(); n > 2*most {
		t.Errorf("the ghosts asked %d times", n)
	}
	k.anna.Sees(t, k.anna.Room(t, 1), "Is anybody there?")
	if k.Logged(heldBack) {
		t.Error("the homeserver was taken for down")
	}
}
