package dialog

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/anteroom-chat/anteroom/bot/chain"
	"github.com/anteroom-chat/anteroom/bot/gpt"
	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/killpoint"
	"github.com/anteroom-chat/anteroom/bridge/store"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

const (
	// mostAnswers is how many answers are written at once, and siteAnswers how many of
	// one site: those of one whose endpoint is slow hold up no other's.
	mostAnswers = 256
	siteAnswers = 224
	// answerLease is longer than any answer takes, see writing.until.
	answerLease = 10 * time.Minute
	// answersLate is how old an order may be that is still carried out: the bridge may
	// have been down. The chain gives up a little later.
	answersLate = chain.GraceOfAnswer - time.Minute
	// answersEarly is how long before that an answer under way ends.
	answersEarly = 10 * time.Second
)

// answering are the answers that are being written at this moment.
type answering struct {
	orders signal
	mu     sync.Mutex
	all    map[chat.VisitorID]*underWay
	// busy counts them by whom the limits are for, ended those that are so no more.
	busy  map[string]int
	ended int
}

// underWay is an answer that is being written.
type underWay struct {
	store.AssistantRequest
	stop context.CancelFunc
	hold holding
	mu   sync.Mutex
	// sources are those on which rests what the visitor was shown.
	sources []talk.Source
}

func (a *underWay) rests(sources []talk.Source) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sources = sources
}

// sourcesOf are the sources of what was shown of an answer so far.
func (w *answering) sourcesOf(r store.AssistantRequest) []talk.Source {
	w.mu.Lock()
	a := w.all[r.Visitor]
	w.mu.Unlock()
	if a == nil || a.ID != r.ID {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.sources
}

func newAnswering() answering {
	return answering{orders: make(signal, 1), all: map[chat.VisitorID]*underWay{}, busy: map[string]int{}}
}

// enter notes that an answer is being written. There is one in a dialog.
func (w *answering) enter(a *underWay) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all[a.Visitor] = a
}

func (w *answering) leave(a *underWay) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.all[a.Visitor] == a {
		delete(w.all, a.Visitor)
	}
}

// stop ends the answer that is being written in a dialog; with an id, only that one.
func (w *answering) stop(v chat.VisitorID, id string) {
	w.mu.Lock()
	a := w.all[v]
	w.mu.Unlock()
	if a != nil && (id == "" || a.ID == id) {
		a.stop()
	}
}

// stopped lets an answer be shown that waits for an operator who typed.
func (w *answering) stopped(v chat.VisitorID) {
	w.mu.Lock()
	a := w.all[v]
	w.mu.Unlock()
	if a != nil {
		a.hold.end()
	}
}

// order keeps what an assistant is to answer until it has.
func (o *orders) order(ctx context.Context, g talk.Generate) error {
	// One answer at a time: the words that led here are newer than what is being written.
	if err := o.cut(ctx, o.who.ID, cutByNews); err != nil {
		return err
	}
	r := store.AssistantRequest{Visitor: o.who.ID, ID: g.ID, Assistant: g.Assistant, At: now()}
	if gone, err := o.questionGone(ctx, r.Visitor); err != nil || gone {
		return errors.Join(err, o.tellCut(ctx, r, cutByRemoval))
	}
	store.AfterCommit(ctx, func() {
		o.caused(o.log.Debug().Str(trail.Visitor, string(r.Visitor)).Str(trail.Request, r.ID).Str("assistant", r.Assistant)).Msg("An assistant is asked")
		o.bot.answering.orders.wake()
	})
	return o.store.AddAssistantRequest(ctx, r)
}

// giveAnswers has assistants answer until ctx ends. What was being answered when the
// process ended is answered anew.
func (s *Service) giveAnswers(ctx context.Context) error {
	return works[store.AssistantRequest]{
		name: "answers of assistants", bell: s.bot.answering.orders, most: mostAnswers, release: s.store.ReleaseAssistantRequests,
		take: func(ctx context.Context, now time.Time, most int) ([]store.AssistantRequest, time.Time, error) {
			return s.store.TakeAssistantRequests(ctx, now, answerLease, store.RequestShare{Limit: most, Site: siteAnswers})
		},
		do: s.giveAnswer,
	}.run(ctx, s.log)
}

// giveAnswer has an assistant answer, and tells the bot what became of it. A fault of
// the program costs this answer, and nothing else.
func (s *Service) giveAnswer(ctx context.Context, r store.AssistantRequest) {
	killpoint.Reach(killpoint.BeforeAnswer)
	until := time.Now().Add(answerLease)
	limited, stop := context.WithCancel(ctx)
	defer stop()
	a := &underWay{AssistantRequest: r, stop: stop}
	s.bot.answering.enter(a)
	defer s.bot.answering.leave(a)
	w := &writing{Service: s, underWay: a}
	defer w.release()
	s.bot.gptMetrics.underWay.Inc()
	defer s.bot.gptMetrics.underWay.Dec()
	err := safely(func() error {
		err := w.prepare(ctx)
		if err == nil && w.got.Failed == "" {
			w.write(limited)
		}
		return err
	})
	if err != nil {
		if ctx.Err() == nil && !errors.Is(err, store.ErrNotFound) {
			s.log.Error().Err(err).Str(trail.Visitor, string(r.Visitor)).Str(trail.Request, r.ID).Msg("An assistant's answer broke off; the visitor gets what is said in its place")
		}
		w.got.Reply = talk.Reply{Failed: talk.FailedEndpoint}
	}
	if ctx.Err() != nil {
		w.spent(context.WithoutCancel(ctx))
		return // answered anew at the next start
	}
	killpoint.Reach(killpoint.AfterAnswer)
	if err := keep(ctx, until, func() error { return w.finish(context.WithoutCancel(ctx)) }); err != nil {
		s.log.Warn().Err(err).Str(trail.Visitor, string(r.Visitor)).Str(trail.Request, r.ID).Msg("An assistant's answer could not be kept; it is asked again")
	}
}

// spent counts the tokens of an answer that the end of the bridge broke off: the site
// pays for them. The answer itself is counted when it is given.
func (w *writing) spent(ctx context.Context) {
	if w.config == nil || w.got.Requests == 0 {
		return
	}
	u := store.Usage{Prompt: int64(w.got.Prompt), Completion: int64(w.got.Completion)}
	if err := w.store.AddUsage(ctx, w.of, u); err != nil {
		w.log.Warn().Err(err).Str(trail.Visitor, string(w.Visitor)).Str(trail.Request, w.ID).Msg("What an assistant was used for could not be counted")
	}
}

// writing is an answer while it is asked for.
type writing struct {
	*Service
	*underWay

	who    store.Visitor
	site   *config.Site
	config *config.Assistant
	made   *Assistant
	of     store.UsageOf
	dialog gpt.Dialog

	stream *stream
	got    gpt.Answer
	began  time.Time
	took   time.Duration
	// over is the limit that is reached; empty for none.
	over LimitScope
	// busy are the counts in which the answer is one, see answering.busy.
	busy []string
}

// prepare finds out who is asked what, and whether that may be.
func (w *writing) prepare(ctx context.Context) (err error) {
	if w.who, err = w.store.Visitor(ctx, w.Visitor); err != nil {
		return err
	}
	if w.site, err = w.Site(w.who.Site); err != nil {
		return err
	}
	w.config = w.site.Assistants[w.Assistant]
	w.made = w.bot.assistants.of(assistantID{w.site.ID, w.Assistant})
	if w.config == nil || w.made == nil || now().Sub(w.At) > answersLate {
		w.got.Failed = talk.FailedEndpoint
		return nil
	}
	if err := w.reserve(ctx); err != nil || w.over != "" {
		return err
	}
	w.dialog, err = w.dialogFor(ctx, w.site, w.config, w.who, now())
	return err
}

// write asks the assistant, and shows the visitor what it says as it comes.
func (w *writing) write(ctx context.Context) {
	w.stream = w.streams.begin(w.Visitor, w.ID)
	// Whoever cut it before that found no stream to hold.
	if there, err := w.store.HasAssistantRequest(ctx, w.AssistantRequest); err != nil || !there {
		w.got.Reply = talk.Reply{Failed: talk.FailedEndpoint}
		return
	}
	stopTyping := w.typesInRoom(w.Visitor)
	defer stopTyping()
	present := &w.bot.present
	w.hold.begin(present.types(w.Visitor), present.patience, w.stream.show)
	ctx, stop := context.WithDeadline(ctx, w.until())
	defer stop()
	w.began = time.Now()
	w.dialog.Rests = w.rests
	var text strings.Builder
	w.got = w.made.For(w.dialog.Language).Answer(ctx, w.dialog, func(piece string) {
		killpoint.Reach(killpoint.DuringAnswer)
		text.WriteString(piece)
		if !w.hold.shows() && present.types(w.Visitor) {
			w.hold.begin(true, present.patience, w.stream.show)
		}
		w.hold.show(text.String())
	})
	w.took = time.Since(w.began)
	w.inTime(ctx)
	if w.got.Failed == "" && w.got.Text != "" {
		w.hold.show(w.got.Text)
		w.hold.wait(ctx)
	}
}

// until is when the answer ends, however much of it is there: before its chain gives it
// up, or the visitor would be told of a failure while it reads on.
func (w *writing) until() time.Time {
	return w.At.Add(time.Duration(w.config.Timeout) + chain.GraceOfAnswer - answersEarly)
}

// finish keeps what became of the answer. One that was cut meanwhile leaves only what
// it cost.
func (w *writing) finish(ctx context.Context) error {
	mine := false
	err := w.store.Write(ctx, func(ctx context.Context) (err error) {
		if w.config != nil && w.got.Requests > 0 {
			u := store.Usage{Requests: 1, Prompt: int64(w.got.Prompt), Completion: int64(w.got.Completion)}
			if err := w.store.AddUsage(ctx, w.of, u); err != nil {
				return err
			}
		}
		if mine, err = w.store.FinishAssistantRequest(ctx, w.AssistantRequest); err != nil || !mine {
			return err
		}
		if err := w.tellDesk(ctx); err != nil {
			return err
		}
		return w.tellBot(ctx, w.Visitor, answerKey(w.AssistantRequest), talk.Event{
			Kind: talk.Responded, Request: w.ID, Response: &talk.Response{Reply: &w.got.Reply},
		})
	})
	if err != nil {
		return err
	}
	w.log.Debug().Str(trail.Visitor, string(w.Visitor)).Str(trail.Request, w.ID).Str("assistant", w.Assistant).
		Str("code", string(w.got.Code)).Bool("wanted", mine).Dur("took", w.took).Msg("An assistant has answered")
	w.measure(mine)
	switch {
	case w.stream == nil:
	case !mine:
		w.endCut(ctx, w.stream)
	case w.got.Failed != "":
		w.streams.end(w.stream, true) // what was shown of a failed answer is taken away
	}
	return nil
}

// answerPrefix begins the keys under which the bot hears of answers; the assistant
// follows, and then the order's id.
const answerPrefix = "reply:"

func answerKey(r store.AssistantRequest) string { return answerPrefix + r.Assistant + ":" + r.ID }

// assistantOfKey is the assistant in such a key.
func assistantOfKey(key string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(key, answerPrefix), ":")
	return name
}
