package desk

import (
	"context"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/store"
)

type exportedDeal struct {
	Number int64  `json:"number"`
	Title  string `json:"title"`
	// Amount is a decimal number of the currency, a code of ISO 4217; both are
	// absent when nobody named an amount.
	Amount   string           `json:"amount,omitempty"`
	Currency string           `json:"currency,omitempty"`
	Pipeline string           `json:"pipeline"`
	Stage    string           `json:"stage"`
	Status   store.DealStatus `json:"status"`
	// ClosedAt is when it was won or lost.
	CreatedAt time.Time        `json:"created_at"`
	ChangedAt time.Time        `json:"changed_at"`
	ClosedAt  *time.Time       `json:"closed_at,omitempty"`
	History   []exportedChange `json:"history"`
}

// exportedChange is one thing that became of a deal. A stage is written with its
// pipeline, "sales/offer", an amount with its currency, "1200.50 EUR".
type exportedChange struct {
	At      time.Time      `json:"at"`
	By      string         `json:"by"`
	What    store.DealPart `json:"what"`
	Was     string         `json:"was,omitempty"`
	Becomes string         `json:"becomes,omitempty"`
}

// exportDeals adds to deals what became of them.
func (d *Desk) exportDeals(ctx context.Context, deals []store.Deal) (all []exportedDeal, err error) {
	for _, x := range deals {
		out := exportedDeal{
			Number: x.Number, Title: x.Title, Currency: x.Amount.Currency, Pipeline: x.Pipeline, Stage: x.Stage, Status: x.Status,
			CreatedAt: x.CreatedAt.UTC(), ChangedAt: x.ChangedAt.UTC(), ClosedAt: utc(x.ClosedAt), History: []exportedChange{},
		}
		if !x.Amount.IsZero() {
			out.Amount = x.Amount.Decimal()
		}
		changes, err := d.store.DealChanges(ctx, x)
		if err != nil {
			return nil, err
		}
		for _, c := range changes {
			out.History = append(out.History, exportedChange{c.At.UTC(), c.By, c.What, c.Was, c.Becomes})
		}
		all = append(all, out)
	}
	return all, nil
}
