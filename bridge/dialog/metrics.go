package dialog

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
)

// botMetrics are the figures of the bot of all sites.
type botMetrics struct {
	turns, handOffs, faults *prometheus.CounterVec
	turn                    *prometheus.HistogramVec
}

// How a turn ended.
const (
	turnKept   = "kept"
	turnStale  = "stale"  // somebody spoke meanwhile; it is computed again
	turnFailed = "failed" // it is tried again after a pause
)

// Who called a person.
const (
	calledByBot     = "bot"
	calledByVisitor = "visitor" // by the window's button
)

func newBotMetrics(sites map[chat.SiteID]*config.Site) botMetrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "anteroom", Subsystem: "bot", Name: name, Help: help}, append([]string{"site"}, labels...))
	}
	m := botMetrics{
		turns:    counter("turns_total", "Turns of the bot by result: kept, stale (somebody spoke meanwhile, and it is computed again) or failed (it is tried again).", "result"),
		handOffs: counter("hand_offs_total", "Dialogs that were given to people, by who wanted that: bot or visitor.", "by"),
		faults:   counter("faults_total", "What a chain could not do, by the code that operators are told.", "code"),
		turn: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: "anteroom", Subsystem: "bot", Name: "turn_seconds", Help: "From what the bot hears to its turn, when it is durable.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300},
		}, []string{"site"}),
	}
	for id, site := range sites {
		m.handOffs.WithLabelValues(string(id), calledByVisitor)
		if !site.Talks() {
			continue
		}
		m.handOffs.WithLabelValues(string(id), calledByBot)
		m.turn.WithLabelValues(string(id))
		for _, code := range []string{"failed", "panic", "bad_state", "bad_input"} {
			m.faults.WithLabelValues(string(id), code)
		}
		for _, result := range []string{turnKept, turnStale, turnFailed} {
			m.turns.WithLabelValues(string(id), result)
		}
	}
	return m
}

// measureTurn counts a turn; err is why it was not kept.
func (s *Service) measureTurn(ctx context.Context, t *turn, err error) {
	result := turnKept
	switch {
	case errors.Is(err, errStale):
		result = turnStale
	case ctx.Err() != nil:
		return
	case err != nil:
		result = turnFailed
	case t.row.Position > 0: // time alone has no moment from which anybody waits
		s.bot.botMetrics.turn.WithLabelValues(string(t.site.ID)).Observe(max(0, time.Since(t.row.At).Seconds()))
	}
	s.bot.botMetrics.turns.WithLabelValues(string(t.site.ID), result).Inc()
}

// Collectors are the figures of the core, for whoever shows them.
func (s *Service) Collectors() []prometheus.Collector {
	m := &s.bot.botMetrics
	return append(s.bot.gptMetrics.collectors(),
		m.turns, m.handOffs, m.faults, m.turn,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "anteroom_visitors_online", Help: "Visitors who are here: connected, or so until 15 seconds ago.",
		}, func() float64 {
			s.hub.mu.Lock()
			defer s.hub.mu.Unlock()
			return float64(len(s.hub.visitors))
		}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "anteroom_files_disk_free_bytes", Help: "What the disk of visitors' files has left for the bridge.",
		}, func() float64 {
			free, err := s.files.disk.free(s.files.disk.dir)
			if err != nil {
				return 0
			}
			return float64(free)
		}))
}
