package gateway

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
)

// metrics are the figures of the visitors' door. Sites are those of the config, and all
// other labels words of our own: nothing of them is a visitor's to choose.
type metrics struct {
	sockets                                   *prometheus.GaugeVec
	opened, closed, exchanges, frames, refuse *prometheus.CounterVec
	requests, uploads, uploaded, downloads    *prometheus.CounterVec
	ack                                       *prometheus.HistogramVec
}

// The ways of a socket's end beside those that an error's code names.
const (
	endLeft     = "left"      // by the visitor, or its network
	endSilent   = "silent"    // no sign of life came
	endSlow     = "slow"      // the visitor did not take what was asked for
	endBroken   = "broken"    // writing failed
	endRestart  = "restart"   // the bridge stops
	endNoHello  = "no_hello"  // nothing came in time
	endByServer = "by_server" // a fault of our own
)

// namespace and subsystem begin the names of all.
const namespace, subsystem = "anteroom", "visitor"

func newMetrics(sites map[chat.SiteID]*config.Site) *metrics {
	counter := func(name, help string, more ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Subsystem: subsystem, Name: name, Help: help}, append([]string{"site"}, more...))
	}
	m := &metrics{
		sockets: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: namespace, Subsystem: subsystem, Name: "sockets", Help: "WebSockets that are open.",
		}, []string{"site"}),
		opened:    counter("sockets_opened_total", "WebSockets that were opened."),
		closed:    counter("sockets_closed_total", "WebSockets that ended, by reason: left, silent, slow, broken, restart, no_hello, by_server, or the code of the error that ended it.", "reason"),
		exchanges: counter("exchanges_total", "Exchanges over POST, where WebSocket is blocked."),
		frames:    counter("frames_total", "Frames that were understood and done."),
		refuse:    counter("frames_refused_total", "Frames that were answered by an error, by its code.", "code"),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Subsystem: subsystem, Name: "requests_refused_total", Help: "HTTP requests that were answered by an error, by its code.",
		}, []string{"code"}),
		uploads:   counter("uploads_total", "Files of visitors, by how their upload ended: stored, refused or failed.", "result"),
		uploaded:  counter("upload_bytes_total", "Bytes of files that came in, of uploads that broke off too."),
		downloads: counter("downloads_total", "Files and pictures that were asked for by visitors, by result: served, refused or failed.", "result"),
		ack: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Subsystem: subsystem, Name: "ack_seconds", Help: "From a frame that says something to its acknowledgement, when it is durable.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"site"}),
	}
	for site := range sites { // so that a rate over them begins with the first that happens
		for _, v := range []*prometheus.CounterVec{m.opened, m.exchanges, m.frames, m.uploaded} {
			v.WithLabelValues(string(site))
		}
		m.sockets.WithLabelValues(string(site))
		m.ack.WithLabelValues(string(site))
		for _, reason := range []string{endLeft, endSilent, endSlow, endBroken, endRestart, endNoHello, endByServer} {
			m.closed.WithLabelValues(string(site), reason)
		}
		for _, code := range []chat.Code{chat.CodeBadFrame, chat.CodeTooFast, chat.CodeUnavailable} {
			m.refuse.WithLabelValues(string(site), string(code))
			m.requests.WithLabelValues(string(code))
		}
		for _, v := range []*prometheus.CounterVec{m.uploads, m.downloads} {
			v.WithLabelValues(string(site), resultRefused)
			v.WithLabelValues(string(site), resultFailed)
		}
		m.uploads.WithLabelValues(string(site), resultStored)
		m.downloads.WithLabelValues(string(site), resultServed)
	}
	return m
}

// Collectors are the figures of the visitors' door, for whoever shows them.
func (g *Gateway) Collectors() []prometheus.Collector {
	m := g.metrics
	waiting := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: namespace, Subsystem: subsystem, Name: "turns_waiting",
		Help: "What waits for its turn: connections, pages of the history, frames of floods, and what new visitors say and are told. Many do while an attack goes on.",
	}, func() float64 { return float64(g.limits.turns.Waiting()) })
	return []prometheus.Collector{
		waiting, m.sockets, m.opened, m.closed, m.exchanges, m.frames, m.refuse, m.requests, m.uploads, m.uploaded, m.downloads, m.ack,
	}
}

const (
	resultStored  = "stored"
	resultServed  = "served"
	resultRefused = "refused" // the visitor's matter
	resultFailed  = "failed"  // ours
)

// resultOf is how a transfer ended.
func resultOf(err error, well string) string {
	switch {
	case err == nil:
		return well
	case isPublic(err):
		return resultRefused
	default:
		return resultFailed
	}
}

// acked counts an acknowledgement.
func (m *metrics) acked(site chat.SiteID, since time.Time) {
	m.ack.WithLabelValues(string(site)).Observe(time.Since(since).Seconds())
}
