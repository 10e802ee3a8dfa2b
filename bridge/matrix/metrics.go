package matrix

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// metrics are the figures of the homeserver's door.
type metrics struct {
	requests                *prometheus.HistogramVec
	errors                  *prometheus.CounterVec
	outages                 prometheus.Counter
	send                    *prometheus.HistogramVec
	settled                 *prometheus.CounterVec
	transactions, converted *prometheus.CounterVec
	events                  prometheus.Counter
	polls                   *prometheus.CounterVec
	restores                *prometheus.CounterVec
}

// What became of an event of the homeserver.
const (
	convertedDone   = "converted"
	convertedPoison = "poison" // set aside
)

func newMetrics(sites map[chat.SiteID]*config.Site) *metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "anteroom", Name: name, Help: help}, labels)
	}
	m := &metrics{
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "anteroom_homeserver_request_seconds", Help: "Time of requests to the homeserver until the answer begins, by what they ask. A sync is a long poll.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 180},
		}, []string{"kind"}),
		errors: counter("homeserver_errors_total",
			"Requests that the homeserver did not do, by kind: network, unauthorized, forbidden, not_found, too_large, rate_limited, client or server. Some are asked to find out, so not_found and forbidden are no fault by themselves.", "kind"),
		outages: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "anteroom_homeserver_outages_total", Help: "How often the homeserver was found to be away.",
		}),
		send: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "anteroom_matrix_send_seconds", Help: "From an entry's append to its event on the homeserver, by whose it is.",
			Buckets: []float64{.025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200, 86400},
		}, []string{"site", "party"}),
		settled:      counter("matrix_entries_settled_total", "Entries whose way to Matrix ended, by how: sent, failed, cancelled or folded into another.", "result"),
		transactions: counter("matrix_transactions_total", "Transactions that the homeserver delivered, by what was answered: stored, dropped (too large) or refused (the database fails).", "result"),
		events:       prometheus.NewCounter(prometheus.CounterOpts{Name: "anteroom_matrix_transaction_events_total", Help: "Events in transactions, repeated ones too."}),
		converted:    counter("matrix_events_converted_total", "Events of the homeserver by what became of them: converted, or poison, which is set aside.", "result"),
		polls:        counter("matrix_polls_total", "Long polls of ghosts that ended, by result: answered or failed.", "result"),
		restores:     counter("restores_noticed_total", "Restored backups that were noticed and mended, by whose: bridge or homeserver.", "side"),
	}
	for _, kind := range []string{"network", "unauthorized", "forbidden", "not_found", "too_large", "rate_limited", "client", "server"} {
		m.errors.WithLabelValues(kind)
	}
	for site := range sites {
		for _, party := range []chat.Party{chat.Visitor, chat.Bot} {
			m.send.WithLabelValues(string(site), string(party))
		}
	}
	for _, state := range []store.SendState{store.Sent, store.Failed, store.Cancelled, store.Folded} {
		m.settled.WithLabelValues(string(state))
	}
	for vector, values := range map[*prometheus.CounterVec][]string{
		m.transactions: {transactionStored, transactionDropped, transactionRefused},
		m.converted:    {convertedDone, convertedPoison},
		m.polls:        {pollAnswered, pollFailed},
		m.restores:     {restoredBridge, restoredHomeserver},
	} {
		for _, value := range values {
			vector.WithLabelValues(value)
		}
	}
	return m
}

const (
	transactionStored  = "stored"
	transactionDropped = "dropped"
	transactionRefused = "refused"

	pollAnswered = "answered"
	pollFailed   = "failed"

	restoredBridge     = "bridge"
	restoredHomeserver = "homeserver"
)

// Collectors are the figures of the homeserver's door, for whoever shows them.
func (m *Matrix) Collectors() []prometheus.Collector {
	gauge := func(name, help string, read func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "anteroom", Name: name, Help: help}, read)
	}
	f := m.metrics
	return []prometheus.Collector{
		f.requests, f.errors, f.outages, f.send, f.settled, f.transactions, f.events, f.converted, f.polls, f.restores,
		gauge("homeserver_up", "1 while the homeserver takes our requests, 0 while it is away, and what there is to send waits; it is asked every 15 s.", func() float64 {
			if m.hs.gate.isOpen() {
				return 1
			}
			return 0
		}),
		gauge("matrix_polls", "Ghosts that poll the homeserver at this moment.", func() float64 { return float64(m.polls.count()) }),
		gauge("matrix_dialogs_waiting", "Dialogs that are with a worker, or wait for one.", func() float64 { waiting, _ := m.queue.count(); return float64(waiting) }),
		gauge("matrix_dialogs_backing_off", "Dialogs whose sending failed and that pause before the next try.", func() float64 { _, paused := m.queue.count(); return float64(paused) }),
	}
}

// count returns how many dialogs are with workers or wait for one, and how many pause.
func (q *queue) count() (waiting, paused int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, d := range q.state {
		if d.timer != nil {
			paused++
		} else {
			waiting++
		}
	}
	return waiting, paused
}

func (p *polls) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.running)
}

// metered counts the requests that pass through it.
type metered struct {
	through http.RoundTripper
	metrics *metrics
}

// RoundTrip implements http.RoundTripper.
func (t metered) RoundTrip(r *http.Request) (*http.Response, error) {
	began := time.Now()
	answer, err := t.through.RoundTrip(r)
	if err != nil && (errors.Is(err, context.Canceled) || errors.Is(r.Context().Err(), context.Canceled)) {
		return answer, err // nobody waits for it any more
	}
	t.metrics.requests.WithLabelValues(requestKind(r.URL.Path)).Observe(time.Since(began).Seconds())
	if kind := errorKind(answer, err); kind != "" {
		t.metrics.errors.WithLabelValues(kind).Inc()
	}
	return answer, err
}

func errorKind(answer *http.Response, err error) string {
	if err != nil {
		return "network"
	}
	switch status := answer.StatusCode; {
	case status < http.StatusBadRequest:
		return ""
	case status == http.StatusUnauthorized:
		return "unauthorized"
	case status == http.StatusForbidden:
		return "forbidden"
	case status == http.StatusNotFound:
		return "not_found"
	case status == http.StatusRequestEntityTooLarge:
		return "too_large"
	case status == http.StatusTooManyRequests:
		return "rate_limited"
	case status < http.StatusInternalServerError:
		return "client"
	default:
		return "server"
	}
}

// requestKinds are parts of paths of the client-server API and what we call them, the
// more telling first.
var requestKinds = [...]struct{ part, kind string }{ //nolint:gochecknoglobals // a constant that the language cannot write
	{"/media/", "media"},
	{"/send/", "send"},
	{"/state", "state"},
	{"/redact/", "redact"},
	{"/typing/", "typing"},
	{"/receipt/", "receipt"},
	{"/presence/", "presence"},
	{"/messages", "messages"},
	{"/event/", "event"},
	{"/context/", "messages"},
	{"/join", "member"},
	{"/invite", "member"},
	{"/kick", "member"},
	{"/ban", "member"},
	{"/unban", "member"},
	{"/leave", "member"},
	{"/forget", "member"},
	{"/members", "member"},
	{"/joined_members", "member"},
	{"/createRoom", "create_room"},
	{"/directory/", "alias"},
	{"/profile/", "profile"},
	{"/register", "register"},
	{"/account_data/", "account_data"},
	{"/sync", "sync"},
	{"/versions", "probe"},
	{"/whoami", "probe"},
}

// requestKind names what a request asks for, from a short list.
func requestKind(path string) string {
	for _, k := range requestKinds {
		if strings.Contains(path, k.part) {
			return k.kind
		}
	}
	return "other"
}
