package dialog

import (
	"time"

	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// Moment is a point of a talk that a site's settings have something for, by its name:
// start, handoff, away or rating.
type Moment string

// The moments: before the talk, once a person was called, outside of the opening hours,
// and when the dialog is closed.
const (
	MomentStart   Moment = formStart
	MomentHandoff Moment = formHandoff
	MomentAway    Moment = formAway
	MomentRating  Moment = "rating"
)

// Moments are what stands beside the talk at each moment that a site has something for, for
// a visitor of whom nothing is known: what the preview shows. They follow the rules of Flow.
func Moments(site *config.Site) map[Moment]Flow {
	w := &site.Widget
	answers := site.AnswersUnasked()
	canCall := w.Person && answers
	start := Flow{Form: whole(formStart, w.Forms.Start), Person: canCall}
	all := map[Moment]Flow{MomentStart: start}
	if w.Forms.Handoff != nil || canCall {
		all[MomentHandoff] = Flow{Form: whole(formHandoff, w.Forms.Handoff), Called: w.Person}
	}
	if site.Hours != nil {
		all[MomentAway] = start
		if w.Forms.Away != nil {
			away := whole(formAway, w.Forms.Away)
			away.WithMessage = !answers // else it is asked of who waits for a person, and has written
			all[MomentAway] = Flow{Form: away}
		}
	}
	if of := w.Rating.Of(); of > 0 {
		all[MomentRating] = Flow{Rate: &PendingRate{Closed: time.Unix(1, 0), Rating: store.Rating{Of: of}}, Person: canCall}
	}
	return all
}

// whole is a form of which no answer is known yet; nil for none.
func whole(id string, form *config.Form) *PendingForm {
	if form == nil {
		return nil
	}
	return &PendingForm{ID: id, Title: form.Title, Fields: form.Fields}
}
