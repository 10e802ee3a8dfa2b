package dialog

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

const (
	// settleFor is how long a changed folder has to stay as it is until it is read:
	// who copies a folder, or checks one out, writes many files.
	settleFor = 500 * time.Millisecond
	// chainsEvery is how often a folder is looked at without a sign: network file
	// systems send none, nor does a folder that was not there to be watched.
	chainsEvery = 10 * time.Second
	// mostLooked is how many files of a folder are looked at.
	mostLooked = 10_000
)

// followed are files that are read as a whole when they have changed and settled.
type followed struct {
	// look tells one state of them from another, and gives each folder to watch.
	look func(watch func(string)) string
	// seen is the state in which they were read last.
	seen func() string
	read func(context.Context)
}

// watchChains follows a site's folder of chains until ctx ends.
func (s *Service) watchChains(ctx context.Context, site *config.Site) error {
	return s.follow(ctx, followed{
		look: func(watch func(string)) string { return look(site.Bot.Chains, watch) },
		seen: func() string { return s.bot.chains.seen(site.ID) },
		read: func(ctx context.Context) { s.reload(ctx, site) },
	})
}

// follow reads files when they have changed and settled, until ctx ends.
func (s *Service) follow(ctx context.Context, files followed) error {
	var events <-chan fsnotify.Event
	var faults <-chan error
	watch := func(string) {}
	if signs, err := fsnotify.NewWatcher(); err == nil {
		defer func() { _ = signs.Close() }()
		events, faults = signs.Events, signs.Errors
		watch = func(folder string) { _ = signs.Add(folder) } // what cannot be watched is looked at
	}
	every := time.NewTicker(chainsEvery)
	defer every.Stop()
	quiet := time.NewTimer(settleFor)
	defer quiet.Stop()
	changing := ""
	for {
		select {
		case <-events:
		case err := <-faults: // mostly too many changes at once: which, the look tells
			s.log.Debug().Err(err).Msg("Signs of changed files were lost")
		case <-every.C:
		case <-quiet.C:
			if files.look(watch) == changing {
				files.read(ctx)
			}
			changing = ""
		case <-ctx.Done():
			return ctx.Err()
		}
		switch now := files.look(watch); now {
		case files.seen():
			changing = ""
			quiet.Stop()
		case changing:
		default:
			changing = now
			quiet.Reset(settleFor)
		}
	}
}

// reload reads the chains anew, and has the bot look at what waited for them.
func (s *Service) reload(ctx context.Context, site *config.Site) {
	had := s.bot.chains.of(site.ID) != nil
	err := s.loadChains(ctx, site)
	if err == nil && !had {
		err = s.wakeBot(ctx)
		s.bot.anew.Store(true)
		s.bot.clock.wake()
	}
	if err != nil && ctx.Err() == nil {
		s.log.Error().Err(err).Str(trail.Site, string(site.ID)).Msg("The operators could not be told of changed chains")
	}
}

// look tells one state of a folder from another: by the names, sizes and times of
// its files. Each folder in it is given to watch. The folder, and a file in it, may
// be links that lead elsewhere from now on: so a release or a ConfigMap is changed.
func look(folder string, watch func(string)) string {
	sum, seen := sha256.New(), 0
	root, err := filepath.EvalSymlinks(folder)
	if err != nil {
		root = folder // the walk says what is wrong
	}
	_ = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			fmt.Fprintln(sum, path, err)
			return nil
		}
		if entry.IsDir() && watch != nil {
			watch(path)
		}
		if seen++; seen > mostLooked {
			return fs.SkipAll
		}
		if entry.IsDir() {
			return nil
		}
		if info, err := os.Stat(path); err != nil {
			fmt.Fprintln(sum, path, err)
		} else {
			fmt.Fprintln(sum, path, info.Size(), info.ModTime().UnixNano())
		}
		return nil
	})
	return hex.EncodeToString(sum.Sum(nil))
}
