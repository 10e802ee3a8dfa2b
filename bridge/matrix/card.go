package matrix

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/matrix/recipe"
)

// card is the content of chat.anteroom.visitor: what "!visitor" shows, for
// other clients and bots. Its texts are the visitor's and the page's own words.
// What is not known is left out. Times are Unix milliseconds.
type card struct {
	Number int64  `json:"number"`
	Name   string `json:"name"`
	Online bool   `json:"online"`
	// LastSeen is when the last connection ended of a visitor who is not online.
	LastSeen  int64     `json:"last_seen,omitempty"`
	FirstSeen int64     `json:"first_seen"`
	Page      *cardPage `json:"page,omitempty"`
	FirstPage string    `json:"first_page,omitempty"`
	Referrer  string    `json:"referrer,omitempty"`
	Campaign  string    `json:"campaign,omitempty"`
	Language  string    `json:"language,omitempty"`
	TimeZone  string    `json:"time_zone,omitempty"`
	Place     string    `json:"place,omitempty"`
	Country   string    `json:"country,omitempty"`
	// System is the browser and its system, as people read it.
	System string `json:"system,omitempty"`
	// Status is "open" or "closed".
	Status   string    `json:"status,omitempty"`
	Blocked  bool      `json:"blocked,omitempty"`
	Assignee id.UserID `json:"assignee,omitempty"`
	Tags     []string  `json:"tags,omitempty"`
}

type cardPage struct {
	URL   string `json:"url"`
	Title string `json:"title,omitempty"`
}

// maxCardURL is the longest address in a card, in characters: an event is 64 KiB at most.
const maxCardURL = 1000

func cardOf(p dialog.Profile) card {
	v := p.Visitor
	c := card{
		Number: v.Number, Name: v.Name, Online: p.Online, FirstSeen: v.CreatedAt.UnixMilli(),
		FirstPage: plain.Line(v.FirstURL, maxCardURL), Referrer: plain.Line(v.Page.Referrer, maxCardURL), Campaign: dialog.Campaign(v.FirstURL),
		Language: v.Language, TimeZone: v.TimeZone, Place: v.Place, Country: v.Country, System: v.System,
		Status: string(p.Dialog.Status), Blocked: p.Dialog.Blocked, Assignee: p.Dialog.Assignee, Tags: p.Tags,
	}
	if !p.Online {
		c.LastSeen = v.SeenAt.UnixMilli()
	}
	if v.Page.URL != "" {
		c.Page = &cardPage{URL: plain.Line(v.Page.URL, maxCardURL), Title: v.Page.Title}
	}
	return c
}

// cardEvery is how often the card of one dialog changes at most: state events
// stay in the room for ever.
const cardEvery = time.Minute

// cards know when each dialog's card was sent last.
type cards struct {
	mu sync.Mutex
	// sent is when that was; older than cardEvery it says nothing.
	sent map[chat.VisitorID]time.Time
	// later are the dialogs that are woken when their time has come.
	later map[chat.VisitorID]struct{}
}

func newCards() cards {
	return cards{sent: map[chat.VisitorID]time.Time{}, later: map[chat.VisitorID]struct{}{}}
}

// early reports whether a dialog's card was sent a moment ago; wake is then
// called when the next one may be.
func (c *cards) early(v chat.VisitorID, now time.Time, wake func(chat.VisitorID)) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	wait := cardEvery - now.Sub(c.sent[v])
	if wait <= 0 {
		return false
	}
	if _, waits := c.later[v]; !waits {
		c.later[v] = struct{}{}
		time.AfterFunc(wait, func() {
			c.mu.Lock()
			delete(c.later, v)
			c.mu.Unlock()
			wake(v)
		})
	}
	return true
}

func (c *cards) note(v chat.VisitorID, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for other, at := range c.sent {
		if now.Sub(at) >= cardEvery {
			delete(c.sent, other)
		}
	}
	c.sent[v] = now
}

// noCard is what stands in place of a card that is not wanted any more.
const noCard = "{}"

// emptyCard takes the card of a visitor out of the room whose site does not show
// its visitors' presence, once.
func (m *Matrix) emptyCard(ctx context.Context, v chat.VisitorID, room id.RoomID) error {
	visitor, err := m.store.Visitor(ctx, v)
	if err != nil || m.showsPresence(visitor.Site) {
		return ignoreNotFound(err)
	}
	before, err := m.store.Applied(ctx, string(v), whatCard)
	if err != nil {
		return err
	}
	return m.attempt(ctx, string(v), whatCard, noCard, func(ctx context.Context) error {
		if before == "" { // none was sent, or the process ended before that was noted
			_, err := m.hs.as(m.cfg.BotUserID()).FullStateEvent(ctx, room, recipe.TypeCard, "")
			if err != nil && status(err) == http.StatusNotFound {
				return nil
			}
			if err != nil {
				return err
			}
		}
		return second(m.hs.as(m.cfg.BotUserID()).SendStateEvent(ctx, room, recipe.TypeCard, "", json.RawMessage(noCard)))
	})
}

// settleCard writes into the room's state who the visitor is, and sees to it
// that the ghost's presence is told once.
func (m *Matrix) settleCard(ctx context.Context, c *conversation) error {
	if !c.site.Presence {
		return nil
	}
	told, err := m.store.Applied(ctx, string(c.visitor), whatPresence)
	if err != nil {
		return err
	}
	if told == "" {
		m.presence.introduce(c.visitor)
	}
	p, err := m.dialog.Profile(ctx, c.visitor)
	if err != nil {
		return err
	}
	content, err := json.Marshal(cardOf(p))
	if err != nil {
		return err
	}
	shown, err := m.store.Applied(ctx, string(c.visitor), whatCard)
	if err != nil || shown == string(content) || m.cards.early(c.visitor, time.Now(), m.queue.wake) {
		return err
	}
	return m.attempt(ctx, string(c.visitor), whatCard, string(content), func(ctx context.Context) error {
		m.cards.note(c.visitor, time.Now())
		return second(m.hs.as(m.cfg.BotUserID()).SendStateEvent(ctx, c.room, recipe.TypeCard, "", json.RawMessage(content)))
	})
}
