package desk

import (
	"context"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// mostMailed is how many mails to a visitor an export has.
const mostMailed = 100

// exportFigures adds what is kept of a dialog beside its journal: figures, forms and mails.
func (d *Desk) exportFigures(ctx context.Context, v chat.VisitorID, to *exportedDialog) error {
	ratings, err := d.store.RatingsOf(ctx, v)
	if err != nil {
		return err
	}
	for _, r := range ratings {
		to.Ratings = append(to.Ratings, exportedRating{r.At.UTC(), r.Score, r.Of, utc(r.Closed), r.Word})
	}
	openings, err := d.store.Openings(ctx, v)
	if err != nil {
		return err
	}
	for _, o := range openings {
		to.Openings = append(to.Openings, exportedOpening{o.At.UTC(), o.Asked.UTC(), utc(o.Answered)})
	}
	forms, err := d.store.FilledBy(ctx, v)
	if err != nil {
		return err
	}
	for _, f := range forms {
		to.Forms = append(to.Forms, exportedForm{f.At.UTC(), f.Form, f.Answers})
	}
	mails, err := d.dialog.Mailed(ctx, v, mostMailed)
	if err != nil {
		return err
	}
	for _, m := range mails {
		to.Mailed = append(to.Mailed, exportedMail{m.At.UTC(), m.About, m.To, m.State})
	}
	return nil
}
