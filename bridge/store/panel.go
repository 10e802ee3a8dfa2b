package store

import (
	"context"
	"errors"
	"time"

	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// PanelSession is an operator who is signed in to the panel in one browser.
type PanelSession struct {
	// Hash stands for the secret.
	Hash     string
	Operator id.UserID
	// Origin is the page that it was made for.
	Origin string
	// Times are exact to the millisecond, UsedAt to some minutes.
	CreatedAt, UsedAt, ExpiresAt time.Time
}

const panelColumns = `SELECT hash, operator, origin, created_at, used_at, expires_at FROM panel_session`

func scanPanelSession(row dbutil.Scannable) (p PanelSession, err error) {
	var created, used, expires int64
	err = row.Scan(&p.Hash, &p.Operator, &p.Origin, &created, &used, &expires)
	p.CreatedAt, p.UsedAt, p.ExpiresAt = time.UnixMilli(created), time.UnixMilli(used), time.UnixMilli(expires)
	return p, err
}

// AddPanelSession keeps a new session. Of an operator's sessions only the newest
// are kept, as many as most says.
func (s *Store) AddPanelSession(ctx context.Context, p PanelSession, most int) error {
	return s.Write(ctx, func(ctx context.Context) error {
		return errors.Join(
			s.exec(ctx, `INSERT INTO panel_session (hash, operator, origin, created_at, used_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)`,
				p.Hash, p.Operator, p.Origin, milliseconds(p.CreatedAt), milliseconds(p.UsedAt), milliseconds(p.ExpiresAt)),
			s.exec(ctx, `DELETE FROM panel_session WHERE operator = $1 AND hash NOT IN
				(SELECT hash FROM panel_session WHERE operator = $1 ORDER BY created_at DESC, hash LIMIT $2)`, p.Operator, most),
		)
	})
}

// PanelSession returns the session of that hash, or ErrNotFound.
func (s *Store) PanelSession(ctx context.Context, hash string) (PanelSession, error) {
	found, err := scanPanelSession(s.db.QueryRow(ctx, panelColumns+` WHERE hash = $1`, hash))
	return found, noRows(err)
}

// UsedPanelSession notes when a session was used last.
func (s *Store) UsedPanelSession(ctx context.Context, hash string, at time.Time) error {
	return s.exec(ctx, `UPDATE panel_session SET used_at = $2 WHERE hash = $1 AND used_at < $2`, hash, milliseconds(at))
}

// EndPanelSession removes a session.
func (s *Store) EndPanelSession(ctx context.Context, hash string) error {
	return s.exec(ctx, `DELETE FROM panel_session WHERE hash = $1`, hash)
}

// SweepPanel removes the sessions that ended by now or were not used since unused,
// those of everyone whom keep refuses, and the links that ended.
func (s *Store) SweepPanel(ctx context.Context, now, unused time.Time, keep func(id.UserID) bool) error {
	return s.Write(ctx, func(ctx context.Context) error {
		err := errors.Join(
			s.exec(ctx, `DELETE FROM panel_session WHERE expires_at <= $1 OR used_at <= $2`, milliseconds(now), milliseconds(unused)),
			s.exec(ctx, `DELETE FROM panel_link WHERE expires_at <= $1`, milliseconds(now)),
		)
		if err != nil {
			return err
		}
		rows, err := s.db.Query(ctx, `SELECT DISTINCT operator FROM panel_session`)
		signed, err := dbutil.NewRowIterWithError(rows, dbutil.ScanSingleColumn[id.UserID], err).AsList()
		if err != nil {
			return err
		}
		for _, operator := range signed {
			if !keep(operator) {
				err = errors.Join(err, s.exec(ctx, `DELETE FROM panel_session WHERE operator = $1`, operator))
			}
		}
		return err
	})
}

// SetPanelLink keeps the link by which an operator signs in to a site's panel, in
// place of the one before.
func (s *Store) SetPanelLink(ctx context.Context, site chat.SiteID, operator id.UserID, hash string, expires time.Time) error {
	return s.exec(ctx, `INSERT INTO panel_link (site, operator, hash, expires_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (site, operator) DO UPDATE SET hash = excluded.hash, expires_at = excluded.expires_at`,
		site, operator, hash, milliseconds(expires))
}

// TakePanelLink uses a link up, and returns whose it was, or ErrNotFound; who asks
// at the same time gets nothing. One that expired by now is used up and not found.
func (s *Store) TakePanelLink(ctx context.Context, hash string, now time.Time) (site chat.SiteID, operator id.UserID, err error) {
	err = s.Write(ctx, func(ctx context.Context) error {
		var expires int64
		if err := s.db.QueryRow(ctx, `DELETE FROM panel_link WHERE hash = $1 RETURNING site, operator, expires_at`, hash).
			Scan(&site, &operator, &expires); err != nil {
			return noRows(err)
		}
		if expires <= milliseconds(now) {
			site, operator = "", ""
		}
		return nil
	})
	if err == nil && operator == "" {
		err = ErrNotFound
	}
	return site, operator, err
}
