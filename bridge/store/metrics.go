package store

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sys/unix"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// metrics are the figures of the writer and the journal.
type metrics struct {
	commit, writes prometheus.Histogram
	failed         prometheus.Counter
	entries        *prometheus.CounterVec
}

func newMetrics() *metrics {
	m := &metrics{
		commit: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "anteroom_database_commit_seconds", Help: "Time of one transaction of the writer, until it is durable.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}),
		writes: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "anteroom_database_commit_writes", Help: "Writes that shared one commit.",
			Buckets: []float64{1, 2, 4, 8, 16, 32, 64, 128},
		}),
		failed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "anteroom_database_commits_failed_total", Help: "Transactions that nothing was kept of: a full disk, a lock, a broken file.",
		}),
		entries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "anteroom_journal_entries_total", Help: "Entries appended to journals, by whose they are and their kind.",
		}, []string{"party", "kind"}),
	}
	for _, party := range []chat.Party{chat.Visitor, chat.Operator, chat.Bot} {
		m.entries.WithLabelValues(string(party), string(chat.Message))
	}
	return m
}

// committed counts a transaction of that many writes. A write that fails by itself spoils
// it for all, which then go alone: that is no fault of the disk, and no alert.
func (m *metrics) committed(began time.Time, writes int, err error) {
	if isStorage(err) {
		m.failed.Inc()
	}
	if err != nil {
		return
	}
	m.commit.Observe(time.Since(began).Seconds())
	m.writes.Observe(float64(writes))
}

func (m *metrics) appended(e chat.Entry) {
	m.entries.WithLabelValues(string(e.Author.Party), string(e.Kind)).Inc()
}

// Collectors are the figures of the database, for whoever shows them; cache is the
// path of the state cache, talking are the sites whose bots are switched on. What waits is
// read when somebody asks.
func (s *Store) Collectors(cache string, talking []chat.SiteID) []prometheus.Collector {
	m := s.metrics
	return []prometheus.Collector{m.commit, m.writes, m.failed, m.entries, newLook(s, talking), newSizes(s.path, cache)}
}

const (
	// lookFor bounds one look at the queues, and lookFresh is how long its outcome is
	// good for whoever asks next.
	lookFor   = 2 * time.Second
	lookFresh = 2 * time.Second
)

// look reads the queues when figures are asked for: beside the writer, bounded, and
// once however many ask.
type look struct {
	store                               *Store
	talking                             []chat.SiteID
	length, age, aside, dialogs, unseen *prometheus.Desc
	missed                              prometheus.Counter

	mu    sync.Mutex
	at    time.Time
	found []prometheus.Metric
}

func newLook(s *Store, talking []chat.SiteID) *look {
	return &look{
		store: s, talking: talking,
		length: prometheus.NewDesc("anteroom_queue_length", "What waits in a durable queue, counted up to 100,000.", []string{"queue"}, nil),
		age: prometheus.NewDesc("anteroom_queue_oldest_age_seconds",
			"For how long the oldest waits in a durable queue: the lag of whoever works it off. 0 when nothing waits. Not told of requests, errands and moves, which keep no time.", []string{"queue"}, nil),
		aside: prometheus.NewDesc("anteroom_set_aside", "What could not be brought to its end and is kept: events that cannot be converted, entries that the homeserver refuses.",
			[]string{"what"}, nil),
		dialogs: prometheus.NewDesc("anteroom_dialogs", "Dialogs that are open, and those of them in which a visitor waits for a person.", []string{"state"}, nil),
		unseen:  prometheus.NewDesc("anteroom_dialogs_longest_wait_seconds", "For how long the visitor who has waited longest waits for a person; 0 when nobody does.", nil, nil),
		missed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "anteroom_queue_looks_failed_total", Help: "Scrapes without the queues' figures, because reading them failed or took too long.",
		}),
	}
}

// Describe implements prometheus.Collector.
func (l *look) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{l.length, l.age, l.aside, l.dialogs, l.unseen} {
		to <- d
	}
	l.missed.Describe(to)
}

// Collect implements prometheus.Collector.
func (l *look) Collect(to chan<- prometheus.Metric) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := time.Now(); l.at.IsZero() || now.Sub(l.at) >= lookFresh {
		found, err := l.read(now)
		if err != nil {
			l.missed.Inc()
		}
		l.found, l.at = found, time.Now()
	}
	for _, m := range l.found {
		to <- m
	}
	l.missed.Collect(to)
}

func (l *look) read(now time.Time) (found []prometheus.Metric, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), lookFor)
	defer cancel()
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		found = append(found, prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...))
	}
	waiting, err := l.store.Backlogs(ctx, l.talking)
	if err != nil {
		return nil, err
	}
	for _, b := range waiting {
		gauge(l.length, float64(b.Length), string(b.Queue))
		if !b.Ageless { // an age of 0 would say that nothing waits
			gauge(l.age, since(b.Oldest, now), string(b.Queue))
		}
	}
	aside, err := l.store.SetAside(ctx)
	if err != nil {
		return nil, err
	}
	gauge(l.aside, float64(aside.Events), "events")
	gauge(l.aside, float64(aside.Entries), "entries")
	standing, err := l.store.Standing(ctx)
	if err != nil {
		return nil, err
	}
	gauge(l.dialogs, float64(standing.Open), "open")
	gauge(l.dialogs, float64(standing.Waiting), "waiting")
	gauge(l.unseen, since(standing.Since, now))
	return found, nil
}

// since is an age in seconds, 0 for no time at all.
func since(t, now time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return max(0, now.Sub(t).Seconds())
}

// sizes are those of the files, and what their disk has left.
type sizes struct {
	files      map[string]string
	folder     string
	size, free *prometheus.Desc
}

func newSizes(path, cache string) *sizes {
	return &sizes{
		files: map[string]string{"database": path, "log": path + "-wal", "cache": cache}, folder: filepath.Dir(path),
		size: prometheus.NewDesc("anteroom_database_size_bytes", "Size of the database, of its write-ahead log, and of the cache of rooms and members.", []string{"file"}, nil),
		free: prometheus.NewDesc("anteroom_database_disk_free_bytes", "What the disk of the database has left for the bridge.", nil, nil),
	}
}

// Describe implements prometheus.Collector.
func (s *sizes) Describe(to chan<- *prometheus.Desc) { to <- s.size; to <- s.free }

// Collect implements prometheus.Collector.
func (s *sizes) Collect(to chan<- prometheus.Metric) {
	for file, path := range s.files {
		var size float64 // a log that is not there has nothing in it
		if info, err := os.Stat(path); err == nil {
			size = float64(info.Size())
		}
		to <- prometheus.MustNewConstMetric(s.size, prometheus.GaugeValue, size, file)
	}
	var disk unix.Statfs_t
	if err := unix.Statfs(s.folder, &disk); err == nil {
		to <- prometheus.MustNewConstMetric(s.free, prometheus.GaugeValue, float64(disk.Bavail)*float64(disk.Bsize))
	}
}
