package dialog

import (
	"context"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// Admit refuses with CodeBlocked who comes from an address that was shut out.
// The hash stands for the address; the core never sees one.
func (s *Service) Admit(ctx context.Context, site chat.SiteID, hash string) error {
	blocked, err := s.store.AddressBlocked(ctx, site, hash)
	if err == nil && blocked {
		return shutOut()
	}
	return err
}

// CameFrom notes the hash of the address from which a visitor comes. Who was shut
// out by another one is heard by the bot again.
func (s *Service) CameFrom(ctx context.Context, v chat.VisitorID, hash string) error {
	if known, err := s.store.AddressOf(ctx, v); err != nil || known == hash {
		return err
	}
	return s.store.Write(ctx, func(ctx context.Context) error {
		before, err := s.store.ShutOut(ctx, v)
		if err != nil {
			return err
		}
		if err := s.store.SetAddress(ctx, v, hash); err != nil || !before {
			return err
		}
		return s.hurryBot(ctx, v)
	})
}

// BlockAddress shuts out the address from which a visitor came last, with all
// who come from there; open connections end at once, and the bot says nothing to
// any of them: what an assistant writes for them is cut short. It reports whether that
// is new. known is false when the bridge has no address of the visitor.
func (s *Service) BlockAddress(ctx context.Context, v store.Visitor) (fresh, known bool, err error) {
	hash, err := s.store.AddressOf(ctx, v.ID)
	if err != nil || hash == "" {
		return false, false, err
	}
	err = s.store.Write(ctx, func(ctx context.Context) error {
		if fresh, err = s.store.BlockAddress(ctx, v, hash, now()); err != nil || !fresh {
			return err
		}
		neighbours, err := s.store.VisitorsAt(ctx, v.Site, hash)
		if err != nil {
			return err
		}
		for _, neighbour := range neighbours {
			if err := s.cut(ctx, neighbour, cutByOperator); err != nil {
				return err
			}
		}
		store.AfterCommit(ctx, func() {
			for _, neighbour := range neighbours {
				s.stop(neighbour)
			}
		})
		return nil
	})
	return fresh && err == nil, true, err
}

// UnblockAddress lets in again who comes from a visitor's address.
func (s *Service) UnblockAddress(ctx context.Context, v store.Visitor) error {
	return s.store.Write(ctx, func(ctx context.Context) error {
		if err := s.hearShutOut(ctx, v.ID); err != nil {
			return err
		}
		return s.store.Unblock(ctx, v.ID)
	})
}

// hearShutOut has the bot hear again what all have to say who are shut out by the
// address of a visitor, at the end of which it stands.
func (s *Service) hearShutOut(ctx context.Context, v chat.VisitorID) error {
	all, err := s.store.ShutOutWith(ctx, v)
	if err != nil {
		return err
	}
	for _, neighbour := range all {
		if err := s.hurryBot(ctx, neighbour); err != nil {
			return err
		}
	}
	return nil
}

// ForgetAddresses removes what was kept of addresses by a config that wanted that.
func (s *Service) ForgetAddresses(ctx context.Context) error { return s.store.ForgetAddresses(ctx) }

// stop ends the open connections of a visitor who was shut out.
func (s *Service) stop(v chat.VisitorID) {
	for _, l := range s.hub.of(v) {
		l.Stop(shutOut())
	}
}

func shutOut() *chat.Error {
	return chat.Errorf(chat.CodeBlocked, "This conversation was closed by the site.")
}
