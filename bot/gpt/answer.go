package gpt

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	openai "github.com/sashabaranov/go-openai"

	"github.com/anteroom-chat/anteroom/bot/gpt/knowledge"
	"github.com/anteroom-chat/anteroom/bot/gpt/reach"
	"github.com/anteroom-chat/anteroom/bot/gpt/safe"
	"github.com/anteroom-chat/anteroom/bot/talk"
)

// maxRounds is how often the model may look something up, or mend a wrong call,
// before it has to answer.
const maxRounds = 3

// turn is an answer while it comes about.
type turn struct {
	a *Assistant
	d Dialog
	// shows takes what the visitor may see; nil for what no visitor sees.
	shows  *bound
	asking asking
	began  time.Time

	prompt   []openai.ChatCompletionMessage
	passages []knowledge.Passage
	rounds   []openai.ChatCompletionMessage
	small    bool // the prompt has been made shorter

	text *safe.Text
	// raw is what the model wrote in earlier rounds.
	raw   string
	calls []talk.Call
	out   Answer
	// told is how many sources were told of.
	told int
}

// Answer asks for the next words in the dialog. It calls show, from one goroutine,
// with every piece of them that the visitor may see, as soon as it may be seen;
// the pieces together are Answer.Text, whatever else becomes of the answer. show
// may be nil. An answer that would be longer than talk.MaxText is ended behind a word.
//
// When ctx ends it returns at once, with Failed endpoint and what was shown by then;
// show is not called any more once it has returned.
//
// Failed says which fall-back the visitor gets; it comes within Options.Timeout if
// nothing was shown by then. With Text set it failed after something was shown: an
// endpoint that broke off is neither asked again nor continued by another one, for
// a second answer would not go with the first half of the other. An answer that
// failed has no Calls.
func (a *Assistant) Answer(ctx context.Context, d Dialog, show func(text string)) Answer {
	if show == nil {
		show = func(string) {}
	}
	t := &turn{a: a, d: d, shows: newBound(show), began: time.Now()}
	t.asking = asking{
		a: a, deadline: t.began.Add(a.o.Timeout), usage: &t.out.Usage,
		done: t.shown, shorter: t.shorter,
	}
	f := t.run(ctx)
	t.finish(f)
	return t.out
}

func (t *turn) shown() bool { return t.text != nil && t.text.Shown() != "" }

// run looks up what the question is about and asks until the model has answered.
func (t *turn) run(ctx context.Context) *reach.Fault {
	if ctx.Err() != nil {
		return reach.Of(ctx, ctx.Err())
	}
	if f := t.recall(ctx); f != nil {
		return f
	}
	t.prompt = t.a.prompt(t.d, t.passages, t.a.o.ContextTokens)
	for round := 0; ; round++ {
		answer, f := t.round(ctx, round == maxRounds)
		switch {
		case f != nil:
			return f
		case answer.refused:
			return &reach.Fault{Code: CodeRefused, Why: "the model refused"}
		case len(answer.calls) == 0:
			return t.close(answer)
		}
		over := t.use(ctx, answer)
		if ctx.Err() != nil {
			return reach.Of(ctx, ctx.Err())
		}
		if over {
			answer.calls = nil // they are done, and the words are what is left
			return t.close(answer)
		}
		if round == maxRounds {
			if f := t.close(answer); f != nil {
				return f
			}
			f := &reach.Fault{Code: CodeLoop, Why: "the model calls tools without end"}
			t.asking.met = append(t.asking.met, met{t.out.Endpoint, f})
			if !t.shown() {
				return f
			}
			return nil
		}
	}
}

// recall finds the passages that go into the prompt: all if they are few.
func (t *turn) recall(ctx context.Context) *reach.Fault {
	k := t.a.o.Knowledge
	if k == nil {
		return nil
	}
	if !t.a.searches {
		t.passages = slices.Clone(k.All())
		return nil
	}
	question := t.d.question()
	if question == "" {
		return nil
	}
	t.search(ctx, question)
	if ctx.Err() != nil {
		return reach.Of(ctx, ctx.Err())
	}
	return nil
}

const (
	// maxFound is how many passages a search brings.
	maxFound = 6
	// maxPassages is how many there are in the end.
	maxPassages = 99
)

// search adds the passages that fit a query and returns the numbers of those found:
// by words alone if there is no comparing them by meaning.
func (t *turn) search(ctx context.Context, query string) []int {
	// The visitor waits, or reads what there is already: half of the time is the model's.
	patience := time.Until(t.asking.deadline)
	if t.shown() {
		patience = t.a.o.Timeout
	}
	ctx, cancel := context.WithTimeoutCause(ctx, max(0, patience)/2, reach.ErrSlow)
	defer cancel()
	found, err := t.a.o.Knowledge.Search(ctx, query, maxFound) // with an error there is what words have found
	t.out.Searched = true
	if err != nil {
		t.out.SearchFault = err
	}
	var numbers []int
	for _, p := range within(found, t.a.o.KnowledgeTokens) {
		at := slices.IndexFunc(t.passages, func(known knowledge.Passage) bool { return known.ID == p.ID })
		if at < 0 && len(t.passages) < maxPassages {
			t.passages = append(t.passages, p)
			at = len(t.passages) - 1
		}
		if at >= 0 {
			numbers = append(numbers, at+1)
		}
	}
	return numbers
}

// round asks once more. In the last round there are no tools any more.
func (t *turn) round(ctx context.Context, last bool) (said, *reach.Fault) {
	q := query{user: t.d.Visitor, maxTokens: t.a.o.MaxTokens}
	if !last {
		q.tools = t.a.tools
	}
	answer, f := t.asking.ask(ctx, func(ctx context.Context, e *endpoint, alive func()) (said, error) {
		q.messages = append(t.prompt[:len(t.prompt):len(t.prompt)], t.rounds...)
		if err := t.restart(); err != nil {
			return said{}, err
		}
		r := e.request(q, t.a.o.Temperature, true)
		answer, err := e.stream(ctx, r, &t.out.Usage, alive, t.write)
		if errors.Is(err, errFull) { // what more there is nobody waits for, nor pays
			return said{text: t.text.Shown(), finish: openai.FinishReasonStop}, nil
		}
		return answer, err
	})
	return answer, f
}

// restart begins the text anew: nothing was shown of what came before a new try.
func (t *turn) restart() error {
	if t.shown() {
		return nil // a further round of one answer
	}
	t.text = t.a.rules.New(safe.Options{Mails: t.d.mails(), OnlyCited: t.a.o.OnlyKnowledge})
	t.text.Know(len(t.passages))
	if t.raw == "" {
		return nil
	}
	return t.write(t.raw)
}

// write takes a piece of the answer and shows what may be shown.
func (t *turn) write(piece string) error {
	if t.out.FirstToken == 0 {
		t.out.FirstToken = time.Since(t.began)
	}
	show, err := t.text.Write(piece)
	if show != "" {
		t.tell(show)
	}
	if t.full() {
		return errFull
	}
	return forbidden(err)
}

// show shows the visitor more, if it is one who waits for it.
func (t *turn) show(piece string) {
	if t.shows != nil {
		t.shows.more(piece)
	}
}

// full reports whether the visitor has been shown as much as a message holds.
func (t *turn) full() bool { return t.shows != nil && t.shows.full }

// close shows the rest.
func (t *turn) close(answer said) *reach.Fault {
	if t.full() {
		return nil
	}
	show, err := t.text.Close()
	if err := forbidden(err); err != nil {
		var f *reach.Fault
		errors.As(err, &f)
		return f
	}
	if answer.finish == openai.FinishReasonLength && t.text.Shown() != "" && !strings.ContainsAny(t.text.Shown()[len(t.text.Shown())-1:], ".!?") {
		show += t.text.Add("…")
	}
	if show != "" {
		t.tell(show)
	}
	if t.shown() || slices.ContainsFunc(t.calls, ends) || answer.finish == "" {
		return nil
	}
	if len(answer.calls) > 0 {
		return nil // the loop says more
	}
	if t.a.o.OnlyKnowledge {
		return &reach.Fault{Code: CodeUnknown, Why: "the model cited no passage"}
	}
	if len(t.calls) > 0 {
		return nil
	}
	f := &reach.Fault{Code: CodeEmpty, Why: "its answer was empty"}
	t.asking.met = append(t.asking.met, met{t.out.Endpoint, f})
	return f
}

// forbidden is the fault of a text that may not be shown.
func forbidden(err error) error {
	var bad *safe.Forbidden
	switch {
	case err == nil:
		return nil
	case errors.As(err, &bad) && bad.Reason == safe.Leak:
		return &reach.Fault{Code: CodeLeak, Why: "the model began to tell its instruction"}
	case errors.As(err, &bad):
		return &reach.Fault{Code: CodeLink, Why: "the model linked to " + short(visible(bad.What), 100) + ", which is neither of the site's domains nor in the knowledge"}
	default:
		return err
	}
}

func (t *turn) decline(what string) {
	if !slices.Contains(t.out.Declined, what) {
		t.out.Declined = append(t.out.Declined, what)
	}
}

// shorter leaves most of the dialog and the passages out of the prompt, once.
func (t *turn) shorter() bool {
	const part = 4
	if t.small || len(t.rounds) > 0 {
		return false
	}
	t.small = true
	t.passages = within(t.passages, t.a.o.KnowledgeTokens/part)
	t.prompt = t.a.prompt(t.d, t.passages, t.a.o.ContextTokens/part)
	return true
}

// finish is what becomes of it.
func (t *turn) finish(f *reach.Fault) {
	t.out.Code, t.out.Why = t.asking.why()
	if t.text != nil {
		t.out.Text = t.text.Shown()
		t.out.Sources = t.sources()
		if t.shows != nil {
			t.out.Text = t.shows.text.String()
		}
	}
	if f == nil {
		t.out.Calls = t.calls
		return
	}
	t.out.Failed, t.out.Down = talk.FailedEndpoint, f.Down()
	switch f.Code {
	case CodeRefused, CodeLeak, CodeLink:
		t.out.Failed = talk.FailedRefused
	case CodeUnknown:
		t.out.Failed, t.out.Code = talk.FailedUnknown, f.Code
	default:
	}
	if final(f) || t.out.Why == "" {
		t.out.Code = f.Code
		t.out.Why = strings.TrimSpace(strings.ToUpper(f.Why[:1]) + f.Why[1:] + ". " + t.out.Why)
	}
}

// sources are those on which what was shown rests.
func (t *turn) sources() (all []talk.Source) {
	for _, n := range t.text.Cited() {
		p := t.passages[n-1]
		source := talk.Source{Title: p.Title, URL: p.URL}
		if !slices.Contains(all, source) {
			all = append(all, source)
		}
	}
	return all
}

// tell shows a piece, once it is known on what it rests.
func (t *turn) tell(piece string) {
	if t.d.Rests != nil {
		if all := t.sources(); len(all) > t.told {
			t.told = len(all)
			t.d.Rests(all)
		}
	}
	t.show(piece)
}
