package storm_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
	"github.com/anteroom-chat/anteroom/bridge/storm/record"
)

const (
	// within is how long a tab waits for an answer before it takes the link for dead.
	within = 8 * time.Second
	// beat is how often a tab looks after its link.
	beat = 100 * time.Millisecond
)

// tab is one tab of a visitor. It does as the widget: one thing at a time, in order;
// what was not acknowledged is sent again after every reconnect; a link that does not
// answer is given up.
type tab struct {
	s    *storm
	talk *talk
	who  string
	stop context.CancelFunc
	// polls says that its network blocks WebSockets.
	polls bool
	done  chan struct{}

	mu       sync.Mutex
	conn     link
	pending  []outgoing
	inFlight time.Time // when the first of pending was sent; zero while it was not
	resumeAt time.Time // the gateway asked to come back then
	heardAt  time.Time
	pinged   time.Time
	resume   *wire.Resume
	shown    []wire.Entry
	known    map[chat.EntryID]bool
	texts    map[string]bool
	welcomed bool
	older    bool // there are older entries than the first
	pagedAt  time.Time
	uploads  map[chat.ClientID]*wire.Upload
}

type outgoing struct {
	key   chat.ClientID
	frame any
}

// everyPoll is which of the tabs have no WebSocket.
const everyPoll = 4

// open opens another tab of the visitor's browser.
func (t *talk) open(which int, name string) *tab {
	ctx, stop := context.WithCancel(t.s.Context())
	b := &tab{
		s: t.s, talk: t, who: fmt.Sprintf("d%d.%s", t.number, name), polls: (t.number+which)%everyPoll == 2, stop: stop, done: make(chan struct{}),
		known: map[chat.EntryID]bool{}, texts: map[string]bool{}, uploads: map[chat.ClientID]*wire.Upload{},
	}
	t.s.Cleanup(b.close)
	go b.run(ctx)
	return b
}

func (b *tab) close() {
	b.stop()
	<-b.done
}

func (b *tab) run(ctx context.Context) {
	defer close(b.done)
	ticker := time.NewTicker(beat)
	defer ticker.Stop()
	for ctx.Err() == nil {
		if !b.connected() {
			b.connect(ctx)
		}
		b.mu.Lock()
		b.look()
		b.mu.Unlock()
		select {
		case <-ticker.C:
		case <-ctx.Done():
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.drop()
}

func (b *tab) connected() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.conn != nil
}

// drop gives the link up; the caller holds the lock.
func (b *tab) drop() {
	if b.conn != nil {
		b.conn.close()
	}
	b.conn, b.inFlight, b.welcomed = nil, time.Time{}, false
}

func (b *tab) connect(ctx context.Context) {
	if b.polls {
		b.poll(ctx)
	} else {
		b.dial(ctx)
	}
}

// linked has a new link; the caller holds the lock.
func (b *tab) linked(l link) {
	b.conn, b.heardAt, b.pinged, b.inFlight = l, time.Now(), time.Time{}, time.Time{}
}

func (b *tab) hello() wire.Hello {
	return wire.Hello{
		T: wire.TypeHello, Secret: b.talk.secret, Resume: b.resume, Language: "en", TimeZone: "Europe/Berlin",
		Page: &wire.Page{URL: bridgetest.Origin + "/tea", Title: "Tea"},
	}
}

// write writes a frame; the caller holds the lock.
func (b *tab) write(frame any) {
	if b.conn == nil {
		return
	}
	if b.conn.write(frame) != nil {
		b.drop()
	}
}

// look sends what waits, and gives up a link that is dead; the caller holds the lock.
func (b *tab) look() {
	now := time.Now()
	switch {
	case b.conn == nil:
	case !b.pinged.IsZero() && b.pinged.After(b.heardAt) && now.Sub(b.pinged) > within, !b.inFlight.IsZero() && now.Sub(b.inFlight) > within:
		b.drop()
	case b.inFlight.IsZero() && len(b.pending) > 0 && now.After(b.resumeAt) && b.welcomed:
		b.inFlight = now
		b.write(b.pending[0].frame)
	case now.Sub(b.heardAt) > within/2 && !b.pinged.After(b.heardAt):
		b.pinged = now
		b.write(wire.Ping{T: wire.TypePing})
	}
}

// heardBy takes what came by a link, and reports whether that is still the tab's.
func (b *tab) heardBy(l link, err error, frames ...[]byte) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := 0; b.conn == l && err == nil && i < len(frames); i++ {
		b.heardAt = time.Now()
		b.hear(frames[i])
	}
	if b.conn == l && err != nil {
		b.drop()
	}
	return b.conn == l
}

func decode[T any](data []byte) (value T) {
	_ = json.Unmarshal(data, &value) // what the gateway wrote
	return value
}

// hear takes a frame; the caller holds the lock.
func (b *tab) hear(data []byte) {
	switch decode[struct{ T wire.Type }](data).T {
	case wire.TypeWelcome:
		w := decode[wire.Welcome](data)
		if w.Reset {
			b.note(record.Line{Kind: record.Reset})
			b.shown, b.resume = nil, nil
			clear(b.known)
		}
		if b.resume == nil {
			b.older = w.More
		}
		b.welcomed = true
		for _, e := range w.Entries {
			b.take(e, false)
		}
		b.delivered(w.Entries...)
		if w.Seen > 0 {
			b.note(record.Line{Kind: record.Seen, Seq: w.Seen})
		}
	case wire.TypeEntry:
		e := decode[wire.NewEntry](data).Entry
		b.take(e, false)
		b.delivered(e)
	case wire.TypeHistory:
		h := decode[wire.History](data)
		for _, e := range h.Entries {
			b.take(e, true)
		}
		b.older, b.pagedAt = h.More, time.Time{}
	case wire.TypeAck:
		ack := decode[wire.Ack](data)
		b.answered(ack.Client, record.Line{Kind: record.Acked, Key: string(ack.Client), Entry: string(ack.ID), Seq: ack.Seq})
		b.talk.acked(ack)
	case wire.TypeRead:
		b.note(record.Line{Kind: record.Seen, Seq: decode[wire.Read](data).Seq})
	case wire.TypeUpload:
		u := decode[wire.Upload](data)
		b.uploads[u.Client] = &u
	case wire.TypeError:
		e := decode[wire.Error](data)
		switch {
		case e.Client == "":
		case e.RetryAfter > 0:
			b.inFlight, b.resumeAt = time.Time{}, time.Now().Add(time.Duration(e.RetryAfter)*time.Millisecond)
		default:
			b.answered(e.Client, record.Line{Kind: record.Refused, Key: string(e.Client), Text: string(e.Code)})
		}
	default: // what else is said beside the talk
	}
}

func (b *tab) note(l record.Line) {
	l.Who, l.Dialog = b.who, b.talk.number
	b.s.out.Write(l)
}

// answered takes the gateway's last word on a frame.
func (b *tab) answered(key chat.ClientID, l record.Line) {
	if len(b.pending) == 0 || b.pending[0].key != key {
		return // it was answered before
	}
	b.note(l)
	b.pending, b.inFlight = b.pending[1:], time.Time{}
	b.look()
}

func (b *tab) take(e wire.Entry, page bool) {
	l := record.Line{
		Kind: record.Got, Entry: string(e.ID), Seq: e.Seq, EntryKind: string(e.Kind), Party: string(e.Author.Party),
		Text: e.Text, Target: string(e.Target), Redacted: e.Redacted, Page: page,
	}
	if e.File != nil {
		l.Text = e.File.Name
	}
	b.note(l)
	if !b.known[e.ID] {
		b.known[e.ID] = true
		b.shown = append(b.shown, e)
	}
	b.texts[l.Text] = true
	if !page {
		b.resume = &wire.Resume{Seq: e.Seq, ID: e.ID}
	}
}

// delivered says that operators' messages are held.
func (b *tab) delivered(entries ...wire.Entry) {
	newest := int64(0)
	for _, e := range entries {
		if e.Author.Party != chat.Visitor {
			newest = max(newest, e.Seq)
		}
	}
	if newest > 0 {
		b.note(record.Line{Kind: record.Told, Op: record.Delivered, Seq: newest})
		b.write(wire.Delivered{T: wire.TypeDelivered, Seq: newest})
	}
}

// read says that the visitor has seen all that is shown.
func (b *tab) read() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.resume != nil && b.conn != nil && b.welcomed {
		b.note(record.Line{Kind: record.Told, Op: record.Read, Seq: b.resume.Seq})
		b.write(wire.Read{T: wire.TypeRead, Seq: b.resume.Seq})
	}
}

// send queues a frame with a key.
func (b *tab) send(frame any, l record.Line) chat.ClientID {
	b.mu.Lock()
	defer b.mu.Unlock()
	key := b.s.key()
	*wire.ClientOf(frame) = chat.ClientID(key)
	l.Kind, l.Key = record.Said, key
	b.note(l)
	b.pending = append(b.pending, outgoing{chat.ClientID(key), frame})
	b.look()
	return chat.ClientID(key)
}

func (b *tab) waiting() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.pending)
}

func (b *tab) heard(text string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.texts[text]
}

// upload announces a file and sends its bytes, and reports whether the bridge has them.
func (b *tab) upload(ctx context.Context, name string, body []byte) (chat.FileID, bool) {
	key := chat.ClientID(b.s.key())
	ask := func() *wire.Upload {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.uploads[key] == nil && b.welcomed {
			b.write(wire.Upload{T: wire.TypeUpload, Client: key, Name: name, Size: int64(len(body))})
		}
		return b.uploads[key]
	}
	const tries, breaks = 20, 3
	for try := range tries {
		answer := ask()
		if answer == nil {
			if !pause(ctx, within/8) {
				return "", false
			}
			continue
		}
		file, base := &brokenOff{body: body, breaks: try == 0 && b.talk.dice.IntN(breaks) == 0}, b.s.postedURL
		if file.breaks {
			base = b.s.visitors.url // as there: the other waits for all of it
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodPut, strings.Replace(answer.URL, b.s.URL, base, 1), file)
		if err != nil {
			return "", false
		}
		req.ContentLength = int64(len(body))
		req.Header.Set("Origin", bridgetest.Origin)
		resp, err := http.DefaultClient.Do(req)
		if err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode/100 == 2 {
				return answer.File, true
			}
		}
		if !pause(ctx, within/8) {
			return "", false
		}
	}
	return "", false
}

// brokenOff is the body of an upload that may break off half-way.
type brokenOff struct {
	body   []byte
	at     int
	breaks bool
}

// Read implements io.Reader.
func (b *brokenOff) Read(p []byte) (int, error) {
	end := len(b.body)
	if b.breaks {
		end /= 2
	}
	if b.at >= end {
		if b.breaks {
			return 0, io.ErrUnexpectedEOF
		}
		return 0, io.EOF
	}
	n := copy(p, b.body[b.at:end])
	b.at += n
	return n, nil
}

// page asks for the entries before the first that is shown, if there are any.
func (b *tab) page() (more bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.welcomed || !b.older || len(b.shown) == 0 {
		return !b.welcomed
	}
	first := b.shown[0].Seq
	for _, e := range b.shown {
		first = min(first, e.Seq)
	}
	if time.Since(b.pagedAt) > within/8 {
		b.pagedAt = time.Now()
		b.write(wire.History{T: wire.TypeHistory, Before: first})
	}
	return true
}
