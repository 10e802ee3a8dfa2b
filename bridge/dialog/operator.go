package dialog

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// Heard is what an operator did in a dialog's room, or what the visitor or the bot did
// and a restored database does not know. Origin is the Matrix event's id.
type Heard struct {
	Visitor chat.VisitorID
	Kind    chat.Kind
	Author  chat.Author
	Target  chat.EntryID
	Content chat.Content
	Origin  string
	// ID is the entry's that is taken back, Client the widget's own key of it; both are
	// empty for what operators do.
	ID     chat.EntryID
	Client chat.ClientID
	// At is when it was said, of what a restored database hears once more: it is no news.
	// Zero is now.
	At time.Time
	// Draft is the assistant's that was sent with it; empty for most.
	Draft chat.EntryID
	// Untranslated is why the words go to the visitor as they are though the dialog is
	// translated; see Translate.
	Untranslated Failure
}

// Hear appends what was heard in a room; also runs in the same transaction, so that
// the event's own book-keeping is kept or dropped together with the entry.
func (s *Service) Hear(ctx context.Context, h Heard, also func(context.Context, chat.Entry) error) (chat.Entry, error) {
	d := store.Draft{
		ID: h.ID, Visitor: h.Visitor, Kind: h.Kind, Author: h.Author, Client: h.Client, Target: h.Target, Content: h.Content,
		Origin: heardOrigin + h.Origin, At: now(),
	}
	if h.Client != "" {
		d.Origin = visitorOrigin(h.Client) // a widget that did not hear of it says it again
	}
	if h.Draft != "" {
		d.Origin = replyOrigin + draftOrigin(h.Draft) // another operator may want the same
	}
	if !h.At.IsZero() {
		ctx, d.At = asOld(ctx), earlier(h.At, d.At)
	}
	if h.Author.Party == chat.Operator {
		ctx = store.InTalk(ctx)
	}
	return s.say(ctx, d, s.firstCut, func(ctx context.Context, e chat.Entry) error {
		var err error
		switch {
		case e.Author.Party == chat.Visitor: // taken back from a room by a restored database
			_, err = s.acted(ctx, e) // which the bot has answered in its time
		case e.Author.Party == chat.Operator && e.Kind == chat.Message:
			err = s.answered(ctx, e)
		case e.Kind == chat.Redaction:
			err = s.forgetNotices(ctx, e)
		}
		if err != nil {
			return err
		}
		// also first: it lets the notice find the event that it answers.
		return errors.Join(also(ctx, e), s.tellTranslation(ctx, e, h.Untranslated))
	})
}

// heardOrigin begins the origins of what was heard in rooms.
const heardOrigin = "matrix:"

// MakeWay has the bot make way for an operator's message that is heard and has yet to
// wait, for its translation: whoever speaks first wins, and these words were spoken
// (RULES 10). It may be called again; nothing is appended before Hear.
func (s *Service) MakeWay(ctx context.Context, h Heard) error {
	return s.store.Write(ctx, func(ctx context.Context) error {
		if err := s.cut(ctx, h.Visitor, cutByOperator); err != nil {
			return err
		}
		stands, err := s.store.Dialog(ctx, h.Visitor)
		if err != nil || !stands.Bot.On(now()) {
			return err
		}
		return s.takeOver(ctx, h.Visitor, h.Author, heardOrigin+h.Origin)
	})
}

// forgetNotices has what operators were told of a message removed with it. The
// removal of the message itself is where it came from.
func (s *Service) forgetNotices(ctx context.Context, removal chat.Entry) error {
	some, err := s.store.NoticesAbout(ctx, removal.Visitor, removal.Target)
	if err != nil || !some {
		return err
	}
	return s.store.Enqueue(ctx, removal)
}

// Reply appends a message that the bridge sends on behalf of an operator, and
// puts it on its way to Matrix. The same origin is sent once. Of the content
// only Text and Answers are used.
func (s *Service) Reply(ctx context.Context, v chat.VisitorID, operator chat.Author, origin string, said chat.Content) error {
	_, err := s.say(ctx, store.Draft{
		Visitor: v, Kind: chat.Message, Author: operator,
		Content: chat.Content{Text: said.Text, Answers: said.Answers}, Origin: replyOrigin + origin, At: now(),
	}, s.firstCut, func(ctx context.Context, e chat.Entry) error {
		if err := s.answered(ctx, e); err != nil {
			return err
		}
		return s.store.Enqueue(ctx, e)
	})
	return err
}

// ReplyOf returns the message that Reply appended under that origin, or store.ErrNotFound.
func (s *Service) ReplyOf(ctx context.Context, v chat.VisitorID, origin string) (chat.Entry, error) {
	return s.store.EntryByOrigin(ctx, v, replyOrigin+origin)
}

// maxReply is the longest message that Reply sends for others, in characters.
const maxReply = 10_000

// OperatorsWords cleans a message and the name above it that are to be sent in an
// operator's name. They are refused with CodeEmpty or CodeTooLong; the name may be empty.
func OperatorsWords(text, name string) (cleanText, cleanName string, err error) {
	cleanText = strings.TrimSpace(plain.Clean(text))
	if plain.Blank(cleanText) {
		return "", "", chat.Errorf(chat.CodeEmpty, "The message is empty.")
	}
	if n := utf8.RuneCountInString(cleanText); n > maxReply {
		return "", "", chat.Errorf(chat.CodeTooLong, "The message has %d characters; at most %d are sent.", n, maxReply)
	}
	if plain.Blank(name) {
		return cleanText, "", nil
	}
	cleanName, err = words(name, MaxName, "name")
	return cleanText, cleanName, err
}

// replyOrigin begins the origins of what Reply sends.
const replyOrigin = "reply:"

// answered is called with every message of an operator to the visitor, in the
// same transaction: nobody waits any more, and the bot makes way.
func (s *Service) answered(ctx context.Context, e chat.Entry) error {
	if err := s.store.SetAnswered(ctx, e.Visitor); err != nil {
		return err
	}
	if err := s.takeOver(ctx, e.Visitor, e.Author, string(e.ID)); err != nil {
		return err
	}
	return s.tellBot(ctx, e.Visitor, "answered:"+string(e.ID), talk.Event{Kind: talk.Answered})
}

// Notice tells the operators something in the dialog's room, on the same
// durable way as everything else; the visitor never sees it. The same origin
// is told once. Of the content only Text, HTML,
// Answers, Mentions, Thread and Draft are used.
func (s *Service) Notice(ctx context.Context, v chat.VisitorID, origin string, said chat.Content) error {
	return s.notice(ctx, v, origin, chat.Content{
		Text: said.Text, HTML: said.HTML, Answers: said.Answers, Mentions: said.Mentions, Thread: said.Thread, Draft: said.Draft,
	})
}

// NoticeAbout is Notice about an entry: an answer to its event, which goes when the
// entry is removed. Of the content only Text, HTML, Thread and Key are used; with a
// key it is a reaction of the bot.
func (s *Service) NoticeAbout(ctx context.Context, about chat.Entry, origin string, said chat.Content) error {
	return s.noticeAbout(ctx, about.Visitor, about.ID, origin, chat.Content{Text: said.Text, HTML: said.HTML, Thread: said.Thread, Key: said.Key})
}

// NoticeOf returns what operators were told under an origin, or store.ErrNotFound.
func (s *Service) NoticeOf(ctx context.Context, v chat.VisitorID, origin string) (chat.Entry, error) {
	return s.store.EntryByOrigin(ctx, v, "notice:"+origin)
}

// notice is Notice with any content, which may carry a file.
func (s *Service) notice(ctx context.Context, v chat.VisitorID, origin string, said chat.Content) error {
	return s.noticeAbout(ctx, v, "", origin, said)
}

// noticeAbout is notice about an entry; empty for none.
func (s *Service) noticeAbout(ctx context.Context, v chat.VisitorID, about chat.EntryID, origin string, said chat.Content) error {
	_, err := s.say(ctx, store.Draft{
		Visitor: v, Kind: chat.Notice, Author: chat.Author{Party: chat.Bot}, Target: about,
		Content: said, Origin: "notice:" + origin, At: now(),
	}, accept, func(ctx context.Context, e chat.Entry) error {
		if f := e.Content.File; f != nil {
			if err := s.store.AttachFile(ctx, f.ID, e.ID); err != nil {
				return err
			}
		}
		return s.store.Enqueue(ctx, e)
	})
	return err
}

// firstCut has an operator's message to the visitor cut an assistant short, which
// stands before it then; so does the removal of what is being answered.
func (s *Service) firstCut(ctx context.Context, d *store.Draft) (*chat.Entry, error) {
	switch {
	case d.Author.Party != chat.Operator:
		return nil, nil
	case d.Kind == chat.Message:
		return nil, s.cut(ctx, d.Visitor, cutByOperator)
	case d.Kind == chat.Redaction:
		removed, err := s.store.Entry(ctx, d.Visitor, d.Target)
		if err != nil {
			return nil, ignoreGone(err)
		}
		return nil, s.cutRemoved(ctx, removed)
	default:
		return nil, nil
	}
}

func accept(context.Context, *store.Draft) (*chat.Entry, error) { return nil, nil }

// Saw records that an operator has seen the dialog up to seq.
func (s *Service) Saw(ctx context.Context, v chat.VisitorID, seq int64) error {
	before := s.marksToTell(ctx, v)
	rose, err := s.store.RaiseSeen(ctx, v, seq)
	if rose {
		s.tellReached(ctx, v, chat.Visitor, before.Seen, seq, "An operator has seen an entry")
		s.hub.wakeListeners(v)
		s.hub.wakeWatchers(v) // less of it is unread
	}
	return err
}

// OperatorTyping passes on that an operator types or stopped. The bot makes way
// for a little.
func (s *Service) OperatorTyping(v chat.VisitorID, author chat.Author, on bool) {
	s.operatorTypes(v, on)
	for _, l := range s.hub.of(v) {
		l.Typing(author, on)
	}
}

// Block shuts a visitor out, or lets it in again; open connections end at once.
func (s *Service) Block(ctx context.Context, v chat.VisitorID, blocked bool) error {
	return s.store.Write(ctx, func(ctx context.Context) error {
		if blocked {
			if err := s.cut(ctx, v, cutByOperator); err != nil {
				return err
			}
		}
		if err := s.store.SetBlocked(ctx, v, blocked); err != nil {
			return err
		}
		if !blocked {
			return s.hurryBot(ctx, v)
		}
		store.AfterCommit(ctx, func() { s.stop(v) })
		return nil
	})
}
