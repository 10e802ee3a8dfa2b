// Package bridge wires the rooms of the house together and runs them.
//
// A message's way in is a straight line: gateway → dialog → store, from where
// matrix reads on; the way back is matrix → dialog → store → gateway. See
// README.md beside this file.
package bridge

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/desk"
	"github.com/anteroom-chat/anteroom/bridge/desk/api"
	"github.com/anteroom-chat/anteroom/bridge/desk/panel"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/gateway"
	"github.com/anteroom-chat/anteroom/bridge/killpoint"
	"github.com/anteroom-chat/anteroom/bridge/matrix"
	"github.com/anteroom-chat/anteroom/bridge/router"
	"github.com/anteroom-chat/anteroom/bridge/steady"
	"github.com/anteroom-chat/anteroom/bridge/store"
	"github.com/anteroom-chat/anteroom/widget"
)

const (
	// sweepEvery is how often what nobody needs any more is removed.
	sweepEvery = time.Hour
	// expireAgain is the pause after dialogs were erased for their age while there
	// are more of them.
	expireAgain = time.Minute
	// expireAfter is for how long the homeserver has to be there before dialogs are erased
	// for their age: what an operator said in one of them meanwhile is delivered first, by
	// Synapse after 512 s at the latest. Nor does a machine begin with it whose clock is
	// about to be set.
	expireAfter = 15 * time.Minute
)

// giveBackAfter is when the start's work is done, or nearly so: the rooms of sites are looked
// at, and the work that waited has begun.
const giveBackAfter = 5 * time.Second

// Run runs the bridge until ctx ends, and returns nil then. The homeserver may
// be down, at start and at any time; a port that is taken or a database that
// cannot be opened is an error. version is the program's, for its metrics.
func Run(ctx context.Context, cfg *config.Config, version string, log zerolog.Logger) (err error) {
	loops := steady.New(loopTicks)
	ctx = loops.On(ctx)
	s, err := store.Open(ctx, store.Options{Type: string(cfg.Database.Type), URI: cfg.Database.URI, Log: log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	state, err := store.OpenStateCache(ctx, cfg.Database.StatePath(), log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, state.Close()) }()
	core, err := dialog.New(cfg, s, log)
	if err != nil {
		return err
	}
	if err := recall(ctx, cfg, core); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, core.Stop()) }() //nolint:contextcheck // ctx is over by then
	operators, err := desk.New(cfg, s, core, log)
	if err != nil {
		return err
	}
	defer operators.Close()
	if err := errors.Join(core.LoadChains(ctx), core.LoadAssistants(ctx)); err != nil {
		return err
	}
	homeserver, err := matrix.New(cfg, s, core, state, log)
	if err != nil {
		return err
	}
	if err := homeserver.Recall(ctx); err != nil {
		return err
	}
	visitors, err := gateway.New(ctx, cfg, core, log)
	if err != nil {
		return err
	}
	panels, err := panel.New(ctx, panel.Options{
		Config: cfg, Store: s, Dialog: core, Files: widget.Panel(), Address: visitors.Address, Log: log,
	})
	if err != nil {
		return err
	}
	operators.OpenPanel(panels, homeserver)

	inner, outer, figures, err := listen(ctx, cfg)
	if err != nil {
		return err
	}
	log.Info().Str("visitors", cfg.Gateway.Listen).Str("public_url", cfg.Gateway.PublicURL).
		Stringer("homeserver", inner.Addr()).Msg("Anteroom is open")
	// What only the start needed would stay resident until somebody else needs the memory.
	defer time.AfterFunc(giveBackAfter, debug.FreeOSMemory).Stop()

	group, running := errgroup.WithContext(ctx)
	group.Go(func() error { return loops.Run(running, lookEvery) })
	group.Go(func() error { return homeserver.Run(running) })
	group.Go(func() error { return core.Run(running) })
	expires := func(ctx context.Context) error { return expire(ctx, core, homeserver.UpFor, log) }
	sweeps := func(ctx context.Context) error {
		return sweep(ctx, log, core.Index, core.Sweep, panels.Sweep, homeserver.Compact)
	}
	act(running, group, homeserver.AwaitRestored, operators.Run, core.RunBot, core.RunErrands, core.RunMails, expires, sweeps)
	group.Go(func() error { return panels.Run(running) })
	serve(running, group, log, "homeserver", inner, homeserver.Handler(), func(context.Context) error { return nil })
	healthy := newHealth(s, loops, homeserver.Standing, filepath.Dir(cfg.Database.URI))
	healthy.isRestoring = homeserver.Restoring
	doors := router.New()
	healthy.handle(doors)
	doors.Rest("/", visitors.Handler())
	doors.Rest(api.Prefix, api.New(cfg, s, core, operators, panels, visitors.Address, log).Handler())
	doors.Rest(panel.Prefix, panels.Handler())
	crowded := newCrowd(outer, cfg, visitors, log)
	healthy.isCrowded = crowded.isFull
	serve(running, group, log, "visitors", crowded, crowded.held(doors), healthy.stopsBefore(func(ctx context.Context) error {
		return errors.Join(panels.Close(ctx), visitors.Close(ctx))
	}))
	if figures != nil {
		serve(running, group, log, "metrics", figures, metricsOf(version, s.Collectors(cfg.Database.StatePath(), cfg.Talking()), visitors, core, homeserver, operators), func(context.Context) error { return nil })
	}
	err = group.Wait()
	if ctx.Err() != nil {
		log.Info().Msg("Anteroom is closed")
		return nil // asked to stop
	}
	return err
}

// act begins what the bridge does by itself, for it is time: once it is known what was done
// and said before.
func act(ctx context.Context, group *errgroup.Group, known func(context.Context) error, all ...func(context.Context) error) {
	for _, begin := range all {
		group.Go(func() error {
			if err := known(ctx); err != nil {
				return err
			}
			return begin(ctx)
		})
	}
}

// listen opens the doors for the homeserver, for visitors, and, if there is to be
// one, for metrics: where each listens is known before anything is promised.
func listen(ctx context.Context, cfg *config.Config) (inner, outer, figures net.Listener, err error) {
	var listen net.ListenConfig
	inner, err = listen.Listen(ctx, "tcp", net.JoinHostPort(cfg.AppService.Hostname, strconv.Itoa(cfg.AppService.Port)))
	if err != nil {
		return nil, nil, nil, fmt.Errorf("listen for the homeserver (appservice.hostname, appservice.port): %w", err)
	}
	outer, err = listen.Listen(ctx, "tcp", cfg.Gateway.Listen)
	if err != nil {
		return nil, nil, nil, errors.Join(fmt.Errorf("listen for visitors (gateway.listen): %w", err), inner.Close())
	}
	figures, err = listenForMetrics(ctx, cfg)
	if err != nil {
		return nil, nil, nil, errors.Join(err, inner.Close(), outer.Close())
	}
	return inner, outer, figures, nil
}

// recall brings the core to where it was, and forgets what is not to be kept any more.
func recall(ctx context.Context, cfg *config.Config, core *dialog.Service) error {
	if err := core.Recall(ctx); err != nil || cfg.Gateway.StoreAddresses {
		return err
	}
	return core.ForgetAddresses(ctx)
}

// sweep finds from time to time what an upgrade left to be found, and removes what
// nobody needs any more.
func sweep(ctx context.Context, log zerolog.Logger, all ...func(context.Context) error) error {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		var err error
		for _, sweep := range all {
			err = errors.Join(err, sweep(ctx))
		}
		if err != nil && ctx.Err() == nil {
			log.Warn().Err(err).Msg("Contacts could not be indexed, or what nobody needs any more not be removed; trying again in an hour")
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// expire erases dialogs for their age, a few at a time, once the homeserver was up for long enough.
func expire(ctx context.Context, core *dialog.Service, upFor func() time.Duration, log zerolog.Logger) error {
	after := time.Duration(killpoint.Lower(killpoint.ExpireAfter, int(expireAfter/time.Millisecond))) * time.Millisecond
	again := after * (sweepEvery / expireAfter) // tests that do not wait so long look again as much sooner
	for {
		pause := after - upFor()
		if pause <= 0 {
			pause = again
			more, err := core.Expire(ctx)
			if err != nil && ctx.Err() == nil {
				log.Warn().Err(err).Msg("Dialogs could not be erased for their age; trying again within an hour")
			}
			if more {
				pause = expireAgain
			}
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
