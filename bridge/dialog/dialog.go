// Package dialog is the core of the bridge: what happens when a visitor, an
// operator or the bot says or does something.
//
// The three parties never call each other. Each appends to a dialog's journal
// through this package and reads on from its own cursor when it is woken: the
// gateway's sockets listen to one dialog each (Listen), the Matrix side watches
// all of them (Watch). Wake-ups carry no content and may be lost with the
// process; the journal is what counts. Only what is worth nothing a minute
// later (typing, presence) travels in the calls themselves; presence.go says who
// is here.
package dialog

import (
	"context"
	"io"
	"path/filepath"
	"time"

	"github.com/rs/zerolog"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/killpoint"
	"github.com/anteroom-chat/anteroom/bridge/store"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

// Service is the core. It is safe for concurrent use.
type Service struct {
	store *store.Store
	cfg   *config.Config
	log   zerolog.Logger
	files files
	hub   hub
	// streams are the replies that a model writes at this moment.
	streams *streams
	desk    Desk
	// heard are the events of which any site has somebody told.
	heard map[config.HookEvent]bool
	bot   *botRunner
	// mails is true if some site mails its visitors what they have not read.
	mails bool
	// errands are what assistants write for operators; translations what operators say.
	errands      errands
	translations *translations
	names        Names

	// Grace is how long a visitor without a connection is still here; change it
	// before any door is open.
	Grace time.Duration
}

// Watcher follows all dialogs; the Matrix side is one. Its calls must not block.
type Watcher interface {
	// Wake says that a dialog has news in the store: entries on their way to
	// Matrix, or marks that rose.
	Wake(v chat.VisitorID)
	// VisitorTyping says that a visitor types or stopped.
	VisitorTyping(v chat.VisitorID, on bool)
	// BotTyping says that the bot types in a dialog or stopped; it is repeated while it does.
	BotTyping(v chat.VisitorID, on bool)
	// VisitorPresence says that a visitor came, or that it left a grace period ago.
	VisitorPresence(v chat.VisitorID, online bool)
	// VisitorMoved says that a visitor is on another page.
	VisitorMoved(v chat.VisitorID)
}

// Media fetches what lies on the homeserver.
type Media interface {
	// Download writes a file's bytes to w, at most limit of them.
	Download(ctx context.Context, mxc id.ContentURIString, limit int64, w io.Writer) error
	// Thumbnail writes a square picture of that many pixels to w.
	Thumbnail(ctx context.Context, mxc id.ContentURIString, pixels int, w io.Writer) error
}

// New makes the core. Watch and ServeMedia complete it before the doors open.
func New(cfg *config.Config, s *store.Store, log zerolog.Logger) (*Service, error) {
	f, err := newFiles(filepath.Clean(cfg.Gateway.DataDir), int64(cfg.Gateway.Limits.FreeSpace))
	if err != nil {
		return nil, err
	}
	bot, err := newBotRunner(cfg)
	if err != nil {
		return nil, err
	}
	service := &Service{
		store: s, cfg: cfg, log: log, files: f, hub: newHub(), desk: noDesk{}, heard: heardOf(cfg), bot: bot, Grace: graceFor,
		errands: errands{bell: make(signal, 1)}, translations: newTranslations(), names: noNames{},
	}
	for _, site := range cfg.Sites {
		service.mails = service.mails || site.MailVisitors.Answers
	}
	service.errands.scribe = scribe{service}
	service.streams = newStreams(&service.hub)
	return service, nil
}

// Watch adds a watcher of all dialogs; call it before any door is open.
func (s *Service) Watch(w Watcher) { s.hub.watchers = append(s.hub.watchers, w) }

// ServeMedia says where files of the homeserver come from; call it before any door is open.
func (s *Service) ServeMedia(m Media) { s.files.media = m }

// Talks reports whether somebody is in the middle of a talk, in which the next word may come soon.
func (s *Service) Talks() bool { return s.store.Talks() }

// Site returns a site of the config, or a chat.Error with CodeUnknownSite.
func (s *Service) Site(site chat.SiteID) (*config.Site, error) {
	if found, ok := s.cfg.Sites[site]; ok {
		return found, nil
	}
	return nil, chat.Errorf(chat.CodeUnknownSite, "There is no such site.")
}

// say appends an entry, unless the journal has one of the same origin, which is
// then returned. check may refuse it, or return another entry that already says
// the same; also runs in the same transaction once the entry is in.
func (s *Service) say(ctx context.Context, d store.Draft,
	check func(context.Context, *store.Draft) (*chat.Entry, error),
	also func(context.Context, chat.Entry) error,
) (e chat.Entry, err error) {
	fresh := false
	killpoint.Reach(killpoint.BeforeAppend)
	old := ctx.Value(isOld{})
	err = s.store.Write(ctx, func(ctx context.Context) error {
		ctx = context.WithValue(ctx, isOld{}, old) // a transaction's own does not have it
		if e, err = s.store.EntryByOrigin(ctx, d.Visitor, d.Origin); err == nil {
			return nil
		}
		draft := d // check may fill in; a repeated run starts from the caller's
		if same, err := check(ctx, &draft); err != nil {
			return err
		} else if same != nil {
			e = *same
			return nil
		}
		if e, fresh, err = s.store.Append(ctx, draft); err != nil {
			return err
		}
		if err := also(ctx, e); err != nil {
			return err
		}
		return s.tellOutside(ctx, e)
	})
	switch {
	case err != nil:
	case fresh:
		store.AfterCommit(ctx, func() {
			killpoint.Reach(killpoint.AfterAppend)
			trail.Of(s.log.Debug(), &e).Str(trail.Origin, d.Origin).Msg("An entry is in the journal")
			s.hub.wake(d.Visitor)
		})
	case d.Client != "":
		trail.Of(s.log.Debug(), &e).Str(trail.Origin, d.Origin).Msg("An entry was in the journal already")
	}
	return e, err
}

// tellOutside has those outside of the house told of a message, and not of one that is removed.
func (s *Service) tellOutside(ctx context.Context, e chat.Entry) error {
	switch e.Kind {
	case chat.Message:
		if err := s.awaitReading(ctx, e); err != nil {
			return err
		}
		return s.happened(ctx, e.Visitor, Happening{Event: config.MessageCreated, Origin: "message:" + string(e.ID), Entry: &e})
	case chat.Redaction:
		return s.desk.Removed(ctx, e.Visitor, e.Target)
	default:
		return nil
	}
}

// now is cut to what the journal keeps, so that an entry reads the same before and after.
func now() time.Time { return killpoint.Now().Truncate(time.Millisecond) }

// Now is the time that the core works with.
func (*Service) Now() time.Time { return now() }
