package chain

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/anteroom-chat/anteroom/bot/source"
	"github.com/anteroom-chat/anteroom/bot/talk"
)

// requestStep asks another server for something, or tells it something. The chain
// waits for the outcome, also across a restart.
type requestStep struct {
	Common  `yaml:",inline"`
	Request request `yaml:"request" need:"true" doc:"An HTTP request to another server."`
}

type request struct {
	Method  method          `yaml:"method" doc:"GET, POST, PUT, PATCH or DELETE; if nothing is said, POST with a body and GET without."`
	URL     address         `yaml:"url" need:"true" doc:"Where to; {{ }} puts values behind the host, {{ secret.NAME }} a secret of the configuration."`
	Headers map[string]*raw `yaml:"headers" doc:"Headers; {{ secret.NAME }} puts a secret in."`
	JSON    *document       `yaml:"json" doc:"The body, sent as JSON. A value that is nothing but one {{ }} keeps its type."`
	Form    data            `yaml:"form" doc:"The body, sent as a form; a list repeats its name."`
	Body    raw             `yaml:"body" doc:"The body as it is, sent as text/plain if no header Content-Type says what it is."`
	Save    saves           `yaml:"save" doc:"Variables, and where in the JSON of the answer their values are: .id, .items[0].name, or . for all of it."`
	Timeout source.Duration `yaml:"timeout" doc:"How long the answer may take, from 1s to 60s; 10s if nothing is said."`
	OnError Target          `yaml:"on_error" doc:"Where to go when there is no answer, its status is not 2xx, or it is not JSON; without it the chain goes on below. response.status tells the status."`
}

// How long an answer may take.
const (
	defaultTimeout = 10 * time.Second
	minTimeout     = time.Second
	maxTimeout     = time.Minute
)

// GraceOfAnswer is how long after the end of an answer's own time a run gives it up,
// be it a server's or an assistant's: whoever asks may have been restarted, and asks again.
const GraceOfAnswer = 5 * time.Minute

type method string

// Words are the methods.
func (method) Words() []string {
	return []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}
}

func (q *requestStep) targets() []*Target { return []*Target{&q.Request.OnError} }

func (q *requestStep) declare(d *declarations, _ *Step) { q.Request.Save.declare(d) }

func (q *requestStep) check(c *checker, s *Step) {
	r := &q.Request
	secrets := c.set.Names.SecretTemplate
	r.URL.check(c, secrets)
	for _, name := range r.headers() {
		r.checkHeader(c, name)
	}
	if r.JSON != nil {
		r.JSON.check(c)
	}
	r.Form.check(c, s, secrets)
	r.Body.check(c, secrets)
	bodies := 0
	for _, is := range []bool{r.JSON != nil, r.Form != nil, !r.Body.IsZero()} {
		if is {
			bodies++
		}
	}
	switch {
	case bodies > 1:
		c.fault(s.Pos, "two_bodies", "A request has one body: json, form or body.")
	case bodies > 0 && r.method() == http.MethodGet:
		c.fault(s.Pos, "body_of_get", "A request with the method GET has no body; put the values into the URL, or use POST.")
	}
	if r.Timeout != 0 && (r.Timeout.Std() < minTimeout || r.Timeout.Std() > maxTimeout) {
		c.fault(s.Pos, "bad_timeout", "timeout is from 1s to 60s.")
	}
}

// ourHeaders are those that only the bridge sets.
func ourHeaders() []string {
	return []string{"Connection", "Content-Length", "Host", "Idempotency-Key", "Te", "Trailer", "Transfer-Encoding", "Upgrade"}
}

func (r *request) headers() []string { return slices.Sorted(maps.Keys(r.Headers)) }

func (r *request) checkHeader(c *checker, name string) {
	header := r.Headers[name]
	switch {
	case !httpguts.ValidHeaderFieldName(name):
		c.fault(header.Pos, "bad_header", "%q cannot be the name of a header.", cut(name, maxShown))
	case slices.Contains(ourHeaders(), http.CanonicalHeaderKey(name)):
		c.fault(header.Pos, "bad_header", "The header %s is set by Anteroom itself; leave it out.", name)
	}
	header.check(c, c.set.Names.SecretTemplate)
}

func (r *request) method() string {
	switch {
	case r.Method != "":
		return string(r.Method)
	case r.JSON != nil || r.Form != nil || !r.Body.IsZero():
		return http.MethodPost
	default:
		return http.MethodGet
	}
}

func (r *request) timeout() time.Duration {
	if r.Timeout == 0 {
		return defaultTimeout
	}
	return r.Timeout.Std()
}

func (q *requestStep) run(t *Turn, s *Step) Outcome {
	r := &q.Request
	a := talk.Request{ID: t.key(), Method: r.method(), URL: r.URL.write(t, s), Timeout: r.timeout()}
	a.Body, a.Type = r.body(t, s)
	for _, name := range r.headers() {
		if a.Headers == nil {
			a.Headers = map[string]talk.Spliced{}
		}
		pieces := r.Headers[name].pieces(t, s)
		for i := range pieces {
			pieces[i].Text = oneLine(pieces[i].Text)
		}
		a.Headers[name] = whole(pieces, talk.AsIs)
		if strings.EqualFold(name, "Content-Type") {
			a.Type = ""
		}
	}
	t.Do(a)
	return wait(Wait{For: ForResponse, Request: a.ID, Until: t.In.At.Add(a.Timeout + GraceOfAnswer), Brief: true})
}

// body writes the body and its media type; nothing for none.
func (r *request) body(t *Turn, s *Step) (body talk.Spliced, mediaType string) {
	switch {
	case r.JSON != nil:
		var w splicer
		r.JSON.write(t, s, &w)
		return w.out, "application/json"
	case r.Form != nil:
		return r.Form.form(t, s), "application/x-www-form-urlencoded"
	case !r.Body.IsZero():
		return whole(r.Body.pieces(t, s), talk.AsIs), "text/plain; charset=utf-8"
	default:
		return nil, ""
	}
}

var errNoResponse = errors.New("there was no answer in time")

func (q *requestStep) wake(t *Turn, s *Step, w *Wait) (Outcome, bool) {
	response := w.Response
	if t.In.Event.Kind == talk.Responded {
		response = t.In.Event.Response
	}
	switch {
	case response != nil:
		return q.responded(t, s, response), true
	case w.over(t.In.At):
		return q.responded(t, s, &talk.Response{Fault: errNoResponse.Error()}), true
	default:
		return Outcome{Wait: w}, false
	}
}

// responded takes an outcome.
func (q *requestStep) responded(t *Turn, s *Step, got *talk.Response) Outcome {
	r := &q.Request
	t.Run.Status = got.Status
	err := r.take(t, s, got)
	if err == nil {
		return s.then()
	}
	// What the server says about the request, such as 404, may be what the chain
	// counts on; that there is no answer to count on the operators have to know.
	if isAnswer := got.Status >= 400 && got.Status < 500; !isAnswer || r.OnError.IsZero() {
		t.Fault(s, "request_failed", err)
	}
	return s.to(&r.OnError)
}

// take saves what an answer says. The error is a clause.
func (r *request) take(t *Turn, s *Step, got *talk.Response) error {
	switch {
	case got.Fault != "":
		return fmt.Errorf("the request failed: %s", strings.TrimSuffix(got.Fault, "."))
	case got.Status < 200 || got.Status > 299:
		return fmt.Errorf("the request was answered with the status %d", got.Status)
	case len(got.Body) > MaxResponse:
		return fmt.Errorf("the answer is larger than %d KiB", MaxResponse>>10)
	}
	return r.Save.take(t, s, got.Body)
}
