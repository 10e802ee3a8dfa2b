package dialog

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/anteroom-chat/anteroom/bot/answer"
	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// trembles is for how long a press after another one means the same, whatever was
// said since: the bot answers before a finger that trembles is up.
const trembles = time.Second

// press makes a message of a button that the visitor pressed: its words are those
// that the bot offered. It returns the visitor's newest message if that was the
// same press.
func (s *Service) press(ctx context.Context, d *store.Draft, a chat.Answer) (*chat.Entry, error) {
	offer, err := s.offered(ctx, d.Visitor, a.Entry)
	if err != nil {
		return nil, err
	}
	button, ok := offer.Button(*a.Button)
	if !ok || button.URL != "" {
		return nil, chat.Errorf(chat.CodeUnknownTarget, "There is no such button.")
	}
	last, err := s.newestOf(ctx, d.Visitor, chat.Visitor)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	if before := last.Content.Answer; err == nil && before != nil && before.Button != nil && before.Entry == a.Entry && *before.Button == *a.Button {
		if over, err := s.pressIsOver(ctx, last); err != nil || !over {
			return &last, err
		}
	}
	d.Content = chat.Content{Text: button.Text, Answer: &chat.Answer{Entry: a.Entry, Button: a.Button}}
	return nil, nil
}

// pressIsOver reports whether the same button is pressed anew after that press, which
// is the visitor's newest message: somebody has said something since, or the dialog
// was closed. Its buttons stay of use, and who presses one the next day wants something.
func (s *Service) pressIsOver(ctx context.Context, pressed chat.Entry) (bool, error) {
	if now().Sub(pressed.At) < trembles {
		return false, nil
	}
	marks, err := s.store.Marks(ctx, pressed.Visitor)
	if err != nil || marks.Left >= pressed.Seq {
		return err == nil, err
	}
	for _, party := range []chat.Party{chat.Bot, chat.Operator} {
		newest, err := s.newestOf(ctx, pressed.Visitor, party)
		if err := ignoreGone(err); err != nil {
			return false, err
		}
		if newest.Seq > pressed.Seq {
			return true, nil
		}
	}
	return false, nil
}

// answer notes which question a form answers, and reports whether the words of
// the message are the question's own now. What was said is a message all the same
// when the question is not there any more.
func (s *Service) answer(ctx context.Context, d *store.Draft, a *chat.Answer) (ours bool, err error) {
	if a == nil {
		return false, nil
	}
	if utf8.RuneCountInString(a.Value) > MaxValue {
		return false, chat.Errorf(chat.CodeTooLong, "The answer's value has more than %d characters.", MaxValue)
	}
	offer, err := s.offered(ctx, d.Visitor, a.Entry)
	if errors.Is(err, &chat.Error{Code: chat.CodeUnknownTarget}) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	d.Content.Answer = &chat.Answer{Entry: a.Entry, Value: plain.Line(a.Value, MaxValue)}
	words := wordsOf(offer.Ask, d.Content.Answer.Value)
	if words != "" {
		d.Content.Text = words
	}
	return words != "", nil
}

// wordsOf are the words of what a form took of a choice or gave as a rating, so
// that operators read what the bot hears, and however many choices are taken; ""
// for other questions, and for what is no answer.
func wordsOf(q *chat.Ask, value string) string {
	if q == nil || value == "" || q.Type != chat.AskChoice && q.Type != chat.AskRating {
		return ""
	}
	question := answer.Question{Type: talk.AskType(q.Type), Choices: q.Choices, Many: q.Many, Max: q.Max}
	got, err := answer.Read(question, talk.Event{Reply: value}, answer.Situation{})
	if err != nil {
		return ""
	}
	if score, of, ok := strings.Cut(got.Text, "/"); ok && q.Type == chat.AskRating {
		n, _ := strconv.Atoi(score) // both were written as numbers
		most, _ := strconv.Atoi(of)
		return strings.Repeat("★", n) + strings.Repeat("☆", most-n) + " " + got.Text
	}
	return strings.TrimSpace(plain.Clean(got.Text))
}

// offered is what a message of the bot offers.
func (s *Service) offered(ctx context.Context, v chat.VisitorID, message chat.EntryID) (*chat.Offer, error) {
	e, err := s.message(ctx, v, message)
	if err != nil {
		return nil, err
	}
	if e.Author.Party != chat.Bot || e.Content.Offer == nil {
		return nil, chat.Errorf(chat.CodeUnknownTarget, "That message offers nothing.")
	}
	return e.Content.Offer, nil
}

// newestOf is the newest message of a party that was not removed, or store.ErrNotFound.
func (s *Service) newestOf(ctx context.Context, v chat.VisitorID, party chat.Party) (chat.Entry, error) {
	marks, err := s.store.Marks(ctx, v)
	if err != nil {
		return chat.Entry{}, err
	}
	return s.store.NewestOf(ctx, v, party, marks.Last)
}

// onEarth reports whether there is such a place. NaN is nowhere.
func onEarth(l chat.Location) bool {
	return l.Latitude >= -90 && l.Latitude <= 90 && l.Longitude >= -180 && l.Longitude <= 180
}
