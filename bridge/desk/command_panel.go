package desk

import (
	"context"
	"errors"
	"strconv"
	"time"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/markup"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// Links makes the links by which operators sign in to the panel; package panel does.
type Links interface {
	// Link makes one, that works once and for some time. It opens at a contact, where one is named.
	Link(ctx context.Context, site *config.Site, operator id.UserID, contact chat.VisitorID) (link string, lasts time.Duration, err error)
}

// Whisperer tells one operator what the others must not read; the homeserver's side
// does. It keeps nothing: what could not be told is lost, and failed is called.
type Whisperer interface {
	Whisper(site *config.Site, operator id.UserID, text markup.Text, failed func(context.Context))
}

// OpenPanel says where links come from and how they reach their operators; call it
// before any door is open.
func (d *Desk) OpenPanel(links Links, whisperer Whisperer) { d.links, d.whisperer = links, whisperer }

// panel sends who asks a link to the panel, which is for nobody else: whoever is in
// the room reads what is said there, guests too, and a link signs in who opens it.
func (d *Desk) panel(ctx context.Context, c call) (markup.Text, error) {
	if !c.Site.Panel.Enabled || d.links == nil {
		return d.say(c.Site, noPanel, nil), nil
	}
	if !c.Site.IsOperator(c.Sender) {
		return d.say(c.Site, panelForOperators, nil), nil
	}
	values := markup.Values{"site": c.Site.Name, "user": string(c.Sender)}
	var contact chat.VisitorID
	if !c.Visitor.Desk && c.Visitor.Number != 0 {
		// By number alone, and in the link by its id, which is random: when the visitor
		// is erased, that chat stays as it is, and both name nobody any more.
		contact, values["number"] = c.Visitor.ID, strconv.FormatInt(c.Visitor.Number, 10)
	}
	link, lasts, err := d.links.Link(ctx, c.Site, c.Sender, contact)
	if err != nil {
		return markup.Text{}, err
	}
	values["link"], values["span"] = link, span(c.Site, lasts)
	text := markup.Lines(d.say(c.Site, panelLink, values), d.say(c.Site, panelLinkAbout, values))
	store.AfterCommit(ctx, func() {
		d.whisperer.Whisper(c.Site, c.Sender, text, func(ctx context.Context) { d.notWhispered(ctx, c) })
	})
	return d.say(c.Site, panelSent, values), nil
}

// notWhispered tells where the command was given that its link did not arrive.
func (d *Desk) notWhispered(ctx context.Context, c call) {
	ctx, cancel := context.WithTimeout(ctx, notWhisperedFor)
	defer cancel()
	text := d.say(c.Site, panelNotSent, markup.Values{"user": string(c.Sender)})
	err := d.dialog.Notice(ctx, c.Visitor.ID, "not whispered:"+string(c.Event), chat.Content{Text: text.Plain, HTML: text.HTML})
	if err != nil && !errors.Is(err, store.ErrClosed) {
		d.log.Warn().Err(err).Stringer("operator", c.Sender).Msg("An operator could not be told that the link to the panel is not coming")
	}
}

const notWhisperedFor = 10 * time.Second
