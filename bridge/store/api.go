package store

import (
	"context"
	"time"

	"go.mau.fi/util/dbutil"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// APIRequest is a request of a program that was done, and what it was answered.
type APIRequest struct {
	Site chat.SiteID
	// Visitor is whom it was about.
	Visitor chat.VisitorID
	// Token is the name of the program's token, Key its own key of the request.
	Token, Key string
	// Asked is the hash of what was asked.
	Asked  string
	Status int
	Body   string
	At     time.Time
}

// APIRequest returns what a program asked for with that key, or ErrNotFound.
func (s *Store) APIRequest(ctx context.Context, site chat.SiteID, token, key string) (r APIRequest, err error) {
	var at int64
	r = APIRequest{Site: site, Token: token, Key: key}
	err = noRows(s.db.QueryRow(ctx, `SELECT visitor_id, asked, status, body, at FROM api_request WHERE site = $1 AND token = $2 AND key = $3`, site, token, key).
		Scan(&r.Visitor, &r.Asked, &r.Status, &r.Body, &at))
	r.At = time.UnixMilli(at)
	return r, err
}

// KeepAPIRequest keeps a request that was done; call it in the transaction that does it.
func (s *Store) KeepAPIRequest(ctx context.Context, r APIRequest) error {
	return s.exec(ctx, `INSERT INTO api_request (site, token, key, visitor_id, asked, status, body, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		r.Site, r.Token, r.Key, r.Visitor, r.Asked, r.Status, r.Body, milliseconds(r.At))
}

// ForgetAPIRequests removes what was asked before the given time.
func (s *Store) ForgetAPIRequests(ctx context.Context, before time.Time) error {
	return s.exec(ctx, `DELETE FROM api_request WHERE at < $1`, milliseconds(before))
}

// ContactsQuery says which contacts are listed.
type ContactsQuery struct {
	Site chat.SiteID
	// Before is the number above those that are wanted; 0 from the newest on.
	Before int64
	// Status is the wanted one; empty for any.
	Status Status
	// Tag is a folded tag, Words are folded words that must all be known of the
	// visitor; both may be empty.
	Tag   string
	Words []string
	Limit int
}

// Contacts lists visitors who wrote, the newest first.
func (s *Store) Contacts(ctx context.Context, q ContactsQuery) ([]Found, error) {
	where := conditions{args: []any{q.Site}}
	where.text.WriteString(selectFound + `WHERE v.site = $1 AND v.number > 0`)
	if q.Before > 0 {
		where.add(` AND v.number < $%d`, q.Before)
	}
	if q.Status != "" {
		where.add(` AND d.status = $%d`, q.Status)
	}
	if q.Tag != "" {
		where.add(` AND EXISTS (SELECT 1 FROM tag t WHERE t.visitor_id = v.id AND t.folded = $%d)`, q.Tag)
	}
	for _, word := range q.Words {
		where.add(` AND `+position+` > 0`, word)
	}
	where.text.WriteString(` ORDER BY v.number DESC`)
	where.add(` LIMIT $%d`, q.Limit)
	rows, err := s.db.Query(ctx, where.text.String(), where.args...)
	return dbutil.NewRowIterWithError(rows, scanFound, err).AsList()
}
