package dialog

import (
	"context"
	"slices"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// Rung are the operators whose clients ring about a dialog: of those on duty
// the one who has it, else all. On duty is who is not away, within the site's
// opening hours.
func (s *Service) Rung(ctx context.Context, site *config.Site, assignee id.UserID) ([]id.UserID, error) {
	if !site.IsOpen(now()) {
		return nil, nil
	}
	away, err := s.store.Away(ctx, site.ID)
	if err != nil {
		return nil, err
	}
	onDuty := slices.DeleteFunc(slices.Clone(site.Operators), func(user id.UserID) bool { return slices.Contains(away, string(user)) })
	if slices.Contains(onDuty, assignee) {
		return []id.UserID{assignee}, nil
	}
	return onDuty, nil
}

// AlertsOn is what operators of a site are rung for. A bot whose chains cannot be
// read calls nobody, so each first message does.
func (s *Service) AlertsOn(site *config.Site) config.AlertOn {
	if site.Talks() && s.bot.chains.of(site.ID) == nil {
		return config.AlertOnMessage
	}
	return site.AlertsOn()
}

// Invited are the operators who are to be in a dialog's room without entering
// it themselves: those of the site's policy, who has the dialog, and whoever
// asked to be let in. Nobody is called into a closed one who did not ask.
func (s *Service) Invited(ctx context.Context, site *config.Site, v chat.VisitorID) ([]id.UserID, error) {
	invited, err := s.store.AskedIn(ctx, v)
	if err != nil {
		return nil, err
	}
	stands, err := s.store.Dialog(ctx, v)
	if err != nil || stands.Status == store.StatusClosed {
		return invited, err
	}
	switch site.Invite {
	case config.InviteEveryone:
		invited = append(invited, site.Operators...)
	case config.InviteOnDuty:
		if site.Talks() && s.AlertsOn(site) == config.AlertOnHandoff && !stands.Called {
			break // the bot answers first, and whoever is invited is rung
		}
		rung, err := s.Rung(ctx, site, stands.Assignee)
		if err != nil {
			return nil, err
		}
		invited = append(invited, rung...)
	case config.InviteNobody:
	}
	if site.IsOperator(stands.Assignee) {
		invited = append(invited, stands.Assignee)
	}
	slices.Sort(invited)
	return slices.Compact(invited), nil
}

// CallIn has those on duty invited into a dialog that the bot answered until now, or
// that they all left.
func (s *Service) CallIn(ctx context.Context, v chat.VisitorID) error {
	_, err := s.changed(ctx, v)(true, s.store.SetCalled(ctx, v))
	return err
}

// SetAway records that an operator is not to be rung, or is back: the dialogs
// that are open call those who are there now.
func (s *Service) SetAway(ctx context.Context, site *config.Site, operator id.UserID, away bool) error {
	if err := s.store.SetAway(ctx, site.ID, string(operator), away, now()); err != nil {
		return err
	}
	return s.CallOperators(ctx, site)
}

// CallOperators has those on duty invited into the open dialogs of a site.
func (s *Service) CallOperators(ctx context.Context, site *config.Site) error {
	open, err := s.store.OpenDialogs(ctx, site.ID)
	if err != nil {
		return err
	}
	store.AfterCommit(ctx, func() {
		for _, v := range open {
			s.hub.wakeWatchers(v)
		}
	})
	return nil
}
