package dialog

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// PendingRate is a closing that can be rated, and how it was so far.
type PendingRate struct {
	Closed time.Time
	store.Rating
	Given bool
	Word  string
}

// MaxRatingWord is the most characters of what a visitor says to its rating.
const MaxRatingWord = 500

// pendingRate is what the visitor can rate, and how it has so far; nil for nothing.
func (s *Service) pendingRate(ctx context.Context, in Session, stands store.Dialog) (*PendingRate, error) {
	of := in.Site.Widget.Rating.Of()
	if of == 0 || stands.Status != store.StatusClosed || stands.ClosedAt.IsZero() {
		return nil, nil
	}
	rate := &PendingRate{Closed: stands.ClosedAt, Rating: store.Rating{Of: of}}
	given, word, err := s.store.ClosingRating(ctx, in.Visitor, stands.ClosedAt)
	if err == nil && given.Of == of {
		rate.Rating, rate.Word, rate.Given = given, word, true
		return rate, nil
	}
	if err := ignoreGone(err); err != nil {
		return nil, err
	}
	if asked, err := s.askedByChain(ctx, in.Visitor, stands.ClosedAt); err != nil || asked {
		return nil, err
	}
	return rate, nil
}

// askedByChain reports whether a chain has asked for a rating since a closing, or was given
// one: nobody is asked twice.
func (s *Service) askedByChain(ctx context.Context, v chat.VisitorID, closed time.Time) (bool, error) {
	last, err := s.newestOf(ctx, v, chat.Bot)
	if err := ignoreGone(err); err != nil {
		return false, err
	}
	if o := last.Content.Offer; o != nil && o.Ask != nil && o.Ask.Type == chat.AskRating && !last.At.Before(closed) {
		return true, nil
	}
	ratings, err := s.store.RatingsOf(ctx, v)
	return slices.ContainsFunc(ratings, func(r store.RatedAt) bool { return r.Closed.IsZero() && !r.At.Before(closed) }), err
}

// Rated is how a visitor rated what was closed.
type Rated struct {
	store.Rating
	// Word is what it said to it, or nothing.
	Word string
	// Again is true if it takes the place of what the visitor said before, and Same if only
	// the word differs.
	Again, Same bool
}

// Rate keeps how a visitor rated what was closed at that time, with a word or none, and
// tells operators of it. It may be changed until the dialog is open again.
func (s *Service) Rate(ctx context.Context, in Session, client chat.ClientID, closed time.Time, score int64, word string) (chat.Entry, error) {
	of := in.Site.Widget.Rating.Of()
	if of == 0 || score < 0 || score > of || of > 1 && score == 0 {
		return chat.Entry{}, chat.Errorf(chat.CodeBadFrame, "There is no such rating.")
	}
	word = strings.TrimSpace(plain.Clean(word))
	if plain.Blank(word) {
		word = ""
	}
	if n := utf8.RuneCountInString(word); n > MaxRatingWord {
		return chat.Entry{}, chat.Errorf(chat.CodeTooLong, "The word to the rating has %d characters; at most %d are kept.", n, MaxRatingWord)
	}
	rated := Rated{Rating: store.Rating{Score: score, Of: of}, Word: word}
	return s.say(ctx, s.noticeOf(in, "rate:"+string(client)), func(ctx context.Context, d *store.Draft) (*chat.Entry, error) {
		if err := s.refuseBlocked(ctx, in.Visitor); err != nil {
			return nil, err
		}
		stands, err := s.store.Dialog(ctx, in.Visitor)
		if err != nil {
			return nil, err
		}
		if stands.Status != store.StatusClosed || !stands.ClosedAt.Equal(closed) {
			return nil, chat.Errorf(chat.CodeUnknownTarget, "What was rated is not the last that was closed, or the conversation has gone on.")
		}
		before, wordBefore, err := s.store.ClosingRating(ctx, in.Visitor, closed)
		rated.Again, rated.Same = err == nil, err == nil && before == rated.Rating && wordBefore != word
		d.Content = said(s.desk.Rated(in.Site, rated))
		return nil, ignoreGone(err)
	}, func(ctx context.Context, e chat.Entry) error {
		visitor, err := s.store.Visitor(ctx, in.Visitor)
		if err != nil {
			return err
		}
		return errors.Join(
			s.store.RateClosing(ctx, in.Visitor, closed, rated.Rating, word, e.At),
			s.happened(ctx, in.Visitor, Happening{Event: config.RatingGiven, Origin: "rating:" + string(e.ID), Rating: rated.Rating, Word: word, Again: rated.Again}),
			s.toRoom(ctx, visitor, e),
		)
	})
}
