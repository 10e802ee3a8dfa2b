package gateway

import (
	"context"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/gateway/device"
	"github.com/anteroom-chat/anteroom/bridge/gateway/place"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
	"github.com/anteroom-chat/anteroom/bridge/killpoint"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// conversation is one connection of a visitor, by socket or by exchange: it
// turns frames into calls of the core and answers them. Its methods are called
// by one goroutine at a time, but for those that say otherwise.
type conversation struct {
	g    *Gateway
	site *config.Site
	caller
	// answer takes a frame to the visitor; it must not block.
	answer func(frame any)

	in dialog.Session
	// acted is true once the visitor is known to have a room, here or in another tab.
	acted atomic.Bool
	// leave stops listening; it is set by hello.
	leave func()

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

// hello lets the visitor in and begins to listen, so that from now on no news
// is missed. Whatever it returns, call free and end once the connection is over.
func (c *conversation) hello(ctx context.Context, h *wire.Hello, l dialog.Listener) error {
	now := time.Now()
	if _, wait := c.g.limits.hellos.take(c.address, now); wait > 0 {
		return tooFast("Too many connections are opened from here.", wait)
	}
	known, err := c.g.dialog.Known(ctx, c.site.ID, h.Secret)
	if err != nil {
		return err
	}
	if !known {
		if _, wait := c.g.limits.sessions.take(c.address, now); wait > 0 {
			return tooFast("Too many new visitors come from this address.", wait)
		}
	}
	in, err := c.enter(ctx, h)
	if err != nil {
		return err
	}
	if !c.g.limits.visitorSockets.enter(in.Visitor) {
		return tooManySockets()
	}
	c.in = in
	c.acted.Store(in.Acted)
	c.leave = c.g.dialog.Listen(in, l) //nolint:contextcheck // its end is noted when the context is over
	c.page.turn = func(p wire.Page) error { return c.turn(p, false) }
	if err := c.g.dialog.Check(ctx, in); err != nil {
		return err
	}
	if h.Page == nil {
		return nil
	}
	c.page.at = now
	return c.turn(*h.Page, h.Resume != nil)
}

// turn records where the visitor is; again is true when the tab only connects anew.
func (c *conversation) turn(p wire.Page, again bool) error {
	return c.g.dialog.Page(c.g.ctx, c.in, store.Page{URL: p.URL, Title: p.Title, Referrer: p.Referrer}, again)
}

// enter lets the visitor in, unless it or its address was shut out.
func (c *conversation) enter(ctx context.Context, h *wire.Hello) (dialog.Session, error) {
	from, err := c.g.admitAddress(ctx, c.site.ID, c.caller)
	if err != nil {
		return dialog.Session{}, err
	}
	in, err := c.g.dialog.Enter(ctx, c.site.ID, h.Secret, c.device(h))
	if err == nil && from != "" {
		err = c.g.dialog.CameFrom(ctx, in.Visitor, from)
	}
	return in, err
}

// device is what the connection and the hello tell of the visitor.
func (c *conversation) device(h *wire.Hello) store.Device {
	where := c.g.places.Find(place.Clues{Address: c.address, Header: c.place, TimeZone: h.TimeZone}, c.site.Language)
	return store.Device{
		Language: h.Language, TimeZone: h.TimeZone, UserAgent: c.agent,
		System: device.Read(c.agent, hints(h.Hints)).String(),
		Place:  where.Short(), Country: where.Country,
	}
}

// hints are those of the hello, in the form that device reads; it limits them.
func hints(h *wire.Hints) device.Hints {
	if h == nil {
		return device.Hints{}
	}
	read := device.Hints{Mobile: h.Mobile, Platform: h.Platform, PlatformVersion: h.PlatformVersion, Model: h.Model}
	for _, b := range h.Brands {
		read.Brands = append(read.Brands, device.Brand{Name: b.Brand, Version: b.Version})
	}
	return read
}

// free gives back the connection that hello counted; call it once after hello.
func (c *conversation) free() {
	if c.leave != nil {
		c.g.limits.visitorSockets.leave(c.in.Visitor)
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

// position is how far a connection has read.
type position struct{ cursor, seen int64 }

// welcome answers the hello with what the visitor missed, and says from where
// to read on.
func (c *conversation) welcome(ctx context.Context, resume *wire.Resume) (*wire.Welcome, position, error) {
	v := c.in.Visitor
	w := &wire.Welcome{T: wire.TypeWelcome, Site: siteSettings(c.site)}
	var at position
	var entries []chat.Entry
	held, err := c.holds(ctx, resume)
	switch {
	case err != nil:
		return nil, at, err
	case held:
		at.cursor = resume.Seq
		entries, err = c.g.dialog.After(ctx, v, resume.Seq, pageSize)
	default:
		w.Reset = resume != nil
		entries, w.More, err = c.g.dialog.Before(ctx, v, newest, freshSize)
	}
	if err != nil {
		return nil, at, err
	}
	marks, err := c.g.dialog.Marks(ctx, v)
	if err != nil {
		return nil, at, err
	}
	if len(entries) > 0 {
		at.cursor = entries[len(entries)-1].Seq
	}
	at.seen = marks.Seen
	w.Seq, w.Read, w.Seen = marks.Last, marks.Read, marks.Seen
	w.Entries = c.render(entries)
	return w, at, nil
}

// newest is above every number that a journal reaches.
const newest = 1 << 62

func (c *conversation) holds(ctx context.Context, resume *wire.Resume) (bool, error) {
	if resume == nil {
		return false, nil
	}
	return c.g.dialog.Holds(ctx, c.in.Visitor, resume.Seq, resume.ID)
}

// render is safe to call from any goroutine.
func (c *conversation) render(entries []chat.Entry) []wire.Entry {
	for _, e := range entries {
		if e.Author.Party == chat.Visitor {
			c.acted.Store(true)
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
			c.g.log.Error().Any("panic", fault).Bytes("stack", debug.Stack()).Msg("A frame could not be handled")
			c.answer(errorFrame(chat.Public(nil), client))
		}
	}()
	if err := c.holdBack(ctx); err != nil {
		return &ending{c.g.public(err), wire.CloseReconnect}
	}
	frame, err := wire.Decode(data)
	if err == nil {
		if key := wire.ClientOf(frame); key != nil {
			client = *key
		}
		err = c.do(ctx, frame)
	}
	if err == nil {
		return nil
	}
	public := c.g.public(err)
	if isFinal(public.Code) {
		return endingOf(public)
	}
	c.answer(errorFrame(public, client))
	if public.Code == chat.CodeBadFrame {
		if c.bad++; c.bad >= mostBad {
			return &ending{chat.Errorf(chat.CodeBadFrame, "Too many frames could not be understood."), wire.CloseStop}
		}
	}
	return nil
}

// holdBack waits while the visitor sends more frames than a person can cause.
func (c *conversation) holdBack(ctx context.Context) error {
	wait := c.g.limits.frames.reserve(c.in.Visitor, time.Now())
	if wait <= 0 {
		return nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
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
	case chat.CodeBlocked, chat.CodeGone, chat.CodeSignedOut, chat.CodeUnknownSite, chat.CodeBadSession, chat.CodeBadOrigin:
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
	case *wire.Upload:
		return c.announce(ctx, f)
	case *wire.FileLink:
		return c.link(ctx, f)
	case *wire.History:
		return c.history(ctx, f)
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
		return c.page.show(f.Page, time.Now())
	case *wire.Opened:
		return c.opened(ctx)
	case *wire.Visited:
		return c.tellBot(f.Client, func() error { return c.g.dialog.Visited(ctx, c.in, f.Client, f.Trigger) })
	case *wire.Event:
		return c.tellBot(f.Client, func() error { return c.g.dialog.Happened(ctx, c.in, f.Client, f.Name, f.Data) })
	case *wire.Ping:
		c.answer(&wire.Pong{T: wire.TypePong})
		return nil
	default:
		return chat.Errorf(chat.CodeBadFrame, "The hello comes first and once.")
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
	if _, wait := c.g.limits.messages.take(c.in.Visitor, now); wait > 0 {
		return tooFast("You write faster than this chat can take.", wait)
	}
	giveBack, err := c.budget(now)
	if err != nil {
		return err
	}
	killpoint.Reach(killpoint.BeforeAppend)
	e, err := c.append(ctx, client, frame)
	killpoint.Reach(killpoint.AfterAppend)
	if err != nil {
		giveBack()
		return err
	}
	c.acted.Store(true)
	c.answer(&wire.Ack{T: wire.TypeAck, Client: client, ID: e.ID, Seq: e.Seq, At: e.At.UnixMilli()})
	return nil
}

func (c *conversation) append(ctx context.Context, client chat.ClientID, frame any) (chat.Entry, error) {
	switch f := frame.(type) {
	case *wire.Message:
		return c.g.dialog.Say(ctx, c.in, dialog.Message{
			Client: client, Text: f.Text, ReplyTo: f.ReplyTo, File: f.File, Answer: f.Answer, Location: f.Location,
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
	if _, wait := c.g.limits.events.take(c.in.Visitor, time.Now()); wait > 0 {
		return nil
	}
	return c.g.dialog.Opened(ctx, c.in)
}

// tellBot passes on what a page says to the bot, and answers when it is on disk.
func (c *conversation) tellBot(client chat.ClientID, tell func() error) error {
	now := time.Now()
	if _, wait := c.g.limits.events.take(c.in.Visitor, now); wait > 0 {
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
	if c.acted.Load() {
		return func() {}, nil
	}
	const text = "Too many new conversations were started; please try again later."
	backAddress, wait := c.g.limits.dialogs.take(c.address, now)
	if wait > 0 {
		return nil, tooFast(text, wait)
	}
	backSite, wait := c.g.limits.siteDialogs.take(c.site.ID, now)
	if wait > 0 {
		backAddress()
		return nil, tooFast(text, wait)
	}
	return func() { backAddress(); backSite() }, nil
}

func (c *conversation) announce(ctx context.Context, f *wire.Upload) error {
	now := time.Now()
	giveBack, wait := c.g.limits.uploads.take(c.in.Visitor, now)
	if wait > 0 {
		return tooFast("Too many files were sent; please try again later.", wait)
	}
	giveBytesBack, wait := c.g.limits.uploadBytes.takeN(c.address, c.cost(f.Size), now)
	if wait > 0 {
		giveBack()
		return tooFast("Too large files were sent from here; please try again later.", wait)
	}
	file, fresh, err := c.g.dialog.Announce(ctx, c.in, f.Client, f.Name, f.Size)
	if err != nil || !fresh { // a file whose transfer broke off was counted before
		giveBytesBack()
	}
	if err != nil {
		giveBack()
		return err
	}
	url := c.g.links.upload(c.site.ID, c.in.Visitor, file.File, now)
	c.answer(&wire.Upload{T: wire.TypeUpload, Client: f.Client, File: file.ID, URL: url})
	return nil
}

// cost is what a file counts for, in bytes. A size that the core refuses counts
// for nothing, so that its own reason is told.
func (c *conversation) cost(size int64) int {
	if size < 0 || size > int64(c.site.Files.MaxSize) {
		return 0
	}
	return int(size)
}

func (c *conversation) link(ctx context.Context, f *wire.FileLink) error {
	file, err := c.g.dialog.File(ctx, c.in.Visitor, f.File)
	if err != nil {
		return err
	}
	url := c.g.links.file(c.site.ID, c.in.Visitor, file, time.Now())
	c.answer(&wire.FileLink{T: wire.TypeFile, File: file.ID, URL: url})
	return nil
}

func (c *conversation) history(ctx context.Context, f *wire.History) error {
	if f.Before <= 0 || f.Limit < 0 {
		return chat.Errorf(chat.CodeBadFrame, "The frame history needs a number to read back from, and a limit that is not negative.")
	}
	limit := min(f.Limit, pageSize)
	if limit == 0 {
		limit = freshSize
	}
	entries, more, err := c.g.dialog.Before(ctx, c.in.Visitor, f.Before, limit)
	if err != nil {
		return err
	}
	c.answer(&wire.History{T: wire.TypeHistory, Before: f.Before, Entries: c.render(entries), More: more})
	return nil
}
