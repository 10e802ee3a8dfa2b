package store

import (
	"context"
	"errors"
	"time"

	"go.mau.fi/util/dbutil"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// Proactive is what became of a proactive message.
type Proactive struct {
	Name string
	// Opened is how often it was taken into the chat, Replied how often the visitor wrote
	// after that, Dismissed how often it was sent away.
	Opened, Dismissed, Replied int
}

// OpenProactive counts a proactive message that a visitor took into the chat: its next
// message is the reply to it. Call it in the transaction that appends it.
func (s *Store) OpenProactive(ctx context.Context, site chat.SiteID, v chat.VisitorID, name string, at time.Time) error {
	return errors.Join(
		s.countProactive(ctx, site, name, at, "opened"),
		s.exec(ctx, `INSERT INTO proactive_open (visitor_id, name) VALUES ($1, $2) ON CONFLICT (visitor_id) DO UPDATE SET name = excluded.name`, v, name),
	)
}

// DismissProactive counts a proactive message that somebody sent away.
func (s *Store) DismissProactive(ctx context.Context, site chat.SiteID, name string, at time.Time) error {
	return s.Write(ctx, func(ctx context.Context) error { return s.countProactive(ctx, site, name, at, "dismissed") })
}

// replyToProactive counts the message of a visitor who has opened one and not written since.
func (s *Store) replyToProactive(ctx context.Context, v chat.VisitorID, at time.Time) error {
	var site chat.SiteID
	var name string
	err := noRows(s.db.QueryRow(ctx, `SELECT v.site, o.name FROM proactive_open o JOIN visitor v ON v.id = o.visitor_id WHERE o.visitor_id = $1`, v).Scan(&site, &name))
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return errors.Join(err,
		s.exec(ctx, `DELETE FROM proactive_open WHERE visitor_id = $1`, v),
		s.countProactive(ctx, site, name, at, "replied"),
	)
}

func (s *Store) countProactive(ctx context.Context, site chat.SiteID, name string, at time.Time, sum string) error {
	return s.exec(ctx, `INSERT INTO proactive_figure (site, quarter, name, `+sum+`) VALUES ($1, $2, $3, 1)
		ON CONFLICT (site, quarter, name) DO UPDATE SET `+sum+` = proactive_figure.`+sum+` + 1`, site, quarterOf(at), name)
}

// ProactiveSince sums up a site's proactive messages since a moment, those opened most first.
func (s *Store) ProactiveSince(ctx context.Context, site chat.SiteID, since time.Time) ([]Proactive, error) {
	rows, err := s.db.Query(ctx, `SELECT name, CAST(SUM(opened) AS BIGINT), CAST(SUM(dismissed) AS BIGINT), CAST(SUM(replied) AS BIGINT) FROM proactive_figure
		WHERE site = $1 AND quarter >= $2 GROUP BY name ORDER BY 2 DESC, name`, site, quarterOf(since))
	return dbutil.NewRowIterWithError(rows, func(row dbutil.Scannable) (p Proactive, err error) {
		err = row.Scan(&p.Name, &p.Opened, &p.Dismissed, &p.Replied)
		return p, err
	}, err).AsList()
}
