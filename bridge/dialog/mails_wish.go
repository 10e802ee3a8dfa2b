package dialog

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/killpoint"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// MailWish is what a visitor wants of mails.
type MailWish struct {
	// Client names the wish, so that the same one again does nothing twice; empty for none.
	Client chat.ClientID
	// Transcript has the visitor's own conversation sent, once.
	Transcript bool
	// Answers says whether what the visitor does not read goes on by mail; nil leaves that as it is.
	Answers *bool
	// To is the address for either; empty is the one that is known.
	To string
}

// WishMails does what a visitor wants of mails: all of it, or nothing if one is refused.
func (s *Service) WishMails(ctx context.Context, in Session, w MailWish) error {
	if w.Answers != nil && !in.Site.MailVisitors.Answers {
		return chat.Errorf(chat.CodeNotFound, "This site sends no answers by mail.")
	}
	if w.Transcript && !in.Site.MailVisitors.Transcript {
		return chat.Errorf(chat.CodeNotFound, "This site sends no conversations by mail.")
	}
	if w.Client == "" {
		w.Client = chat.ClientID(chat.NewEntryID())
	}
	killpoint.Reach(killpoint.BeforeMailWish)
	return s.store.Write(ctx, func(ctx context.Context) error {
		if w.Transcript {
			if err := s.mailTranscript(ctx, in, w.Client, w.To); err != nil {
				return err
			}
		}
		if w.Answers != nil {
			if err := s.setMails(ctx, in, *w.Answers, w.To); err != nil {
				return err
			}
		}
		store.AfterCommit(ctx, func() { killpoint.Reach(killpoint.AfterMailWish) })
		return nil
	})
}

// setMails keeps what a visitor says of mails itself: that it wants them, at an address
// or the one that is known, or that it wants none.
func (s *Service) setMails(ctx context.Context, in Session, on bool, said string) error {
	address := mailAddress(said)
	if said != "" && address == "" {
		return noAddress()
	}
	if on {
		var err error
		if address, err = s.wantedAt(ctx, in, address); err != nil {
			return err
		}
	}
	_, before, err := s.Mails(ctx, in.Site, in.Visitor)
	if err != nil {
		return err
	}
	// The address before may have been another one's, by a slip: what went there opens
	// nothing and has told the visitor nothing.
	if address != "" && !strings.EqualFold(address, before) {
		if err := errors.Join(s.store.RevokeMailLinks(ctx, in.Visitor, now()), s.store.UnsetMailed(ctx, in.Visitor, 0)); err != nil {
			return err
		}
	}
	if err := s.store.SetMailChoice(ctx, in.Visitor, store.MailChoice{Address: address, Off: !on, At: now()}); err != nil || !on {
		return err
	}
	// Operators see it where no better one is known.
	if err := s.note(ctx, in.Visitor, Person{Variables: []store.Variable{{Name: emailVariable, Value: address}}}, store.NamedByBrowser); err != nil {
		return err
	}
	return s.awaitUnread(ctx, in.Visitor)
}

// wantedAt is where mails go that are wanted at an address, or at the one that is known.
func (s *Service) wantedAt(ctx context.Context, in Session, address string) (string, error) {
	if address == "" {
		known, err := s.store.KnownAddress(ctx, in.Visitor)
		if address = mailAddress(known); err != nil || address == "" {
			return "", errors.Join(err, noAddress())
		}
	}
	return address, s.refuseStopped(ctx, in.Site.ID, address)
}

// carryNoMails has who signs in get no mails either, if it said so before; what it says
// as the user since then counts. An address does not go along: it may be that of who sat
// there before.
func (s *Service) carryNoMails(ctx context.Context, before, after chat.VisitorID) error {
	said, err := s.store.MailChoice(ctx, before)
	if err != nil || !said.Off {
		return ignoreGone(err)
	}
	choice, err := s.store.MailChoice(ctx, after)
	if err != nil && !errors.Is(err, store.ErrNotFound) || choice.At.After(said.At) {
		return err
	}
	choice.Off, choice.At = true, said.At
	return s.store.SetMailChoice(ctx, after, choice)
}

func noAddress() error {
	return chat.Errorf(chat.CodeBadAddress, "That is no address to which mails can be sent.")
}

// refuseStopped refuses an address that gets no mails: the visitor would wait for them.
func (s *Service) refuseStopped(ctx context.Context, site chat.SiteID, address string) error {
	stopped, err := s.mailStopped(ctx, site, address)
	if err == nil && stopped {
		err = chat.Errorf(chat.CodeUnsubscribed, "That address wants no mails of this chat; the link in an earlier mail allows them again.")
	}
	return err
}

// How many transcripts are mailed in a day: to a visitor, to an address, for a site. So
// the form is of no use to who wants others to get mails.
const (
	visitorTranscripts = 3
	addressTranscripts = 3
	siteTranscripts    = 500
	aDay               = 24 * time.Hour
)

// mailTranscript queues the visitor's own conversation for an address, or for the one that
// is known if said is empty. Nothing is sent of a conversation in which nobody answered:
// that would be the visitor's own words to whomever it names. The same Client for the
// same address again does nothing, whatever has become of the first.
func (s *Service) mailTranscript(ctx context.Context, in Session, client chat.ClientID, said string) error {
	if said == "" {
		_, known, err := s.Mails(ctx, in.Site, in.Visitor)
		if err != nil {
			return err
		}
		said = known
	}
	address := mailAddress(said)
	if address == "" {
		return noAddress()
	}
	key := fmt.Sprintf("%s:%s", in.Visitor, client)
	queued, err := s.store.IsMailQueued(ctx, in.Site.ID, address, mailOrigin(MailTranscript)+key)
	if err != nil || queued {
		return err
	}
	if err := s.refuseStopped(ctx, in.Site.ID, address); err != nil {
		return err
	}
	if err := s.mayMailTranscript(ctx, in, address); err != nil {
		return err
	}
	v, err := s.store.Visitor(ctx, in.Visitor)
	if err != nil {
		return err
	}
	return s.queueMail(ctx, in.Site, v, address, key, MailOrder{About: MailTranscript})
}

func (s *Service) mayMailTranscript(ctx context.Context, in Session, address string) error {
	// What the site says first, at a press of the visitor's, answers nobody.
	answered, err := s.store.HasAnswer(ctx, in.Visitor, proactiveOrigin)
	if err != nil {
		return err
	}
	if !answered {
		return chat.Errorf(chat.CodeUnanswered, "Nobody has answered in this conversation yet.")
	}
	since := now().Add(-aDay)
	for _, limit := range []struct {
		most    int
		v       chat.VisitorID
		mailbox string
	}{{visitorTranscripts, in.Visitor, ""}, {addressTranscripts, "", mailbox(address)}, {siteTranscripts, "", ""}} {
		n, first, err := s.store.MailsTo(ctx, in.Site.ID, limit.v, limit.mailbox, mailOrigin(MailTranscript), since)
		if err != nil {
			return err
		}
		if n >= limit.most {
			return chat.Errorf(chat.CodeTooFast, "Enough conversations were mailed today.").After(max(first.Add(aDay).Sub(now()), time.Minute))
		}
	}
	return nil
}
