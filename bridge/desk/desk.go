// Package desk is the operators' side of the house: it carries out what they
// command in a room, says who a visitor is, and announces in the site's desk
// room what they want to know of.
//
// It works in SQL alone and knows nothing of Matrix's doors: answers and
// announcements are entries of a journal, which go to their rooms like
// everything else; what a command changes (a name, an assignee) is a wish that
// the homeserver's side fulfils. command.go reads commands, command_*.go carry
// them out, words*.go holds what operators read.
package desk

import (
	"context"
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/markup"
	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/desk/notify"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// Desk answers and tells operators. It is safe for concurrent use.
type Desk struct {
	cfg    *config.Config
	store  *store.Store
	dialog *dialog.Service
	log    zerolog.Logger
	queue  *notify.Queue
	close  func()
	// links and whisperer bring operators into the panel; nil where there is none.
	links     Links
	whisperer Whisperer
	// open are the sites within their opening hours when Run last looked.
	open map[chat.SiteID]bool
}

// New makes the desk of all sites. Run it, and Close it after that.
func New(cfg *config.Config, s *store.Store, d *dialog.Service, log zerolog.Logger) (*Desk, error) {
	desk := &Desk{cfg: cfg, store: s, dialog: d, log: log, open: map[chat.SiteID]bool{}}
	if err := desk.openRoads(); err != nil {
		return nil, err
	}
	d.ServeDesk(desk)
	return desk, nil
}

// Collectors are the figures of what leaves the house, for whoever shows them.
func (d *Desk) Collectors() []prometheus.Collector { return d.queue.Collectors() }

// Close frees what alerts leave the house by.
func (d *Desk) Close() { d.close() }

// maxQuote is how much of a message an announcement shows, in characters.
const maxQuote = 300

// Opened announces in the desk's room that somebody wrote.
func (d *Desk) Opened(ctx context.Context, site *config.Site, v store.Visitor, first chat.Entry) error {
	said := first.Content.Text
	if f := first.Content.File; f != nil && said == "" {
		said = f.Name
	}
	key := opened
	if !v.CreatedAt.IsZero() && first.Seq > 1 {
		before, err := d.store.NewestOf(ctx, v.ID, chat.Visitor, first.Seq-1)
		switch {
		case err == nil && before.ID != "":
			key = reopened
		case !errors.Is(err, store.ErrNotFound):
			return err
		}
	}
	return d.alert(ctx, site, alert{
		visitor: v, key: key, origin: fmt.Sprintf("opened:%s:%d", v.ID, first.Seq), text: excerpt(said, maxQuote), quoted: first.ID,
	})
}

// tell says something in the site's desk room, once for that origin, and rings
// whom it mentions.
func (d *Desk) tell(ctx context.Context, site *config.Site, origin string, text markup.Text, mentions ...string) error {
	room, err := d.dialog.DeskOf(ctx, site.ID)
	if err != nil {
		return err
	}
	return d.dialog.Notice(ctx, room.ID, origin, chat.Content{Text: text.Plain, HTML: text.HTML, Mentions: mentions})
}

// about are the values by which a text names a visitor.
func (d *Desk) about(site *config.Site, v store.Visitor) markup.Values {
	return markup.Values{
		"name": plain.Line(v.Name, dialog.MaxName), "number": fmt.Sprint(v.Number),
		"room": d.roomLink(v.ID),
		"page": excerpt(v.Page.Title, maxTitle), "url": excerpt(v.Page.URL, maxURL),
		"site": site.Name,
	}
}

// roomLink is a link to a dialog's room that any client opens.
func (d *Desk) roomLink(v chat.VisitorID) string { return d.cfg.RoomAlias(v).URI().MatrixToURL() }

// excerpt is a text on one line, cut where it is longer.
func excerpt(s string, most int) string {
	whole := plain.Line(s, len(s))
	if short := plain.Cut(whole, most); short == whole {
		return whole
	}
	return plain.Line(whole, most-1) + "…"
}

// Longest page title and address that are shown, in characters.
const (
	maxTitle = 100
	maxURL   = 300
)
