package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/money"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// Deal is a deal as it is now.
type Deal struct {
	Number int64  `json:"number"`
	Title  string `json:"title"`
	// Amount is null when nobody named one.
	Amount    *Amount          `json:"amount"`
	Pipeline  string           `json:"pipeline"`
	Stage     string           `json:"stage"`
	Status    store.DealStatus `json:"status"`
	CreatedAt time.Time        `json:"created_at"`
	ChangedAt time.Time        `json:"changed_at"`
	ClosedAt  *time.Time       `json:"closed_at"`
	// History is absent in lists.
	History []Change `json:"history,omitempty"`
}

// Amount is money. The value is a string, "1200.50", because JSON's numbers
// are rounded by many programs.
type Amount struct {
	Value string `json:"value"`
	// Currency is a code of ISO 4217; absent in a request for the site's own.
	Currency string `json:"currency"`
}

// Change is one thing that became of a deal.
type Change struct {
	At      time.Time      `json:"at"`
	By      string         `json:"by"`
	What    store.DealPart `json:"what"`
	Was     string         `json:"was"`
	Becomes string         `json:"becomes"`
}

// NewDeal is what programs see of a deal, without its history.
func NewDeal(d store.Deal) Deal {
	out := Deal{
		Number: d.Number, Title: d.Title, Pipeline: d.Pipeline, Stage: d.Stage, Status: d.Status,
		CreatedAt: d.CreatedAt.UTC(), ChangedAt: d.ChangedAt.UTC(), ClosedAt: moment(d.ClosedAt),
	}
	if !d.Amount.IsZero() {
		out.Amount = &Amount{d.Amount.Decimal(), d.Amount.Currency}
	}
	return out
}

func (a *API) deals(ctx context.Context, q request) (reply, error) {
	all, err := a.store.Deals(ctx, q.visitor.ID)
	if err != nil {
		return reply{}, err
	}
	page := list[Deal]{Items: []Deal{}}
	for _, d := range all {
		page.Items = append(page.Items, NewDeal(d))
	}
	return ok(page), nil
}

// numberOf is the deal that the path names; 0, which no deal has, for what is no number.
func numberOf(q request) int64 {
	n, err := strconv.ParseInt(q.PathValue("number"), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func (a *API) deal(ctx context.Context, q request) (reply, error) {
	d, err := a.store.Deal(ctx, q.visitor.ID, numberOf(q))
	if errors.Is(err, store.ErrNotFound) {
		return reply{}, chat.Errorf(chat.CodeUnknownDeal, "The contact has no deal of this number.")
	}
	if err != nil {
		return reply{}, err
	}
	changes, err := a.store.DealChanges(ctx, d)
	if err != nil {
		return reply{}, err
	}
	out := NewDeal(d)
	for _, c := range changes {
		out.History = append(out.History, Change{c.At.UTC(), c.By, c.What, c.Was, c.Becomes})
	}
	return ok(out), nil
}

// dealPatch is what a deal is to be; what is absent stays, a null amount takes it away.
type dealPatch struct {
	Title    *string           `json:"title"`
	Amount   optionalAmount    `json:"amount"`
	Pipeline *string           `json:"pipeline"`
	Stage    *string           `json:"stage"`
	Status   *store.DealStatus `json:"status"`
}

func draftOf(q request) (draft dialog.DealDraft, err error) {
	var patch dealPatch
	if err := read(q, &patch); err != nil {
		return draft, err
	}
	draft = dialog.DealDraft{Title: patch.Title, Pipeline: patch.Pipeline, Stage: patch.Stage, Status: patch.Status}
	if patch.Amount.given {
		amount := money.Amount{}
		if patch.Amount.amount != nil {
			currency := patch.Amount.amount.Currency
			if currency == "" {
				currency = q.site.Deals.Currency
			}
			if amount, err = money.ParseDecimal(patch.Amount.amount.Value, currency); err != nil {
				return draft, chat.Errorf(chat.CodeBadAmount, "The amount is none: write the value like 1200.50, and the currency as ISO 4217 has it.")
			}
		}
		draft.Amount = &amount
	}
	return draft, nil
}

func (a *API) addDeal(ctx context.Context, q request) (reply, error) {
	draft, err := draftOf(q)
	if err != nil {
		return reply{}, err
	}
	d, err := a.dialog.AddDeal(ctx, q.site, q.visitor, draft, q.by())
	return reply{http.StatusCreated, NewDeal(d)}, err
}

func (a *API) changeDeal(ctx context.Context, q request) (reply, error) {
	draft, err := draftOf(q)
	if err != nil {
		return reply{}, err
	}
	d, _, err := a.dialog.ChangeDeal(ctx, q.site, q.visitor, numberOf(q), draft, q.by())
	return ok(NewDeal(d)), err
}

// optionalAmount tells a null from an absent value.
type optionalAmount struct {
	given  bool
	amount *Amount
}

// UnmarshalJSON takes an amount, or null for none.
func (o *optionalAmount) UnmarshalJSON(data []byte) error {
	o.given = true
	return json.Unmarshal(data, &o.amount)
}

func unmarshalString(data []byte, to *string) error { return json.Unmarshal(data, to) }
