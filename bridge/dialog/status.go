package dialog

import (
	"context"
	"errors"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// acted is called with everything that a visitor says or does, in the same
// transaction: a message opens the dialog and waits for an answer, and the
// first act of all gives the visitor a number and a name. It returns what
// became of the dialog by it; empty for nothing.
func (s *Service) acted(ctx context.Context, e chat.Entry) (became talk.Kind, err error) {
	met, err := s.makeKnown(ctx, e.Visitor)
	if err != nil {
		return "", err
	}
	if e.Kind == chat.Message {
		became, err = s.wrote(ctx, e)
	}
	if err != nil || !met {
		return became, err
	}
	return became, s.callLate(ctx, e.Visitor)
}

// wrote is acted for a message.
func (s *Service) wrote(ctx context.Context, e chat.Entry) (became talk.Kind, err error) {
	before, err := s.store.Dialog(ctx, e.Visitor)
	if err != nil {
		return "", err
	}
	if left, err := s.leftToBot(ctx, e, before); err != nil || left {
		return "", err
	}
	return s.opens(ctx, e, before)
}

// opens opens the dialog with a message, unless it is open, and has the message
// wait for an answer. It returns what became of the dialog; empty for nothing.
func (s *Service) opens(ctx context.Context, e chat.Entry, before store.Dialog) (became talk.Kind, err error) {
	opened, err := s.openDialog(ctx, e.Visitor, before.Status, e.At)
	if err != nil {
		return "", err
	}
	if err := s.store.SetWaiting(ctx, e.Visitor, e.At); err != nil || !opened {
		return "", err
	}
	if err := s.store.CountOpening(ctx, e.Visitor, e.At); err != nil {
		return "", err
	}
	became = talk.DialogOpened
	if before.Status == store.StatusClosed {
		became = talk.DialogReopened
	}
	if wasTold(ctx) {
		return became, nil
	}
	v, err := s.store.Visitor(ctx, e.Visitor)
	if err != nil {
		return "", err
	}
	site, err := s.Site(v.Site)
	if err != nil {
		return "", err
	}
	return became, s.desk.Opened(ctx, site, v, e)
}

// makeKnown introduces a visitor who was not yet, and tells operators whom it was
// before signing in. It reports whether that was so; then callLate is to follow.
func (s *Service) makeKnown(ctx context.Context, v chat.VisitorID) (met bool, err error) {
	visitor, err := s.store.Visitor(ctx, v)
	if err != nil || visitor.Number > 0 && visitor.Name != "" {
		return false, err
	}
	if err := s.introduce(ctx, v); err != nil {
		return false, err
	}
	site, err := s.Site(visitor.Site)
	if err != nil {
		return false, err
	}
	return true, s.tellBefore(ctx, site, v)
}

// introduce gives a visitor its number and its first name, unless it has them.
func (s *Service) introduce(ctx context.Context, v chat.VisitorID) error {
	visitor, err := s.store.Visitor(ctx, v)
	if err != nil || visitor.Number > 0 && visitor.Name != "" {
		return err
	}
	site, err := s.Site(visitor.Site)
	if err != nil {
		return err
	}
	number, err := s.store.NumberVisitor(ctx, v, now())
	if err != nil {
		return err
	}
	// What it said before goes into the room first, and what was filled in: once for each form.
	if err := s.store.EnqueueBot(ctx, v, mostEarly, formOrigin); err != nil {
		return err
	}
	if visitor.Name == "" {
		name, err := s.freeName(ctx, site, visitor, number)
		if err != nil {
			return err
		}
		if err := s.store.SetName(ctx, v, name, store.NamedByBridge); err != nil {
			return err
		}
	}
	return s.remember(ctx, v)
}

// NameOf returns what operators call a visitor, and gives it a name if it has none yet.
func (s *Service) NameOf(ctx context.Context, v chat.VisitorID) (name string, err error) {
	visitor, err := s.store.Visitor(ctx, v)
	if err != nil || visitor.Name != "" {
		return visitor.Name, err
	}
	err = s.store.Write(ctx, func(ctx context.Context) error {
		if err := s.introduce(ctx, v); err != nil {
			return err
		}
		visitor, err = s.store.Visitor(ctx, v)
		return err
	})
	return visitor.Name, err
}

// Close closes a dialog, which operators have left with that. It reports whether it was not closed.
func (s *Service) Close(ctx context.Context, v chat.VisitorID) (closed bool, err error) {
	err = s.store.Write(ctx, func(ctx context.Context) error {
		if err := s.cut(ctx, v, cutByOperator); err != nil {
			return err
		}
		if closed, err = s.changed(ctx, v)(s.store.CloseDialog(ctx, v, now())); err != nil || !closed {
			return err
		}
		s.tellLeft(ctx, v)
		store.AfterCommit(ctx, func() { s.errands.failing.forget(v) })
		return errors.Join(
			s.tellBot(ctx, v, once("closed"), talk.Event{Kind: talk.DialogClosed}), s.hurryBot(ctx, v),
			s.happened(ctx, v, Happening{Event: config.DialogClosed}),
		)
	})
	return closed, err
}

// CloseAgain is Close in a restored database that hears of it once more: the bot and those
// outside of the house have heard, and nothing begins by it.
func (s *Service) CloseAgain(ctx context.Context, v chat.VisitorID) error {
	return s.store.Write(ctx, func(ctx context.Context) error {
		_, err := s.Close(onceMore(ctx), v)
		return err
	})
}

// tellLeft tells the visitor that operators have left the dialog.
func (s *Service) tellLeft(ctx context.Context, v chat.VisitorID) {
	store.AfterCommit(ctx, func() { s.hub.wakeListeners(v) })
}

// Reopen opens a closed dialog. It reports whether it was closed.
func (s *Service) Reopen(ctx context.Context, v chat.VisitorID) (opened bool, err error) {
	err = s.store.Write(ctx, func(ctx context.Context) error {
		stood, err := s.store.Dialog(ctx, v)
		if err != nil {
			return err
		}
		if opened, err = s.openDialog(ctx, v, stood.Status, now()); err != nil || !opened {
			return err
		}
		return s.tellBot(ctx, v, once("reopened"), talk.Event{Kind: talk.DialogReopened})
	})
	return opened, err
}

// Assign gives a dialog to an operator, or to nobody. before is who is believed
// to have it; false means that somebody else was quicker.
func (s *Service) Assign(ctx context.Context, v chat.VisitorID, before, operator id.UserID) (given bool, err error) {
	err = s.store.Write(ctx, func(ctx context.Context) error {
		if given, err = s.changed(ctx, v)(s.store.Assign(ctx, v, before, operator)); err != nil || !given {
			return err
		}
		return s.happened(ctx, v, Happening{Event: config.DialogAssigned, Operator: operator})
	})
	return given, err
}

// Invite asks an operator into a dialog's room, also one who has left it.
func (s *Service) Invite(ctx context.Context, v chat.VisitorID, operator id.UserID) error {
	_, err := s.changed(ctx, v)(true, errors.Join(
		s.store.ForgetArchivedOf(ctx, v, operator),
		s.store.AskIn(ctx, v, operator),
	))
	return err
}

// Readmit has an operator invited once more to the site's spaces.
func (s *Service) Readmit(ctx context.Context, site chat.SiteID, operator id.UserID) error {
	desk, err := s.DeskOf(ctx, site)
	if err != nil {
		return err
	}
	_, err = s.changed(ctx, desk.ID)(true, s.store.ForgetInvitations(ctx, site, operator))
	return err
}

// changed wakes the watchers of a dialog when something about it has changed.
func (s *Service) changed(ctx context.Context, v chat.VisitorID) func(bool, error) (bool, error) {
	return func(changed bool, err error) (bool, error) {
		if err == nil && changed {
			store.AfterCommit(ctx, func() { s.hub.wakeWatchers(v) })
		}
		return changed, err
	}
}
