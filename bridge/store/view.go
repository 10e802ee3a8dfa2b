package store

import (
	"context"
	"time"

	"go.mau.fi/util/dbutil"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// maxViews is how many page views of a visitor are kept.
const maxViews = 50

// View is a page that a visitor looked at.
type View struct {
	At         time.Time
	URL, Title string
}

// AddView records a page view, and drops the oldest ones above maxViews.
func (s *Store) AddView(ctx context.Context, v chat.VisitorID, view View) error {
	return s.Write(ctx, func(ctx context.Context) error {
		last, err := scanOne[int64](s.db.QueryRow(ctx, `SELECT coalesce(max(at), 0) FROM page_view WHERE visitor_id = $1`, v))
		if err != nil {
			return err
		}
		// Two tabs may turn their pages in the same millisecond.
		if err := s.exec(ctx, `INSERT INTO page_view (visitor_id, at, url, title) VALUES ($1, $2, $3, $4)`,
			v, max(milliseconds(view.At), last+1), view.URL, view.Title); err != nil {
			return err
		}
		return s.exec(ctx, `DELETE FROM page_view WHERE visitor_id = $1 AND at <= (SELECT at FROM page_view
			WHERE visitor_id = $1 ORDER BY at DESC LIMIT 1 OFFSET $2)`, v, maxViews)
	})
}

// CountVisit counts a visit that began at that time, unless a page was looked at
// in it before. Call it before the AddView of its first page.
func (s *Store) CountVisit(ctx context.Context, v chat.VisitorID, began time.Time) error {
	return s.exec(ctx, `UPDATE visitor SET visits = visits + 1
		WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM page_view WHERE visitor_id = $1 AND at >= $2)`, v, milliseconds(began))
}

// RetitleView gives a page view the title that its page has got since.
func (s *Store) RetitleView(ctx context.Context, v chat.VisitorID, at time.Time, title string) error {
	return s.exec(ctx, `UPDATE page_view SET title = $3 WHERE visitor_id = $1 AND at = $2`, v, milliseconds(at), title)
}

// Views returns a visitor's page views, the newest first.
func (s *Store) Views(ctx context.Context, v chat.VisitorID) ([]View, error) {
	rows, err := s.db.Query(ctx, `SELECT at, url, title FROM page_view WHERE visitor_id = $1 ORDER BY at DESC`, v)
	return dbutil.NewRowIterWithError(rows, func(row dbutil.Scannable) (view View, err error) {
		var at int64
		err = row.Scan(&at, &view.URL, &view.Title)
		view.At = time.UnixMilli(at)
		return view, err
	}, err).AsList()
}
