package dialog

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/transcript"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/killpoint"
	"github.com/anteroom-chat/anteroom/bridge/store"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

const (
	// mailsAtOnce is for how many visitors it is looked in one go.
	mailsAtOnce = 20
	// mailLookEvery is how often it is looked whether somebody is due, at least.
	mailLookEvery = 10 * time.Second
	// absent is how many times longer a visitor may leave something unread whose page is
	// open: it rings and counts there, until nobody seems to sit before it.
	absent = 6
)

// awaitReading plans the look whether the visitor has read a message, in the
// transaction that appends it. Who never wrote is not written to.
func (s *Service) awaitReading(ctx context.Context, e chat.Entry) error {
	if e.Kind != chat.Message || e.Author.Party == chat.Visitor || !s.mails {
		return nil
	}
	v, err := s.store.Visitor(ctx, e.Visitor)
	if err != nil || v.Number == 0 {
		return err
	}
	site, err := s.Site(v.Site)
	if err != nil || !site.MailVisitors.Answers {
		return err
	}
	if wasTold(ctx) { // read or mailed then, for all that is known
		return s.store.SetMailed(ctx, v.ID, e.Seq)
	}
	return s.store.WaitForMail(ctx, v.ID, e.At.Add(time.Duration(site.MailVisitors.After)))
}

// oldNews is how long nobody has to have said anything until what is unread is no news:
// who is given an address later, as by an import, is mailed nothing of it.
const oldNews = 7 * 24 * time.Hour

// awaitUnread plans the look for who can be mailed since now: what was said to it before,
// and it has not read, goes on as if its address had been known then.
func (s *Service) awaitUnread(ctx context.Context, v chat.VisitorID) error {
	if !s.mails {
		return nil
	}
	first, last, err := s.store.Unmailed(ctx, v)
	if err != nil || now().Sub(last.At) > oldNews {
		return ignoreGone(err)
	}
	return s.awaitReading(ctx, first)
}

// DropMail ends a mail to a visitor that has nothing to say any more, as nobody was sent
// it: what of it is still unread is looked after anew.
func (s *Service) DropMail(ctx context.Context, d store.Delivery) error {
	return s.store.Write(ctx, func(ctx context.Context) error {
		ours, err := s.store.DropDelivery(ctx, d, now())
		order, known := ReadMailOrder(d)
		if err != nil || !ours || !known || order.About != MailUnread {
			return err
		}
		// Where a later mail has gone on from this one, both would be told of twice.
		last, err := s.store.IsMailedUpTo(ctx, d.Visitor, order.Last)
		if err != nil || !last {
			return err
		}
		if err := s.store.UnsetMailed(ctx, d.Visitor, order.After); err != nil {
			return err
		}
		return s.awaitUnread(ctx, d.Visitor)
	})
}

// RunMails queues the mails that are due until ctx ends.
func (s *Service) RunMails(ctx context.Context) error {
	if !s.mails {
		<-ctx.Done()
		return ctx.Err()
	}
	for {
		next, err := s.mailDue(ctx)
		if err != nil && ctx.Err() == nil {
			s.log.Error().Err(err).Msg("It could not be looked who has something unread; trying again")
		}
		timer := time.NewTimer(next)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}

// mailDue looks after all who are due, and says when to look again.
func (s *Service) mailDue(ctx context.Context) (time.Duration, error) {
	due, err := s.store.DueMails(ctx, now(), mailsAtOnce)
	for _, v := range due {
		err = errors.Join(err, s.mailUnread(ctx, v))
	}
	if err != nil {
		return mailLookEvery, err
	}
	if len(due) == mailsAtOnce {
		return 0, nil
	}
	next, err := s.store.NextMail(ctx)
	if err != nil || next.IsZero() {
		return mailLookEvery, err
	}
	// Another one may be planned meanwhile.
	return min(max(next.Sub(now()), 0), mailLookEvery), nil
}

// mailUnread queues one mail for all that a visitor has not read, or looks again later,
// or not any more; all in one transaction, so that no message is told of twice.
func (s *Service) mailUnread(ctx context.Context, v chat.VisitorID) error {
	killpoint.Reach(killpoint.BeforeMail)
	return s.store.Write(ctx, func(ctx context.Context) error {
		if due, err := s.store.IsMailDue(ctx, v, now()); err != nil || !due {
			return err
		}
		visitor, err := s.store.Visitor(ctx, v)
		if err != nil {
			return err
		}
		site, known := s.cfg.Sites[visitor.Site]
		if !known { // not in the config any more
			return s.store.EndMailWait(ctx, v)
		}
		return s.mailOrWait(ctx, site, visitor)
	})
}

func (s *Service) mailOrWait(ctx context.Context, site *config.Site, v store.Visitor) error {
	state, address, err := s.Mails(ctx, site, v.ID)
	if err != nil {
		return err
	}
	blocked, err := s.store.Blocked(ctx, v.ID)
	if err != nil || blocked || state != MailsOn {
		return errors.Join(err, s.store.EndMailWait(ctx, v.ID))
	}
	first, last, err := s.store.Unmailed(ctx, v.ID)
	if errors.Is(err, store.ErrNotFound) { // read, removed, or told of
		return s.store.EndMailWait(ctx, v.ID)
	}
	if err != nil {
		return err
	}
	at := now()
	due, err := s.whenToMail(ctx, site, v.ID, address, first.At, at)
	if err != nil {
		return err
	}
	if at.Before(due) {
		return s.store.PutOffMail(ctx, v.ID, due)
	}
	order := MailOrder{About: MailUnread, After: first.Seq - 1, Last: last.Seq}
	subject, err := s.store.Subject(ctx, v.ID)
	if err != nil {
		return err
	}
	// Who signs in reads it there: a link that opens what a site's user has on it would
	// be worth a password to whoever is sent the mail on.
	if subject == "" {
		if order.Link, err = s.newMailLink(ctx, site, v.ID); err != nil {
			return err
		}
	}
	store.AfterCommit(ctx, func() {
		killpoint.Reach(killpoint.AfterMail) // before the queue is woken
		trail.Of(s.log.Debug(), &last).Int64("after", order.After).Msg("A mail is to tell of what is unread up to an entry")
	})
	return errors.Join(
		s.store.SetMailed(ctx, v.ID, last.Seq), s.store.EndMailWait(ctx, v.ID),
		s.queueMail(ctx, site, v, address, fmt.Sprintf("%s:%d:%d", v.ID, last.Seq, at.UnixMilli()), order),
	)
}

// whenToMail is when a mail may tell of what is not read since a moment: later for who has
// a page open, and where enough were sent in a day: to the visitor, or to the address, which
// others may have named as well.
func (s *Service) whenToMail(ctx context.Context, site *config.Site, v chat.VisitorID, address string, since, at time.Time) (time.Time, error) {
	after := time.Duration(site.MailVisitors.After)
	due := since.Add(after)
	if patience := since.Add(absent * after); s.Present(v) && at.Before(patience) {
		due = earlier(at.Add(after), patience)
	}
	for _, of := range []struct {
		v       chat.VisitorID
		mailbox string
	}{{v, ""}, {"", mailbox(address)}} {
		n, oldest, err := s.store.MailsTo(ctx, site.ID, of.v, of.mailbox, mailOrigin(MailUnread), at.Add(-aDay))
		if err != nil {
			return due, err
		}
		if full := oldest.Add(aDay); n >= site.MailVisitors.MostADay && full.After(due) {
			due = full
		}
	}
	return due, nil
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// Letter is what a mail to a visitor is made of, as things stand when it is sent.
type Letter struct {
	Site    *config.Site
	Visitor store.Visitor
	About   transcript.About
	// Language is what the chat speaks with the visitor, which About may have no words of.
	Language config.Language
	// Messages are those that it tells of.
	Messages []transcript.Message
	// More is true if there are older ones, which it has no room for.
	More bool
	// Stop is the token by which who has the address stops mails.
	Stop string
	// SignedIn is true if the visitor reads the dialog where it signs in.
	SignedIn bool
}

// What a letter has room for.
const (
	letterMessages = 500
	letterBytes    = 200 << 10
)

// Letter makes what a mail tells. wanted is false if there is nothing to tell any more:
// the visitor has read it, or wants no mails, or none at that address, or it was removed.
func (s *Service) Letter(ctx context.Context, d store.Delivery, o MailOrder) (l Letter, wanted bool, err error) {
	if l.Site, err = s.Site(d.Site); err != nil {
		return l, false, err
	}
	if l.Visitor, err = s.store.Visitor(ctx, d.Visitor); err != nil {
		return l, false, ignoreGone(err)
	}
	hash, err := s.AddressHash(ctx, d.Site, d.Target)
	if err != nil {
		return l, false, err
	}
	stopped, err := s.store.MailsStopped(ctx, d.Site, hash)
	if err != nil || stopped {
		return l, false, err
	}
	if l.Stop, err = s.stopToken(ctx, d.Site, hash); err != nil {
		return l, false, err
	}
	if l.About, err = s.TranscriptAbout(ctx, l.Site, d.Visitor); err != nil {
		return l, false, err
	}
	l.About.Mail, l.Language = true, spokenWith(l.Site, l.Visitor)
	subject, err := s.store.Subject(ctx, d.Visitor)
	if err != nil {
		return l, false, err
	}
	l.SignedIn = subject != ""
	after, last := o.After, o.Last
	if o.About == MailUnread {
		read, still, err := s.stillUnread(ctx, l.Site, d)
		if err != nil || !still {
			return l, false, err
		}
		after = max(after, read)
	}
	err = s.fill(ctx, &l, o.About, after, last)
	return l, len(l.Messages) > 0, err
}

// stillUnread is up to where the visitor has read, and whether a mail about the rest may
// still go to where it is to go.
func (s *Service) stillUnread(ctx context.Context, site *config.Site, d store.Delivery) (read int64, still bool, err error) {
	state, address, err := s.Mails(ctx, site, d.Visitor)
	if err != nil || state != MailsOn || !strings.EqualFold(address, d.Target) {
		return 0, false, err
	}
	if blocked, err := s.store.Blocked(ctx, d.Visitor); err != nil || blocked {
		return 0, false, err
	}
	marks, err := s.Marks(ctx, d.Visitor)
	return marks.Read, err == nil, err
}

// fill reads the messages of a letter, the newest that it has room for.
func (s *Service) fill(ctx context.Context, l *Letter, about MailAbout, after, last int64) error {
	size := 0
	for m, err := range s.Transcript(ctx, l.Visitor.ID, after) {
		if err != nil {
			return err
		}
		if about == MailUnread && (m.Entry.Redacted || m.Entry.Author.Party == chat.Visitor || m.Entry.Seq > last) {
			continue
		}
		l.Messages = append(l.Messages, m)
		size += weight(m)
		for len(l.Messages) > letterMessages || size > letterBytes && len(l.Messages) > 1 {
			size -= weight(l.Messages[0])
			l.Messages, l.More = l.Messages[1:], true
		}
	}
	return nil
}

func weight(m transcript.Message) int {
	const beside = 300 // of markup
	return len(m.Said.Text) + len(m.Said.HTML) + beside
}
