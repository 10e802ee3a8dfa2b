package dialog

import (
	"context"
	"time"

	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/markup"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// Flow is what stands beside the talk for a visitor: what it is asked to fill in (see
// flow_form.go) or to rate (flow_rating.go), and whether it can call a person.
type Flow struct {
	Form           *PendingForm
	Person, Called bool
	Rate           *PendingRate
}

// Flow returns what stands beside the talk now.
func (s *Service) Flow(ctx context.Context, in Session) (f Flow, err error) {
	stands, err := s.store.Dialog(ctx, in.Visitor)
	if err != nil || stands.Blocked {
		return Flow{}, ignoreGone(err)
	}
	if f.Form, err = s.pendingForm(ctx, in, stands); err != nil {
		return Flow{}, err
	}
	waits := stands.Status == store.StatusOpen && stands.Promised && !personIsHere(stands)
	f.Called = waits && in.Site.Widget.Person && in.Site.IsOpen(now()) // else the window says when somebody is there
	f.Person = in.Site.Widget.Person && !waits && s.botAnswers(in.Site, stands)
	f.Rate, err = s.pendingRate(ctx, in, stands)
	return f, err
}

// openSites are the sites that are open at the time, of those where something stands beside the talk.
func (s *Service) openSites(at time.Time) map[*config.Site]bool {
	open := map[*config.Site]bool{}
	for _, site := range s.cfg.Sites {
		if site.Widget.HasFlows() {
			open[site] = site.IsOpen(at)
		}
	}
	return open
}

// heedHours has who is here look anew where the opening hours have begun or ended since it was
// looked which sites are open: what stands beside the talk is due, or over, by the clock alone.
func (s *Service) heedHours(before map[*config.Site]bool, at time.Time) map[*config.Site]bool {
	open := s.openSites(at)
	var turned []*config.Site
	for site, isOpen := range open {
		if isOpen != before[site] {
			turned = append(turned, site)
		}
	}
	if len(turned) > 0 {
		s.hub.wakeSites(turned)
	}
	return open
}

// personIsHere reports whether an operator has spoken and not left since.
func personIsHere(stands store.Dialog) bool { return stands.Replied > stands.Marks.Left }

// botAnswers reports whether what the visitor says next is the bot's to answer.
func (s *Service) botAnswers(site *config.Site, stands store.Dialog) bool {
	hasWords := s.bot.chains.of(site.ID) != nil || site.AlwaysAnswers() != nil
	return site.Bot.Enabled && hasWords && stands.Bot.On(now()) && !personIsHere(stands)
}

// noticeOf is a quiet word to operators of what the visitor did.
func (s *Service) noticeOf(in Session, origin string) store.Draft {
	return store.Draft{Visitor: in.Visitor, Kind: chat.Notice, Author: chat.Author{Party: chat.Bot}, Origin: origin, At: now()}
}

// said is a text for operators as the journal has it.
func said(t markup.Text) chat.Content { return chat.Content{Text: t.Plain, HTML: t.HTML} }

// toRoom puts a notice on its way, if there is a room, and has the visitor's tabs look
// anew. Before there is one it waits with what the bot has said.
func (s *Service) toRoom(ctx context.Context, v store.Visitor, e chat.Entry) error {
	store.AfterCommit(ctx, func() { s.hub.wakeListeners(v.ID) })
	if v.Number == 0 {
		return nil
	}
	return s.store.Enqueue(ctx, e)
}

// wanted calls a person with the message that asks for one, in its transaction: the bot,
// which would answer otherwise, is silent from here on.
func (s *Service) wanted(ctx context.Context, in Session, e chat.Entry) error {
	v, err := s.store.Visitor(ctx, in.Visitor)
	if err != nil {
		return err
	}
	if err := s.SilenceBot(ctx, v.ID, s.cfg.BotUserID(), time.Duration(in.Site.Bot.Pause)); err != nil {
		return err
	}
	// For programs; operators read it in their own language, see Call.
	reason := "The visitor asks for a person."
	return s.callTo(ctx, in.Site, v, handOff{Hand: talk.Hand{Reason: reason}, Wanted: true, Origin: "person:" + string(e.ID)})
}
