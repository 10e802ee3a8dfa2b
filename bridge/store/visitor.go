package store

import (
	"context"
	"errors"
	"time"

	"go.mau.fi/util/dbutil"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// Visitor is who sits at the other end of a dialog.
type Visitor struct {
	ID        chat.VisitorID
	Site      chat.SiteID
	CreatedAt time.Time
	SeenAt    time.Time
	Device
	Page Page
	// FirstURL is the page on which the visitor first opened the chat.
	FirstURL string
	// Number counts the site's visitors who wrote, from 1; 0 before that.
	Number int64
	// Name is what operators call the visitor, NamedBy who gave it the name;
	// both are empty before the visitor's first act.
	Name    string
	NamedBy NameSource
	// Note is what operators noted, for themselves.
	Note string
	// Visits counts how often the visitor came; 0 before its first page.
	Visits int64
	// Desk is true for a site's own dialog with its operators.
	Desk bool
}

// NameSource is who gave a visitor its name, or a variable its value, each worth
// more than the one before.
type NameSource string

// The sources of names.
const (
	NamedByBridge   NameSource = "bridge"   // place and time
	NamedByBrowser  NameSource = "browser"  // the site's page, by identify without a token
	NamedByBot      NameSource = "bot"      // a chain, mostly after it asked the visitor
	NamedByPage     NameSource = "page"     // the site's server, by a signed token
	NamedByOperator NameSource = "operator" // the room was renamed, or !name
)

// Device is what a browser tells of itself. All of it is the visitor's own
// word: text to show, never to trust.
type Device struct {
	Language  string
	TimeZone  string
	UserAgent string
	// System is what the browser and its system are called.
	System string
	// Place is a city or a country, Country the country, both in words; CountryCode
	// is its code, ISO 3166-1 alpha-2. Empty when not known.
	Place, Country, CountryCode string
}

// Page is where the visitor is, or was last.
type Page struct{ URL, Title, Referrer string }

// Marks are a dialog's numbers; each only rises. Read, Delivered and Seen are
// entry numbers: how far the visitor has read and holds the operators'
// messages, and how far the operators have seen the visitor's. Left is the last
// number before the operators left: whoever of them spoke up to there is not in
// the dialog any more.
type Marks struct{ Last, Read, Delivered, Seen, Left int64 }

// usedEvery is how exactly it is known when a session was used last: who comes back within
// it costs no write.
const usedEvery = 24 * time.Hour

// EnterVisitor returns the visitor of a session, and makes both when the
// session is new; ErrEnded when it was signed out. It changes the device to what was said
// last, and notes that the session is used. Who comes back with the same device and was here
// within usedEvery costs a reading and no place in the writer's queue.
func (s *Store) EnterVisitor(ctx context.Context, site chat.SiteID, secretHash string, d Device, now time.Time) (v Visitor, err error) {
	v, used, err := s.findSession(ctx, site, secretHash)
	if err == nil && v.Device == d && now.Sub(used) < usedEvery || err != nil && !errors.Is(err, ErrNotFound) {
		return v, err
	}
	err = s.Write(ctx, func(ctx context.Context) error {
		v, used, err = s.findSession(ctx, site, secretHash)
		if errors.Is(err, ErrNotFound) {
			v = Visitor{ID: chat.NewVisitorID(), Site: site, CreatedAt: now, SeenAt: now, Device: d}
			return errors.Join(s.insertVisitor(ctx, v), s.AddSession(ctx, site, secretHash, v.ID, now))
		}
		if err != nil {
			return err
		}
		if now.Sub(used) >= usedEvery {
			if err := s.exec(ctx, `UPDATE session SET used_at = $3 WHERE site = $1 AND secret_hash = $2`, site, secretHash, milliseconds(now)); err != nil {
				return err
			}
		}
		if v.Device == d {
			return nil
		}
		v.Device = d
		return s.exec(ctx, `UPDATE visitor SET language = $2, time_zone = $3, user_agent = $4, system = $5, place = $6, country = $7,
			country_code = $8 WHERE id = $1`, v.ID, d.Language, d.TimeZone, d.UserAgent, d.System, d.Place, d.Country, d.CountryCode)
	})
	return v, err
}

func (s *Store) insertVisitor(ctx context.Context, v Visitor) error {
	at := milliseconds(v.CreatedAt)
	return errors.Join(
		s.exec(ctx, `INSERT INTO visitor (id, site, created_at, seen_at, language, time_zone, user_agent, system, place, country, country_code, desk)
			VALUES ($1, $2, $3, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			v.ID, v.Site, at, v.Language, v.TimeZone, v.UserAgent, v.System, v.Place, v.Country, v.CountryCode, v.Desk),
		s.exec(ctx, `INSERT INTO dialog (visitor_id, site) VALUES ($1, $2)`, v.ID, v.Site),
	)
}

const visitorColumns = `v.id, v.site, v.created_at, v.seen_at, v.language, v.time_zone, v.user_agent, v.system, v.place, v.country, v.country_code,
	v.page_url, v.page_title, v.page_referrer, v.first_url, v.number, v.name, v.named_by, v.note, v.visits, v.desk`

const selectVisitor = `SELECT ` + visitorColumns + ` FROM visitor v `

// FindSession returns the visitor of a session without making one, or
// ErrNotFound, or ErrEnded when it was signed out.
func (s *Store) FindSession(ctx context.Context, site chat.SiteID, secretHash string) (Visitor, error) {
	v, _, err := s.findSession(ctx, site, secretHash)
	return v, err
}

// findSession is FindSession, and tells when the session was used last, to usedEvery.
func (s *Store) findSession(ctx context.Context, site chat.SiteID, secretHash string) (Visitor, time.Time, error) {
	var ended, used int64
	v, err := scanVisitor(scanTail{s.db.QueryRow(ctx, `SELECT `+visitorColumns+`, s.ended_at, s.used_at FROM visitor v JOIN session s ON s.visitor_id = v.id
		WHERE s.site = $1 AND s.secret_hash = $2`, site, secretHash), []any{&ended, &used}})
	if err == nil && ended > 0 {
		return Visitor{}, time.Time{}, ErrEnded
	}
	return v, time.UnixMilli(used), err
}

// Visitor returns one visitor, or ErrNotFound.
func (s *Store) Visitor(ctx context.Context, v chat.VisitorID) (Visitor, error) {
	return scanVisitor(s.db.QueryRow(ctx, selectVisitor+`WHERE v.id = $1`, v))
}

func scanVisitor(row interface{ Scan(...any) error }) (v Visitor, err error) {
	var created, seen int64
	err = noRows(row.Scan(&v.ID, &v.Site, &created, &seen, &v.Language, &v.TimeZone, &v.UserAgent, &v.System, &v.Place, &v.Country, &v.CountryCode,
		&v.Page.URL, &v.Page.Title, &v.Page.Referrer, &v.FirstURL, &v.Number, &v.Name, &v.NamedBy, &v.Note, &v.Visits, &v.Desk))
	v.CreatedAt, v.SeenAt = time.UnixMilli(created), time.UnixMilli(seen)
	return v, err
}

// SetPage records where the visitor is now. The first page and its referrer are kept.
func (s *Store) SetPage(ctx context.Context, v chat.VisitorID, p Page, now time.Time) error {
	return s.exec(ctx, `UPDATE visitor SET page_url = $2, page_title = $3, seen_at = $4,
		page_referrer = CASE WHEN first_url = '' THEN $5 ELSE page_referrer END,
		first_url = CASE WHEN first_url = '' THEN $2 ELSE first_url END WHERE id = $1`,
		v, p.URL, p.Title, milliseconds(now), p.Referrer)
}

// Marks returns the numbers of a dialog, or ErrNotFound.
func (s *Store) Marks(ctx context.Context, v chat.VisitorID) (m Marks, err error) {
	err = noRows(s.db.QueryRow(ctx, `SELECT last_seq, read_seq, delivered_seq, seen_seq, left_seq FROM dialog WHERE visitor_id = $1`, v).
		Scan(&m.Last, &m.Read, &m.Delivered, &m.Seen, &m.Left))
	return m, err
}

// RaiseRead moves the visitor's read mark (and with it the delivered mark) up
// to seq, never beyond the dialog's last entry. It reports whether it rose.
func (s *Store) RaiseRead(ctx context.Context, v chat.VisitorID, seq int64) (bool, error) {
	return s.execChanged(ctx, `UPDATE dialog SET read_seq = $2,
		delivered_seq = CASE WHEN delivered_seq < $2 THEN $2 ELSE delivered_seq END
		WHERE visitor_id = $1 AND read_seq < $2 AND last_seq >= $2`, v, seq)
}

// RaiseDelivered moves the visitor's delivered mark up to seq. It reports whether it rose.
func (s *Store) RaiseDelivered(ctx context.Context, v chat.VisitorID, seq int64) (bool, error) {
	return s.execChanged(ctx, `UPDATE dialog SET delivered_seq = $2
		WHERE visitor_id = $1 AND delivered_seq < $2 AND last_seq >= $2`, v, seq)
}

// RaiseSeen moves the operators' mark up to seq. It reports whether it rose.
func (s *Store) RaiseSeen(ctx context.Context, v chat.VisitorID, seq int64) (rose bool, err error) {
	err = s.Write(ctx, func(ctx context.Context) error {
		if rose, err = s.execChanged(ctx, `UPDATE dialog SET seen_seq = $2
			WHERE visitor_id = $1 AND seen_seq < $2 AND last_seq >= $2`, v, seq); err != nil || !rose {
			return err
		}
		return s.countUnread(ctx, v)
	})
	return rose, err
}

// Blocked reports whether an operator shut the visitor out. SetBlocked changes it.
func (s *Store) Blocked(ctx context.Context, v chat.VisitorID) (bool, error) {
	return scanOne[bool](s.db.QueryRow(ctx, `SELECT blocked FROM dialog WHERE visitor_id = $1`, v))
}

// SetBlocked shuts the visitor out, or lets it in again.
func (s *Store) SetBlocked(ctx context.Context, v chat.VisitorID, blocked bool) error {
	return s.Write(ctx, func(ctx context.Context) error {
		err := s.exec(ctx, `UPDATE dialog SET blocked = $2 WHERE visitor_id = $1`, v, blocked)
		if err == nil && blocked {
			_, err = s.EndRecall(ctx, v)
		}
		return err
	})
}

// DeleteIdleVisitors removes visitors that were here last before the given time
// and never did anything themselves, at most limit of them, and returns how
// many. They are looked for beside the writer, and looked at again in it: a
// visitor may come back in between.
func (s *Store) DeleteIdleVisitors(ctx context.Context, before time.Time, limit int) (deleted int, err error) {
	rows, err := s.db.Query(ctx, `SELECT id FROM visitor WHERE seen_at < $1 AND number = 0 AND NOT desk LIMIT $2`, milliseconds(before), limit)
	idle, err := dbutil.NewRowIterWithError(rows, dbutil.ScanSingleColumn[chat.VisitorID], err).AsList()
	if err != nil || len(idle) == 0 {
		return 0, err
	}
	err = s.Write(ctx, func(ctx context.Context) error {
		deleted = 0
		for _, v := range idle {
			gone, err := s.execChanged(ctx, `DELETE FROM visitor WHERE id = $1 AND seen_at < $2 AND number = 0`, v, milliseconds(before))
			if err != nil {
				return err
			}
			if gone {
				deleted++
			}
		}
		return nil
	})
	return deleted, err
}
