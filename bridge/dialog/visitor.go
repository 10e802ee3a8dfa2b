package dialog

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/netip"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/killpoint"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// Session is a visitor who said hello.
type Session struct {
	Visitor chat.VisitorID
	Site    *config.Site
	// Began is when the visitor first wrote something, since when there is a room; else zero.
	Began time.Time
	// Customer is whose connection it is, for store.Patient.
	Customer netip.Addr
	// At is when the hello came, SeenAt when the visitor was known to be here before that.
	At, SeenAt time.Time
	// name is that of Pass.Session.
	name string
}

var secretForm = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

// Enter lets a browser in by its secret (43 characters of base64url, made by
// the widget from 256 random bits) and makes a visitor of it at the first time.
// Only the secret's hash is kept; the secret is random enough that a plain
// hash cannot be turned back.
func (s *Service) Enter(ctx context.Context, site chat.SiteID, secret string, d store.Device) (Session, error) {
	return s.EnterAgreed(ctx, site, secret, d, "")
}

// EnterAgreed is Enter for a visitor who agreed to the text of that hash. Where the site
// asks for it nobody enters without; what was agreed to is kept in the transaction that
// first keeps anything of the visitor.
func (s *Service) EnterAgreed(ctx context.Context, site chat.SiteID, secret string, d store.Device, hash string) (Session, error) {
	found, err := s.Site(site)
	if err != nil {
		return Session{}, err
	}
	if err := checkConsent(found, hash); err != nil {
		return Session{}, err
	}
	if !secretForm.MatchString(secret) {
		return Session{}, chat.Errorf(chat.CodeBadSession, "The session's secret must be 43 characters of base64url.")
	}
	in := Session{Site: found, name: hashSecret(site, secret)}
	d.Language, d.TimeZone, d.UserAgent = plain.Line(d.Language, 35), plain.Line(d.TimeZone, 64), plain.Line(d.UserAgent, 512)
	at := now()
	killpoint.Reach(killpoint.BeforeEnter)
	v, err := s.enterVisitor(ctx, found, in.name, d, hash, at)
	if err == nil {
		killpoint.Reach(killpoint.AfterEnter)
	}
	if errors.Is(err, store.ErrEnded) {
		return Session{}, signedOut()
	}
	if err != nil {
		return Session{}, err
	}
	if err := s.refuseBlocked(ctx, v.ID); err != nil {
		return Session{}, err
	}
	if err := s.here(ctx, v); err != nil {
		return Session{}, err
	}
	in.Visitor, in.At, in.SeenAt = v.ID, at, v.SeenAt
	in.Began, err = s.store.FirstOfVisitor(ctx, v.ID)
	return in, err
}

// Check returns an error if the session was signed out since Enter, or its visitor or
// the address shut out. Whoever listens asks once more: the end of a session, and a block,
// find those who listen already.
func (s *Service) Check(ctx context.Context, in Session) error {
	if _, err := s.store.FindSession(ctx, in.Site.ID, in.name); errors.Is(err, store.ErrEnded) {
		return signedOut()
	} else if err != nil {
		return err
	}
	out, err := s.store.ShutOut(ctx, in.Visitor)
	if err == nil && out {
		return shutOut()
	}
	return err
}

// Known reports whether a secret has a visitor already, so that the door can
// count the new ones of an address.
func (s *Service) Known(ctx context.Context, site chat.SiteID, secret string) (bool, error) {
	_, err := s.store.FindSession(ctx, site, hashSecret(site, secret))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return false, nil
	case errors.Is(err, store.ErrEnded):
		return true, nil // Enter says so
	default:
		return err == nil, err
	}
}

func hashSecret(site chat.SiteID, secret string) string {
	sum := sha256.Sum256([]byte("anteroom session\x00" + string(site) + "\x00" + secret))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func (s *Service) refuseBlocked(ctx context.Context, v chat.VisitorID) error {
	blocked, err := s.store.Blocked(ctx, v)
	if errors.Is(err, store.ErrNotFound) {
		return gone()
	}
	if err == nil && blocked {
		return shutOut()
	}
	return err
}

// act appends what a visitor did and puts it on its way to Matrix, unless the
// visitor was shut out meanwhile: open connections end a moment after that. The
// same Client again returns the same entry also then.
func (s *Service) act(ctx context.Context, d store.Draft,
	check func(context.Context, *store.Draft) (*chat.Entry, error),
) (chat.Entry, error) {
	return s.actAnd(ctx, d, check, func(context.Context, chat.Entry) (bool, error) { return false, nil })
}

// actAnd is act with what is done besides, in the same transaction. It reports whether
// the act is not the bot's to hear.
func (s *Service) actAnd(ctx context.Context, d store.Draft,
	check func(context.Context, *store.Draft) (*chat.Entry, error),
	besides func(context.Context, chat.Entry) (bool, error),
) (chat.Entry, error) {
	return s.say(ctx, d, func(ctx context.Context, d *store.Draft) (*chat.Entry, error) {
		if err := s.refuseBlocked(ctx, d.Visitor); err != nil {
			return nil, err
		}
		same, err := check(ctx, d)
		if err != nil || same != nil || d.Kind != chat.Message {
			return same, err
		}
		return nil, s.cut(ctx, d.Visitor, cutByNews)
	}, func(ctx context.Context, e chat.Entry) error {
		if e.Content.File != nil {
			if err := s.store.AttachFile(ctx, e.Content.File.ID, e.ID); err != nil {
				return err
			}
		}
		became, err := s.acted(ctx, e)
		if err != nil {
			return err
		}
		if err := errors.Join(s.store.Enqueue(ctx, e), s.translateSaid(ctx, e)); err != nil {
			return err
		}
		if settled, err := besides(ctx, e); err != nil || settled {
			return err
		}
		// The message comes before what it did to the dialog, so that it is not taken
		// for the answer to what a chain says of that.
		if err := s.saidToBot(ctx, e); err != nil || became == "" {
			return err
		}
		return s.tellBot(ctx, e.Visitor, openingKey(e), talk.Event{Kind: became})
	})
}

// Message is what a visitor wants to say.
type Message struct {
	Client  chat.ClientID
	Text    string
	ReplyTo chat.EntryID
	File    chat.FileID
	// Answer is a press, whose words are the text whatever Text says, or a form: of
	// a choice and a rating the words are the question's own as well.
	Answer   *chat.Answer
	Location *chat.Location
	// Person has operators called, where the site offers that and the bot answers.
	Person bool
}

// Say appends a visitor's message and puts it on its way to Matrix. When it
// returns, the message is on disk. The same Client again returns the same entry,
// and so does the press of a button that the visitor pressed last, with nothing said since.
func (s *Service) Say(ctx context.Context, in Session, m Message) (chat.Entry, error) {
	d := in.draft(chat.Message, m.Client, "")
	if m.Answer != nil && m.Answer.Button != nil {
		return s.act(ctx, d, func(ctx context.Context, d *store.Draft) (*chat.Entry, error) {
			if err := s.formFirst(ctx, in); err != nil {
				return nil, err
			}
			return s.press(ctx, d, *m.Answer)
		})
	}
	text, tooLong := in.text(m.Text)
	if err := m.check(text, tooLong); err != nil {
		return chat.Entry{}, err
	}
	d.Content = chat.Content{Text: text, ReplyTo: m.ReplyTo, Location: m.Location}
	return s.actAnd(ctx, d, func(ctx context.Context, d *store.Draft) (*chat.Entry, error) {
		if err := s.formFirst(ctx, in); err != nil {
			return nil, err
		}
		// Of a choice there may be more to take than a visitor may write.
		if ours, err := s.answer(ctx, d, m.Answer); err != nil || tooLong != nil && !ours {
			return nil, cmp.Or(err, tooLong)
		}
		if err := s.checkReply(ctx, d); err != nil {
			return nil, err
		}
		return nil, s.attach(ctx, in.Visitor, m.File, d)
	}, s.calls(in, m.Person))
}

// check refuses what says nothing, or too much; tooLong is nil or why the text is.
func (m *Message) check(text string, tooLong error) error {
	switch {
	case tooLong != nil && m.Answer == nil:
		return tooLong
	case m.Location != nil && !onEarth(*m.Location):
		return chat.Errorf(chat.CodeBadFrame, "A location has a latitude from -90 to 90 and a longitude from -180 to 180 degrees.")
	case text == "" && tooLong == nil && m.File == "" && m.Location == nil:
		return chat.Errorf(chat.CodeEmpty, "The message is empty.")
	default:
		return nil
	}
}

// calls is what a message does beside being said: nothing, or that a person is called
// while the bot answers.
func (s *Service) calls(in Session, person bool) func(context.Context, chat.Entry) (bool, error) {
	return func(ctx context.Context, e chat.Entry) (bool, error) {
		if !person || !in.Site.Widget.Person {
			return false, nil
		}
		stands, err := s.store.Dialog(ctx, in.Visitor)
		if err != nil || stands.Promised || !s.botAnswers(in.Site, stands) {
			return false, err
		}
		return true, s.wanted(ctx, in, e)
	}
}

// checkReply refuses the reply to what is no message, and forgets one to what was removed.
func (s *Service) checkReply(ctx context.Context, d *store.Draft) error {
	if d.Content.ReplyTo == "" {
		return nil
	}
	answered, err := s.store.Entry(ctx, d.Visitor, d.Content.ReplyTo)
	switch {
	case err == nil && answered.Redacted: // removed while the answer was written: the words go alone
		d.Content.ReplyTo = ""
		return nil
	case errors.Is(err, store.ErrNotFound), err == nil && answered.Kind != chat.Message:
		return chat.Errorf(chat.CodeUnknownTarget, "There is no such message in this conversation.")
	default:
		return err
	}
}

func (s *Service) attach(ctx context.Context, v chat.VisitorID, file chat.FileID, d *store.Draft) error {
	if file == "" {
		return nil
	}
	f, err := s.store.File(ctx, v, file)
	if errors.Is(err, store.ErrNotFound) || err == nil && (f.Party != chat.Visitor || f.State != store.Staged || f.Entry != "") {
		return chat.Errorf(chat.CodeUnknownFile, "There is no such file, or it was not uploaded yet, or it was sent already.")
	}
	d.Content.File = &f.File
	return err
}

// Edit gives one of the visitor's own messages a new text.
func (s *Service) Edit(ctx context.Context, in Session, client chat.ClientID, target chat.EntryID, newText string) (chat.Entry, error) {
	text, err := in.text(newText)
	if err != nil {
		return chat.Entry{}, err
	}
	d := in.draft(chat.Edit, client, target)
	d.Content = chat.Content{Text: text}
	return s.act(ctx, d, func(ctx context.Context, _ *store.Draft) (*chat.Entry, error) {
		e, err := s.own(ctx, in.Visitor, target)
		if err == nil && e.Kind != chat.Message {
			err = chat.Errorf(chat.CodeUnknownTarget, "Only a message can be edited.")
		}
		if err == nil && text == "" && e.Content.File == nil {
			err = chat.Errorf(chat.CodeEmpty, "The message is empty.")
		}
		return nil, err
	})
}

// Redact removes one of the visitor's own messages or reactions. Removing it
// again returns the first removal.
func (s *Service) Redact(ctx context.Context, in Session, client chat.ClientID, target chat.EntryID) (chat.Entry, error) {
	return s.act(ctx, in.draft(chat.Redaction, client, target), func(ctx context.Context, _ *store.Draft) (*chat.Entry, error) {
		if before, err := s.store.RedactionOf(ctx, in.Visitor, target); !errors.Is(err, store.ErrNotFound) {
			return &before, err
		}
		e, err := s.own(ctx, in.Visitor, target)
		if err == nil && e.Kind != chat.Message && e.Kind != chat.Reaction {
			err = chat.Errorf(chat.CodeUnknownTarget, "Only a message or a reaction can be removed.")
		}
		if err != nil {
			return nil, err
		}
		return nil, s.cutRemoved(ctx, e)
	})
}

// React puts an emoji on a message. The same emoji of the visitor on the same
// message again returns the first reaction.
func (s *Service) React(ctx context.Context, in Session, client chat.ClientID, target chat.EntryID, key string) (chat.Entry, error) {
	key, ok := plain.Reaction(key)
	if !ok || !plain.IsEmoji(key) {
		return chat.Entry{}, chat.Errorf(chat.CodeBadFrame, "A reaction is one emoji.")
	}
	d := in.draft(chat.Reaction, client, target)
	d.Content = chat.Content{Key: key}
	return s.act(ctx, d, func(ctx context.Context, _ *store.Draft) (*chat.Entry, error) {
		if _, err := s.message(ctx, in.Visitor, target); err != nil {
			return nil, err
		}
		before, err := s.store.ReactionOf(ctx, in.Visitor, target, chat.Visitor, key)
		if errors.Is(err, store.ErrNotFound) {
			return nil, nil
		}
		return &before, err
	})
}

// message returns a message of the dialog that was not removed.
func (s *Service) message(ctx context.Context, v chat.VisitorID, id chat.EntryID) (chat.Entry, error) {
	e, err := s.target(ctx, v, id)
	if err == nil && e.Kind != chat.Message {
		err = chat.Errorf(chat.CodeUnknownTarget, "That is not a message.")
	}
	return e, err
}

// own returns an entry of the visitor that was not removed.
func (s *Service) own(ctx context.Context, v chat.VisitorID, id chat.EntryID) (chat.Entry, error) {
	e, err := s.target(ctx, v, id)
	if err == nil && e.Author.Party != chat.Visitor {
		err = chat.Errorf(chat.CodeNotYours, "Only your own messages can be changed.")
	}
	return e, err
}

// readBackFor is when to try again what is about a message that is not there yet.
const readBackFor = time.Second

// target is the entry that a visitor's act is about.
func (s *Service) target(ctx context.Context, v chat.VisitorID, id chat.EntryID) (chat.Entry, error) {
	e, err := s.store.Entry(ctx, v, id)
	if errors.Is(err, store.ErrNotFound) {
		// A database that was restored may have yet to read of it in the room.
		if reads, err := s.store.ReadsBack(ctx, v); err != nil || reads {
			return e, errors.Join(err, chat.Errorf(chat.CodeUnavailable, "The conversation is being read back; please try again in a moment.").After(readBackFor))
		}
	}
	if errors.Is(err, store.ErrNotFound) || err == nil && (e.Redacted || !e.Visible()) {
		return e, chat.Errorf(chat.CodeUnknownTarget, "There is no such message in this conversation, or it was removed.")
	}
	return e, err
}

func (in Session) draft(kind chat.Kind, client chat.ClientID, target chat.EntryID) store.Draft {
	return store.Draft{
		Visitor: in.Visitor, Kind: kind, Author: chat.Author{Party: chat.Visitor}, Client: client, Target: target,
		Origin: visitorOrigin(client), At: now(),
	}
}

func visitorOrigin(client chat.ClientID) string { return "visitor:" + string(client) }

func (in Session) text(raw string) (string, error) {
	text := strings.TrimSpace(plain.Clean(raw))
	if plain.Blank(text) {
		return "", nil
	}
	if n := utf8.RuneCountInString(text); n > in.Site.MaxLength {
		return "", chat.Errorf(chat.CodeTooLong, "The message has %d characters; at most %d are allowed.", n, in.Site.MaxLength)
	}
	return text, nil
}
