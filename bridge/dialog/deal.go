package dialog

import (
	"context"
	"errors"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/money"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// Limits of deals.
const (
	// MaxDealTitle is the longest title, in characters.
	MaxDealTitle = 200
	// MaxDeals is how many deals of one visitor are kept.
	MaxDeals = 200
)

// DealDraft is what somebody wants of a deal; what is nil stays as it is.
type DealDraft struct {
	Title *string
	// Amount is the zero value for none.
	Amount *money.Amount
	// Pipeline alone begins in its first stage; a Stage is one of the pipeline.
	Pipeline, Stage *string
	Status          *store.DealStatus
}

// AddDeal keeps a new deal of a visitor, which needs a title. by is the operator's
// user id, or what else does it. It is refused with CodeEmpty, CodeTooLong,
// CodeTooLarge or CodeBadDeal.
func (s *Service) AddDeal(ctx context.Context, site *config.Site, v store.Visitor, draft DealDraft, by string) (d store.Deal, err error) {
	usual := site.Deals.Usual()
	blank := store.Deal{
		Site: site.ID, Visitor: v.ID, Status: store.DealOpen, Pipeline: usual.ID, Stage: usual.Stages[0].ID, CreatedAt: now(), ChangedAt: now(),
	}
	if d, err = applied(site, blank, draft); err != nil {
		return d, err
	}
	if d.Title == "" {
		return d, chat.Errorf(chat.CodeEmpty, "The title is empty.")
	}
	if d.Status != store.DealOpen {
		d.ClosedAt = d.CreatedAt
	}
	return d, s.store.Write(ctx, func(ctx context.Context) error {
		had, err := s.store.CountDeals(ctx, v.ID)
		if err == nil && had >= MaxDeals {
			err = chat.Errorf(chat.CodeTooLarge, "A visitor has at most %d deals.", MaxDeals)
		}
		if err != nil {
			return err
		}
		if d.Number, err = s.store.AddDeal(ctx, d); err != nil {
			return err
		}
		if err := s.store.LogDeal(ctx, d, store.DealChange{At: d.CreatedAt, By: by, What: store.DealCreated, Becomes: d.Title}); err != nil {
			return err
		}
		// What differs from a new deal of the usual kind stands in the history too.
		blank.Number, blank.Title = d.Number, d.Title
		if err := s.logDeal(ctx, blank, d, by); err != nil {
			return err
		}
		return errors.Join(s.noted(ctx, v.ID), s.happened(ctx, v.ID, Happening{Event: config.DealCreated, Deal: &d}))
	})
}

// ChangeDeal changes a deal of a visitor, and reports whether anything is different
// now. Besides the codes of AddDeal it is refused with CodeUnknownDeal.
func (s *Service) ChangeDeal(ctx context.Context, site *config.Site, v store.Visitor, number int64, draft DealDraft, by string) (d store.Deal, changed bool, err error) {
	err = s.store.Write(ctx, func(ctx context.Context) error {
		before, err := s.store.Deal(ctx, v.ID, number)
		if errors.Is(err, store.ErrNotFound) {
			return chat.Errorf(chat.CodeUnknownDeal, "The visitor has no deal of this number.")
		}
		if err != nil {
			return err
		}
		if d, err = applied(site, before, draft); err != nil {
			return err
		}
		if changed = d != before; !changed {
			return nil
		}
		d.ChangedAt = now()
		if d.Status != before.Status {
			d.ClosedAt = d.ChangedAt
			if d.Status == store.DealOpen {
				d.ClosedAt = time.Time{}
			}
		}
		return errors.Join(s.store.SetDeal(ctx, d), s.logDeal(ctx, before, d, by), s.noted(ctx, v.ID),
			s.happened(ctx, v.ID, Happening{Event: config.DealUpdated, Deal: &d}))
	})
	return d, changed, err
}

// logDeal keeps what differs between two states of a deal.
func (s *Service) logDeal(ctx context.Context, before, after store.Deal, by string) error {
	for _, part := range []store.DealChange{
		{What: store.DealTitle, Was: before.Title, Becomes: after.Title},
		{What: store.DealAmount, Was: amountText(before.Amount), Becomes: amountText(after.Amount)},
		{What: store.DealStage, Was: before.Pipeline + "/" + before.Stage, Becomes: after.Pipeline + "/" + after.Stage},
		{What: store.DealStatusPart, Was: string(before.Status), Becomes: string(after.Status)},
	} {
		if part.Was == part.Becomes {
			continue
		}
		part.At, part.By = after.ChangedAt, by
		if err := s.store.LogDeal(ctx, after, part); err != nil {
			return err
		}
	}
	return nil
}

// amountText is an amount as the history keeps it.
func amountText(a money.Amount) string {
	if a.IsZero() {
		return ""
	}
	return a.Decimal() + " " + a.Currency
}

// applied is a deal as somebody wants it.
func applied(site *config.Site, d store.Deal, draft DealDraft) (store.Deal, error) {
	if draft.Title != nil {
		title, err := words(*draft.Title, MaxDealTitle, "title")
		if err != nil {
			return d, err
		}
		d.Title = title
	}
	if draft.Amount != nil {
		d.Amount = *draft.Amount
	}
	if err := moveDeal(site, &d, draft); err != nil {
		return d, err
	}
	if draft.Status != nil {
		switch *draft.Status {
		case store.DealOpen, store.DealWon, store.DealLost:
			d.Status = *draft.Status
		default:
			return d, chat.Errorf(chat.CodeBadDeal, "A deal is open, won or lost.")
		}
	}
	return d, nil
}

// moveDeal puts a deal into a pipeline and a stage.
func moveDeal(site *config.Site, d *store.Deal, draft DealDraft) error {
	if draft.Pipeline != nil && *draft.Pipeline != d.Pipeline {
		p, ok := site.Deals.Pipeline(*draft.Pipeline)
		if !ok {
			return chat.Errorf(chat.CodeBadDeal, "The site has no pipeline of that name.")
		}
		d.Pipeline, d.Stage = p.ID, p.Stages[0].ID
	}
	if draft.Stage == nil || *draft.Stage == d.Stage {
		return nil
	}
	p, _ := site.Deals.Pipeline(d.Pipeline)
	if _, ok := p.Stage(*draft.Stage); !ok {
		return chat.Errorf(chat.CodeBadDeal, "The pipeline has no stage of that name.")
	}
	d.Stage = *draft.Stage
	return nil
}
