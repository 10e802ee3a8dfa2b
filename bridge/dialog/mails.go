package dialog

import (
	"context"
	"crypto/hmac"
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
// mails_due.go, what visitors say of them in mails_wish.go. A mail is queued as an order,
// in the transaction of what causes it; what it says is read from the journal when it is
// sent, so that it has nothing that was removed by then, and is not sent when it has
// nothing to say any more.

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
	return s.desk.Mailing(ctx, site, v, key, o)
}

// AddressHash stands for a mailbox of a site: in what is kept of who wants no mails, and
// in the links with which that is said. Nobody without the key can make it.
func (s *Service) AddressHash(ctx context.Context, site chat.SiteID, address string) (string, error) {
	return s.keyed(ctx, "mails", site, strings.ToLower(mailbox(address)))
}

// mailbox is an address without what stands behind a "+" before its "@" (RFC 5233): most
// mail servers put all of these into one mailbox, and who has it means all of them.
func mailbox(address string) string {
	at := strings.LastIndexByte(address, '@')
	if plus := strings.IndexByte(address, '+'); plus > 0 && plus < at {
		return address[:plus] + address[at:]
	}
	return address
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

// newMailLink makes a link into the dialog for a mail.
func (s *Service) newMailLink(ctx context.Context, site *config.Site, v chat.VisitorID) (link string, err error) {
	link = newSecret()
	return link, s.store.AddMailLink(ctx, v, hashLink(site.ID, link), now().Add(time.Duration(site.MailVisitors.LinkFor)))
}

func hashLink(site chat.SiteID, link string) string {
	sum := sha256.Sum256([]byte("anteroom mail link\x00" + string(site) + "\x00" + link))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// ComeBack lets a browser into the dialog to which a link of a mail leads, by a fresh
// secret of its own; the link is spent by it, and the same once more is answered alike: the
// first answer may have been lost. A browser that has a session of that dialog already, by
// the other secret, keeps it, and so does the link. Of who was shut out nothing opens.
func (s *Service) ComeBack(ctx context.Context, site chat.SiteID, link, secret, fresh string) (pass Pass, err error) {
	expired := chat.Errorf(chat.CodeLinkExpired, "This link has expired or was used.")
	if _, err := s.Site(site); err != nil {
		return Pass{}, err
	}
	if !secretForm.MatchString(link) {
		return Pass{}, expired
	}
	if !secretForm.MatchString(fresh) {
		fresh = newSecret()
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
		switch {
		case s.isOf(ctx, site, secret, v):
			pass = Pass{Session: hashSecret(site, secret)}
			return nil
		case s.isOf(ctx, site, fresh, v):
			pass = Pass{Secret: fresh, Session: hashSecret(site, fresh)}
			return nil
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
		pass, err = s.newPass(ctx, site, v, fresh)
		return err
	})
	return pass, err
}

// isOf reports whether a secret is of a session of that visitor.
func (s *Service) isOf(ctx context.Context, site chat.SiteID, secret string, v chat.VisitorID) bool {
	has, err := s.store.FindSession(ctx, site, hashSecret(site, secret))
	return err == nil && has.ID == v
}
