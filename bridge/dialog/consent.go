package dialog

import (
	"context"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// Consent is looked at wherever a visitor comes in: by what its browser says that it
// agreed to (checkConsent), or, where the browser says only who it is, by what is kept of
// that (refuseUnagreed).

// checkConsent refuses who has not agreed to a text of the site as it stands today.
func checkConsent(site *config.Site, hash string) error {
	texts := site.Widget.Consents()
	if _, agreed := texts[hash]; len(texts) > 0 && !agreed {
		return consentNeeded()
	}
	return nil
}

// IsCurrent reports whether a site asks for the text of that hash as it stands today; site
// may be nil, for one that is not in the config any more.
func IsCurrent(site *config.Site, hash string) bool {
	if site == nil {
		return false
	}
	_, asks := site.Widget.Consents()[hash]
	return asks
}

func consentNeeded() *chat.Error {
	return chat.Errorf(chat.CodeConsentNeeded, "This chat keeps nothing of a visitor who has not agreed to its text.")
}

// refuseUnagreed is checkConsent for a visitor who is known: a site may have changed its
// text, or begun to ask, since the visitor last entered.
func (s *Service) refuseUnagreed(ctx context.Context, site *config.Site, v chat.VisitorID) error {
	texts := site.Widget.Consents()
	for hash := range texts {
		if agreed, err := s.store.HasConsented(ctx, v, hash); err != nil || agreed {
			return err
		}
	}
	if len(texts) == 0 {
		return nil
	}
	return consentNeeded()
}

// keepConsent keeps what a visitor agreed to where the site asks for it.
func (s *Service) keepConsent(ctx context.Context, site *config.Site, v chat.VisitorID, hash string, at time.Time) error {
	text, asks := site.Widget.Consents()[hash]
	if !asks {
		return nil
	}
	return s.store.AddConsent(ctx, site.ID, v, store.Consent{Hash: hash, Text: text, At: at})
}

// enterVisitor is store.EnterVisitor, with what the visitor agreed to where the site asks
// for it. Who agreed before costs a reading.
func (s *Service) enterVisitor(ctx context.Context, site *config.Site, session string, d store.Device, hash string, at time.Time) (v store.Visitor, err error) {
	if _, asks := site.Widget.Consents()[hash]; !asks {
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
		return s.keepConsent(ctx, site, v.ID, hash, at)
	})
	return v, err
}
