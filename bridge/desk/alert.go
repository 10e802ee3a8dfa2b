package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/markup"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/desk/notify"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/steady"
	"github.com/anteroom-chat/anteroom/bridge/store"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

// alert is something that operators want to know of at once.
type alert struct {
	visitor store.Visitor
	key     key
	// origin names what happened; the same is told once.
	origin string
	// text is what the visitor wrote, in the entry quoted; since when it was not answered.
	text   string
	quoted chat.EntryID
	since  time.Time
	// to is the operator whom by gave the dialog, who alone is rung.
	to, by id.UserID
	// reason is why the bot calls, in the site owner's words, and ways how it wants
	// operators told; as the site's alerts say if there are none.
	reason string
	ways   []string
}

// goesBy reports whether operators are to be told that way.
func (a alert) goesBy(way string) bool { return len(a.ways) == 0 || slices.Contains(a.ways, way) }

// webhookTarget names the one webhook of a site in the queue: its address is
// the config's matter, and may hold a secret.
const webhookTarget = "alerts"

// alert tells the desk's room, rings who is on duty, and queues mails and the
// webhook, all in the transaction of what happened.
func (d *Desk) alert(ctx context.Context, site *config.Site, a alert) error {
	values := d.about(site, a.visitor)
	values["text"], values["reason"], values["stop"] = a.text, a.reason, "."
	if a.key == handedOff {
		values["reason"], values["stop"] = unstopped(a.reason)
	}
	if !a.since.IsZero() {
		values["waiting"] = dialog.When(site, a.since)
	}
	if a.to != "" {
		values["user"], values["by"] = string(a.to), string(a.by)
	}
	words, subject := a.key, subjectOf(a.key)
	if a.visitor.Number == 0 { // without a name, a number and a room: only a chain calls to it
		words, subject = calledEarly, subjectEarly
	}
	bare := markup.Lines(d.say(site, words, values), d.say(site, pageLine, values))
	text := markup.Lines(bare, d.say(site, quote, values))
	rung, err := d.rung(ctx, site, a)
	if err != nil {
		return err
	}
	if err := d.tell(ctx, site, a.origin, text, rung...); err != nil {
		return err
	}
	letter := letterOf(d.say(site, subject, values), text)
	letter.Quote = notify.NewQuote(a.quoted, letterOf(d.say(site, subject, values), bare).Payload())
	if err := d.mailAlert(ctx, site, a, letter); err != nil {
		return err
	}
	if site.Alerts.Webhook.URL == "" || !a.goesBy("webhook") {
		return nil
	}
	payload, err := d.event(site, a)
	if err != nil {
		return err
	}
	return d.queueDelivery(ctx, site, a, store.Webhook, webhookTarget, payload)
}

func letterOf(subject, text markup.Text) notify.Letter {
	return notify.Letter{Subject: subject.Plain, Text: text.Plain, HTML: text.HTML}
}

// mailAlert queues the mails about an alert that rings.
func (d *Desk) mailAlert(ctx context.Context, site *config.Site, a alert, letter notify.Letter) error {
	if !d.rings(site, a.key) || a.to != "" || !a.goesBy("email") { // addresses are nobody's in particular
		return nil
	}
	for _, address := range site.Alerts.Emails {
		if err := d.queueDelivery(ctx, site, a, store.Mail, address, letter.Payload()); err != nil {
			return err
		}
	}
	return nil
}

// unstopped is what others wrote for the end of a sentence, without its own full stop,
// and the stop that is to follow.
func unstopped(said string) (clause, stop string) {
	clause, stop = strings.TrimSpace(said), "."
	switch {
	case strings.HasSuffix(clause, "..."), strings.HasSuffix(clause, "…"), strings.HasSuffix(clause, "!"), strings.HasSuffix(clause, "?"):
		return clause, ""
	default:
		return strings.TrimSuffix(clause, "."), stop
	}
}

func (d *Desk) queueDelivery(ctx context.Context, site *config.Site, a alert, kind store.DeliveryKind, target, payload string) error {
	_, err := d.store.QueueDelivery(ctx, store.Delivery{
		Site: site.ID, Visitor: a.visitor.ID, Kind: kind, Target: target, Origin: a.origin, Payload: payload,
	}, d.dialog.Now())
	d.wakeQueue(ctx)
	return err
}

func (d *Desk) wakeQueue(ctx context.Context) { store.AfterCommit(ctx, d.queue.Wake) }

// EventHead says whom an event is about.
type EventHead struct {
	Site    chat.SiteID  `json:"site"`
	Visitor EventVisitor `json:"visitor"`
	Page    EventPage    `json:"page"`
	// Room is a link to the dialog's room; absent before the visitor wrote anything.
	Room string `json:"room,omitempty"`
}

// Event is what a webhook is told.
type Event struct {
	EventHead
	// Text is the beginning of what the visitor wrote. Removed is true if that was removed
	// before this was told.
	Text    string `json:"text,omitempty"`
	Removed bool   `json:"removed,omitempty"`
	// Reason is why a chain calls operators, in the site owner's words.
	Reason string `json:"reason,omitempty"`
	// WaitingSince is since when the visitor has no answer; absent when just opened.
	WaitingSince *time.Time `json:"waiting_since,omitempty"`
	// Operator is who was given the dialog, By who gave it; empty on other events.
	Operator id.UserID `json:"operator,omitempty"`
	By       id.UserID `json:"by,omitempty"`
}

// EventVisitor is whom an event is about.
type EventVisitor struct {
	ID       chat.VisitorID `json:"id"`
	Number   int64          `json:"number"`
	Name     string         `json:"name"`
	Place    string         `json:"place,omitempty"`
	Language string         `json:"language,omitempty"`
}

// EventPage is where the visitor is.
type EventPage struct {
	URL   string `json:"url,omitempty"`
	Title string `json:"title,omitempty"`
}

func (d *Desk) event(site *config.Site, a alert) (string, error) {
	data := Event{EventHead: d.eventHead(site, a.visitor), Text: a.text, Reason: a.reason, Operator: a.to, By: a.by}
	if !a.since.IsZero() {
		since := a.since.UTC()
		data.WaitingSince = &since
	}
	event, err := notify.NewEvent("dialog."+string(a.key), data)
	if err != nil {
		return "", fmt.Errorf("write an event: %w", err)
	}
	data.Text, data.Removed = "", true
	bare, err := notify.NewEvent(event.Type, data)
	if err != nil {
		return "", fmt.Errorf("write an event: %w", err)
	}
	event.Quote = notify.NewQuote(a.quoted, bare.Payload())
	return event.Payload(), nil
}

func (d *Desk) eventHead(site *config.Site, v store.Visitor) EventHead {
	room := ""
	if v.Number > 0 {
		room = d.roomLink(v.ID)
	}
	return EventHead{
		Site: site.ID, Room: room, Visitor: EventVisitor{v.ID, v.Number, v.Name, v.Place, v.Language},
		Page: EventPage{v.Page.URL, v.Page.Title},
	}
}

// rings reports whether an alert rings operators, or is only listed.
func (d *Desk) rings(site *config.Site, k key) bool {
	return d.dialog.AlertsOn(site) == config.AlertOnMessage || k != opened && k != reopened
}

// rung are the operators whose clients ring.
func (d *Desk) rung(ctx context.Context, site *config.Site, a alert) (mentions []string, err error) {
	if !d.rings(site, a.key) || !a.goesBy("mention") {
		return nil, nil
	}
	stands, err := d.store.Dialog(ctx, a.visitor.ID)
	if err != nil {
		return nil, err
	}
	rung, err := d.dialog.Rung(ctx, site, stands.Assignee)
	for _, user := range rung {
		if a.to == "" || a.to == user {
			mentions = append(mentions, string(user))
		}
	}
	return mentions, err
}

const (
	// lookEvery is how exactly a visitor's wait is measured.
	lookEvery = 10 * time.Second
	// mostAtOnce are announced in one go.
	mostAtOnce = 20
)

// Run tells of visitors who wait for an answer, closes dialogs that fell silent,
// calls operators when the site opens, and sends mails and webhooks, until ctx ends.
func (d *Desk) Run(ctx context.Context) error {
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		d.queue.Run(ctx)
	}()
	defer func() { <-sent }()
	for _, site := range d.cfg.Sites {
		if err := d.freeOwnerless(ctx, site); err != nil && ctx.Err() == nil {
			d.log.Error().Err(err).Str(trail.Site, string(site.ID)).Msg("Dialogs of former operators could not be freed; trying again at the next start")
		}
	}
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	loop := steady.Of(ctx, steady.Desk)
	for {
		for _, site := range d.cfg.Sites {
			err := loop.Step(ctx, func(ctx context.Context) error { return d.lookAfter(ctx, site) })
			if err != nil && ctx.Err() == nil {
				d.log.Error().Err(err).Str(trail.Site, string(site.ID)).Msg("A site's dialogs could not be looked after; trying again")
			}
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// lookAfter does what time brings.
func (d *Desk) lookAfter(ctx context.Context, site *config.Site) error {
	open := site.IsOpen(d.dialog.Now())
	if was, known := d.open[site.ID]; open && known && !was {
		if err := d.dialog.CallOperators(ctx, site); err != nil {
			return err
		}
	}
	d.open[site.ID] = open
	return errors.Join(d.tellUnanswered(ctx, site), d.closeSilent(ctx, site))
}

// freeOwnerless takes dialogs from who left the operators of a site, and tells the desk.
func (d *Desk) freeOwnerless(ctx context.Context, site *config.Site) error {
	return d.store.Write(ctx, func(ctx context.Context) error {
		assigned, err := d.store.Assigned(ctx, site.ID)
		if err != nil {
			return err
		}
		numbers := map[id.UserID][]string{}
		for _, f := range assigned {
			user := f.Dialog.Assignee
			if site.IsOperator(user) {
				continue
			}
			if _, err := d.dialog.Assign(ctx, f.Visitor.ID, user, ""); err != nil {
				return err
			}
			numbers[user] = append(numbers[user], fmt.Sprintf("#%d", f.Visitor.Number))
		}
		for user, list := range numbers {
			text := d.say(site, ownerless, markup.Values{"user": string(user), "numbers": excerpt(strings.Join(list, ", "), maxQuote)})
			if err := d.tell(ctx, site, fmt.Sprintf("ownerless:%s:%d", user, d.dialog.Now().UnixMilli()), text); err != nil {
				return err
			}
		}
		return nil
	})
}

// closeSilent closes the dialogs in which nothing was said for long enough.
func (d *Desk) closeSilent(ctx context.Context, site *config.Site) error {
	after := time.Duration(site.Closed.AfterSilence)
	if after == 0 {
		return nil
	}
	silent, err := d.store.SilentDialogs(ctx, site.ID, d.dialog.Now().Add(-after), mostAtOnce)
	if err != nil || len(silent) == 0 {
		return err
	}
	return d.store.Write(ctx, func(ctx context.Context) error {
		// Looked at again in the writer: somebody may have written in between.
		silent, err := d.store.SilentDialogs(ctx, site.ID, d.dialog.Now().Add(-after), mostAtOnce)
		if err != nil {
			return err
		}
		text := d.say(site, closedSilent, markup.Values{"span": span(site, after)})
		for _, v := range silent {
			stands, err := d.store.Dialog(ctx, v)
			if err != nil {
				return err
			}
			if _, err := d.dialog.Close(ctx, v); err != nil {
				return err
			}
			origin := fmt.Sprintf("silent:%d", stands.OpenedAt.UnixMilli())
			if err := d.dialog.Notice(ctx, v, origin, chat.Content{Text: text.Plain, HTML: text.HTML}); err != nil {
				return err
			}
		}
		return nil
	})
}

// tellUnanswered announces the visitors of a site who wait too long, within the
// opening hours: nobody is there to answer outside of them.
func (d *Desk) tellUnanswered(ctx context.Context, site *config.Site) error {
	now, after := d.dialog.Now(), time.Duration(site.Alerts.UnansweredAfter)
	if after == 0 || !site.IsOpen(now) {
		return nil
	}
	return d.store.Write(ctx, func(ctx context.Context) error {
		waiting, err := d.store.TakeUnanswered(ctx, site.ID, now.Add(-after), mostAtOnce)
		if err != nil || len(waiting) == 0 {
			return err
		}
		for _, v := range waiting {
			p, err := d.dialog.Profile(ctx, v)
			if err != nil {
				return err
			}
			if err := d.dialog.CallIn(ctx, v); err != nil {
				return err
			}
			since := p.Dialog.WaitingSince
			if err := d.alert(ctx, site, alert{
				visitor: p.Visitor, key: unanswered, since: since,
				origin: fmt.Sprintf("unanswered:%s:%d", v, since.UnixMilli()),
			}); err != nil {
				return err
			}
		}
		return nil
	})
}
