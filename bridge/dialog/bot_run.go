package dialog

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/outward"
	"github.com/anteroom-chat/anteroom/bridge/steady"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

// botRunner runs the bot of all sites. What it has yet to hear, to ask and to
// wait for is in SQL; here is only who looks there when.
//
// bot_input.go keeps what happens for the bot to hear, bot_turn.go takes a turn,
// bot_actions.go and bot_hand*.go carry it out, bot_request.go asks others;
// bot_typing.go has it make way and seem to type; bot_chains.go and bot_watch.go
// read the chains, and bot_closed.go has answers leave a closed dialog closed. Of
// the assistants, gpt_assistants.go and gpt_build.go make them, gpt_run.go has them
// answer, gpt_context.go tells them of the dialog, gpt_limits.go and gpt_notice.go
// say when that is too much or fails, gpt_cut.go cuts them short.
type botRunner struct {
	chains   chains
	turns    turns
	requests signal
	// clock is told when a turn was due earlier than it knows.
	clock signal
	// anew is true when those are to be woken too that were due before.
	anew    atomic.Bool
	typing  composing
	present typists
	shelf   shelf
	clients map[chat.SiteID]botClients

	// assists is true if some site has an assistant.
	assists    bool
	assistants assistants
	answering  answering
	gptMetrics gptMetrics
	botMetrics botMetrics
}

// signal holds one sign that there is something to look at.
type signal chan struct{}

func (s signal) wake() {
	select {
	case s <- struct{}{}:
	default:
	}
}

const (
	// botWorkers is how many turns are taken at once.
	botWorkers = 4
	// botTries is how often a turn is tried to be kept until what it was to do is left out.
	botTries = 3
	// botRetry is the pause after a turn that could not be kept, mostBotRetry the longest.
	botRetry     = time.Second
	mostBotRetry = time.Minute
)

func newBotRunner(cfg *config.Config) (*botRunner, error) {
	b := &botRunner{
		chains: newChains(), turns: newTurns(), requests: make(signal, 1), clock: make(signal, 1),
		typing: newComposing(), present: newTypists(),
		shelf: shelf{known: map[string]shown{}, patience: mediaFor, waiting: map[chat.SiteID]int{}}, clients: map[chat.SiteID]botClients{},
		assistants: newAssistants(), answering: newAnswering(), gptMetrics: newGPTMetrics(), botMetrics: newBotMetrics(cfg.Sites),
	}
	for id, site := range cfg.Sites {
		if !site.Talks() {
			continue
		}
		allow, err := outward.ParseAllowList(append(append([]string{}, cfg.Outward...), site.Bot.AllowPrivate...))
		if err != nil {
			return b, fmt.Errorf("sites.%s.bot.allow_private: %w", id, err)
		}
		b.clients[id] = newBotClients(allow)
		b.assists = b.assists || len(site.Assistants) > 0
	}
	return b, nil
}

// RunBot runs the bot of all sites until ctx ends.
func (s *Service) RunBot(ctx context.Context) error {
	if len(s.bot.clients) == 0 {
		<-ctx.Done()
		return ctx.Err()
	}
	group, ctx := errgroup.WithContext(ctx)
	for range botWorkers {
		group.Go(func() error { return s.takeTurns(ctx) })
	}
	group.Go(func() error { return s.keepTime(ctx) })
	group.Go(func() error { return s.makeRequests(ctx) })
	for _, site := range s.cfg.Sites {
		if site.Talks() && site.Bot.Chains != "" {
			group.Go(func() error { return s.watchChains(ctx, site) })
		}
	}
	// Also without assistants: what was asked of those that are gone from the config fails then.
	group.Go(func() error { return s.giveAnswers(ctx) })
	if s.bot.assists {
		s.eachAssistant(func(site *config.Site, a *config.Assistant) {
			group.Go(func() error { return s.watchAssistant(ctx, site, a) })
			if a.Embeddings != nil {
				group.Go(func() error { return s.embedAssistant(ctx, site, a) })
			}
		})
	}
	if err := s.wakeBot(ctx); err != nil {
		s.log.Error().Err(err).Msg("What the bot has to hear cannot be read; it waits for the next message of its dialog")
	}
	return group.Wait()
}

// wakeBot has the bot look at all dialogs in which something waits for it.
func (s *Service) wakeBot(ctx context.Context) error {
	waiting, err := s.store.DialogsWithBotInput(ctx)
	for _, v := range waiting {
		s.bot.turns.wake(v)
	}
	return err
}

// takeTurns is a worker.
func (s *Service) takeTurns(ctx context.Context) error {
	loop := steady.Of(ctx, steady.Bot)
	for {
		v, d, err := s.bot.turns.next(ctx)
		if err != nil {
			return err
		}
		var more bool
		var pause time.Duration
		err = loop.Step(ctx, func(ctx context.Context) (err error) {
			more, pause, err = s.takeTurn(ctx, v, d)
			return err
		})
		if err != nil && ctx.Err() == nil {
			pause = min(botRetry<<min(d.failed, 6), mostBotRetry)
			d.failed++
			d.held = time.Time{} // it pauses for another reason, which no operator ends
			s.log.Warn().Err(err).Str(trail.Visitor, string(v)).Stringer("again_in", pause).Msg("A turn of the bot could not be kept yet")
		} else {
			d.failed = 0
		}
		s.bot.turns.finish(v, more, pause)
	}
}

// takeTurn takes one turn in a dialog. more is true if there may be another one,
// after a pause if one is given.
func (s *Service) takeTurn(ctx context.Context, v chat.VisitorID, d *turning) (more bool, pause time.Duration, err error) {
	for fetched := (map[showing]*chat.File)(nil); ; {
		t, err := s.nextTurn(ctx, v)
		if err != nil || t == nil {
			return false, 0, err
		}
		if t.says() {
			if wait := s.heldBack(v, d); wait > 0 {
				return true, wait, nil
			}
		}
		d.held = time.Time{}
		t.fetched, t.hurries = fetched, !d.waits.IsZero() && s.Now().Sub(d.waits) >= s.bot.shelf.patience
		err = s.keep(ctx, t)
		if errors.Is(err, errWaiting) {
			if d.waits.IsZero() {
				d.waits = s.Now()
			}
			return true, mediaPause, nil
		}
		d.waits = time.Time{}
		s.measureTurn(ctx, t, err)
		if d.failed+1 >= botTries && ignoreGone(err) != nil && !errors.Is(err, errStale) {
			err = s.leaveOut(ctx, t, err)
		}
		if errors.Is(err, errStale) {
			fetched = t.fetched // it is computed again, and may show the same
			continue
		}
		if err != nil {
			return false, 0, ignoreGone(err)
		}
		s.bot.clock.wake()
		s.compose(v, t)
		return true, 0, nil
	}
}

// keep commits a turn with the files that it shows.
func (s *Service) keep(ctx context.Context, t *turn) error {
	if err := s.fetchMedia(ctx, t); err != nil {
		return err
	}
	return s.commit(ctx, t)
}

// leaveOut keeps of a turn that failed time and again only that it was, so that it
// does not stop the bot in its dialog for ever (as in RULES 4). While nothing at
// all can be written that fails too, and the whole turn is tried again.
func (s *Service) leaveOut(ctx context.Context, t *turn, why error) error {
	s.log.Error().Err(why).Str(trail.Visitor, string(t.who.ID)).Str(trail.Input, t.in.ID).Msg("What a turn of the bot was to do failed time and again, and is left out")
	t.breakOff("failed", "What the bot was to do in a dialog failed time and again, and was left out; its log says why.")
	return s.commit(ctx, t)
}

// clockPage is the longest the clock waits without looking, in case the time of
// day was changed.
const clockPage = time.Hour

// keepTime wakes dialogs in which time brings a turn. It costs one query and one
// timer, however many wait.
func (s *Service) keepTime(ctx context.Context) error {
	loop := steady.Of(ctx, steady.BotClock)
	timer := time.NewTimer(0)
	defer timer.Stop()
	var woken time.Time
	for {
		select {
		case <-timer.C:
		case <-s.bot.clock:
		case <-ctx.Done():
			return ctx.Err()
		}
		at := now()
		if s.bot.anew.Swap(false) || at.Before(woken) { // or the time of day was put back
			woken = time.Time{}
		}
		var next time.Time
		err := loop.Step(ctx, func(ctx context.Context) (err error) {
			next, err = s.store.BotDue(ctx, woken, at, s.bot.turns.wake)
			return err
		})
		pause := clockPage
		switch {
		case err != nil && ctx.Err() == nil:
			s.log.Warn().Err(err).Msg("It could not be read when the bot's next turn is due; trying again")
			pause = botRetry
		case err == nil:
			woken = at
			if !next.IsZero() {
				pause = min(max(time.Until(next), time.Millisecond), clockPage)
			}
		}
		timer.Reset(pause)
	}
}

// sweepBot forgets what need not be known of the bot any more.
func (s *Service) sweepBot(ctx context.Context) error {
	s.bot.present.sweep()
	err := errors.Join(
		s.store.SweepCounts(ctx, now().Add(-countedFor).Format(time.DateOnly)),
		s.store.SweepFigures(ctx, now().Add(-countedFor)),
		s.store.SweepUsage(ctx, now().Add(-usedFor).Format(time.DateOnly), now().Add(-countedFor).Format(time.DateOnly)))
	for _, site := range s.cfg.Sites {
		err = errors.Join(err, s.store.SweepUnmatched(ctx, site.ID, now().Add(-unmatchedFor), mostUnmatched))
	}
	return err
}

const (
	// unmatchedFor is how long, and mostUnmatched how much of a site, is kept of
	// what no chain was meant by.
	unmatchedFor  = 90 * 24 * time.Hour
	mostUnmatched = 10_000
	// usedFor is how long it is kept who used an assistant: for the day, anywhere on earth.
	usedFor = 48 * time.Hour
	// countedFor is how long a day's counts of steps, a site's use of assistants, and its
	// sums of what was said are kept.
	countedFor = 366 * 24 * time.Hour
)
