package api

import (
	"context"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// SiteDeal is a deal in a list of all contacts.
type SiteDeal struct {
	Deal
	Contact DealContact `json:"contact"`
}

// DealContact is to whom something is sold.
type DealContact struct {
	ID     chat.VisitorID `json:"id"`
	Number int64          `json:"number"`
	Name   string         `json:"name"`
}

// siteDeals lists the deals of all contacts, the latest first.
func (a *API) siteDeals(ctx context.Context, q request) (reply, error) {
	if err := known(q, "limit", "cursor", "status", "pipeline", "stage"); err != nil {
		return reply{}, err
	}
	limit, err := limitOf(q)
	if err != nil {
		return reply{}, err
	}
	asked := q.URL.Query()
	wanted := store.DealsQuery{
		Site: q.site.ID, Status: store.DealStatus(asked.Get("status")), Pipeline: asked.Get("pipeline"), Stage: asked.Get("stage"), Limit: limit + 1,
	}
	switch wanted.Status {
	case "", store.DealOpen, store.DealWon, store.DealLost:
	default:
		return reply{}, chat.Errorf(chat.CodeBadRequest, "A status is open, won or lost.")
	}
	if wanted.Stage != "" && wanted.Pipeline == "" {
		return reply{}, chat.Errorf(chat.CodeBadRequest, "A stage is one of a “pipeline”, which is needed too.")
	}
	if wanted.Before, err = cursorOf(q); err != nil {
		return reply{}, err
	}
	deals, err := a.store.DealsOfSite(ctx, wanted)
	if err != nil {
		return reply{}, err
	}
	page := list[SiteDeal]{Items: []SiteDeal{}}
	if len(deals) > limit {
		deals = deals[:limit]
		page.Next = cursor(deals[limit-1].Number)
	}
	for _, d := range deals {
		page.Items = append(page.Items, SiteDeal{NewDeal(d.Deal), DealContact{d.Visitor, d.ContactNumber, d.ContactName}})
	}
	return ok(page), nil
}

// DealSum is what the deals of a stage come to that stand alike and are in one currency.
type DealSum struct {
	Pipeline string           `json:"pipeline"`
	Stage    string           `json:"stage"`
	Status   store.DealStatus `json:"status"`
	// Currency is empty, and Amount null, of deals without an amount.
	Currency string  `json:"currency"`
	Count    int     `json:"count"`
	Amount   *Amount `json:"amount"`
}

// dealSums are sorted by the names of pipelines, stages, statuses and currencies.
func (a *API) dealSums(ctx context.Context, q request) (reply, error) {
	if err := known(q); err != nil {
		return reply{}, err
	}
	sums, err := a.store.DealSums(ctx, q.site.ID)
	if err != nil {
		return reply{}, err
	}
	out := make([]DealSum, len(sums))
	for i, s := range sums {
		out[i] = DealSum{Pipeline: s.Pipeline, Stage: s.Stage, Status: s.Status, Currency: s.Amount.Currency, Count: s.Deals}
		if !s.Amount.IsZero() {
			out[i].Amount = &Amount{s.Amount.Decimal(), s.Amount.Currency}
		}
	}
	return ok(out), nil
}
