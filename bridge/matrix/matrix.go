// Package matrix is the homeserver's door. On the way out it brings entries of
// the journal into rooms, each by its visitor's ghost; on the way in it stores
// what the homeserver delivers and turns it into entries.
//
// The way out: queue.go hands dialogs to workers, sender.go takes a dialog's
// steps, room.go makes and repairs rooms, settle.go keeps everything that has
// a latest value (members, receipts), space.go and bucket.go the spaces in which
// rooms are listed; archive.go takes operators out of closed ones, erase.go
// empties what erased visitors leave behind. The way in: transactions.go stores,
// inbox.go converts, heard.go decides what an event means, deliver.go brings it
// into the journal, operator.go has commands carried out. Typing and receipts
// come with transactions or, where the homeserver does not push them, by
// polls.go; who is here is shown by presence.go. homeserver.go holds the one connection for all of it.
package matrix

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/killpoint"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// Matrix is the homeserver's door.
type Matrix struct {
	cfg      *config.Config
	metrics  *metrics
	store    *store.Store
	dialog   *dialog.Service
	hs       *homeserver
	queue    *queue
	inbox    inbox
	polls    polls
	typing   typing
	presence presence
	cards    cards
	pushes   chan []json.RawMessage
	doubts   doubts
	leases   leases
	spaces   spaces
	archive  archive
	// removing is how fast the rooms of erased visitors are emptied.
	removing *rate.Limiter
	whispers chan whisper
	declines chan id.RoomID
	log      zerolog.Logger
	ready    chan struct{} // closed once the homeserver is prepared and sending may begin

	// booting is held while boot numbers are compared; compared is closed once they
	// were. Until then nothing is converted: older events may be missing.
	booting     sync.Mutex
	compared    chan struct{}
	compareOnce sync.Once
	// heard is closed once all was heard that waited for that; unheard is up to which position
	// of the inbox a restored database has yet to hear the rooms, or 0; rereads is true while
	// it has yet to read them.
	heard     chan struct{}
	heardOnce sync.Once
	unheard   atomic.Int64
	rereads   atomic.Bool
	began     time.Time
	// reread are the rooms that were read again since the start, for a restored database.
	reread map[id.RoomID]bool
	// shown is true once the homeserver shows what it took before the start; see awaitShown.
	shown bool
	// roomVersion is decided at start, see chooseRoomVersion.
	roomVersion roomVersion
}

const (
	// pingTimeout bounds the homeserver's try to reach us.
	pingTimeout = 30 * time.Second
	// pushBacklog is how many pushes of typing and receipts may wait.
	pushBacklog = 64
)

// rereadAfter is when rooms are looked through once more after an outage:
// Dendrite's own queues repeat what they held only after 30 seconds.
var rereadAfter = [...]time.Duration{10 * time.Second, 40 * time.Second} //nolint:gochecknoglobals // a constant that the language cannot write

// New makes the door. state is a cache of rooms and members that may be lost.
func New(cfg *config.Config, s *store.Store, d *dialog.Service, state StateCache, log zerolog.Logger) (*Matrix, error) {
	figures := newMetrics(cfg.Sites)
	hs, err := newHomeserver(cfg, state, figures, log)
	if err != nil {
		return nil, err
	}
	m := &Matrix{
		cfg: cfg, metrics: figures, store: s, dialog: d, hs: hs, queue: newQueue(), log: log,
		inbox: newInbox(), polls: newPolls(), typing: newTyping(), presence: newPresence(), cards: newCards(), pushes: make(chan []json.RawMessage, pushBacklog), doubts: newDoubts(), leases: newLeases(s), removing: newRemoving(), spaces: newSpaces(cfg.Sites), archive: newArchive(), ready: make(chan struct{}), compared: make(chan struct{}), heard: make(chan struct{}), began: now(), reread: map[id.RoomID]bool{},
		whispers: make(chan whisper, whispersWaiting),
		declines: make(chan id.RoomID, declinesWaiting),
	}
	hs.gate.bot, hs.gate.reopening, hs.gate.reopened = cfg.BotUserID(), m.reopening, m.reopened
	// Pushes come again before we know that the homeserver is back.
	hs.gate.closed = func() {
		m.inbox.epoch.Add(1)
		figures.outages.Inc()
	}
	d.Watch(m)
	d.ServeNames(m)
	d.ServeMedia(media{hs: hs, bot: cfg.BotUserID()})
	return m, nil
}

// Run works until ctx ends. The homeserver may be down at any time, also at start.
func (m *Matrix) Run(ctx context.Context) error {
	if err := m.doubts.load(ctx, m.store); err != nil {
		return fmt.Errorf("read the outbox: %w", err)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return m.hs.gate.keep(ctx) })
	group.Go(func() error { return m.convertArrivals(ctx) })
	group.Go(func() error { return m.start(ctx) })
	group.Go(func() error { return m.runPolls(ctx) })
	group.Go(func() error { return m.runTyping(ctx) })
	group.Go(func() error { return m.runPresence(ctx) })
	group.Go(func() error { return m.hearPushed(ctx) })
	group.Go(func() error { return m.announceBoots(ctx) })
	group.Go(func() error { return m.runSpaces(ctx) })
	group.Go(func() error { return m.moveDialogs(ctx) })
	group.Go(func() error { return m.archiveRooms(ctx) })
	group.Go(func() error { return m.runWhispers(ctx) })
	group.Go(func() error { return m.declineInvitations(ctx) })
	for t := range tasks {
		for range t.workers() {
			group.Go(func() error { return m.work(ctx, t) })
		}
	}
	return group.Wait()
}

// start does what needs the homeserver once, then opens the queue. Until it is
// through, messages are stored and wait.
func (m *Matrix) start(ctx context.Context) error {
	if err := m.untilDone(ctx, "prepare the homeserver", m.prepare); err != nil {
		return err
	}
	close(m.ready) // before the outbox is read: what comes later wakes the queue itself
	waiting, err := m.wakeUnsent(ctx)
	if err != nil {
		return err
	}
	m.log.Info().Str("homeserver", m.cfg.Homeserver.Address).Int("waiting", waiting).Msg("The homeserver is ready")
	if err := m.wakeErasures(ctx); err != nil {
		return err
	}
	for _, v := range m.dialog.Online() {
		m.queue.wake(v) // those who are there may have marks that rose meanwhile
	}
	m.ping(ctx)
	if err := m.openDesks(ctx); err != nil {
		return err
	}
	if err := m.untilDone(ctx, "bring rooms up to date", m.refreshRooms); err != nil {
		return err
	}
	select { // else a space that is about to be adopted would count as one that nobody needs
	case <-m.spaces.tried:
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := m.untilDone(ctx, "leave rooms that nobody needs", m.sweepRooms); err != nil {
		return err
	}
	m.log.Debug().Msg("Desks and rooms are as the config wants them")
	return nil
}

// openDesks has each site's desk made, or looked after.
func (m *Matrix) openDesks(ctx context.Context) error {
	for _, site := range m.cfg.Sites {
		desk, err := m.dialog.DeskOf(ctx, site.ID)
		if err != nil {
			return fmt.Errorf("the desk of site %s: %w", site.ID, err)
		}
		m.queue.wake(desk.ID)
	}
	return nil
}

// wakeUnsent brings every dialog to the workers in which something waits.
func (m *Matrix) wakeUnsent(ctx context.Context) (waiting int, err error) {
	unsent, err := m.store.DialogsWithUnsent(ctx)
	if err != nil {
		return 0, fmt.Errorf("read the outbox: %w", err)
	}
	for _, v := range unsent {
		m.queue.wake(v)
	}
	return len(unsent), nil
}

// prepare registers our users, chooses the room version, notices restored
// backups and makes the spaces of new sites. It can be repeated.
func (m *Matrix) prepare(ctx context.Context) error {
	steps := []struct {
		what string
		do   func(context.Context) error
	}{
		{"register our users", m.registerOwn},
		{"choose the room version", m.chooseRoomVersion},
		{"compare boot numbers", m.compareBoots},
		{"make the sites' spaces", m.makeSpaces},
	}
	for _, step := range steps {
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", step.what, err)
		}
	}
	return nil
}

// untilDone repeats a step of the start until it works or ctx ends.
func (m *Matrix) untilDone(ctx context.Context, what string, do func(context.Context) error) error {
	const first, most = time.Second, 30 * time.Second
	for pause := first; ; pause = min(2*pause, most) {
		if err := m.hs.gate.pass(ctx); err != nil {
			return err
		}
		err := do(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if m.hs.isDown(ctx, err) {
			continue
		}
		m.log.Error().Err(err).Stringer("again_in", pause).Msg("Could not " + what)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (m *Matrix) registerOwn(ctx context.Context) error {
	bot := m.cfg.BotUserID()
	for user, name := range map[id.UserID]string{
		bot:                     m.cfg.AppService.Bot.DisplayName,
		m.cfg.DeliveredUserID(): m.deliveredName(),
	} {
		if err := m.hs.register(ctx, user); err != nil {
			return err
		}
		if err := m.apply(ctx, string(user), "name", name, func(ctx context.Context) error {
			return m.hs.as(user).SetDisplayName(ctx, name)
		}); err != nil {
			return err
		}
	}
	avatar := m.cfg.AppService.Bot.Avatar
	return m.apply(ctx, string(bot), "avatar", avatar, func(ctx context.Context) error {
		uri, err := id.ParseContentURI(avatar)
		if err != nil {
			return err
		}
		return m.hs.as(bot).SetAvatarURL(ctx, uri)
	})
}

// deliveredName is in the language of the sites, or English if they differ.
func (m *Matrix) deliveredName() string {
	for _, site := range m.cfg.Sites {
		if site.Language != config.Russian {
			return "Delivered ✓"
		}
	}
	return "Доставлено ✓"
}

// ping asks the homeserver to call us (MSC2659). Synapse delivers at once
// then, even when it was backing off; Dendrite has no such thing.
func (m *Matrix) ping(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	if _, err := m.hs.as(m.cfg.BotUserID()).AppservicePing(ctx, m.cfg.AppService.ID, ""); err != nil && status(err) != 404 {
		m.log.Warn().Err(err).Msg("The homeserver does not reach us (appservice.address); operators' messages cannot come in")
	}
}

// reopening runs when the homeserver is back, before anything is sent to it:
// it may have come back from a backup.
func (m *Matrix) reopening(ctx context.Context) error {
	m.inbox.epoch.Add(1)
	select {
	case <-m.ready:
		return m.compareBoots(ctx)
	default:
		return nil // the start compares
	}
}

// reopened runs when the homeserver is back after it was down.
func (m *Matrix) reopened(ctx context.Context) {
	m.queue.resumeAll()
	if _, err := m.wakeUnsent(ctx); err != nil && ctx.Err() == nil {
		m.log.Error().Err(err).Msg("What waits for the homeserver cannot be read; it waits for the next message of its dialog")
	}
	m.inbox.wake()
	m.polls.wake()
	m.ping(ctx)
	m.rereadRecent(ctx)
	for _, later := range rereadAfter {
		time.AfterFunc(later, func() {
			if ctx.Err() == nil && m.hs.gate.isOpen() {
				m.rereadRecent(ctx)
			}
		})
	}
}

// Wake says that a dialog has news in the store.
func (m *Matrix) Wake(v chat.VisitorID) {
	select {
	case <-m.ready:
		m.queue.wake(v)
	default: // the start reads all that waits once it is through
	}
	m.polls.look(v)
}

// apply tells the homeserver a latest value, unless it was told already.
func (m *Matrix) apply(ctx context.Context, subject, what, value string, do func(context.Context) error) error {
	applied, err := m.store.Applied(ctx, subject, what)
	if err != nil || applied == value {
		return err
	}
	if err := do(ctx); err != nil {
		return err
	}
	return m.store.SetApplied(ctx, subject, what, value)
}

// now is cut to what the store keeps.
func now() time.Time { return killpoint.Now().Truncate(time.Millisecond) }
