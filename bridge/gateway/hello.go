package gateway

import (
	"context"
	"reflect"
	"slices"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/gateway/device"
	"github.com/anteroom-chat/anteroom/bridge/gateway/place"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
	"github.com/anteroom-chat/anteroom/bridge/quota"
	"github.com/anteroom-chat/anteroom/bridge/store"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

// hello lets the visitor in and begins to listen, so that from now on no news
// is missed. Whatever it returns, call free and end once the connection is over.
func (c *conversation) hello(ctx context.Context, h *wire.Hello, l dialog.Listener) error {
	now := time.Now()
	if _, wait := c.g.limits.hellos.Take(c.address, now); wait > 0 {
		return c.g.crowded(c.address, tooFast("Too many connections are opened from here.", wait))
	}
	known, err := c.g.dialog.Known(ctx, c.site.ID, h.Secret)
	if err != nil {
		return err
	}
	if !known {
		if _, wait := c.g.limits.sessions.Take(c.address, now); wait > 0 {
			return c.g.crowded(c.address, tooFast("Too many new visitors come from this address.", wait))
		}
		ctx = c.patient(ctx)
	}
	in, err := c.enter(ctx, h)
	if err != nil {
		return err
	}
	if !c.g.limits.visitorSockets.Enter(in.Visitor) {
		return tooManySockets()
	}
	in.Customer = quota.Customer(c.address)
	c.in, c.language = in, spoken(c.site, h)
	c.about(c.g.log.Debug(), "").Msg("A visitor connects")
	if !in.Began.IsZero() {
		c.began.Store(in.Began.UnixMilli())
	}
	if c.isNew() {
		ctx = c.patient(ctx)
	}
	c.leave = c.g.dialog.Listen(in, l) //nolint:contextcheck // its end is noted when the context is over
	c.page.of = c
	if err := c.g.dialog.Check(ctx, in); err != nil {
		return err
	}
	if h.Page == nil {
		return nil
	}
	c.page.at = now
	return c.turn(context.WithoutCancel(ctx), *h.Page, h.Resume != nil) // who has left was there
}

// turn records where the visitor is; again is true when the tab only connects anew.
func (c *conversation) turn(ctx context.Context, p wire.Page, again bool) error {
	return c.g.dialog.Page(ctx, c.in, store.Page{URL: p.URL, Title: p.Title, Referrer: p.Referrer}, again)
}

// enter lets the visitor in, unless it or its address was shut out.
func (c *conversation) enter(ctx context.Context, h *wire.Hello) (dialog.Session, error) {
	from, err := c.g.admitAddress(ctx, c.site.ID, c.caller)
	if err != nil {
		return dialog.Session{}, err
	}
	in, err := c.g.dialog.EnterAgreed(ctx, c.site.ID, h.Secret, c.device(h), h.Consent)
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
		Place:  where.Short(), Country: where.Country, CountryCode: where.CountryCode,
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

// position is how far a connection has read, and which marks of the operators it knows.
type position struct {
	cursor, seen, left int64
	flow               wire.Flow
	// more says that the journal may have more than the welcome.
	more bool
}

// turned is the frame that tells of what stands beside the talk, if that is another now.
func (p *position) turned(now wire.Flow) (frames []any) {
	if reflect.DeepEqual(p.flow, now) {
		return nil
	}
	p.flow = now
	now.T = wire.TypeFlow
	return []any{&now}
}

// marked are the frames that tell of the operators' marks that rose.
func (p *position) marked(now store.Marks) (frames []any) {
	if now.Seen > p.seen {
		frames, p.seen = append(frames, &wire.Read{T: wire.TypeRead, Seq: now.Seen}), now.Seen
	}
	if now.Left > p.left {
		frames, p.left = append(frames, &wire.Left{T: wire.TypeLeft, Seq: now.Left}), now.Left
	}
	return frames
}

// welcome answers the hello with what the visitor missed, and says from where
// to read on.
func (c *conversation) welcome(ctx context.Context, h *wire.Hello) (w *wire.Welcome, at position, err error) {
	err = c.g.inTurn(ctx, c.address, func(ctx context.Context) (err error) {
		w, at, err = c.welcomed(ctx, h)
		return err
	})
	return w, at, err
}

func (c *conversation) welcomed(ctx context.Context, h *wire.Hello) (*wire.Welcome, position, error) {
	v, resume := c.in.Visitor, h.Resume
	w := &wire.Welcome{T: wire.TypeWelcome, Site: siteSettings(c.site, spoken(c.site, h)), Now: time.Now().UnixMilli()}
	var at position
	var entries []chat.Entry
	held, err := c.holds(ctx, resume)
	switch {
	case err != nil:
		return nil, at, err
	case held:
		at.cursor = resume.Seq
		entries, err = c.g.dialog.After(ctx, v, resume.Seq, pageSize)
		n := fitting(entries)
		at.more = n < len(entries) || n == pageSize
		entries = entries[:n]
	default:
		w.Reset = resume != nil
		entries, w.More, err = c.g.dialog.Older(ctx, v, newest, freshSize, pageRoom())
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
	at.seen, at.left = marks.Seen, marks.Left
	c.read, c.delivered = marks.Read, marks.Delivered // a widget says both again on a new connection
	w.Seq, w.Read, w.Seen, w.Left = marks.Last, marks.Read, marks.Seen, marks.Left
	w.Entries = c.render(entries)
	for i := range entries {
		if e := &entries[i]; held || e.Seq > marks.Delivered {
			c.went(e)
		}
	}
	if c.site.Widget.HasFlows() {
		if at.flow, err = c.flow(ctx); err != nil {
			return nil, at, err
		}
		flow := at.flow
		w.Flow = &flow
	}
	return w, at, nil
}

// mostOfPage is what a welcome, or a page of the history, has of entries, in bytes of their
// texts: it comes as a whole, within a time for which widgets wait, and a welcome starts over
// with each connection. What is more comes entry by entry, or when it is asked for.
const mostOfPage = 32 << 10

// pageRoom says of one entry after another whether it fits into a page; the first always does.
func pageRoom() (fits func(*chat.Entry) bool) {
	const beside = 256 // of an entry, about
	size := 0
	return func(e *chat.Entry) bool {
		first := size == 0
		size += beside + len(e.Content.Text) + len(e.Content.HTML)
		return first || size <= mostOfPage
	}
}

// fitting is how many entries, from the first on, a welcome has.
func fitting(entries []chat.Entry) int {
	fits := pageRoom()
	if n := slices.IndexFunc(entries, func(e chat.Entry) bool { return !fits(&e) }); n >= 0 {
		return n
	}
	return len(entries)
}

// went notes in the log that an entry is on its way to the visitor's browser, which says
// when it has it.
func (c *conversation) went(e *chat.Entry) {
	trail.Of(c.g.log.Debug(), e).Int64(trail.Connection, c.number).Msg("An entry goes to a visitor's connection")
}

// spoken is the language that the widget speaks with the visitor.
func spoken(site *config.Site, h *wire.Hello) config.Language {
	if l := site.Widget.Match(h.Language); l != "" {
		return l
	}
	return site.Widget.Unspoken()
}

// newest is above every number that a journal reaches.
const newest = 1 << 62

func (c *conversation) holds(ctx context.Context, resume *wire.Resume) (bool, error) {
	if resume == nil {
		return false, nil
	}
	return c.g.dialog.Holds(ctx, c.in.Visitor, resume.Seq, resume.ID)
}
