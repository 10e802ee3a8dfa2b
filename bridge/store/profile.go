package store

import (
	"context"
	"errors"
	"time"

	"go.mau.fi/util/dbutil"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// NumberVisitor gives the visitor the next number of its site, unless it has one, and returns it.
// now is when the visitor is counted as a new one.
func (s *Store) NumberVisitor(ctx context.Context, v chat.VisitorID, now time.Time) (number int64, err error) {
	err = s.Write(ctx, func(ctx context.Context) error {
		visitor, err := s.Visitor(ctx, v)
		if number = visitor.Number; err != nil || number > 0 {
			return err
		}
		if number, err = s.next(ctx, "number of "+string(visitor.Site)); err != nil {
			return err
		}
		if err := errors.Join(
			s.exec(ctx, `UPDATE visitor SET number = $2 WHERE id = $1`, v, number),
			s.exec(ctx, `UPDATE dialog SET number = $2 WHERE visitor_id = $1`, v, number),
		); err != nil || visitor.Desk {
			return err
		}
		return s.countMet(ctx, visitor.Site, now)
	})
	return number, err
}

// next raises a counter, which begins with 1, and returns it.
func (s *Store) next(ctx context.Context, counter string) (int64, error) {
	return scanOne[int64](s.db.QueryRow(ctx, `INSERT INTO counter (name, value) VALUES ($1, 1)
		ON CONFLICT (name) DO UPDATE SET value = counter.value + 1 RETURNING value`, counter))
}

// VisitorByNumber returns the visitor of that number within a site, or ErrNotFound.
func (s *Store) VisitorByNumber(ctx context.Context, site chat.SiteID, number int64) (Visitor, error) {
	return scanVisitor(s.db.QueryRow(ctx, selectVisitor+`WHERE v.site = $1 AND v.number = $2 AND v.number > 0`, site, number))
}

// SetName records what operators call the visitor.
func (s *Store) SetName(ctx context.Context, v chat.VisitorID, name string, by NameSource) error {
	return s.exec(ctx, `UPDATE visitor SET name = $2, named_by = $3 WHERE id = $1`, v, name, by)
}

// SetNote keeps what operators noted about a visitor.
func (s *Store) SetNote(ctx context.Context, v chat.VisitorID, note string) error {
	return s.exec(ctx, `UPDATE visitor SET note = $2 WHERE id = $1`, v, note)
}

// CountNamed returns how many visitors of a site have that name.
func (s *Store) CountNamed(ctx context.Context, site chat.SiteID, name string) (int, error) {
	return scanOne[int](s.db.QueryRow(ctx, `SELECT count(*) FROM visitor WHERE site = $1 AND name = $2`, site, name))
}

// AddTag puts a tag on a visitor. It reports whether it is new; folded is the
// form by which two spellings are one tag, of which the first is kept.
func (s *Store) AddTag(ctx context.Context, v chat.VisitorID, folded, tag string) (bool, error) {
	return s.execChanged(ctx, `INSERT INTO tag (visitor_id, folded, tag, site) SELECT id, $2, $3, site FROM visitor WHERE id = $1
		ON CONFLICT (visitor_id, folded) DO NOTHING`, v, folded, tag)
}

// RemoveTag takes a tag off. It reports whether the visitor had it.
func (s *Store) RemoveTag(ctx context.Context, v chat.VisitorID, folded string) (bool, error) {
	return s.execChanged(ctx, `DELETE FROM tag WHERE visitor_id = $1 AND folded = $2`, v, folded)
}

// Tags returns a visitor's tags, sorted.
func (s *Store) Tags(ctx context.Context, v chat.VisitorID) ([]string, error) {
	rows, err := s.db.Query(ctx, `SELECT tag FROM tag WHERE visitor_id = $1 ORDER BY folded`, v)
	return dbutil.NewRowIterWithError(rows, dbutil.ScanSingleColumn[string], err).AsList()
}

// Variable is a named value of a visitor. SetBy is filled in where it is read.
type Variable struct {
	Name, Value string
	SetBy       NameSource
}

// SetVariable gives a visitor's variable its value.
func (s *Store) SetVariable(ctx context.Context, v chat.VisitorID, name, value string, by NameSource) error {
	return s.exec(ctx, `INSERT INTO variable (visitor_id, name, value, set_by) VALUES ($1, $2, $3, $4)
		ON CONFLICT (visitor_id, name) DO UPDATE SET value = excluded.value, set_by = excluded.set_by`, v, name, value, by)
}

// Variable returns a visitor's variable and who gave it its value, or ErrNotFound.
func (s *Store) Variable(ctx context.Context, v chat.VisitorID, name string) (value string, by NameSource, err error) {
	err = noRows(s.db.QueryRow(ctx, `SELECT value, set_by FROM variable WHERE visitor_id = $1 AND name = $2`, v, name).Scan(&value, &by))
	return value, by, err
}

// UnsetVariable forgets a variable. It reports whether there was one.
func (s *Store) UnsetVariable(ctx context.Context, v chat.VisitorID, name string) (bool, error) {
	return s.execChanged(ctx, `DELETE FROM variable WHERE visitor_id = $1 AND name = $2`, v, name)
}

// Variables returns a visitor's variables, sorted by their names.
func (s *Store) Variables(ctx context.Context, v chat.VisitorID) ([]Variable, error) {
	rows, err := s.db.Query(ctx, `SELECT name, value, set_by FROM variable WHERE visitor_id = $1 ORDER BY name`, v)
	return dbutil.NewRowIterWithError(rows, func(row dbutil.Scannable) (x Variable, err error) {
		err = row.Scan(&x.Name, &x.Value, &x.SetBy)
		return x, err
	}, err).AsList()
}

// Found is a dialog as lists show it.
type Found struct {
	Visitor Visitor
	Dialog  Dialog
	// Place is where it stands in the order of Find; zero where nobody asked for an order.
	Place Place
}

const selectFound = `SELECT ` + visitorColumns + `, ` + dialogColumns + ` FROM visitor v JOIN dialog d ON d.visitor_id = v.id `

func scanFound(row dbutil.Scannable) (f Found, err error) {
	var d dialogRow
	v, err := scanVisitor(scanTail{row, d.places()})
	return Found{Visitor: v, Dialog: d.dialog()}, err
}

// scanTail scans further columns behind those that it is asked for.
type scanTail struct {
	row  dbutil.Scannable
	tail []any
}

// Scan reads the columns asked for, then the further ones.
func (s scanTail) Scan(to ...any) error { return s.row.Scan(append(to, s.tail...)...) }

// SetAway records that an operator is not to be rung, or is back.
func (s *Store) SetAway(ctx context.Context, site chat.SiteID, operator string, away bool, now time.Time) error {
	if !away {
		return s.exec(ctx, `DELETE FROM away WHERE site = $1 AND operator = $2`, site, operator)
	}
	return s.exec(ctx, `INSERT INTO away (site, operator, since) VALUES ($1, $2, $3)
		ON CONFLICT (site, operator) DO NOTHING`, site, operator, milliseconds(now))
}

// Away returns the operators of a site who are not to be rung.
func (s *Store) Away(ctx context.Context, site chat.SiteID) ([]string, error) {
	rows, err := s.db.Query(ctx, `SELECT operator FROM away WHERE site = $1 ORDER BY operator`, site)
	return dbutil.NewRowIterWithError(rows, dbutil.ScanSingleColumn[string], err).AsList()
}
