package api

import (
	"context"
	"strconv"
	"time"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/desk/figures"
)

// Stats are what happened on a site in its last days; package figures says what each is.
type Stats struct {
	Since time.Time `json:"since"`
	Until time.Time `json:"until"`
	Days  int       `json:"days"`
	// Hours are the messages of visitors by the hour of the day, from 0:00 on.
	Hours []int `json:"hours"`
	ByDay []Day `json:"by_day"`
	// Visitors is in how many dialogs the visitor wrote.
	Visitors    int         `json:"visitors"`
	FirstAnswer FirstAnswer `json:"first_answer"`
	Ratings     []Rated     `json:"ratings"`
	// AverageRating is out of five; null without a rating.
	AverageRating *float64 `json:"average_rating"`
	// BotShare is from 0 to 1; null when no visitor wrote.
	BotShare  *float64   `json:"bot_share"`
	Operators []Operated `json:"operators"`
	Open      int        `json:"open"`
	Waiting   int        `json:"waiting"`
}

// Day is what happened on a day of the site's time zone.
type Day struct {
	Day     string `json:"day"`
	Asked   int    `json:"asked"`
	Replied int    `json:"replied"`
	Bot     int    `json:"bot"`
	New     int    `json:"new"`
	Closed  int    `json:"closed"`
}

// FirstAnswer is how long visitors waited for an operator's first message, in seconds;
// null when none was waited for.
type FirstAnswer struct {
	Median  *int64 `json:"median_s"`
	P90     *int64 `json:"p90_s"`
	Longest *int64 `json:"longest_s"`
	Counted int    `json:"counted"`
}

// Rated is how often a rating was given.
type Rated struct {
	Rating
	Count int `json:"count"`
}

// Operated is what an operator did.
type Operated struct {
	ID       id.UserID `json:"id"`
	Messages int       `json:"messages"`
	Dialogs  int       `json:"dialogs"`
}

// usualDays is the span of who asks for none.
const usualDays = 30

func (a *API) stats(ctx context.Context, q request) (reply, error) {
	if err := known(q, "days"); err != nil {
		return reply{}, err
	}
	days := usualDays
	if text := q.URL.Query().Get("days"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > figures.MostDays {
			return reply{}, chat.Errorf(chat.CodeBadRequest, "“days” is a number from 1 to %d.", figures.MostDays)
		}
		days = n
	}
	f, err := figures.Of(ctx, a.store, q.site, a.dialog.Now(), days)
	return ok(newStats(f)), err
}

func newStats(f figures.Figures) Stats {
	s := Stats{
		Since: f.Since.UTC(), Until: f.Until.UTC(), Days: len(f.ByDay), Hours: f.ByHour[:], ByDay: []Day{}, Visitors: f.Visitors,
		FirstAnswer: FirstAnswer{Counted: f.FirstAnswer.Counted}, Ratings: []Rated{}, Operators: []Operated{}, Open: f.Open, Waiting: f.Waiting,
	}
	for _, d := range f.ByDay {
		s.ByDay = append(s.ByDay, Day{d.Date, d.Asked, d.Replied, d.Bot, d.New, d.Closed})
	}
	if w := f.FirstAnswer; w.Counted > 0 {
		s.FirstAnswer.Median, s.FirstAnswer.P90, s.FirstAnswer.Longest = seconds(w.Median), seconds(w.P90), seconds(w.Longest)
	}
	for _, r := range f.Ratings {
		s.Ratings = append(s.Ratings, Rated{Rating{Score: r.Score, Of: r.Of}, r.Count})
	}
	if mean, ok := f.AverageRating(); ok {
		s.AverageRating = &mean
	}
	if share, ok := f.BotShare(); ok {
		s.BotShare = &share
	}
	for _, w := range f.Operators {
		s.Operators = append(s.Operators, Operated{w.Operator, w.Messages, w.Dialogs})
	}
	return s
}

func seconds(d time.Duration) *int64 {
	n := int64(d / time.Second)
	return &n
}
