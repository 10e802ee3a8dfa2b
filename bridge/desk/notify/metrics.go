package notify

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/anteroom-chat/anteroom/bridge/store"
)

// metrics are the figures of what leaves the house.
type metrics struct {
	attempts *prometheus.CounterVec
	took     *prometheus.HistogramVec
}

// How an attempt ended.
const (
	sent    = "sent"
	retried = "retried"  // it failed and is tried again
	gaveUp  = "given_up" // refused for good, or for too long
	dropped = "dropped"  // there was nothing to say any more
)

func newMetrics(senders map[store.DeliveryKind]Sender) metrics {
	m := metrics{
		attempts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "anteroom_delivery_attempts_total",
			Help: "Attempts to send a mail or a webhook, by result: sent, retried (it failed and is tried again), given_up, or dropped, as there was nothing to say any more.",
		}, []string{"kind", "result"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "anteroom_delivery_attempt_seconds", Help: "Time of an attempt to send a mail or a webhook, whatever came of it.",
			Buckets: []float64{.01, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120},
		}, []string{"kind"}),
	}
	for kind := range senders {
		m.took.WithLabelValues(string(kind))
		for _, result := range []string{sent, retried, gaveUp, dropped} {
			m.attempts.WithLabelValues(string(kind), result)
		}
	}
	return m
}

func (m metrics) ended(d store.Delivery, result string) {
	m.attempts.WithLabelValues(string(d.Kind), result).Inc()
}

// Collectors are the figures of the queue, for whoever shows them.
func (q *Queue) Collectors() []prometheus.Collector {
	return []prometheus.Collector{q.metrics.attempts, q.metrics.took}
}
