// Package embed turns texts into vectors by an OpenAI-compatible /embeddings
// endpoint, and remembers them by the hash of what they were made of.
package embed

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"sync"
	"time"

	openai "github.com/sashabaranov/go-openai"

	"github.com/anteroom-chat/anteroom/bot/gpt/reach"
)

// Options say which endpoint is asked, and how.
type Options struct {
	// BaseURL is the address that /embeddings is appended to, such as
	// http://127.0.0.1:11434/v1, or one of Azure's; see package reach.
	BaseURL string
	// Key may be empty.
	Key   string
	Model string
	// PassagePrefix and QuestionPrefix are put before texts for models that were
	// trained so, such as "query: " for E5.
	PassagePrefix, QuestionPrefix string
	// Batch is how many passages one request has; 64 if nothing is said.
	Batch int
	// PassageTimeout is for a batch of passages, a minute if nothing is said;
	// QuestionTimeout is for a question, for which somebody waits: 3 seconds.
	PassageTimeout, QuestionTimeout time.Duration
	// Wait is how long the first repetition of a failed batch waits, a second if
	// nothing is said; the next ones wait twice as long each.
	Wait time.Duration
	// Rest is how long no question is asked after one has failed, so that an endpoint
	// that is down keeps only one visitor waiting: 30 seconds if nothing is said.
	Rest time.Duration
	// Cache keeps the vectors of passages; one in memory if it is nil. It must not be
	// shared by several endpoints.
	Cache Cache
	// Trouble is told when the cache cannot be written, which fails nothing; may be nil.
	Trouble func(error)
	// Failed is told why a question could not be asked, once before each rest, since the
	// search goes on by words; may be nil.
	Failed func(error)
	// Transport is how the endpoint is reached; nil is a pool of its own.
	Transport http.RoundTripper
}

const (
	defaultBatch    = 64
	passageTimeout  = time.Minute
	questionTimeout = 3 * time.Second
	firstWait       = time.Second
	rest            = 30 * time.Second
	// tries is how often a batch is sent at most.
	tries = 5
	// maxAnswer is how many bytes of an answer are read, and maxLength the most
	// numbers that a vector has.
	maxAnswer = 64 << 20
	maxLength = 1 << 14
	// maxQuestions is how many questions are remembered.
	maxQuestions = 256
)

// Endpoint embeds passages and questions. Many can use it at once.
type Endpoint struct {
	options Options
	client  *openai.Client
	model   string
	odd     error // the address is none

	mu        sync.Mutex
	questions map[string][]float32
	order     []string
	until     time.Time // of the rest
}

// New makes an endpoint; it does not ask it yet.
func New(o Options) *Endpoint {
	o.Batch = orElse(o.Batch, defaultBatch)
	o.PassageTimeout = orElse(o.PassageTimeout, passageTimeout)
	o.QuestionTimeout = orElse(o.QuestionTimeout, questionTimeout)
	o.Wait, o.Rest = orElse(o.Wait, firstWait), orElse(o.Rest, rest)
	if o.Cache == nil {
		o.Cache = NewMemory()
	}
	if o.Trouble == nil {
		o.Trouble = func(error) {}
	}
	if o.Failed == nil {
		o.Failed = func(error) {}
	}
	e := &Endpoint{options: o, questions: map[string][]float32{}}
	e.client, e.model, e.odd = reach.Server{BaseURL: o.BaseURL, Key: o.Key, Model: o.Model, Transport: o.Transport, Most: maxAnswer}.Client()
	return e
}

func orElse[T comparable](value, usual T) T {
	var zero T
	if value == zero {
		return usual
	}
	return value
}

// ErrResting says that the endpoint was not asked, since it has failed just before.
var ErrResting = errors.New("the endpoint of the embeddings failed just before and is left alone for a while")

var (
	errAddress = errors.New("the address of the embeddings is none")
	errCount   = errors.New("the endpoint returned another number of vectors than it was sent texts")
	errVector  = errors.New("the endpoint returned a vector that is empty, too long, or has numbers that are none")
	errLength  = errors.New("the endpoint returns vectors of different lengths")
)

// Passages returns the vectors of texts, each of length 1, from the cache or else
// from the endpoint. Batches that fail for a while are sent again; those that came
// stay in the cache even if the whole fails. What was in the cache of other texts
// is dropped.
func (e *Endpoint) Passages(ctx context.Context, texts []string) ([][]float32, error) {
	keys := make([]Key, len(texts))
	for i, text := range texts {
		keys[i] = keyOf(e.options.BaseURL, e.options.Model, e.options.PassagePrefix+text)
	}
	vectors := make([][]float32, len(texts))
	var missing []int
	for i, key := range keys {
		if v, ok := e.options.Cache.Get(key); ok {
			vectors[i] = v
		} else {
			missing = append(missing, i)
		}
	}
	if err := e.fill(ctx, texts, keys, vectors, missing); err != nil {
		return nil, err
	}
	if !even(vectors) { // another model stands behind the name now
		every := make([]int, len(texts))
		for i := range every {
			every[i] = i
		}
		if err := e.fill(ctx, texts, keys, vectors, every); err != nil {
			return nil, err
		}
		if !even(vectors) {
			return nil, errLength
		}
	}
	if err := e.options.Cache.Keep(keys); err != nil {
		e.options.Trouble(err)
	}
	return vectors, nil
}

func even(vectors [][]float32) bool {
	for _, v := range vectors {
		if len(v) != len(vectors[0]) {
			return false
		}
	}
	return true
}

// fill asks for the vectors with certain numbers.
func (e *Endpoint) fill(ctx context.Context, texts []string, keys []Key, vectors [][]float32, missing []int) error {
	for len(missing) > 0 {
		batch := missing[:min(e.options.Batch, len(missing))]
		missing = missing[len(batch):]
		send := make([]string, len(batch))
		for i, at := range batch {
			send[i] = e.options.PassagePrefix + texts[at]
		}
		got, err := e.persist(ctx, send)
		if err != nil {
			return err
		}
		fresh := make(map[Key][]float32, len(batch))
		for i, at := range batch {
			vectors[at], fresh[keys[at]] = got[i], got[i]
		}
		if err := e.options.Cache.Put(fresh); err != nil {
			e.options.Trouble(err)
		}
	}
	return nil
}

// persist asks until the endpoint answers, or says what will not change.
func (e *Endpoint) persist(ctx context.Context, texts []string) (vectors [][]float32, err error) {
	wait := e.options.Wait
	for try := 1; ; try++ {
		if vectors, err = e.ask(ctx, e.options.PassageTimeout, texts); err == nil || try == tries || !passing(err) || ctx.Err() != nil {
			return vectors, err
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil, ctx.Err()
		case <-timer.C:
		}
		wait *= 2
	}
}

// passing reports whether a failure may be over the next time.
func passing(err error) bool {
	f, ok := errors.AsType[*reach.Fault](err)
	return !ok || f.Again || f.Code == reach.Slow
}

// ask asks once. Its errors quote nothing of what the endpoint said.
func (e *Endpoint) ask(ctx context.Context, limit time.Duration, texts []string) ([][]float32, error) {
	if e.odd != nil {
		return nil, errAddress
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, reach.ErrSlow)
	defer cancel()
	answer, err := e.client.CreateEmbeddings(ctx, openai.EmbeddingRequest{Input: texts, Model: openai.EmbeddingModel(e.model)})
	if err != nil {
		// What the endpoint said may hold the key, or the passages.
		return nil, fmt.Errorf("the endpoint of the embeddings failed: %w", reach.Of(ctx, err))
	}
	if len(answer.Data) != len(texts) {
		return nil, errCount
	}
	vectors := make([][]float32, len(texts))
	numbered := len(texts) == 1 || answer.Data[0].Index != 0 || answer.Data[1].Index != 0 // some servers number nothing
	for i, one := range answer.Data {
		if numbered {
			i = one.Index
		}
		if i < 0 || i >= len(texts) || vectors[i] != nil {
			return nil, errCount
		}
		if vectors[i], err = unit(one.Embedding); err != nil {
			return nil, err
		}
	}
	return vectors, nil
}

// unit is the vector of length 1 with the same direction.
func unit(v []float32) ([]float32, error) {
	sum := 0.0
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	if len(v) == 0 || len(v) > maxLength || sum == 0 || math.IsNaN(sum) || math.IsInf(sum, 0) {
		return nil, errVector
	}
	length := math.Sqrt(sum)
	of := make([]float32, len(v))
	for i, x := range v {
		of[i] = float32(float64(x) / length)
	}
	return of, nil
}

// Question returns the vector of a question, of length 1. It is asked once and not
// for long: see Options.QuestionTimeout and Rest; the time that ctx has may be shorter,
// and counts as well. The last questions are remembered.
func (e *Endpoint) Question(ctx context.Context, text string) ([]float32, error) {
	e.mu.Lock()
	known, resting := e.questions[text], time.Now().Before(e.until)
	e.mu.Unlock()
	switch {
	case known != nil:
		return known, nil
	case resting:
		return nil, ErrResting
	}
	vectors, err := e.ask(ctx, e.options.QuestionTimeout, []string{e.options.QuestionPrefix + text})
	switch {
	case err != nil && errors.Is(ctx.Err(), context.Canceled): // a visitor left, which says nothing of the endpoint
		return nil, fmt.Errorf("given up: %w", ctx.Err())
	case err != nil:
		if e.rests() {
			e.options.Failed(err)
		}
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.remember(text, vectors[0])
	return vectors[0], nil
}

// rests begins a rest; false if there is one.
func (e *Endpoint) rests() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := time.Now()
	if now.Before(e.until) {
		return false
	}
	e.until = now.Add(e.options.Rest)
	return true
}

func (e *Endpoint) remember(text string, vector []float32) {
	if e.questions[text] == nil {
		e.order = append(e.order, text)
	}
	e.questions[text] = vector
	if len(e.order) > maxQuestions {
		delete(e.questions, e.order[0])
		e.order = e.order[1:]
	}
}
