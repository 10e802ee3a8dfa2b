package storm_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/dendrite/dendritetest"
	"github.com/anteroom-chat/anteroom/bridge/killpoint"
	"github.com/anteroom-chat/anteroom/bridge/storm/record"
)

const (
	// minutes names for how long people talk.
	minutes = "STORM_MINUTES"
	// stormSeed fixes what fails when and who says what; STORM_SEED sets another.
	stormSeed = 20261128
	// longStorm is from when on homeservers stall for a minute, and not for some seconds.
	longStorm = 5 * time.Minute
	// patience is for how long nothing may come on in the end: longer than the longest
	// pause of a Dendrite that could not push.
	patience = 3 * time.Minute
)

// TestStorm lets people talk while everything fails, and then has the checker prove
// that nothing was lost. STORM_MINUTES is for how long they talk, a minute unless it is set.
func TestStorm(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes minutes")
	}
	seed := bridgetest.Number(t, "STORM_SEED", stormSeed)
	talk := time.Duration(bridgetest.Number(t, minutes, 1)) * time.Minute
	t.Logf("seed %d, %s", seed, talk)
	s := start(t, uint64(seed), talk) // #nosec G115 -- any number is a seed
	s.figures("start")
	s.talk(t.Context(), talk)
	s.calm()
	s.leave()
	s.figures("end")
	s.prove()
}

// storm is one run.
type storm struct {
	*testing.T
	*bridgetest.Stack
	seed   uint64
	folder string // of the recording
	out    *record.Writer
	faults int
	kinds  map[record.Op]int // how often each fault was
	doing  record.Op         // the present fault
	idle   bool              // it met nothing that could fail, or counts when it is over
	// messages is how many the journal has in the end.
	messages int

	visitors  *wires    // between visitors and the bridge
	posted    *requests // from visitors to the bridge, on those wires: exchanges and files
	postedURL string
	outward   *requests // from the bridge to the homeserver
	inward    *requests // from the homeserver to the bridge
	metrics   string
	data      string        // the folder of the bridge's data
	small     bool          // that folder is a file system of its own, which can be full
	span      time.Duration // for which people talk
	long      bool          // there is time for what takes a minute
	operators []*operator
	admin     *mautrix.Client                // of the homeserver
	newcomers int                            // visitors who come at the same moment
	files     map[id.ContentURIString]string // the sums of what was downloaded
	struck    opened                         // the dialog whose room the present fault is about
	deleted   []id.RoomID                    // unless the homeserver lost that since

	mu    sync.Mutex
	talks []*talk
	books books

	busy  atomic.Bool // the bridge has much to send: visitors wait a little
	keys  atomic.Int64
	began time.Time
}

func start(t *testing.T, seed uint64, talk time.Duration) *storm {
	t.Helper()
	s := &storm{T: t, seed: seed, folder: recordings(t, seed), began: time.Now(), span: talk, long: talk >= longStorm, kinds: map[record.Op]int{}, files: map[id.ContentURIString]string{}}
	var err error
	if s.out, err = record.Create(s.folder); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.out.Close(); err != nil {
			t.Error(err)
		}
	})
	s.out.Write(record.Line{Kind: record.Began, Text: fmt.Sprintf("seed %d", seed)})
	s.outward, s.inward, s.posted = newRequests(s.dice(dicePlain)), newRequests(s.dice(dicePlain+1)), newRequests(s.dice(dicePlain+2))
	metrics := dendritetest.Port(t)
	s.metrics = fmt.Sprintf("http://127.0.0.1:%d/metrics", metrics)
	s.Stack = bridgetest.Start(t, bridgetest.Options{
		Operators: []string{"bob", "carol"}, Through: s.outward.through(t), Inward: s.inward.through(t), Site: s.chains(),
		NoPresence: true, // or Dendrite cannot be started any more, sooner or later
		Limits:     limits, Data: s.mount, Env: []string{killpoint.Clock + "=" + s.clock(), killpoint.Pages + "=" + s.pages()},
		More: fmt.Sprintf("metrics: {enabled: true, listen: \"127.0.0.1:%d\"}\n", metrics),
	})
	s.visitors = newWires(t, s.URL)
	s.postedURL = s.posted.through(t)(s.visitors.url)
	for _, client := range []*mautrix.Client{s.Anna, dendritetest.Operator(t, s.Homeserver, "bob"), dendritetest.Operator(t, s.Homeserver, "carol")} {
		s.operators = append(s.operators, s.follow(client))
	}
	s.admin = dendritetest.Admin(t, s.Homeserver, "root")
	t.Cleanup(s.keepLogs)
	return s
}

// Each party has dice of its own: what one does changes nothing for the others.
const (
	diceFaults = iota
	diceOperators
	dicePlain  = 10
	diceTalks  = 100
	diceChance = 1 << 20
)

func (s *storm) dice(who int) *rand.Rand {
	return rand.New(rand.NewPCG(s.seed, uint64(who))) // #nosec G115 G404 -- a storm that can be repeated needs such dice
}

// recordings is the folder of this run; one of the same seed before is dropped.
func recordings(t *testing.T, seed uint64) string {
	t.Helper()
	base := os.Getenv("STORM_DIR")
	if base == "" {
		base = filepath.Join("..", "..", "build", "storm")
	}
	folder, err := filepath.Abs(filepath.Join(base, strconv.FormatUint(seed, 10)))
	if err == nil {
		err = os.RemoveAll(folder)
	}
	if err != nil {
		t.Fatal(err)
	}
	return folder
}

// keepLogs puts the logs beside the recording of a run that failed.
func (s *storm) keepLogs() {
	if !s.Failed() {
		return
	}
	b := s.look()
	s.Logf("not answered: %d; not heard: %v; outbox: %d, inbox: %d, %v", s.pending(), s.deaf(), b.pending, b.inbox, b.err)
	for name, path := range map[string]string{"bridge.log": filepath.Join(s.Dir, "bridge.log"), "dendrite.log": s.Homeserver.LogPath()} {
		if data, err := os.ReadFile(path); err == nil {
			_ = os.WriteFile(filepath.Join(s.folder, name), data, 0o600) // it only helps
		}
	}
	s.Logf("the recording is in %s; check it again by\n\tgo run ./bridge/storm/checker %s\nand run the same storm by\n\tSTORM_SEED=%d make storm", s.folder, s.folder, s.seed)
}

// chains is the bot's part of the site: who says "begin" talks with it.
func (s *storm) chains() string {
	folder := s.TempDir()
	const chain = `
on:
  - keywords: [begin]
steps:
  - set: { n: "{{ (n ?? 0) + 1 }}" }
  - say: "bot {{ n }}: first"
  - pause: 1s
  - say: "bot {{ n }}: second"
`
	if err := os.WriteFile(filepath.Join(folder, "count.yaml"), []byte(chain), 0o600); err != nil {
		s.Fatal(err)
	}
	return fmt.Sprintf("    invite: everyone\n    bot:\n      enabled: true\n      chains: %q\n", folder)
}

// limits are those of the gateway: all visitors come from one address, and the disk that can
// be full is smaller than what files must leave free elsewhere.
const limits = "{messages_per_minute: 6000, messages_burst: 1000, sessions_per_minute: 6000, dialogs_per_hour: 6000, uploads_per_hour: 6000, " +
	"sockets_per_address: 10000, free_space: 8MiB}"

const (
	// talking is how many dialogs talk at a time; from time to time a new visitor takes the place of an old one.
	talking = 24
	// change is after how many tries of a fault a new visitor comes.
	change = 3
)

// talk has people talk and things fail for a while.
func (s *storm) talk(ctx context.Context, span time.Duration) {
	ctx, stop := context.WithTimeout(ctx, span)
	defer stop()
	var group sync.WaitGroup
	defer group.Wait()
	group.Go(func() { s.read(ctx) })
	for range talking {
		s.enter(ctx, &group)
	}
	for _, o := range s.operators {
		group.Go(func() { o.talk(ctx) })
	}
	dice := s.dice(diceFaults)
	for round := 1; ctx.Err() == nil; round++ {
		s.fault(ctx, dice)
		s.collect()
		s.supervise()
		if round%change == 0 {
			s.newcomers++
		}
		for ; s.newcomers > 0; s.newcomers-- {
			s.enter(ctx, &group)
		}
	}
}

// enter brings a new visitor, or more of them at the same moment.
func (s *storm) enter(ctx context.Context, group *sync.WaitGroup) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := newTalk(s, len(s.talks)+1)
	s.talks = append(s.talks, t)
	group.Go(func() { t.talk(ctx) })
	if old := len(s.talks) - talking; old > 0 {
		s.talks[old-1].falls.Store(true)
	}
}

// clock is the file that says how far the bridge's clock is ahead, in milliseconds.
func (s *storm) clock() string { return filepath.Join(s.folder, "clock") }

// pages is the file that says how many pages the bridge's database may have.
func (s *storm) pages() string { return filepath.Join(s.folder, "pages") }

// all are the dialogs so far.
func (s *storm) all() []*talk {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*talk(nil), s.talks...)
}

// pause lets a moment pass, and reports whether ctx still runs.
func pause(ctx context.Context, span time.Duration) bool {
	timer := time.NewTimer(span)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// calm lets everything heal, has everybody say a last word, behind which nothing is
// left, and waits until nothing waits.
func (s *storm) calm() {
	s.heal()
	ctx, stop := context.WithCancel(s.Context())
	defer stop()
	var group sync.WaitGroup
	group.Go(func() { s.read(ctx) })
	defer group.Wait()
	defer stop()
	s.await("all visitors are heard", s.pending)
	for _, t := range s.all() {
		t.say(t.tabs[0], "last")
	}
	s.await("the visitors' last words are heard", s.pending)
	s.await("nothing waits in the bridge", s.busyWith)
	for _, o := range s.operators {
		for _, t := range s.all() {
			o.lastWord(ctx, t)
		}
	}
	s.await("the operators' last words are heard", func() int { return len(s.deaf()) })
	s.await("nothing waits in the bridge", s.busyWith)
	for _, t := range s.all() {
		t.readAll()
	}
}

// pending is how much of what visitors said was not answered.
func (s *storm) pending() (n int) {
	for _, t := range s.all() {
		for _, tab := range t.tabs {
			n += tab.waiting()
		}
	}
	return n
}

// busyWith is how much the bridge has to do.
func (s *storm) busyWith() int {
	b := s.look()
	if b.err != nil {
		return math.MaxInt
	}
	return b.pending + b.inbox
}

// deaf are the tabs that wait for an operator's last word.
func (s *storm) deaf() (all []string) {
	for _, t := range s.all() {
		for _, tab := range t.tabs {
			for _, word := range t.lastWords() {
				if !tab.heard(word) {
					all = append(all, tab.who+": "+word)
				}
			}
		}
	}
	return all
}

// await waits until nothing is left of something, as long as it gets less.
func (s *storm) await(what string, left func() int) {
	s.Helper()
	for least := left(); least > 0; {
		bridgetest.AwaitFor(s.T, patience, what, func() bool {
			s.supervise()
			now := left()
			less := now < least
			least = min(least, now)
			return less
		})
	}
}

// leave has everybody close their tabs.
func (s *storm) leave() {
	for _, t := range s.all() {
		for _, tab := range t.tabs {
			tab.close()
		}
	}
}

// get reads a small page.
func get(ctx context.Context, url string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	return http.DefaultClient.Do(req)
}
