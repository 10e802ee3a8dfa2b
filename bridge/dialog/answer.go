package dialog

import (
	"context"
	"errors"
	"unicode/utf8"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// press makes a message of a button that the visitor pressed: its words are those
// that the bot offered. It returns the visitor's newest message if that was the
// same press: a finger that trembles presses twice.
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
		return &last, nil
	}
	d.Content = chat.Content{Text: button.Text, Answer: &chat.Answer{Entry: a.Entry, Button: a.Button}}
	return nil, nil
}

// answer notes which question a form answers. What was said is a message all the
// same when the question is not there any more.
func (s *Service) answer(ctx context.Context, d *store.Draft, a *chat.Answer) error {
	if a == nil {
		return nil
	}
	if utf8.RuneCountInString(a.Value) > MaxValue {
		return chat.Errorf(chat.CodeTooLong, "The answer's value has more than %d characters.", MaxValue)
	}
	_, err := s.offered(ctx, d.Visitor, a.Entry)
	if errors.Is(err, &chat.Error{Code: chat.CodeUnknownTarget}) {
		return nil
	}
	d.Content.Answer = &chat.Answer{Entry: a.Entry, Value: plain.Line(a.Value, MaxValue)}
	return err
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
