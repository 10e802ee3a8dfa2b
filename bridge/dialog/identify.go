package dialog

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"slices"
	"strings"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// Person is what a site says of who sits before the chat. The texts are clean
// and within the limits of names and variables.
type Person struct {
	// Subject is the site's own id of a user, proved by a signed token; empty for
	// what a page says without one.
	Subject   string
	Name      string
	Variables []store.Variable
	// Agreed is the hash of the text that the visitor agreed to, where the site asks for
	// that: nothing is taken without.
	Agreed string
}

// Pass is how a browser goes on after Identify.
type Pass struct {
	// Secret is a new one, which opens the dialog of the signed-in user; empty if
	// the browser keeps the one that it has.
	Secret string
	// Session names the session without opening it: SignOut takes it.
	Session string
}

// Identify notes who sits before a browser with that secret. A signed person is
// one visitor with one dialog on every device: a browser that has another
// session is given a new secret, once its present one is not of that person.
// What it wrote before stays a dialog of its own, which the old secret opens and
// the new one does not; operators are told of both, once. The browser of another
// signed-in person is signed out by it.
//
// What is not signed only fills gaps, for a session that has said hello. Of who
// was shut out nothing is taken.
func (s *Service) Identify(ctx context.Context, site chat.SiteID, secret string, p Person) (pass Pass, err error) {
	found, err := s.Site(site)
	if err != nil {
		return Pass{}, err
	}
	if err := checkConsent(found, p.Agreed); err != nil {
		return Pass{}, err
	}
	session := hashSecret(site, secret)
	err = s.store.Write(ctx, func(ctx context.Context) error {
		now, err := s.whose(ctx, site, session, p.Subject != "")
		if err != nil {
			return err
		}
		if now.ID != "" { // a block holds whoever says to sit there
			if err := s.refuseBlocked(ctx, now.ID); err != nil {
				return err
			}
		}
		if p.Subject == "" {
			pass = Pass{Session: session}
			return errors.Join(s.keepConsent(ctx, found, now.ID, p.Agreed, s.Now()), s.note(ctx, now.ID, p, store.NamedByBrowser))
		}
		pass, err = s.signIn(ctx, found, now, session, p)
		return err
	})
	return pass, err
}

// whose returns the visitor of a session. For a signed person it may be none.
func (s *Service) whose(ctx context.Context, site chat.SiteID, session string, signed bool) (store.Visitor, error) {
	v, err := s.store.FindSession(ctx, site, session)
	ended, unknown := errors.Is(err, store.ErrEnded), errors.Is(err, store.ErrNotFound)
	switch {
	case signed && (ended || unknown):
		return store.Visitor{}, nil
	case ended:
		return store.Visitor{}, signedOut()
	case unknown:
		return store.Visitor{}, chat.Errorf(chat.CodeBadSession, "There is no such session.")
	default:
		return v, err
	}
}

// signIn makes the session that a browser goes on with, if its present one, which
// is the visitor now's, is not the person's already.
func (s *Service) signIn(ctx context.Context, site *config.Site, now store.Visitor, session string, p Person) (Pass, error) {
	user, err := s.store.EnterIdentity(ctx, site.ID, p.Subject, now.Device, s.Now())
	if err != nil {
		return Pass{}, err
	}
	if err := s.keepConsent(ctx, site, user.ID, p.Agreed, s.Now()); err != nil {
		return Pass{}, err
	}
	if err := s.note(ctx, user.ID, p, store.NamedByPage); err != nil || user.ID == now.ID {
		return Pass{Session: session}, err
	}
	pass, err := s.newPass(ctx, site.ID, user.ID, newSecret())
	if err != nil || now.ID == "" {
		return pass, err
	}
	another, err := s.store.Subject(ctx, now.ID)
	if err != nil {
		return Pass{}, err
	}
	if another != "" {
		return pass, s.SignOut(ctx, site.ID, "", session)
	}
	return pass, s.join(ctx, site, now.ID, user.ID)
}

// mostSessions is how many sessions a visitor has at most: one token makes any number of
// them while it is good, and each login that is not followed by a visit leaves one.
const mostSessions = 50

func newSecret() string {
	fresh := make([]byte, 32)
	_, _ = rand.Read(fresh) // never fails, see crypto/rand
	return base64.RawURLEncoding.EncodeToString(fresh)
}

// newPass makes one more session of a visitor, by a secret. Of too many the one goes that was used least
// recently: a browser that comes back for years keeps its own.
func (s *Service) newPass(ctx context.Context, site chat.SiteID, v chat.VisitorID, secret string) (Pass, error) {
	pass := Pass{Secret: secret, Session: hashSecret(site, secret)}
	if err := s.store.AddSession(ctx, site, pass.Session, v, s.Now()); err != nil {
		return Pass{}, err
	}
	gone, err := s.store.DropSessions(ctx, v, pass.Session, mostSessions)
	if err != nil {
		return Pass{}, err
	}
	store.AfterCommit(ctx, func() {
		for _, session := range gone {
			s.hub.stop(v, session)
		}
	})
	return pass, nil
}

// IsSignedIn reports whether a secret opens the dialog of that user of the site already, so
// that the door can count the sessions that Identify makes.
func (s *Service) IsSignedIn(ctx context.Context, site chat.SiteID, secret, subject string) (bool, error) {
	v, err := s.store.FindSession(ctx, site, hashSecret(site, secret))
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrEnded) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	now, err := s.store.Subject(ctx, v.ID)
	return now == subject, err
}

// SignOut ends a session for ever, by its secret or by what names it: its
// connections end, and it opens nothing any more. One that is not there, or has
// ended, is no error.
func (s *Service) SignOut(ctx context.Context, site chat.SiteID, secret, session string) error {
	if _, err := s.Site(site); err != nil {
		return err
	}
	if session == "" {
		session = hashSecret(site, secret)
	}
	return s.store.Write(ctx, func(ctx context.Context) error {
		v, err := s.store.EndSession(ctx, site, session, s.Now())
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		store.AfterCommit(ctx, func() { s.hub.stop(v, session) })
		return s.store.RevokeMailLinks(ctx, v, s.Now())
	})
}

func signedOut() *chat.Error {
	return chat.Errorf(chat.CodeSignedOut, "This session was signed out.")
}

// note keeps what a site says of a visitor, where nobody knows better, and as
// much of it as a visitor can have.
func (s *Service) note(ctx context.Context, v chat.VisitorID, p Person, by store.NameSource) error {
	// What is known of it by now is not asked in a form any more.
	store.AfterCommit(ctx, func() { s.hub.wakeListeners(v) })
	if p.Name != "" {
		if _, err := s.Rename(ctx, v, p.Name, by); err != nil {
			return err
		}
	}
	all, err := s.store.Variables(ctx, v)
	if err != nil {
		return err
	}
	room, changed := MaxValues-len(all), []string(nil)
	slices.SortFunc(p.Variables, func(a, b store.Variable) int { return strings.Compare(a.Name, b.Name) })
	for _, x := range p.Variables {
		fresh, wanted, err := s.isNews(ctx, v, x, by)
		if err != nil {
			return err
		}
		if !wanted || fresh && room == 0 {
			continue
		}
		if fresh {
			room--
		}
		if err := s.store.SetVariable(ctx, v, x.Name, x.Value, by); err != nil {
			return err
		}
		changed = append(changed, x.Name)
	}
	if len(changed) == 0 {
		return nil
	}
	if err := s.changedForBot(ctx, v, changed...); err != nil {
		return err
	}
	return s.noted(ctx, v, variableParts(changed...)...)
}

// isNews reports whether a visitor has no such variable yet, and whether the
// value is to be noted: it differs, and nobody who knows better gave the other one.
func (s *Service) isNews(ctx context.Context, v chat.VisitorID, x store.Variable, by store.NameSource) (fresh, wanted bool, err error) {
	value, setBy, err := s.store.Variable(ctx, v, x.Name)
	if errors.Is(err, store.ErrNotFound) {
		return true, x.Value != "", nil
	}
	return false, rank(by) >= rank(setBy) && (value != x.Value || setBy != by), err
}

// join links a visitor who wrote with the one that it is since signing in: an
// open dialog goes on there. Of who never wrote the bot's calls go on there alone. Of others operators are told once there is a room of
// the user's anyway, which is not made for it, and into which nobody is called.
func (s *Service) join(ctx context.Context, site *config.Site, before, after chat.VisitorID) error {
	if err := s.carryNoMails(ctx, before, after); err != nil {
		return err
	}
	began, err := s.store.FirstOfVisitor(ctx, before)
	if err != nil {
		return err
	}
	if began.IsZero() {
		return s.callInstead(ctx, site, before, after)
	}
	fresh, err := s.store.SignedIn(ctx, before, after, s.Now())
	if err != nil || !fresh {
		return err
	}
	stands, err := s.store.Dialog(ctx, before)
	if err != nil {
		return err
	}
	opened := false
	if stands.Status == store.StatusOpen {
		met, err := s.makeKnown(ctx, after)
		if err != nil {
			return err
		}
		if opened, err = s.handOn(ctx, before, after, stands); err != nil {
			return err
		}
		if met {
			if err := s.callLate(ctx, after); err != nil {
				return err
			}
		}
	}
	user, err := s.store.Visitor(ctx, after)
	if err != nil || user.Number == 0 {
		return err // told with its first act
	}
	former, err := s.store.Visitor(ctx, before)
	if err != nil {
		return err
	}
	return s.desk.SignedIn(ctx, site, former, user, opened)
}

// handOn closes an open dialog, and the other one is open in its place: with its
// assignee, waiting as long, and the bot as silent. It reports whether the other one was not open.
func (s *Service) handOn(ctx context.Context, before, after chat.VisitorID, stands store.Dialog) (bool, error) {
	if _, err := s.Close(ctx, before); err != nil {
		return false, err
	}
	opened, err := s.Reopen(ctx, after)
	if err != nil {
		return false, err
	}
	if opened {
		if err := s.store.HandOpening(ctx, before, after, stands.OpenedAt); err != nil {
			return false, err
		}
	}
	if stands.Assignee != "" {
		if _, err := s.Assign(ctx, after, "", stands.Assignee); err != nil {
			return false, err
		}
	}
	if err := s.keepSilent(ctx, after, stands.Bot); err != nil {
		return false, err
	}
	if stands.Translate != "" {
		if _, err := s.store.SetTranslate(ctx, after, stands.Translate); err != nil {
			return false, err
		}
	}
	if stands.Called {
		if err := s.CallIn(ctx, after); err != nil {
			return false, err
		}
	}
	if stands.Promised {
		if err := s.store.SetPromised(ctx, after); err != nil {
			return false, err
		}
	}
	if stands.WaitingSince.IsZero() {
		return opened, nil
	}
	return opened, s.store.SetWaiting(ctx, after, stands.WaitingSince)
}

// tellBefore tells operators whom a user was who wrote before signing in.
func (s *Service) tellBefore(ctx context.Context, site *config.Site, v chat.VisitorID) error {
	before, err := s.store.Before(ctx, v, mostOthers)
	if err != nil || len(before) == 0 {
		return err
	}
	user, err := s.store.Visitor(ctx, v)
	if err != nil {
		return err
	}
	for _, former := range before {
		if err := s.desk.SignedIn(ctx, site, former, user, false); err != nil {
			return err
		}
	}
	return nil
}
