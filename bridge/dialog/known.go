package dialog

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/anteroom-chat/anteroom/bot"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// mostOthers are listed of the visitors that somebody was.
const mostOthers = 10

// Profile is what the desk knows of a visitor and its dialog.
type Profile struct {
	Visitor   store.Visitor
	Dialog    store.Dialog
	Tags      []string
	Variables []store.Variable
	// Deals are open ones first, then the latest.
	Deals []store.Deal
	// Consents are the texts that the visitor agreed to, the latest first.
	Consents []store.Consent
	// Subject is the site's own id of a user who signed in, proved by a token.
	Subject string
	// Before are whom the visitor was before signing in, After whom it is since;
	// the latest first, at most ten.
	Before, After []store.Visitor
	// Unsubscribed is true while the visitor wants nothing of the bot unasked.
	Unsubscribed bool
	// Doing is what of the bot runs or waits; nil for nothing. CanContinue is true while
	// the bot was silenced in the middle of something.
	Doing       *Doing
	CanContinue bool
	// AddressBlocked is true when nobody from the visitor's address may write.
	AddressBlocked bool
	// Mails says whether the visitor is mailed what it does not read, at MailsTo.
	Mails   MailState
	MailsTo string
	// MailsKnown is true if that was looked at, MailedAt when the last mail was queued that
	// is still known of; zero for none.
	MailsKnown bool
	MailedAt   time.Time
	// Mailed is what became of that mail.
	Mailed store.DeliveryState
	// Forms are what the visitor filled in, the oldest first.
	Forms []store.Filled
	// Online is true while the visitor is here; Connections is how many tabs are connected now.
	Online      bool
	Connections int
	// Answer is how far the newest message of an operator has come; empty without one.
	Answer Progress
}

// Progress is how far an operator's message has come.
type Progress string

// How far a message has come; each includes the ones before.
const (
	Pending   Progress = "pending"   // the visitor's browser does not have it
	Delivered Progress = "delivered" // it does
	Read      Progress = "read"      // the visitor has seen it
)

// Profile returns what the desk knows of a visitor, or store.ErrNotFound.
func (s *Service) Profile(ctx context.Context, v chat.VisitorID) (Profile, error) {
	found, err := s.store.FoundOf(ctx, []chat.VisitorID{v})
	if err != nil {
		return Profile{}, err
	}
	if len(found) == 0 {
		return Profile{}, store.ErrNotFound
	}
	all, err := s.Profiles(ctx, found)
	if err != nil {
		return Profile{}, err
	}
	p := all[0]
	if p.Deals, err = s.store.Deals(ctx, v); err != nil {
		return Profile{}, err
	}
	if p.Consents, err = s.store.Consents(ctx, v); err != nil {
		return Profile{}, err
	}
	if site, known := s.cfg.Sites[p.Visitor.Site]; known {
		if p.Mails, p.MailsTo, err = s.Mails(ctx, site, v); err != nil {
			return Profile{}, err
		}
	}
	newest, err := s.Mailed(ctx, v, 1)
	if err != nil {
		return Profile{}, err
	}
	for _, m := range newest {
		p.MailedAt, p.Mailed = m.At, m.State
	}
	p.MailsKnown = true
	p.Forms, err = s.store.FilledBy(ctx, v)
	return p, err
}

// Profiles is Profile of several, in the order given, by a handful of queries for all
// of them, and without their Deals, Consents, Mails and Forms.
func (s *Service) Profiles(ctx context.Context, found []store.Found) ([]Profile, error) {
	if len(found) == 0 {
		return nil, nil
	}
	visitors := make([]chat.VisitorID, len(found))
	for i, f := range found {
		visitors[i] = f.Visitor.ID
	}
	facts, err := s.store.FactsOf(ctx, visitors)
	if err != nil {
		return nil, err
	}
	others, err := s.others(ctx, facts)
	if err != nil {
		return nil, err
	}
	all := make([]Profile, len(found))
	for i, f := range found {
		v, known := f.Visitor.ID, facts[f.Visitor.ID]
		p := Profile{
			Visitor: f.Visitor, Dialog: f.Dialog, Tags: known.Tags, Variables: known.Variables, Subject: known.Subject,
			Before: others(known.Before), After: others(known.After), AddressBlocked: known.AddressBlocked,
			Online: s.Present(v), Connections: s.Connections(v), Answer: progress(f.Dialog),
		}
		if state := botStateOf(known.BotState); state != nil {
			p.Unsubscribed, p.Doing = state.Unsubscribed, s.doing(p.Visitor.Site, state)
			p.CanContinue = state.CanContinue(!p.Dialog.Bot.On(now()))
		}
		all[i] = p
	}
	return all, nil
}

// others reads the visitors whom some were before signing in, or are since, and
// returns what finds the first of them.
func (s *Service) others(ctx context.Context, facts map[chat.VisitorID]store.Facts) (func([]chat.VisitorID) []store.Visitor, error) {
	var wanted []chat.VisitorID
	for _, known := range facts {
		wanted = append(append(wanted, firstOf(known.Before)...), firstOf(known.After)...)
	}
	by := make(map[chat.VisitorID]store.Visitor, len(wanted))
	for part := range slices.Chunk(wanted, mostAtOnce) {
		found, err := s.store.FoundOf(ctx, part)
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			by[f.Visitor.ID] = f.Visitor
		}
	}
	return func(ids []chat.VisitorID) (all []store.Visitor) {
		for _, v := range firstOf(ids) {
			if visitor, ok := by[v]; ok {
				all = append(all, visitor)
			}
		}
		return all
	}, nil
}

// mostAtOnce is for how many visitors one query asks at most.
const mostAtOnce = 200

func firstOf(all []chat.VisitorID) []chat.VisitorID { return all[:min(mostOthers, len(all))] }

// botStateOf is the bot's state as it was kept; nil without one, or one of another version.
func botStateOf(kept string) *bot.State {
	var state bot.State
	if kept == "" || json.Unmarshal([]byte(kept), &state) != nil {
		return nil
	}
	return &state
}

// progress is how far the newest message of an operator has come.
func progress(d store.Dialog) Progress {
	switch {
	case d.Replied == 0:
		return ""
	case d.Marks.Read >= d.Replied:
		return Read
	case d.Marks.Delivered >= d.Replied:
		return Delivered
	default:
		return Pending
	}
}
