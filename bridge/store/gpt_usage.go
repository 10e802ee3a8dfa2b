package store

import (
	"context"
	"errors"

	"go.mau.fi/util/dbutil"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// UsageOf says who uses an assistant, and on which day of the site's zone, which is
// written as time.DateOnly.
type UsageOf struct {
	Site      chat.SiteID
	Assistant string
	Day       string
	Visitor   chat.VisitorID
	// Address is the hash of the visitor's address; empty if it is not known.
	Address string
}

// Usage is how much an assistant was used: answers that were asked for, and tokens.
type Usage struct{ Requests, Prompt, Completion int64 }

// Tokens are those of prompts and answers.
func (u Usage) Tokens() int64 { return u.Prompt + u.Completion }

// Used is how much an assistant was used on a day: by one visitor, from one address,
// and on the whole site.
type Used struct{ Visitor, Address, Site Usage }

// The scopes of usage.
const (
	scopeVisitor = "visitor"
	scopeAddress = "address"
	scopeSite    = "site"
)

// AddUsage adds to what an assistant was used for. Of a visitor who is gone only the
// site's part is kept.
func (s *Store) AddUsage(ctx context.Context, of UsageOf, u Usage) error {
	return s.Write(ctx, func(ctx context.Context) error {
		const add = ` ON CONFLICT (site, assistant, day, scope, subject) DO UPDATE SET requests = assistant_usage.requests + excluded.requests,
			prompt = assistant_usage.prompt + excluded.prompt, completion = assistant_usage.completion + excluded.completion`
		const columns = `INSERT INTO assistant_usage (site, assistant, day, scope, subject, requests, prompt, completion, visitor_id) `
		err := s.exec(ctx, columns+`VALUES ($1, $2, $3, $4, '', $5, $6, $7, NULL)`+add, of.Site, of.Assistant, of.Day, scopeSite, u.Requests, u.Prompt, u.Completion)
		err = errors.Join(err, s.exec(ctx, columns+`SELECT $1, $2, $3, $4, id, CAST($5 AS BIGINT), CAST($6 AS BIGINT), CAST($7 AS BIGINT), id FROM visitor WHERE id = $8`+add,
			of.Site, of.Assistant, of.Day, scopeVisitor, u.Requests, u.Prompt, u.Completion, of.Visitor))
		if of.Address != "" {
			err = errors.Join(err, s.exec(ctx, columns+`VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULL)`+add,
				of.Site, of.Assistant, of.Day, scopeAddress, of.Address, u.Requests, u.Prompt, u.Completion))
		}
		return err
	})
}

// Used returns how much an assistant was used on a day.
func (s *Store) Used(ctx context.Context, of UsageOf) (used Used, err error) {
	rows, err := s.db.Query(ctx, `SELECT scope, requests, prompt, completion FROM assistant_usage
		WHERE site = $1 AND assistant = $2 AND day = $3 AND (scope = $4 OR scope = $5 AND subject = $6 OR scope = $7 AND subject = $8 AND subject <> '')`,
		of.Site, of.Assistant, of.Day, scopeSite, scopeVisitor, of.Visitor, scopeAddress, of.Address)
	type part struct {
		scope string
		Usage
	}
	all, err := dbutil.NewRowIterWithError(rows, func(row dbutil.Scannable) (p part, err error) {
		err = row.Scan(&p.scope, &p.Requests, &p.Prompt, &p.Completion)
		return p, err
	}, err).AsList()
	for _, p := range all {
		switch p.scope {
		case scopeSite:
			used.Site = p.Usage
		case scopeVisitor:
			used.Visitor = p.Usage
		case scopeAddress:
			used.Address = p.Usage
		}
	}
	return used, err
}

// SweepUsage forgets who used assistants on days before one, and how much they were
// used at all on days before another.
func (s *Store) SweepUsage(ctx context.Context, who, all string) error {
	return s.Write(ctx, func(ctx context.Context) error {
		return errors.Join(
			s.exec(ctx, `DELETE FROM assistant_usage WHERE day < $1 AND scope <> $2`, who, scopeSite),
			s.exec(ctx, `DELETE FROM assistant_usage WHERE day < $1`, all))
	})
}
