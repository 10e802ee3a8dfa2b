package dialog

import (
	"context"
	"time"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// Happening is something that others outside of the house may want to know of.
type Happening struct {
	Event config.HookEvent
	// Origin names it for ever; the same comes once.
	Origin string
	// Entry is what was said, Deal is as it is now; nil where it is about neither.
	Entry *chat.Entry
	Deal  *store.Deal
	// Changed are the parts of a contact that are different now: name, email, phone,
	// company, note, tags, or "variables." and a name.
	Changed []string
	// Tag is the one that was added.
	Tag string
	// Operator is who was given the dialog; empty for nobody.
	Operator id.UserID
	Rating   store.Rating
	// Word is what the visitor said to its rating.
	Word string
	// Reason is why a person is called, in the site owner's words.
	Reason string
	// Again is true for a dialog that was open before, and a rating in the place of another.
	Again bool
}

// happened tells the desk of what happened to a visitor who is listed, in the
// transaction in which it did.
func (s *Service) happened(ctx context.Context, v chat.VisitorID, h Happening) error {
	if !s.heard[h.Event] || wasTold(ctx) { // most bridges have nobody who listens, and messages come fast
		return nil
	}
	visitor, err := s.store.Visitor(ctx, v)
	if err != nil || visitor.Desk || visitor.Number == 0 {
		return err
	}
	site, err := s.Site(visitor.Site)
	if err != nil || !site.Hears(h.Event) {
		return err
	}
	if h.Origin == "" {
		h.Origin = string(chat.NewEntryID())
	}
	return s.desk.Happened(ctx, site, visitor, h)
}

// heardOf are the events that any site has somebody told of.
func heardOf(cfg *config.Config) map[config.HookEvent]bool {
	heard := map[config.HookEvent]bool{}
	for _, site := range cfg.Sites {
		for _, hook := range site.Webhooks {
			for _, event := range hook.Events {
				heard[event] = true
			}
		}
	}
	return heard
}

// openDialog opens a dialog that stood so far. It reports whether it was not open.
func (s *Service) openDialog(ctx context.Context, v chat.VisitorID, stood store.Status, at time.Time) (bool, error) {
	opened, err := s.changed(ctx, v)(s.store.OpenDialog(ctx, v, at))
	if err != nil || !opened {
		return false, err
	}
	return true, s.happened(ctx, v, Happening{Event: config.DialogOpened, Again: stood == store.StatusClosed})
}

// variableParts are the parts of a contact that variables of these names are.
func variableParts(names ...string) (parts []string) {
	for _, name := range names {
		switch name {
		case emailVariable, phoneVariable, companyVariable:
			parts = append(parts, name)
		default:
			parts = append(parts, "variables."+name)
		}
	}
	return parts
}
