package dialog

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// gptMetrics are the figures of the sites' assistants.
type gptMetrics struct {
	answers, faults, requests, tokens, money, handOvers *prometheus.CounterVec
	firstToken, whole                                   *prometheus.HistogramVec
	underWay                                            prometheus.Gauge
}

func newGPTMetrics() gptMetrics {
	const namespace, subsystem = "anteroom", "assistant"
	counter := func(name, help string, more ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Subsystem: subsystem, Name: name, Help: help},
			append([]string{"site", "assistant"}, more...))
	}
	histogram := func(name, help string) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Subsystem: subsystem, Name: name, Help: help, Buckets: []float64{.1, .25, .5, 1, 2, 3, 5, 8, 13, 20, 30, 60, 120},
		}, []string{"site", "assistant"})
	}
	return gptMetrics{
		answers:    counter("answers_total", "Answers by how they ended: answered, cut, endpoint, refused, unknown or limit.", "outcome"),
		faults:     counter("faults_total", "What went wrong, by the code that operators are told.", "code"),
		requests:   counter("requests_total", "Requests to endpoints, repeated ones included."),
		tokens:     counter("tokens_total", "Tokens of prompts and completions.", "kind"),
		money:      counter("cost_total", "What the tokens cost, by the prices in the config.", "currency"),
		handOvers:  counter("hand_overs_total", "Dialogs given to people, by reason: asked, or why there was no answer.", "reason"),
		firstToken: histogram("first_token_seconds", "From the question to the first words of the model."),
		whole:      histogram("answer_seconds", "From the question to the end of the answer."),
		underWay: prometheus.NewGauge(prometheus.GaugeOpts{
			Namespace: namespace, Subsystem: subsystem, Name: "answers_under_way", Help: "Answers that are being written now.",
		}),
	}
}

func (m *gptMetrics) collectors() []prometheus.Collector {
	return []prometheus.Collector{m.answers, m.faults, m.requests, m.tokens, m.money, m.handOvers, m.firstToken, m.whole, m.underWay}
}

// measure counts an answer; mine is false if somebody cut it.
func (w *writing) measure(mine bool) {
	if w.site == nil || w.config == nil {
		return
	}
	m, site, got := &w.bot.gptMetrics, string(w.site.ID), w.got
	outcome := "answered"
	switch {
	case !mine:
		outcome = "cut"
	case got.Failed != "":
		outcome = string(got.Failed)
	}
	m.answers.WithLabelValues(site, w.Assistant, outcome).Inc()
	if w.began.IsZero() {
		return // it was not asked
	}
	if got.Code != "" && mine {
		m.faults.WithLabelValues(site, w.Assistant, string(got.Code)).Inc()
	}
	m.requests.WithLabelValues(site, w.Assistant).Add(float64(got.Requests))
	m.tokens.WithLabelValues(site, w.Assistant, "prompt").Add(float64(got.Prompt))
	m.tokens.WithLabelValues(site, w.Assistant, "completion").Add(float64(got.Completion))
	if i := got.Endpoint; i >= 0 && i < len(w.config.Endpoints) {
		if price := w.config.Endpoints[i].Price; price.Currency != "" {
			m.money.WithLabelValues(site, w.Assistant, price.Currency).Add(price.Of(got.Prompt, got.Completion))
		}
	}
	if got.FirstToken > 0 {
		m.firstToken.WithLabelValues(site, w.Assistant).Observe(got.FirstToken.Seconds())
	}
	if mine && got.Failed == "" {
		m.whole.WithLabelValues(site, w.Assistant).Observe(w.took.Seconds())
	}
}

// measureHand counts a hand-off that an assistant's answer led to.
func (o *orders) measureHand(ctx context.Context) {
	e := o.in.Event
	if e.Kind != talk.Responded || e.Response == nil || e.Response.Reply == nil {
		return
	}
	reason := string(e.Response.Reply.Failed)
	if reason == "" {
		reason = "asked"
	}
	store.AfterCommit(ctx, func() {
		o.bot.gptMetrics.handOvers.WithLabelValues(string(o.site.ID), assistantOfKey(o.in.ID), reason).Inc()
	})
}
