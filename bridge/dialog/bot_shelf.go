package dialog

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

// shown is something that a bot shows.
type shown struct {
	// file is what it is, without an id.
	file chat.File
	// sum names its bytes.
	sum string
	// fault is why it cannot be had.
	fault error
	// until is how long that is so; zero for as long as its source is the same.
	until time.Time
}

// shelf knows what the bots show, by where it comes from. The bytes are files of
// the folder for them, once each, to which every showing is a hard link: who
// repeats a command fills no disk with it.
type shelf struct {
	mu    sync.Mutex
	known map[string]shown
	// patience is how long a turn waits for what it shows from elsewhere.
	patience time.Duration
	// waiting is how many turns of a site wait for that now.
	waiting map[chat.SiteID]int
}

const (
	// mediaFresh is how long what came from elsewhere, or did not, is not asked for again.
	mediaFresh = time.Minute
	// mostKnown is how many things that bots show are known at once.
	mostKnown = 1000
	// waitingTurns is how many turns may wait at once for what they show from elsewhere,
	// and siteWaiting how many of a site: a host that hangs stops neither the bots of all
	// sites nor the pictures of another.
	waitingTurns = botWorkers - 1
	siteWaiting  = waitingTurns - 1
	// mediaPause is when a turn is taken anew that found too many waiting: as long as a
	// picture of a host that is well takes.
	mediaPause = 200 * time.Millisecond
	// shelvedFor is how long the bytes are kept after they were last shown.
	shelvedFor = 24 * time.Hour
)

func (s *shelf) get(key string, at time.Time) (shown, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known, ok := s.known[key]
	return known, ok && (known.until.IsZero() || at.Before(known.until))
}

func (s *shelf) put(key string, thing shown) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for other := range s.known { // any: it is only asked for again
		if len(s.known) < mostKnown {
			break
		}
		delete(s.known, other)
	}
	s.known[key] = thing
}

// errWaiting says that too many turns wait for what they show from elsewhere.
var errWaiting = errors.New("too many turns wait for what they show")

// wait lets a turn of a site wait for what it shows, unless too many do. Call leave, then.
func (s *shelf) wait(site chat.SiteID) (leave func(), ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := 0
	for _, n := range s.waiting {
		all += n
	}
	if all >= waitingTurns || s.waiting[site] >= siteWaiting {
		return nil, false
	}
	s.waiting[site]++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.waiting[site]--; s.waiting[site] == 0 {
			delete(s.waiting, site)
		}
	}, true
}

// shelve puts bytes on the shelf, unless the same are there.
func (s *Service) shelve(site *config.Site, from io.Reader, name string) (shown, error) {
	sum := sha256.New()
	temporary, size, err := s.files.write(io.TeeReader(from, sum), maxMedia)
	if err != nil {
		return shown{}, s.unkept(site, err)
	}
	defer func() { _ = os.Remove(temporary) }()
	if size > maxMedia {
		return shown{}, fmt.Errorf("it is larger than %d MB", maxMedia>>20)
	}
	f := chat.File{Kind: chat.Attachment, Name: plain.FileName(name)}
	if f.Name == "" {
		f.Name = "file"
	}
	if f, err = inspect(temporary, f); err != nil {
		return shown{}, s.unkept(site, err)
	}
	f.Size = size
	thing := shown{file: f, sum: hex.EncodeToString(sum.Sum(nil))}
	if s.files.holds(thing) {
		return thing, nil
	}
	if err := s.files.keep(temporary, s.files.shelved(thing)); err != nil {
		return shown{}, s.unkept(site, err)
	}
	return thing, nil
}

// unkept logs that our own disk does not take what is shown, mostly because it is
// full, and is what operators are told of it. The words beside it go out all the same.
func (s *Service) unkept(site *config.Site, err error) error {
	s.log.Error().Err(err).Str(trail.Site, string(site.ID)).Msg("What the bot shows cannot be kept on the disk; it is left out")
	return errors.New("the disk of the bridge cannot take it now")
}

// shelved is where the bytes are of what bots show.
func (f files) shelved(thing shown) string { return filepath.Join(f.dir, "shown", thing.sum) }

// holds reports whether the bytes are on the shelf, and has them stay there for a while.
func (f files) holds(thing shown) bool {
	at := time.Now()
	return os.Chtimes(f.shelved(thing), at, at) == nil
}

// show gives the bytes to a file as well.
func (f files) show(thing shown, file chat.FileID) error {
	shelved, to := f.shelved(thing), f.upload(file)
	if os.Link(shelved, to) == nil {
		return syncFolder(to)
	}
	// The file system knows no links, or no more of one file: a copy, which is the
	// one to link to from now on.
	from, err := os.Open(shelved) // #nosec G304 -- a digest of ours
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }()
	temporary, _, err := f.write(from, maxMedia)
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(temporary) }()
	if os.Link(temporary, to) == nil {
		return f.keep(temporary, shelved)
	}
	return f.keep(temporary, to)
}
