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

// ForgetAPIRequests removes what was asked before the given time, at most limit of it. It
// reports whether there was any.
func (s *Store) ForgetAPIRequests(ctx context.Context, before time.Time, limit int) (some bool, err error) {
	return s.execChanged(ctx, `DELETE FROM api_request WHERE (site, token, key) IN
		(SELECT site, token, key FROM api_request WHERE at < $1 LIMIT $2)`, milliseconds(before), limit)
}

// KeyOf is the key of a request's part that was about one of several visitors.
func KeyOf(key string, v chat.VisitorID) string { return key + "\n" + string(v) }

// APIRequestsOf returns the hashes of what a program asked for with that key and
// with the keys that KeyOf makes of it.
func (s *Store) APIRequestsOf(ctx context.Context, site chat.SiteID, token, key string) ([]string, error) {
	rows, err := s.db.Query(ctx, `SELECT asked FROM api_request WHERE site = $1 AND token = $2 AND key = $3
		UNION SELECT asked FROM api_request WHERE site = $1 AND token = $2 AND key > $4 AND key < $5`, site, token, key, key+"\n", key+"\v")
	return dbutil.NewRowIterWithError(rows, dbutil.ScanSingleColumn[string], err).AsList()
}
