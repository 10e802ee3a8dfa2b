package desk

import (
	"context"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// exportFigures adds what is kept of a dialog for statistics alone, and is not in its journal.
func (d *Desk) exportFigures(ctx context.Context, v chat.VisitorID, to *exportedDialog) error {
	ratings, err := d.store.RatingsOf(ctx, v)
	if err != nil {
		return err
	}
	for _, r := range ratings {
		to.Ratings = append(to.Ratings, exportedRating{r.At.UTC(), r.Score, r.Of})
	}
	openings, err := d.store.Openings(ctx, v)
	if err != nil {
		return err
	}
	for _, o := range openings {
		to.Openings = append(to.Openings, exportedOpening{o.At.UTC(), o.Asked.UTC(), utc(o.Answered)})
	}
	return nil
}
