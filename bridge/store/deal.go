package store

import (
	"context"
	"time"

	"go.mau.fi/util/dbutil"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/money"
)

// Deal is what a site sells, or wants to sell, to a visitor.
type Deal struct {
	Site chat.SiteID
	// Number counts the site's deals, from 1.
	Number  int64
	Visitor chat.VisitorID
	Title   string
	// Amount is the zero value when nobody has named one.
	Amount money.Amount
	// Pipeline and Stage are ids of the config, which may not have them any more.
	Pipeline, Stage string
	Status          DealStatus
	CreatedAt       time.Time
	ChangedAt       time.Time
	// ClosedAt is when it was won or lost; zero while it is open.
	ClosedAt time.Time
}

// DealStatus is how a deal ended, or that it has not.
type DealStatus string

// The statuses.
const (
	DealOpen DealStatus = "open"
	DealWon  DealStatus = "won"
	DealLost DealStatus = "lost"
)

// DealChange is one thing that became of a deal.
type DealChange struct {
	At time.Time
	// By is an operator's user id, or what else did it.
	By   string
	What DealPart
	// Was and Becomes are what that part was and is, as programs write it.
	Was, Becomes string
}

// DealPart is what a change is about.
type DealPart string

// The parts. DealCreated comes first and once; it becomes the title.
const (
	DealCreated     DealPart = "created"
	DealTitle       DealPart = "title"
	DealAmount      DealPart = "amount"
	DealStage       DealPart = "stage"
	DealStatusPart  DealPart = "status"
	mostDealChanges          = 200
)

const selectDeal = `SELECT site, number, visitor_id, title, amount, currency, pipeline, stage, status, created_at, changed_at, closed_at FROM deal `

func scanDeal(row dbutil.Scannable) (d Deal, err error) {
	var created, changed, closed int64
	err = noRows(row.Scan(&d.Site, &d.Number, &d.Visitor, &d.Title, &d.Amount.Minor, &d.Amount.Currency, &d.Pipeline, &d.Stage, &d.Status, &created, &changed, &closed))
	d.CreatedAt, d.ChangedAt, d.ClosedAt = moment(created), moment(changed), moment(closed)
	return d, err
}

// AddDeal keeps a new deal, gives it the next number of its site and returns that.
func (s *Store) AddDeal(ctx context.Context, d Deal) (number int64, err error) {
	err = s.Write(ctx, func(ctx context.Context) error {
		if number, err = s.next(ctx, "number of deals of "+string(d.Site)); err != nil {
			return err
		}
		return s.exec(ctx, `INSERT INTO deal (site, number, visitor_id, title, amount, currency, pipeline, stage, status, created_at, changed_at, closed_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11)`, d.Site, number, d.Visitor, d.Title,
			d.Amount.Minor, d.Amount.Currency, d.Pipeline, d.Stage, d.Status, milliseconds(d.CreatedAt), millisecondsOr0(d.ClosedAt))
	})
	return number, err
}

// SetDeal keeps what has changed in a deal.
func (s *Store) SetDeal(ctx context.Context, d Deal) error {
	return s.exec(ctx, `UPDATE deal SET title = $3, amount = $4, currency = $5, pipeline = $6, stage = $7, status = $8, changed_at = $9, closed_at = $10
		WHERE site = $1 AND number = $2`, d.Site, d.Number, d.Title, d.Amount.Minor, d.Amount.Currency, d.Pipeline, d.Stage, d.Status,
		milliseconds(d.ChangedAt), millisecondsOr0(d.ClosedAt))
}

// LogDeal keeps what became of a deal.
func (s *Store) LogDeal(ctx context.Context, d Deal, c DealChange) error {
	return s.exec(ctx, `INSERT INTO deal_change (site, number, at, by_whom, what, was, becomes) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		d.Site, d.Number, milliseconds(c.At), c.By, c.What, c.Was, c.Becomes)
}

// Deal returns a deal of a visitor by its number, or ErrNotFound.
func (s *Store) Deal(ctx context.Context, v chat.VisitorID, number int64) (Deal, error) {
	return scanDeal(s.db.QueryRow(ctx, selectDeal+`WHERE visitor_id = $1 AND number = $2`, v, number))
}

// Deals returns a visitor's deals: open ones first, then the latest.
func (s *Store) Deals(ctx context.Context, v chat.VisitorID) ([]Deal, error) {
	rows, err := s.db.Query(ctx, selectDeal+`WHERE visitor_id = $1 ORDER BY CASE WHEN status = 'open' THEN 0 ELSE 1 END, number DESC`, v)
	return dbutil.NewRowIterWithError(rows, scanDeal, err).AsList()
}

// CountDeals returns how many deals of a visitor there are.
func (s *Store) CountDeals(ctx context.Context, v chat.VisitorID) (int, error) {
	return scanOne[int](s.db.QueryRow(ctx, `SELECT count(*) FROM deal WHERE visitor_id = $1`, v))
}

// DealChanges returns what became of a deal, the latest last, at most 200 of the latest.
func (s *Store) DealChanges(ctx context.Context, d Deal) ([]DealChange, error) {
	rows, err := s.db.Query(ctx, `SELECT at, by_whom, what, was, becomes FROM (
			SELECT position, at, by_whom, what, was, becomes FROM deal_change WHERE site = $1 AND number = $2 ORDER BY position DESC LIMIT $3
		) AS latest ORDER BY position`, d.Site, d.Number, mostDealChanges)
	return dbutil.NewRowIterWithError(rows, func(row dbutil.Scannable) (c DealChange, err error) {
		var at int64
		err = row.Scan(&at, &c.By, &c.What, &c.Was, &c.Becomes)
		c.At = time.UnixMilli(at)
		return c, err
	}, err).AsList()
}

// DealSum is what the deals of a stage come to that stand alike.
type DealSum struct {
	Pipeline, Stage string
	Status          DealStatus
	Deals           int
	// Amount is in one currency; a stage with deals in several has a sum for each,
	// and one without a currency for those without an amount.
	Amount money.Amount
}

// DealSums returns what a site's deals come to, by pipeline, stage, status and currency.
func (s *Store) DealSums(ctx context.Context, site chat.SiteID) ([]DealSum, error) {
	rows, err := s.db.Query(ctx, `SELECT pipeline, stage, status, currency, count(*), sum(amount) FROM deal WHERE site = $1
		GROUP BY pipeline, stage, status, currency ORDER BY pipeline, stage, status, currency`, site)
	return dbutil.NewRowIterWithError(rows, func(row dbutil.Scannable) (d DealSum, err error) {
		err = row.Scan(&d.Pipeline, &d.Stage, &d.Status, &d.Amount.Currency, &d.Deals, &d.Amount.Minor)
		return d, err
	}, err).AsList()
}

// DealsQuery says which deals of a site are wanted; a zero field asks for nothing.
type DealsQuery struct {
	Site chat.SiteID
	// Before is the number above those that are wanted; 0 from the latest on.
	Before          int64
	Status          DealStatus
	Pipeline, Stage string
	Limit           int
}

// SiteDeal is a deal with whom it is about.
type SiteDeal struct {
	Deal
	ContactNumber int64
	ContactName   string
}

// DealsOfSite returns deals of a site, the latest first.
func (s *Store) DealsOfSite(ctx context.Context, d DealsQuery) ([]SiteDeal, error) {
	text, args := d.statement()
	rows, err := s.db.Query(ctx, text, args...)
	return dbutil.NewRowIterWithError(rows, func(row dbutil.Scannable) (x SiteDeal, err error) {
		x.Deal, err = scanDeal(scanTail{row, []any{&x.ContactNumber, &x.ContactName}})
		return x, err
	}, err).AsList()
}

func (d DealsQuery) statement() (string, []any) {
	q := query{}
	text := `SELECT d.site, d.number, d.visitor_id, d.title, d.amount, d.currency, d.pipeline, d.stage, d.status, d.created_at, d.changed_at, d.closed_at,
		v.number, v.name FROM deal d JOIN visitor v ON v.id = d.visitor_id WHERE d.site = ` + q.arg(d.Site)
	for _, c := range []struct{ column, value string }{{"pipeline", d.Pipeline}, {"stage", d.Stage}, {"status", string(d.Status)}} {
		if c.value != "" {
			text += ` AND d.` + c.column + ` = ` + q.arg(c.value)
		}
	}
	if d.Before > 0 {
		text += ` AND d.number < ` + q.arg(d.Before)
	}
	return text + ` ORDER BY d.number DESC LIMIT ` + q.arg(d.Limit), q.args
}
