package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

const (
	// mostFrames is what one exchange can carry.
	mostFrames = 100
	// exchangeFrames times the largest frame is the largest body.
	exchangeFrames = 8
	bodyWithin     = 30 * time.Second
)

// poll is one exchange: a conversation that ends with its answer.
type poll struct {
	conversation
	// frames are the answer, in JSON.
	frames []any
	// pages is how many bytes of history are among frames: little is asked for with so much.
	pages int
	// size is how many bytes frames have, and taken what they have of limits.answers.
	size, taken int64
	// full is why no more frames are taken: the answer is then this alone.
	full error

	// news holds one wake-up.
	news chan struct{}
	mu   sync.Mutex
	// typists are those who began or stopped since the exchange began.
	typists []any
	// written is what a model writes.
	written *chat.Stream
	why     *chat.Error
}

// serveExchange is the fall-back where WebSocket is blocked.
func (g *Gateway) serveExchange(w http.ResponseWriter, r *http.Request) error {
	site, err := g.admit(w, r)
	if err != nil {
		return err
	}
	if g.isClosing() {
		return restarting()
	}
	p := g.newPoll(site, r)
	// Counted before the body is read: bodies that never end cost memory too.
	if !g.limits.addressSockets.Enter(p.address) {
		return g.crowded(p.address, tooManySockets())
	}
	defer g.limits.addressSockets.Leave(p.address)
	defer p.handled()
	x, err := p.read(w, r)
	if err != nil {
		return err
	}
	g.metrics.exchanges.WithLabelValues(string(site.ID)).Inc()
	defer p.endLater()
	if err := p.run(r.Context(), x); err != nil {
		return err
	}
	if p.full != nil {
		return p.full // what was said stands in the journal; the widget says it again, and asks again
	}
	body, err := json.Marshal(wire.Batch{Frames: p.frames})
	if err != nil {
		return err
	}
	p.frames = nil // they are not to stay beside the body for as long as that takes to leave
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(answerWithin))
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if _, err := w.Write(body); err != nil {
		g.log.Debug().Err(err).Msg("An answer could not be written")
	}
	return nil
}

func (g *Gateway) newPoll(site *config.Site, r *http.Request) *poll {
	p := &poll{news: make(chan struct{}, 1)}
	p.g, p.site, p.caller, p.number = g, site, g.callerOf(r), g.connections.Add(1)
	p.visitor = p
	return p
}

func (p *poll) reply(frame any) { p.put(len(p.frames), frame) }

// put has a frame stand at that place of the answer, unless there is no room for it.
func (p *poll) put(at int, frame any) {
	if p.full != nil {
		return
	}
	data, err := json.Marshal(frame)
	if err != nil {
		p.full = err
		return
	}
	if beyond := p.size + int64(len(data)) - smallAnswer; beyond > p.taken {
		if p.full = p.g.limits.answers.take(p.address, beyond-p.taken); p.full != nil {
			return
		}
		p.taken = beyond
	}
	p.size += int64(len(data))
	p.frames = slices.Insert(p.frames, at, any(json.RawMessage(data)))
	if _, ok := frame.(*wire.History); ok {
		p.pages += len(data)
	}
}

func (p *poll) read(w http.ResponseWriter, r *http.Request) (*wire.Exchange, error) {
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(bodyWithin))
	most := int64(p.g.cfg.Gateway.Limits.FrameBytes)
	limit := exchangeFrames * most
	body, taken, err := p.g.limits.bodies.readAll(p.address, http.MaxBytesReader(w, r.Body, limit), limit)
	p.body = taken
	if err != nil {
		return nil, bodyError(err, limit)
	}
	// From here on the server itself reads, to notice that the visitor left.
	_ = control.SetReadDeadline(time.Time{})
	x := new(wire.Exchange)
	if err := json.Unmarshal(body, x); err != nil {
		return nil, chat.Errorf(chat.CodeBadFrame, "The body is not an exchange in JSON.")
	}
	if len(x.Frames) > mostFrames {
		return nil, chat.Errorf(chat.CodeTooLarge, "An exchange carries at most %d frames.", mostFrames)
	}
	for _, frame := range x.Frames {
		if int64(len(frame)) > most {
			return nil, chat.Errorf(chat.CodeTooLarge, "A frame has more than %d bytes.", most)
		}
	}
	return x, nil
}

// bodyError is what to answer when a body could not be read to its end.
func bodyError(err error, limit int64) error {
	if isPublic(err) {
		return err
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return chat.Errorf(chat.CodeTooLarge, "The body has more than %d bytes.", limit)
	}
	return chat.Errorf(chat.CodeBadFrame, "The body broke off.")
}

func (p *poll) run(ctx context.Context, x *wire.Exchange) error {
	if err := p.g.inTurn(ctx, p.address, func(ctx context.Context) error { return p.hello(ctx, &x.Hello, p) }); err != nil {
		return err
	}
	defer p.tellReply()
	welcome, at, err := p.welcome(ctx, &x.Hello)
	if err != nil {
		return err
	}
	p.answer(welcome)
	if goesOn, err := p.takeAll(ctx, x.Frames, &at); err != nil || !goesOn {
		return err
	}
	isNews := x.Hello.Resume == nil || welcome.Reset || len(welcome.Entries) > 0 || len(p.frames) > 1 || tellsMore(welcome, x.Knows)
	if isNews || x.Wait <= 0 {
		return nil
	}
	p.handled()
	return p.wait(ctx, &at, min(time.Duration(x.Wait)*time.Second, p.g.pacing.poll))
}

// takeAll does what is said, and tells what came of it. It reports false where the exchange
// ends with that.
func (p *poll) takeAll(ctx context.Context, frames []json.RawMessage, at *position) (goesOn bool, err error) {
	for _, frame := range frames {
		if p.ends() {
			return false, nil
		}
		if over := p.take(ctx, frame); over != nil {
			if over.why.Code == chat.CodeGone {
				return false, over.why // as a refused request, so that the widget comes back with what it wanted to say
			}
			p.answer(errorFrame(over.why, ""))
			return false, nil
		}
	}
	if len(frames) == 0 || at.more { // what was said now comes behind that, with the next exchange
		return true, nil
	}
	return true, p.tell(ctx, at)
}

// ends reports whether nothing more is done in this exchange: what was said behind it comes again.
func (p *poll) ends() bool {
	if p.full == nil && p.pages > mostQueuedBytes { // as of a socket
		p.answer(errorFrame(chat.Public(tooFast("Too much is asked for at once.", time.Second)), ""))
		return true
	}
	return p.full != nil
}

// tellsMore reports whether a welcome says anything beside the entries that the widget does
// not know: it changed between two exchanges, and no frame will say it again.
func tellsMore(w *wire.Welcome, known *wire.Knows) bool {
	if known == nil {
		return false
	}
	now, failed := json.Marshal(wire.Knows{Seen: w.Seen, Left: w.Left, Flow: w.Flow})
	was, err := json.Marshal(known) // as it went out: what is absent there may be empty here
	return failed == nil && err == nil && !bytes.Equal(now, was)
}

// wait returns when there is something to tell, or after that time.
func (p *poll) wait(ctx context.Context, at *position, most time.Duration) error {
	began, isNew := p.replySince(nil)
	if isNew {
		most = min(most, staleReply)
	}
	timer := time.NewTimer(most)
	defer timer.Stop()
	for len(p.frames) == 1 && p.full == nil {
		select {
		case <-p.news:
			if err := p.tell(ctx, at); err != nil {
				return err
			}
			if _, isNew := p.replySince(began); isNew {
				return nil
			}
		case <-timer.C:
			return nil
		case <-p.g.closing:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// tell adds what is new to the answer.
func (p *poll) tell(ctx context.Context, at *position) error {
	if err := p.whereNew(ctx, func(ctx context.Context) error { return p.tellJournal(ctx, at) }); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, frame := range p.typists {
		p.answer(frame)
	}
	p.typists = nil
	if p.why != nil {
		p.answer(errorFrame(p.why, ""))
	}
	return nil
}

func (p *poll) tellJournal(ctx context.Context, at *position) error {
	entries, err := p.g.dialog.After(ctx, p.in.Visitor, at.cursor, pageSize)
	if err != nil {
		return err
	}
	for i, entry := range p.render(entries) {
		p.answer(&wire.NewEntry{T: wire.TypeEntry, Entry: entry})
		p.went(&entries[i])
		at.cursor = entry.Seq
	}
	marks, err := p.g.dialog.Marks(ctx, p.in.Visitor)
	if err != nil {
		return err
	}
	frames := at.marked(marks)
	if p.site.Widget.HasFlows() {
		flow, err := p.flow(ctx)
		if err != nil {
			return err
		}
		frames = append(frames, at.turned(flow)...)
	}
	for _, frame := range frames {
		p.answer(frame)
	}
	return nil
}

// tellReply puts the reply that a model writes behind the welcome: before an
// entry that takes its place.
func (p *poll) tellReply() {
	reply, _ := p.replySince(nil)
	if reply == nil || len(p.frames) == 0 {
		return
	}
	p.put(1, &wire.Stream{T: wire.TypeStream, ID: reply.ID, Text: reply.Text, Gone: reply.Gone})
}

// endLater leaves when the next exchange had time to come, so that a visitor
// does not seem to come and go all the time.
func (p *poll) endLater() {
	p.frames = nil
	if p.taken > 0 {
		p.g.limits.answers.Release(p.address, p.taken)
	}
	p.free()
	// Who types goes on in the next exchange, or is forgotten by itself.
	p.typing.on = false
	time.AfterFunc(p.g.pacing.away, p.end)
}

func (p *poll) wake() {
	select {
	case p.news <- struct{}{}:
	default:
	}
}

// Wake is the core's: the journal or one of the operators' marks has news.
func (p *poll) Wake() { p.wake() }

// Typing is the core's: an operator or the bot types or stopped.
func (p *poll) Typing(author chat.Author, on bool) {
	public := p.g.links.author(p.site.ID, author, time.Now())
	p.mu.Lock()
	p.typists = append(p.typists, &wire.Typing{T: wire.TypeTyping, On: on, Author: &public})
	p.mu.Unlock()
	p.wake()
}

// Stop is the core's: the visitor is shut out.
func (p *poll) Stop(why *chat.Error) {
	p.mu.Lock()
	p.why = why
	p.mu.Unlock()
	p.wake()
}
