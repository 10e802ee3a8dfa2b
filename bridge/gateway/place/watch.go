package place

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/rs/zerolog"
)

// pace is how fast the file is followed.
type pace struct {
	// quiet is how long a changed file has to stay as it is before it is taken.
	quiet time.Duration
	// look is how often the file is looked at without a sign: network file
	// systems send none, nor does a symbolic link into another folder, nor a
	// folder that was not there to be watched.
	look time.Duration
}

// watch follows the database's file. Everything but the start runs in one
// goroutine.
type watch struct {
	finder *Finder
	pace   pace
	path   string
	log    zerolog.Logger

	// signs comes from the folder and not from the file, which is replaced. It is
	// nil if there is no such folder yet, or the system has no more watches to
	// give; looking must do then.
	signs *fsnotify.Watcher
	quiet *time.Timer

	tried   fs.FileInfo // the file as it was when it was last opened; nil if it was not there
	seen    fs.FileInfo // what it has changed to, if it is to be taken when quiet
	waiting bool        // whether seen is waited for
	again   bool        // whether opening failed for no fault of the file: no space, no permission
	trouble trouble     // what was warned of last
}

// trouble is a reason to warn, once until a database is taken.
type trouble int

const (
	none trouble = iota
	missing
	broken
)

// startWatch takes the database, if it is there, and follows its file until the
// returned function is called, which waits for the end.
func startWatch(f *Finder, p pace) func() {
	path := filepath.Clean(f.options.Database)
	w := &watch{
		finder: f,
		pace:   p,
		path:   path,
		log:    f.options.Log.With().Str("database", path).Logger(),
		quiet:  time.NewTimer(p.quiet),
	}
	w.quiet.Stop()
	// First the watch and then the look, so that no change falls between them.
	if err := w.watchFolder(filepath.Dir(path)); err != nil {
		w.log.Info().Err(err).Stringer("every", p.look).Msg("The folder of the places' database cannot be watched; the file is looked at from time to time")
	}
	w.take(w.stat())

	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.run(ctx)
	}()
	return func() {
		cancel()
		<-done
	}
}

// watchFolder fails if there is no such folder, or no watch to be had.
func (w *watch) watchFolder(folder string) error {
	signs, err := fsnotify.NewWatcher()
	if err != nil {
		return err
	}
	if err := signs.Add(folder); err != nil {
		_ = signs.Close()
		return err
	}
	w.signs = signs
	return nil
}

func (w *watch) run(ctx context.Context) {
	var events <-chan fsnotify.Event
	var faults <-chan error
	if w.signs != nil {
		defer func() { _ = w.signs.Close() }()
		events, faults = w.signs.Events, w.signs.Errors
	}
	look := time.NewTicker(w.pace.look)
	defer look.Stop()
	defer w.quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case event := <-events:
			if w.concerns(event) {
				w.look()
			}
		case err := <-faults:
			w.log.Debug().Err(err).Msg("Some signs of the folder were lost; looking instead")
			w.look()
		case <-look.C:
			if w.again {
				w.tried, w.again = nil, false
			}
			w.look()
		case <-w.quiet.C:
			if now := w.stat(); same(now, w.seen) {
				w.take(now)
			} else {
				w.look()
			}
		}
	}
}

// concerns leaves out what other files of the folder get written (it may be the
// one of a busy SQLite database). Their coming and going counts: the file may be
// a symbolic link to a folder that is exchanged, as Kubernetes does.
func (w *watch) concerns(event fsnotify.Event) bool {
	return filepath.Base(event.Name) == filepath.Base(w.path) ||
		event.Has(fsnotify.Create) || event.Has(fsnotify.Remove) || event.Has(fsnotify.Rename)
}

// look starts to wait for quiet when the file is not what was opened, and
// starts anew with each further change.
func (w *watch) look() {
	now := w.stat()
	switch {
	case same(now, w.tried):
		w.waiting = false
		w.quiet.Stop()
	case !w.waiting || !same(now, w.seen):
		w.seen, w.waiting = now, true
		w.quiet.Reset(w.pace.quiet)
	}
}

// take opens the file as it is now. If it is missing or broken, the database
// that is in use stays.
func (w *watch) take(now fs.FileInfo) {
	w.waiting = false
	database, err := openDatabase(w.path, w.finder.options.Scratch)
	if after := w.stat(); !same(now, after) {
		// It changed while it was read: what was read may be half of each.
		if err == nil {
			database.close()
		}
		w.seen, w.waiting = after, true
		w.quiet.Reset(w.pace.quiet)
		return
	}
	w.tried = now
	if err != nil {
		w.again = now != nil && !errors.Is(err, errBroken)
		w.warn(err)
		return
	}
	w.trouble = none
	w.finder.use(database)
	w.log.Info().Str("type", database.reader.Metadata.DatabaseType).
		Time("built", database.reader.Metadata.BuildTime()).Msg("Visitors are placed by a database")
}

// warn says it once, however often a file is tried that is being written or replaced.
func (w *watch) warn(err error) {
	reason, what := broken, "The places' database cannot be read"
	if w.tried == nil {
		reason, what = missing, "The places' database is not there"
	}
	if reason == w.trouble {
		w.log.Debug().Err(err).Msg("The places' database is still not to be had")
		return
	}
	w.trouble = reason
	until := "; until that changes, visitors are placed without it"
	if w.finder.hasDatabase() {
		until = "; the one that was read before stays in use"
	}
	w.log.Warn().Err(err).Msg(what + until)
}

// stat is nil if there is no file, or none that may be looked at.
func (w *watch) stat() fs.FileInfo {
	info, err := os.Stat(w.path)
	if err != nil {
		return nil
	}
	return info
}

// same tells whether a file is the same one and was not written to.
func same(a, b fs.FileInfo) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}
