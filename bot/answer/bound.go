package answer

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/anteroom-chat/anteroom/bot/talk"
)

// bound is one end of what is allowed. All answers with an order lie on a line:
// numbers as they are, texts by their characters, dates and datetimes by their
// Unix time (dates as if in UTC), times by their minute of the day.
type bound struct {
	set bool
	at  float64
	// text is the bound in the form of Event.Reply.
	text string
	// moves is true for what is counted from now; isNow for now itself.
	moves, isNow bool
}

// low is Min as it is at a moment.
func (q Question) low(now time.Time) (bound, error) {
	switch {
	case q.Min == "":
		return bound{}, nil
	case q.Type == talk.AskRating:
		return bound{}, errors.New("is always 1 for a rating")
	default:
		return q.bound(q.Min, now)
	}
}

// high is Max as it is at a moment, or what is without one.
func (q Question) high(now time.Time) (bound, error) {
	switch {
	case q.Max != "":
		return q.bound(q.Max, now)
	case q.Type == talk.AskText || q.Type == talk.AskRegex:
		return whole(DefaultLength), nil
	case q.Type == talk.AskRating:
		return whole(DefaultRating), nil
	default:
		return bound{}, nil
	}
}

func (q Question) bound(word string, now time.Time) (bound, error) {
	switch q.Type {
	case talk.AskText, talk.AskRegex:
		return boundOfLength(word)
	case talk.AskRating:
		return boundOfRating(word)
	case talk.AskNumber, talk.AskInteger:
		return boundOfNumber(word, q.Type == talk.AskInteger)
	case talk.AskTime:
		of, err := time.Parse(timeForm, word)
		if err != nil {
			return bound{}, fmt.Errorf("must be a time such as 09:30, not %q", word)
		}
		return bound{set: true, at: float64(of.Hour()*60 + of.Minute()), text: word}, nil
	case talk.AskDate:
		return boundOfDate(word, now)
	case talk.AskDateTime:
		return boundOfDateTime(word, now)
	default:
		return bound{}, nil
	}
}

// fits says whether an answer is between the bounds.
func (q Question) fits(v float64, now time.Time) *Fault {
	// Questions with bounds that cannot be read do not pass Check.
	low, _ := q.low(now)
	high, _ := q.high(now)
	below, above := q.beyond(low, high)
	switch {
	case low.set && v < low.at:
		return &Fault{below, low.text}
	case high.set && v > high.at:
		return &Fault{above, high.text}
	default:
		return nil
	}
}

// beyond are the codes for what is under one bound and over the other.
func (q Question) beyond(low, high bound) (below, above Code) {
	switch q.Type {
	case talk.AskText, talk.AskRegex:
		return TooShort, TooLong
	case talk.AskDate, talk.AskTime, talk.AskDateTime:
		below, above = TooEarly, TooLate
		if low.isNow {
			below = InThePast
		}
		if high.isNow {
			above = InTheFuture
		}
		return below, above
	default:
		return TooSmall, TooLarge
	}
}

// choose takes the first of several meanings that is within the bounds; if none
// is, the fault is that of the first meaning.
func choose[T any](q Question, now time.Time, meanings []T, at func(T) float64) (T, *Fault) {
	for _, meaning := range meanings {
		if q.fits(at(meaning), now) == nil {
			return meaning, nil
		}
	}
	return meanings[0], q.fits(at(meanings[0]), now)
}

// whole is a bound that is a whole number.
func whole(n int) bound { return bound{set: true, at: float64(n), text: strconv.Itoa(n)} }

func boundOfLength(word string) (bound, error) {
	n, err := strconv.Atoi(word)
	if err != nil || n < 1 || n > MaxLength {
		return bound{}, fmt.Errorf("must be a number of characters from 1 to %d, not %q", MaxLength, word)
	}
	return whole(n), nil
}

func boundOfRating(word string) (bound, error) {
	n, err := strconv.Atoi(word)
	if err != nil || n < 2 || n > HighestRating {
		return bound{}, fmt.Errorf("must be the highest rating, from 2 to %d, not %q", HighestRating, word)
	}
	return whole(n), nil
}

func boundOfNumber(word string, integer bool) (bound, error) {
	v, fault := machineNumber(word)
	switch {
	case fault != nil:
		return bound{}, fmt.Errorf("must be a number such as 10 or 2.5, not %q", word)
	case integer && v != float64(int64(v)):
		return bound{}, fmt.Errorf("must be a whole number, not %q", word)
	default:
		return bound{set: true, at: v, text: decimal(v)}, nil
	}
}

// counted is a bound that moves: today+2w.
var counted = regexp.MustCompile(`^(today|now)(?:([+-]\d{1,3})([hdwmy]))?$`)

// shift moves a moment by so many hours, days, weeks, months or years.
func shift(t time.Time, count int, unit string) time.Time {
	switch unit {
	case "h":
		return t.Add(time.Duration(count) * time.Hour)
	case "d":
		return t.AddDate(0, 0, count)
	case "w":
		return t.AddDate(0, 0, 7*count)
	case "m":
		return t.AddDate(0, count, 0)
	default:
		return t.AddDate(count, 0, 0)
	}
}

func boundOfDate(word string, now time.Time) (bound, error) {
	if day, ok := isoDate(word); ok {
		return bound{set: true, at: float64(day.Unix()), text: word}, nil
	}
	parts := counted.FindStringSubmatch(word)
	if parts == nil || parts[1] != "today" || parts[3] == "h" {
		return bound{}, fmt.Errorf("must be a date such as 2026-12-24, or today, or a day such as today+30d, not %q", word)
	}
	day, moved := today(now), parts[2] != ""
	if moved {
		count, _ := strconv.Atoi(parts[2])
		day = shift(day, count, parts[3])
	}
	return bound{set: true, at: float64(day.Unix()), text: day.Format(dateForm), moves: true, isNow: !moved}, nil
}

func boundOfDateTime(word string, now time.Time) (bound, error) {
	if at, err := time.ParseInLocation(dateTimeForm, word, now.Location()); err == nil {
		return bound{set: true, at: float64(at.Unix()), text: word}, nil
	}
	parts := counted.FindStringSubmatch(word)
	if parts == nil || parts[1] != "now" {
		return bound{}, fmt.Errorf("must be a moment such as 2026-12-24T15:04, or now, or one such as now+2h, not %q", word)
	}
	at, moved := now, parts[2] != ""
	if moved {
		count, _ := strconv.Atoi(parts[2])
		at = shift(at, count, parts[3])
	}
	at = minute(at)
	return bound{set: true, at: float64(at.Unix()), text: at.Format(dateTimeForm), moves: true, isNow: !moved}, nil
}
