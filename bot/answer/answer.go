// Package answer understands what a visitor answers to a question of a chain: it
// says whether the answer is of the kind that was asked for, and writes it in
// the one form in which it is kept.
//
// The canonical forms, all of them strings:
//
//	text, regex  the text without what nobody sees and without space around it
//	number       the shortest decimal, with a point: 1234.5
//	integer      the same without a fraction: 1234
//	email        the address alone, the domain in small ASCII letters: anna@xn--e1aybc.xn--p1ai
//	phone        E.164: +79123456789
//	url          http or https with an ASCII host: https://example.com/
//	date         2006-01-02
//	time         15:04
//	datetime     RFC 3339 with the offset of the visitor's zone: 2006-01-02T15:04:00+03:00
//	choice       the words as the chain has them; of several, a JSON array of them
//	file         the name of the file
//	rating       1 and up
//	location     degrees north and east with at most six decimals: 55.75,37.61
//
// A canonical value that is read again gives itself. For a number, that holds for
// Event.Reply: what a visitor types is read as people of its language write it,
// and 1.234 is a big number in Berlin.
//
// Nothing here has a clock, a network or a memory. Everything that a visitor
// sends is hostile and may be of any length.
package answer

import (
	"fmt"
	"regexp"
	"time"

	"github.com/anteroom-chat/anteroom/bot/talk"
)

// Question is what is asked, as a chain has it.
type Question struct {
	Type talk.AskType
	// Choices are the words of a choice; with Many several may be taken.
	Choices []string
	Many    bool
	// Min and Max are bounds, or empty. For a text and a regex they are the fewest
	// and the most characters, at most DefaultLength without Max. For a number and
	// an integer, decimals. For a time, 15:04. For a date, 2006-01-02 or a day
	// counted from today: today, today+2w, today-18y (d, w, m, y). For a datetime,
	// 2006-01-02T15:04 in the visitor's zone, or counted from now: now, now+2h (h,
	// d, w, m, y). For a rating, Max is the highest, DefaultRating without it.
	Min, Max string
	// Pattern is for a regex, made by Pattern.
	Pattern *regexp.Regexp
	// Media are the media types that a file may have, such as "image/*"; none is any.
	Media []string
	// MaxSize is how many bytes a file may have; 0 is any number.
	MaxSize int64
}

// Limits of questions and answers, in characters if not said otherwise.
const (
	// DefaultLength is how long a text may be that has no Max: as long as a message
	// of the site may be, if its configuration says nothing else.
	DefaultLength = 512
	// MaxLength is the highest Max of a text: what a variable keeps.
	MaxLength = talk.MaxValue
	// DefaultRating is the highest rating without Max, HighestRating the highest Max.
	DefaultRating = 5
	HighestRating = 10
	// MaxChoices is how many choices there may be.
	MaxChoices = 100

	// longest is how long an answer may be that is neither a text nor a regex.
	longest = 1000
	// longestURL is as much as most servers take, longestEmail as RFC 5321
	// section 4.5.3.1.3 allows; both in bytes.
	longestURL   = 2000
	longestEmail = 254
)

// Situation is what helps to understand an answer.
type Situation struct {
	// Language is the visitor's, a BCP 47 tag; Country is where it is, ISO 3166-1
	// alpha-2 in capitals. Both may be empty, and what is neither counts as empty.
	Language string
	Country  string
	// Now is the moment of the answer in the visitor's time zone.
	Now time.Time
}

// Answer is what was understood.
type Answer struct {
	// Value is the canonical form, never empty; Text is the same for people, in
	// the visitor's language where that matters.
	Value string
	Text  string
	// Places are those of the choices taken, from 0 and in their order.
	Places []int
}

// Read understands an answer. Of the event, a question for a file reads File, one
// for a location reads Location before Text, and one for a number, an integer, a
// date, a time, both, a choice or a rating reads Reply before Text. The error is
// a *Fault.
func Read(q Question, e talk.Event, at Situation) (Answer, error) {
	k, ok := kindOf(q.Type)
	if !ok {
		return Answer{}, fail(NoMatch)
	}
	answer, fault := k.read(q, e, at)
	if fault != nil {
		return Answer{}, fault
	}
	return answer, nil
}

// Check says in one clause what is wrong with the question itself, for the author
// of the chain; nil if nothing is.
func (q Question) Check() error {
	k, ok := kindOf(q.Type)
	if !ok {
		return fmt.Errorf("there is no type %q", q.Type)
	}
	if err := q.onlyWhatBelongs(); err != nil {
		return err
	}
	return k.check(q)
}

// onlyWhatBelongs finds what means nothing for the question's type.
func (q Question) onlyWhatBelongs() error {
	switch {
	case q.Type != talk.AskChoice && (len(q.Choices) > 0 || q.Many):
		return fmt.Errorf("only a choice has choices, not %s", q.Type)
	case q.Type != talk.AskRegex && q.Pattern != nil:
		return fmt.Errorf("only a regex has a pattern, not %s", q.Type)
	case q.Type != talk.AskFile && len(q.Media) > 0:
		return fmt.Errorf("only a file has media types, not %s", q.Type)
	case q.Type != talk.AskFile && q.MaxSize != 0:
		return fmt.Errorf("only a file has a greatest size, not %s", q.Type)
	default:
		return nil
	}
}

// Form is what the widget is told of the question: bounds that move with the time
// are written as they are at this moment, and the highest rating is said that goes
// without saying. A text's own limit is not: the composer is as good a place for
// it as a form is.
func (q Question) Form(at Situation) talk.Ask {
	form := talk.Ask{Type: q.Type, Choices: q.Choices, Many: q.Many}
	if q.Type == talk.AskText && q.Max == "" {
		form.Min = q.Min
		return form
	}
	if b, err := q.low(at.Now); err == nil {
		form.Min = b.text
	}
	if b, err := q.high(at.Now); err == nil {
		form.Max = b.text
	}
	return form
}

// kind is how one type of question is checked and its answers are read.
type kind struct {
	read  func(Question, talk.Event, Situation) (Answer, *Fault)
	check func(Question) error
}

func kindOf(t talk.AskType) (kind, bool) {
	switch t {
	case talk.AskText:
		return kind{readText, checkBounds}, true
	case talk.AskRegex:
		return kind{readRegex, checkRegex}, true
	case talk.AskNumber, talk.AskInteger:
		return kind{readNumber, checkBounds}, true
	case talk.AskEmail:
		return kind{readEmail, checkNoBounds}, true
	case talk.AskPhone:
		return kind{readPhone, checkNoBounds}, true
	case talk.AskURL:
		return kind{readURL, checkNoBounds}, true
	case talk.AskDate:
		return kind{readDate, checkBounds}, true
	case talk.AskTime:
		return kind{readTime, checkBounds}, true
	case talk.AskDateTime:
		return kind{readDateTime, checkBounds}, true
	case talk.AskChoice:
		return kind{readChoice, checkChoice}, true
	case talk.AskFile:
		return kind{readFile, checkFile}, true
	case talk.AskRating:
		return kind{readRating, checkBounds}, true
	case talk.AskLocation:
		return kind{readLocation, checkNoBounds}, true
	default:
		return kind{}, false
	}
}

func checkNoBounds(q Question) error {
	if q.Min != "" || q.Max != "" {
		return fmt.Errorf("%s has neither min nor max", q.Type)
	}
	return nil
}

func checkBounds(q Question) error {
	// Bounds that move are compared as they are on a day like any other.
	day := time.Date(2026, time.January, 15, 12, 0, 0, 0, time.UTC)
	low, err := q.low(day)
	if err != nil {
		return fmt.Errorf("min %w", err)
	}
	high, err := q.high(day)
	if err != nil {
		return fmt.Errorf("max %w", err)
	}
	// One that moves and one that stands still may cross some day.
	if low.set && high.set && low.moves == high.moves && low.at > high.at {
		if q.Max == "" {
			return fmt.Errorf("min %s is more than the %s that may be without a max", q.Min, high.text)
		}
		return fmt.Errorf("min %s is more than max %s", q.Min, q.Max)
	}
	return nil
}
