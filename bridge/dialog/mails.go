package dialog

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// Mails to visitors: who may get them, and where they lead. What is told when is in
// mails_due.go. A mail is queued as an order, in the transaction of what causes it; what
// it says is read from the journal when it is sent, so that it has nothing that was
// removed by then, and is not sent when it has nothing to say any more.

// MailAbout is what a mail to a visitor is about.
type MailAbout string

// The mails.
const (
	MailTranscript MailAbout = "transcript" // the visitor's own conversation, which it asked for
	MailUnread     MailAbout = "unread"     // what was said to the visitor and not read
)

// MailOrder is what the payload of a mail to a visitor holds.
type MailOrder struct {
	About MailAbout `json:"about"`
	// After and Last bound what an unread mail tells of, as numbers of entries.
	After int64 `json:"after,omitempty"`
	Last  int64 `json:"last,omitempty"`
	// Link opens the dialog in another browser, once. It stands here until the mail was
	// sent; what is kept beyond that is its hash.
	Link string `json:"link,omitempty"`
}

// visitorMail begins the origins of all mails to visitors, in the queue.
const visitorMail = "to visitor "

func mailOrigin(about MailAbout) string { return visitorMail + string(about) + ":" }

// Mailed is a mail to a visitor, and what became of it.
type Mailed struct {
	About MailAbout
	To    string
	At    time.Time
	State store.DeliveryState
}

// Mailed are the mails to a visitor that are still known of (for some days), the newest
// first, at most so many.
func (s *Service) Mailed(ctx context.Context, v chat.VisitorID, most int) (all []Mailed, err error) {
	mails, err := s.store.MailsOf(ctx, v, visitorMail, most)
	for _, m := range mails {
		about, _, _ := strings.Cut(strings.TrimPrefix(m.Origin, visitorMail), ":")
		all = append(all, Mailed{MailAbout(about), m.To, m.At, m.State})
	}
	return all, err
}

// ReadMailOrder reads the order that a delivery holds; false for mails to others.
func ReadMailOrder(d store.Delivery) (order MailOrder, ok bool) {
	if d.Kind != store.Mail || !strings.HasPrefix(d.Origin, visitorMail) || json.Unmarshal([]byte(d.Payload), &order) != nil {
		return MailOrder{}, false
	}
	return order, true
}

// IsMailToVisitor reports whether a delivery is a mail to a visitor, also after it has ended.
func IsMailToVisitor(d store.Delivery) bool {
	return d.Kind == store.Mail && strings.HasPrefix(d.Origin, visitorMail)
}

func (s *Service) queueMail(ctx context.Context, site *config.Site, v store.Visitor, address, key string, o MailOrder) error {
	payload, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("write a mail's order: %w", err)
	}
	if _, err := s.store.QueueDelivery(ctx, store.Delivery{
		Site: site.ID, Visitor: v.ID, Kind: store.Mail, Target: address, Origin: mailOrigin(o.About) + key, Payload: string(payload),
	}, now()); err != nil {
		return err
	}
	return s.desk.Mailing(ctx, site, v, o)
}

// AddressHash stands for an address of e-mail of a site: in what is kept of who wants
// no mails, and in the links with which that is said. Nobody without the key can make it.
func (s *Service) AddressHash(ctx context.Context, site chat.SiteID, address string) (string, error) {
	return s.keyed(ctx, "mails", site, strings.ToLower(address))
}

// keyed is a keyed hash, in hex, of what belongs to a site.
func (s *Service) keyed(ctx context.Context, purpose string, site chat.SiteID, of string) (string, error) {
	key, err := s.SigningKey(ctx)
	if err != nil {
		return "", err
	}
	mac := hmac.New(sha256.New, key)
	_, _ = mac.Write([]byte(purpose + "\x00" + string(site) + "\x00" + of))
	return hex.EncodeToString(mac.Sum(nil)[:16]), nil
}

// stopToken is a hash as links have it: with the proof that it is one of ours, so that
// nobody has us keep any other.
func (s *Service) stopToken(ctx context.Context, site chat.SiteID, hash string) (string, error) {
	proof, err := s.keyed(ctx, "stop", site, hash)
	return hash + "." + proof, err
}

// stopHash is the hash of a stopToken; anything else is refused with CodeLinkExpired.
func (s *Service) stopHash(ctx context.Context, site chat.SiteID, token string) (string, error) {
	hash, _, _ := strings.Cut(token, ".")
	whole, err := s.stopToken(ctx, site, hash)
	if err == nil && !hmac.Equal([]byte(whole), []byte(token)) {
		err = chat.Errorf(chat.CodeLinkExpired, "This link has expired or was changed.")
	}
	return hash, err
}

// StopMails has the address behind the token of a link get no mails of a site; again takes
// that back. It holds for every visitor of that address, and after they are erased.
func (s *Service) StopMails(ctx context.Context, site chat.SiteID, token string, again bool) error {
	hash, err := s.stopHash(ctx, site, token)
	switch {
	case err != nil:
		return err
	case again:
		return s.store.AllowMails(ctx, site, hash)
	default:
		return s.store.StopMails(ctx, site, hash, now())
	}
}

// MailsStopped reports whether the address behind the token of a link gets no mails of a site.
func (s *Service) MailsStopped(ctx context.Context, site chat.SiteID, token string) (bool, error) {
	hash, err := s.stopHash(ctx, site, token)
	if err != nil {
		return false, err
	}
	return s.store.MailsStopped(ctx, site, hash)
}

// MailState is whether what a visitor does not read goes on by mail.
type MailState string

// The states. Without an address nothing can be said of it.
const (
	MailsNot       MailState = ""             // the site sends none
	MailsNoAddress MailState = "unknown"      // no address is known
	MailsOn        MailState = "on"           // they are sent
	MailsOff       MailState = "off"          // the visitor wants none
	MailsStop      MailState = "unsubscribed" // who has the address wants none
)

// Mails says whether a visitor is mailed what it does not read, and where to. Of an
// address that the visitor gave for it, that is the one; else what is known of the contact.
func (s *Service) Mails(ctx context.Context, site *config.Site, v chat.VisitorID) (state MailState, address string, err error) {
	choice, err := s.store.MailChoice(ctx, v)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return "", "", err
	}
	if address = choice.Address; address == "" {
		if address, err = s.store.KnownAddress(ctx, v); err != nil {
			return "", "", err
		}
		address = mailAddress(address)
	}
	switch {
	case !site.MailVisitors.Answers:
		return MailsNot, address, nil
	case choice.Off:
		return MailsOff, address, nil
	case address == "":
		return MailsNoAddress, "", nil
	}
	stopped, err := s.mailStopped(ctx, site.ID, address)
	if stopped {
		return MailsStop, address, err
	}
	return MailsOn, address, err
}

func (s *Service) mailStopped(ctx context.Context, site chat.SiteID, address string) (bool, error) {
	hash, err := s.AddressHash(ctx, site, address)
	if err != nil {
		return false, err
	}
	return s.store.MailsStopped(ctx, site, hash)
}

// mailAddress is an address as mails are sent to it; empty if it is none.
func mailAddress(said string) string {
	address, err := contactAnswer(talk.AskEmail, store.Visitor{}, said, "")
	if err != nil {
		return ""
	}
	return address
}

// SetMails keeps what a visitor says of mails itself: that it wants them, at an address
// or the one that is known, or that it wants none. It returns what holds then.
func (s *Service) SetMails(ctx context.Context, in Session, on bool, said string) (state MailState, err error) {
	address := mailAddress(said)
	if said != "" && address == "" {
		return "", noAddress()
	}
	err = s.store.Write(ctx, func(ctx context.Context) error {
		if on && address == "" {
			known, err := s.store.KnownAddress(ctx, in.Visitor)
			if address = mailAddress(known); err != nil || address == "" {
				return errors.Join(err, noAddress())
			}
		}
		_, before, err := s.Mails(ctx, in.Site, in.Visitor)
		if err != nil {
			return err
		}
		// The address before may have been another one's, by a slip.
		if address != "" && !strings.EqualFold(address, before) {
			if err := s.store.RevokeMailLinks(ctx, in.Visitor, now()); err != nil {
				return err
			}
		}
		if err := s.store.SetMailChoice(ctx, in.Visitor, store.MailChoice{Address: address, Off: !on, At: now()}); err != nil {
			return err
		}
		if on {
			// Operators see it where no better one is known.
			if err := s.note(ctx, in.Visitor, Person{Variables: []store.Variable{{Name: emailVariable, Value: address}}}, store.NamedByBrowser); err != nil {
				return err
			}
		}
		state, _, err = s.Mails(ctx, in.Site, in.Visitor)
		return err
	})
	return state, err
}

func noAddress() error {
	return chat.Errorf(chat.CodeBadAddress, "That is no address to which mails can be sent.")
}

// How many transcripts are mailed in a day: to a visitor, to an address, for a site. So
// the form is of no use to who wants others to get mails.
const (
	visitorTranscripts = 3
	addressTranscripts = 3
	siteTranscripts    = 500
	aDay               = 24 * time.Hour
)

// MailMe queues the visitor's own conversation for an address, or for the one that is
// known if said is empty. Nothing is sent of a conversation in which nobody answered:
// that would be the visitor's own words to whomever it names.
func (s *Service) MailMe(ctx context.Context, in Session, said string) error {
	if !in.Site.MailVisitors.Transcript {
		return chat.Errorf(chat.CodeNotFound, "This site sends no conversations by mail.")
	}
	return s.store.Write(ctx, func(ctx context.Context) error {
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
		if stopped, err := s.mailStopped(ctx, in.Site.ID, address); err != nil || stopped {
			return errors.Join(err, noAddress())
		}
		if err := s.mayMailTranscript(ctx, in, address); err != nil {
			return err
		}
		v, err := s.store.Visitor(ctx, in.Visitor)
		if err != nil {
			return err
		}
		return s.queueMail(ctx, in.Site, v, address, fmt.Sprintf("%s:%d", v.ID, now().UnixMilli()), MailOrder{About: MailTranscript})
	})
}

func (s *Service) mayMailTranscript(ctx context.Context, in Session, address string) error {
	// What the site says first, at a press of the visitor's, answers nobody.
	answered, err := s.store.HasAnswer(ctx, in.Visitor, proactiveOrigin)
	if err != nil {
		return err
	}
	if !answered {
		return chat.Errorf(chat.CodeEmpty, "Nobody has answered in this conversation yet.")
	}
	since := now().Add(-aDay)
	for _, limit := range []struct {
		most   int
		v      chat.VisitorID
		target string
	}{{visitorTranscripts, in.Visitor, ""}, {addressTranscripts, "", address}, {siteTranscripts, "", ""}} {
		n, first, err := s.store.MailsTo(ctx, in.Site.ID, limit.v, limit.target, mailOrigin(MailTranscript), since)
		if err != nil {
			return err
		}
		if n >= limit.most {
			return chat.Errorf(chat.CodeTooFast, "Enough conversations were mailed today.").After(max(first.Add(aDay).Sub(now()), time.Minute))
		}
	}
	return nil
}

// newMailLink makes a link into the dialog for a mail.
func (s *Service) newMailLink(ctx context.Context, site *config.Site, v chat.VisitorID) (link string, err error) {
	fresh := make([]byte, 32)
	_, _ = rand.Read(fresh) // never fails, see crypto/rand
	link = base64.RawURLEncoding.EncodeToString(fresh)
	return link, s.store.AddMailLink(ctx, v, hashLink(site.ID, link), now().Add(time.Duration(site.MailVisitors.LinkFor)))
}

func hashLink(site chat.SiteID, link string) string {
	sum := sha256.Sum256([]byte("anteroom mail link\x00" + string(site) + "\x00" + link))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// ComeBack lets a browser into the dialog to which a link of a mail leads, by a new
// secret; the link is spent by it. A browser that has a session of that dialog already
// keeps it, and so does the link. Of who was shut out nothing opens.
func (s *Service) ComeBack(ctx context.Context, site chat.SiteID, link, secret string) (pass Pass, err error) {
	expired := chat.Errorf(chat.CodeLinkExpired, "This link has expired or was used.")
	if _, err := s.Site(site); err != nil {
		return Pass{}, err
	}
	if !secretForm.MatchString(link) {
		return Pass{}, expired
	}
	hash := hashLink(site, link)
	err = s.store.Write(ctx, func(ctx context.Context) error {
		v, opens, err := s.store.MailLink(ctx, hash, now())
		if errors.Is(err, store.ErrNotFound) {
			return expired
		}
		if err != nil {
			return err
		}
		if err := s.refuseBlocked(ctx, v); err != nil {
			return err
		}
		if secretForm.MatchString(secret) {
			name := hashSecret(site, secret)
			if has, err := s.store.FindSession(ctx, site, name); err == nil && has.ID == v {
				pass = Pass{Session: name}
				return nil
			}
		}
		spent := false
		if opens {
			if spent, err = s.store.UseMailLink(ctx, hash, now()); err != nil {
				return err
			}
		}
		if !spent {
			return expired
		}
		pass = newPass(site)
		return s.store.AddSession(ctx, site, pass.Session, v, now())
	})
	return pass, err
}
