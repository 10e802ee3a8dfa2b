package dialog

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

const (
	// looseFor is how long an upload may wait for the message that carries it.
	looseFor = 24 * time.Hour
	// cachedFor is how long a copy of the homeserver's bytes is kept unread, at
	// least; touchEvery is how exactly its last reading is known.
	cachedFor  = 7 * 24 * time.Hour
	touchEvery = time.Hour
	// idleFor is how long a visitor is known who never wrote.
	idleFor = 30 * 24 * time.Hour
	// roomy is what the disk should have to spare until the next sweep.
	roomy = 64 << 20
	// apiRequestsFor is how long a program may repeat a request without having it
	// done twice.
	apiRequestsFor = 24 * time.Hour
	// linksKnownFor is how long a link of a mail is known to have expired, so that a
	// browser that used it in its time still finds its dialog.
	linksKnownFor = 60 * 24 * time.Hour
	// sweepMost is the most files of a folder that are held in memory at once.
	sweepMost = 1000
	// sweepBatch is the most rows that are changed in one go: whoever writes a
	// message meanwhile waits for no more than these.
	sweepBatch = 100
)

// Sweep removes what nobody needs any more: uploads that never became a
// message, the bytes of removed messages and erased visitors, old cached
// copies, remains of broken transfers, and visitors who opened the chat and
// never wrote. It is run from time to time.
func (s *Service) Sweep(ctx context.Context) error {
	return errors.Join(
		s.sweepLoose(ctx),
		s.sweepIdle(ctx),
		s.sweepBot(ctx),
		s.sweepLinks(ctx),
		s.sweepAPIRequests(ctx),
		removeOlder(filepath.Join(s.files.dir, "tmp"), now().Add(-looseFor)),
		removeOlder(filepath.Join(s.files.dir, "cache"), now().Add(-s.files.cacheFor())),
		removeOlder(filepath.Join(s.files.dir, "shown"), now().Add(-shelvedFor)),
		s.sweepUnneeded(ctx, UploadsDir(s.files.dir), func(file chat.FileID, at place) error {
			switch at {
			case nowhere:
				return removeIfThere(s.files.upload(file))
			case there: // the process ended before Uploaded
				return s.Uploaded(file)
			default:
				return nil
			}
		}),
		s.sweepUnneeded(ctx, filepath.Join(s.files.dir, "cache"), func(file chat.FileID, at place) error {
			if at == nowhere {
				return removeIfThere(s.files.cached(string(file)))
			}
			return nil
		}),
	)
}

// cacheFor is how long a copy is kept unread now: on a disk that is short of
// room it is worth less than what a visitor wants to send.
func (f files) cacheFor() time.Duration {
	if f.disk.room(roomy) != nil {
		return touchEvery
	}
	return cachedFor
}

func (s *Service) sweepLoose(ctx context.Context) (err error) {
	before := now().Add(-looseFor)
	for {
		loose, takeErr := s.store.TakeLooseFiles(ctx, before, sweepBatch)
		for _, file := range loose {
			err = errors.Join(err, removeIfThere(s.files.upload(file)))
		}
		if takeErr != nil || len(loose) < sweepBatch {
			return errors.Join(err, takeErr)
		}
	}
}

func (s *Service) sweepIdle(ctx context.Context) error {
	if err := s.areHere(ctx); err != nil {
		return err // or those would go who are here
	}
	before := now().Add(-idleFor)
	for {
		deleted, err := s.store.DeleteIdleVisitors(ctx, before, sweepBatch)
		if err != nil || deleted < sweepBatch {
			return err
		}
	}
}

func (s *Service) sweepLinks(ctx context.Context) error {
	before := now().Add(-linksKnownFor)
	for {
		if some, err := s.store.SweepMailLinks(ctx, before, sweepBatch); err != nil || !some {
			return err
		}
	}
}

func (s *Service) sweepAPIRequests(ctx context.Context) error {
	before := now().Add(-apiRequestsFor)
	for {
		if some, err := s.store.ForgetAPIRequests(ctx, before, sweepBatch); err != nil || !some {
			return err
		}
	}
}

// place is where a file's bytes have to be.
type place int

const (
	nowhere place = iota // its message was removed, or there is no such file
	here                 // on our disk
	there                // on the homeserver
)

func placeOf(f store.File, known bool) place {
	switch {
	case !known || f.State == store.Removed:
		return nowhere
	case f.MXC != "":
		return there
	default:
		return here
	}
}

// sweepUnneeded tells for every file of a folder where its bytes have to be.
// What is not named like a file of ours is passed over.
func (s *Service) sweepUnneeded(ctx context.Context, dir string, settle func(chat.FileID, place) error) error {
	opened, err := os.Open(dir) // #nosec G304 -- a folder of ours
	if err != nil {
		return err
	}
	defer func() { _ = opened.Close() }()
	for {
		names, err := opened.Readdirnames(sweepMost)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := s.settleAll(ctx, names, settle); err != nil {
			return err
		}
	}
}

func (s *Service) settleAll(ctx context.Context, names []string, settle func(chat.FileID, place) error) error {
	ids := make([]chat.FileID, 0, len(names))
	for _, name := range names {
		if id := chat.FileID(name); id.Valid() {
			ids = append(ids, id)
		}
	}
	found, err := s.store.Files(ctx, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		f, known := found[id]
		err = errors.Join(err, settle(id, placeOf(f, known)))
	}
	return err
}

// Uploaded lets go of a file's staged bytes once the homeserver has them:
// they become a cached copy.
func (s *Service) Uploaded(file chat.FileID) error {
	err := os.Rename(s.files.upload(file), s.files.cached(string(file)))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// StageAgain has a file's bytes wait for the homeserver again, which may have lost them: what
// waits is in every backup, and a copy in none. Without a copy the error is fs.ErrNotExist.
func (s *Service) StageAgain(file chat.FileID) error {
	if _, err := os.Stat(s.files.upload(file)); err == nil {
		return nil
	}
	return os.Rename(s.files.cached(string(file)), s.files.upload(file))
}

// touch notes that a cached copy was read. That it cannot be noted costs a
// fetch at a later time and is no reason to refuse the file now.
func touch(cached *os.File) {
	read := time.Now()
	if info, err := cached.Stat(); err == nil && read.Sub(info.ModTime()) > touchEvery {
		_ = os.Chtimes(cached.Name(), read, read)
	}
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

func removeOlder(dir string, before time.Time) error {
	entries, err := os.ReadDir(dir)
	for _, entry := range entries {
		if info, infoErr := entry.Info(); infoErr == nil && info.ModTime().Before(before) {
			err = errors.Join(err, removeIfThere(filepath.Join(dir, entry.Name())))
		}
	}
	return err
}
