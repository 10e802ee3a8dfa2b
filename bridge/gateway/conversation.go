package gateway

import (
	"context"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
	"github.com/anteroom-chat/anteroom/bridge/killpoint"
	"github.com/anteroom-chat/anteroom/bridge/store"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

// conversation is one connection of a visitor, by socket or by exchange: it
// turns frames into calls of the core and answers them. Its methods are called
// by one goroutine at a time, but for those that say otherwise.
type conversation struct {
	g    *Gateway
	site *config.Site
	caller
	// visitor is the other end; reply must not block.
	visitor interface{ reply(frame any) }

	in dialog.Session
	// language is that of the widget's words.
	language config.Language
	// began is when the visitor first acted, as far as it is known, here or in another tab, in
	// Unix milliseconds: since then there is a room. 0 means that there is none.
	began atomic.Int64
	// body is what the frame, or the frames of an exchange, that are handled have of
	// limits.bodies.
	body int64
	// leave stops listening; it is set by hello.
	leave func()

	// number names the connection in the log.
	number int64

	bad       int // frames that made no sense
	read      int64
	delivered int64
	typing    visitorTyping
	page      pageTurner
}

const (
	// pageSize is the most entries in one frame or one question to the journal.
	pageSize = 100
	// freshSize is how many of the newest entries open a conversation.
	freshSize = 50
	// mostBad frames end a conversation: such a widget will not learn.
	mostBad = 20
)

// ending says why a conversation cannot go on, and with which close code.
type ending struct {
	why  *chat.Error
	code int
}

func (c *conversation) answer(frame any) { c.visitor.reply(frame) }

// handled gives back what the frames had that are handled now.
func (c *conversation) handled() {
	if c.body > 0 {
		c.g.limits.bodies.Release(c.address, c.body)
		c.body = 0
	}
}

// free gives back the connection that hello counted; call it once after hello.
func (c *conversation) free() {
	if c.leave != nil {
		c.g.limits.visitorSockets.Leave(c.in.Visitor)
	}
}

// end stops listening and says what was not said yet; call it once after hello.
func (c *conversation) end() {
	if c.leave == nil {
		return
	}
	if c.typing.on {
		c.g.dialog.Typing(c.in.Visitor, false)
	}
	if err := c.page.close(); err != nil {
		_ = c.g.public(err) // for the log: nobody is there to be told
	}
	c.leave()
}

// render is safe to call from any goroutine.
func (c *conversation) render(entries []chat.Entry) []wire.Entry {
	for _, e := range entries {
		if e.Author.Party == chat.Visitor {
			c.began.CompareAndSwap(0, e.At.UnixMilli())
		}
	}
	return c.g.links.entries(c.site.ID, entries, time.Now())
}

// take handles one frame and answers it, an error too. It returns an ending
// when the conversation cannot go on; its reason was not answered yet.
func (c *conversation) take(ctx context.Context, data []byte) (over *ending) {
	var client chat.ClientID
	defer func() {
		if fault := recover(); fault != nil {
			c.g.log.Error().Str(trail.Panic, trail.Fault(fault)).Bytes(trail.Stack, debug.Stack()).Msg("A frame could not be handled")
			c.answer(errorFrame(chat.Public(nil), client))
		}
	}()
	held, err := c.holdBack(ctx)
	if err != nil {
		return &ending{c.public(err, client), wire.CloseReconnect}
	}
	handle := func(ctx context.Context) error {
		frame, err := wire.Decode(data)
		if err != nil {
			return err
		}
		if key := wire.ClientOf(frame); key != nil {
			client = *key
		}
		return c.do(ctx, frame)
	}
	switch {
	case !held && wire.IsPing(data):
		err = c.do(ctx, &wire.Ping{})
	case held || c.isNew():
		err = c.g.inTurnAndRest(c.patient(ctx), c.address, handle)
	default:
		err = c.g.first(ctx, handle)
	}
	if err == nil {
		c.g.metrics.frames.WithLabelValues(string(c.site.ID)).Inc()
		return nil
	}
	public := c.public(err, client)
	c.about(c.g.log.Debug(), client).Str("code", string(public.Code)).Msg("A visitor's frame is refused")
	c.g.metrics.refuse.WithLabelValues(string(c.site.ID), string(public.Code)).Inc()
	if isFinal(public.Code) {
		return endingOf(public)
	}
	if public.Code == chat.CodeTooFast {
		c.g.limits.frames.Reserve(c.in.Visitor, framesOfRefusal, time.Now())
	}
	c.answer(errorFrame(public, client))
	if public.Code == chat.CodeBadFrame {
		if c.bad++; c.bad >= mostBad {
			return &ending{chat.Errorf(chat.CodeBadFrame, "Too many frames could not be understood."), wire.CloseStop}
		}
	}
	return nil
}

// public is Gateway.public about a frame of this visitor.
func (c *conversation) public(err error, client chat.ClientID) *chat.Error {
	return c.g.publicAbout(err, func(e *zerolog.Event) *zerolog.Event { return c.about(e, client) })
}

// about adds whose frame a line of the log is about; client may be empty.
func (c *conversation) about(e *zerolog.Event, client chat.ClientID) *zerolog.Event {
	if e == nil { // the level is off
		return nil
	}
	e.Str(trail.Site, string(c.site.ID)).Str(trail.Visitor, string(c.in.Visitor)).Int64(trail.Connection, c.number)
	if client.Valid() { // else it is whatever a program made up
		e.Str(trail.ClientID, string(client))
	}
	return e
}

// holdBack waits while the visitor sends more frames than a person can cause, and reports
// whether it does.
func (c *conversation) holdBack(ctx context.Context) (held bool, err error) {
	wait := c.g.limits.frames.Reserve(c.in.Visitor, 1, time.Now())
	if wait <= 0 {
		return false, nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true, nil
	case <-ctx.Done():
		return true, ctx.Err()
	}
}

// endingOf ends a conversation for good, but an erased one so that the widget
// comes back at once: its secret opens a new, empty dialog then.
func endingOf(why *chat.Error) *ending {
	if why.Code == chat.CodeGone {
		return &ending{why, wire.CloseReconnect}
	}
	return &ending{why, wire.CloseStop}
}

// isFinal reports whether a conversation ends with such an error.
func isFinal(code chat.Code) bool {
	switch code {
	case chat.CodeBlocked, chat.CodeGone, chat.CodeSignedOut, chat.CodeConsentNeeded, chat.CodeUnknownSite, chat.CodeBadSession, chat.CodeBadOrigin:
		return true
	default:
		return false
	}
}

func errorFrame(e *chat.Error, client chat.ClientID) *wire.Error {
	return &wire.Error{T: wire.TypeError, Code: e.Code, Text: e.Text, Client: client, RetryAfter: e.RetryAfter.Milliseconds()}
}

func (c *conversation) do(ctx context.Context, frame any) error {
	switch f := frame.(type) {
	case *wire.Message, *wire.Edit, *wire.Redact, *wire.Reaction:
		return c.say(ctx, frame)
	case *wire.Form, *wire.Rate:
		return c.fill(ctx, frame)
	case *wire.Upload:
		return c.announce(ctx, f)
	case *wire.FileLink:
		return c.link(ctx, f)
	case *wire.History:
		return c.history(ctx, f)
	case *wire.Opened, *wire.Visited, *wire.Proactive, *wire.Event:
		return c.happened(ctx, frame)
	case *wire.Ping:
		c.answer(&wire.Pong{T: wire.TypePong})
		return nil
	default:
		return c.mark(ctx, frame)
	}
}

// mark takes what is true for the moment: where the visitor is, reads and types.
func (c *conversation) mark(ctx context.Context, frame any) error {
	switch f := frame.(type) {
	case *wire.Typing:
		if c.typing.pass(f.On, time.Now()) {
			c.g.dialog.Typing(c.in.Visitor, f.On)
		}
		return nil
	case *wire.Read:
		return raise(&c.read, f.Seq, func() error { return c.g.dialog.Read(ctx, c.in.Visitor, f.Seq) })
	case *wire.Delivered:
		return raise(&c.delivered, f.Seq, func() error { return c.g.dialog.Delivered(ctx, c.in.Visitor, f.Seq) })
	case *wire.PageView:
		return c.page.show(ctx, f.Page, time.Now())
	default:
		return chat.Errorf(chat.CodeBadFrame, "The hello comes first and once.")
	}
}

// happened takes what the visitor did on the page, which the bot hears.
func (c *conversation) happened(ctx context.Context, frame any) error {
	switch f := frame.(type) {
	case *wire.Visited:
		return c.tellBot(f.Client, func() error { return c.g.dialog.Visited(ctx, c.in, f.Client, f.Trigger) })
	case *wire.Proactive:
		return c.tellBot(f.Client, func() error { return c.g.dialog.Proactive(ctx, c.in, f.Client, f.Name, c.language) })
	case *wire.Event:
		return c.tellBot(f.Client, func() error { return c.g.dialog.Happened(ctx, c.in, f.Client, f.Name, f.Data) })
	default:
		return c.opened(ctx)
	}
}

// raise calls fn when the mark rises, which spares the database repeated marks.
func raise(mark *int64, seq int64, fn func() error) error {
	if seq <= *mark {
		return nil
	}
	err := fn()
	if err == nil {
		*mark = seq
	}
	return err
}

// say appends what the visitor wrote. The answer goes out when it is on disk.
func (c *conversation) say(ctx context.Context, frame any) error {
	client := *wire.ClientOf(frame)
	now := time.Now()
	if _, wait := c.g.limits.messages.Take(c.in.Visitor, now); wait > 0 {
		return tooFast("You write faster than this chat can take.", wait)
	}
	giveBack, err := c.budget(now)
	if err != nil {
		return err
	}
	if isFirst(ctx) {
		ctx = store.InTalk(ctx)
	}
	c.about(c.g.log.Debug(), client).Msg("A visitor's frame came")
	killpoint.Reach(killpoint.BeforeAppend)
	e, err := c.append(ctx, client, frame)
	killpoint.Reach(killpoint.AfterAppend)
	again(ctx)
	if err != nil {
		giveBack()
		return err
	}
	c.began.CompareAndSwap(0, e.At.UnixMilli())
	c.answer(&wire.Ack{T: wire.TypeAck, Client: client, ID: e.ID, Seq: e.Seq, At: e.At.UnixMilli()})
	c.g.metrics.acked(c.site.ID, now)
	trail.Of(c.g.log.Debug(), &e).Int64(trail.Connection, c.number).Msg("A visitor's frame is acknowledged")
	return nil
}

func (c *conversation) append(ctx context.Context, client chat.ClientID, frame any) (chat.Entry, error) {
	switch f := frame.(type) {
	case *wire.Message:
		return c.g.dialog.Say(ctx, c.in, dialog.Message{
			Client: client, Text: f.Text, ReplyTo: f.ReplyTo, File: f.File, Answer: f.Answer, Location: f.Location, Person: f.Person,
		})
	case *wire.Edit:
		return c.g.dialog.Edit(ctx, c.in, client, f.Target, f.Text)
	case *wire.Redact:
		return c.g.dialog.Redact(ctx, c.in, client, f.Target)
	case *wire.Reaction:
		return c.g.dialog.React(ctx, c.in, client, f.Target, f.Key)
	default:
		return chat.Entry{}, chat.Errorf(chat.CodeBadFrame, "That frame says nothing.")
	}
}

// opened passes on that the window was opened. One who opens it all the time is
// passed over: nothing depends on it but a greeting.
func (c *conversation) opened(ctx context.Context) error {
	if _, wait := c.g.limits.events.Take(c.in.Visitor, time.Now()); wait > 0 {
		return nil
	}
	return c.g.dialog.Opened(ctx, c.in)
}

// tellBot passes on what a page says to the bot, and answers when it is on disk.
func (c *conversation) tellBot(client chat.ClientID, tell func() error) error {
	now := time.Now()
	if _, wait := c.g.limits.events.Take(c.in.Visitor, now); wait > 0 {
		return tooFast("The page tells of more events than this chat can take.", wait)
	}
	if err := tell(); err != nil {
		return err
	}
	c.answer(&wire.Ack{T: wire.TypeAck, Client: client, At: now.UnixMilli()})
	return nil
}

// budget counts the room that a visitor's first own action makes.
func (c *conversation) budget(now time.Time) (giveBack func(), err error) {
	if c.began.Load() != 0 {
		return func() {}, nil
	}
	const text = "Too many new conversations were started; please try again later."
	backAddress, wait := c.g.limits.dialogs.Take(c.address, now)
	if wait > 0 {
		return nil, c.g.crowded(c.address, tooFast(text, wait))
	}
	backSite, wait := c.g.limits.siteDialogs.Take(c.site.ID, now)
	if wait > 0 {
		backAddress()
		return nil, c.g.busy(c.site.ID, tooFast(text, wait))
	}
	return func() { backAddress(); backSite() }, nil
}

func (c *conversation) history(ctx context.Context, f *wire.History) error {
	if f.Before <= 0 || f.Limit < 0 {
		return chat.Errorf(chat.CodeBadFrame, "The frame history needs a number to read back from, and a limit that is not negative.")
	}
	c.g.limits.frames.Reserve(c.in.Visitor, framesOfPage, time.Now())
	limit := min(f.Limit, pageSize)
	if limit == 0 {
		limit = freshSize
	}
	return c.g.inTurn(ctx, c.address, func(ctx context.Context) error {
		entries, more, err := c.g.dialog.Older(ctx, c.in.Visitor, f.Before, limit, pageRoom())
		if err != nil {
			return err
		}
		c.answer(&wire.History{T: wire.TypeHistory, Before: f.Before, Entries: c.render(entries), More: more})
		return nil
	})
}
