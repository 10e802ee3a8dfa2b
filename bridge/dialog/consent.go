package dialog

import (
	"context"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// CheckConsent refuses who has not agreed to a text of the site as it stands today.
func CheckConsent(site *config.Site, hash string) error {
	texts := site.Widget.Consents()
	if _, agreed := texts[hash]; len(texts) > 0 && !agreed {
		return chat.Errorf(chat.CodeConsentNeeded, "This chat keeps nothing of a visitor who has not agreed to its text.")
	}
	return nil
}

// enterVisitor is store.EnterVisitor, with what the visitor agreed to where the site asks
// for it. Who agreed before costs a reading.
func (s *Service) enterVisitor(ctx context.Context, site *config.Site, session string, d store.Device, hash string, at time.Time) (v store.Visitor, err error) {
	text, asks := site.Widget.Consents()[hash]
	if !asks {
		return s.store.EnterVisitor(ctx, site.ID, session, d, at)
	}
	if v, err = s.store.FindSession(ctx, site.ID, session); err == nil {
		agreed, err := s.store.HasConsented(ctx, v.ID, hash)
		if err != nil {
			return v, err
		}
		if agreed {
			return s.store.EnterVisitor(ctx, site.ID, session, d, at)
		}
	}
	err = s.store.Write(ctx, func(ctx context.Context) error {
		if v, err = s.store.EnterVisitor(ctx, site.ID, session, d, at); err != nil {
			return err
		}
		return s.store.AddConsent(ctx, site.ID, v.ID, store.Consent{Hash: hash, Text: text, At: at})
	})
	return v, err
}
