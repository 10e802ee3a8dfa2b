package admin

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/anteroom-chat/anteroom/bot/gpt/reach"
	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
	"github.com/anteroom-chat/anteroom/bridge/config"
)

// mostModels is how many bytes of a list of models are read: those of servers that stand
// before many others have hundreds of names.
const mostModels = 4 << 20

// endpoint is one of an assistant, and where the config has it.
type endpoint struct {
	key string
	config.Endpoint
}

// assistants asks each endpoint of an assistant which models it has. Nothing is written
// and nothing paid for that, so what a model answers is not known by it.
func (c *checker) assistants(ctx context.Context) {
	type server struct{ url, key string }
	type told struct {
		models []string
		fault  *reach.Fault
	}
	asked := map[server]told{}
	answered := 0
	endpoints := c.endpoints()
	for _, e := range endpoints {
		at := server{e.BaseURL, e.APIKey}
		answer, known := asked[at]
		if !known {
			answer.models, answer.fault = models(ctx, e.Endpoint)
			asked[at] = answer
		}
		switch {
		case answer.fault == nil && len(answer.models) > 0 && !has(answer.models, e.Model):
			c.note("assistants.model", "The server of %s does not list the model %s, but %s: correct the model if answers fail.", e.key, e.Model, some(answer.models))
		case answer.fault == nil:
			answered++
		default:
			verdict, code, advice := endpointFault(answer.fault)
			why := answer.fault.Why
			if secretive(answer.fault) {
				why = fmt.Sprintf("it answered %d", answer.fault.Status) // which says nothing of the key
			}
			c.add(verdict, code, "The server of %s cannot be asked for its models: %s. %s", e.key, why, advice)
		}
	}
	if n := len(endpoints); n > 0 && answered == n {
		c.good("assistants", "%s and its key is accepted.", map[bool]string{true: "The endpoint answers", false: fmt.Sprintf("Each of %d endpoints answers", n)}[n == 1])
	}
}

func models(ctx context.Context, e config.Endpoint) ([]string, *reach.Fault) {
	ctx, cancel := context.WithTimeoutCause(ctx, checkTimeout, reach.ErrSlow)
	defer cancel()
	transport := reach.NewTransport()
	defer transport.CloseIdleConnections()
	return reach.Server{BaseURL: e.BaseURL, Key: e.APIKey, Model: e.Model, Transport: transport, Most: mostModels}.Models(ctx)
}

// endpoints are those of all assistants, in the order of the config.
func (c *checker) endpoints() (all []endpoint) {
	for _, id := range slices.Sorted(maps.Keys(c.cfg.Sites)) {
		site := c.cfg.Sites[id]
		for _, name := range site.AssistantNames() {
			a := site.Assistants[name]
			for i, e := range a.Endpoints {
				all = append(all, endpoint{fmt.Sprintf("%s.endpoints[%d]", a.Path, i), e})
			}
			if a.Embeddings != nil {
				all = append(all, endpoint{a.Path + ".embeddings", *a.Embeddings})
			}
		}
	}
	return all
}

// has reports whether a model is among those that a server lists. Some put a tag behind a
// name, or a folder or vendor before it; an address of Azure may stand for the model.
func has(models []string, name string) bool {
	return name == "" || slices.ContainsFunc(models, func(model string) bool {
		return model == name || strings.HasPrefix(model, name+":") || strings.HasSuffix(model, "/"+name)
	})
}

// some is the beginning of a list, for people.
func some(names []string) string {
	const few = 5
	text := strings.Join(names[:min(few, len(names))], ", ")
	if more := len(names) - few; more > 0 {
		text += fmt.Sprintf(" and %d others", more)
	}
	const long = 300
	return plain.Line(text, long)
}

// secretive reports whether an endpoint keeps its models to itself.
func secretive(f *reach.Fault) bool {
	switch f.Status {
	case http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented:
		return f.Code != reach.Quota
	default:
		return false
	}
}

// endpointFault says how bad it is that an endpoint did not tell its models, and what to do.
func endpointFault(f *reach.Fault) (verdict Verdict, code, advice string) {
	switch {
	case f.Code == reach.Quota:
		return Bad, "assistants.quota", "Top it up."
	case f.Status == http.StatusUnauthorized:
		return Bad, "assistants.key", "Correct its api_key."
	case secretive(f):
		return Noted, "assistants.untold", `Some servers keep them to themselves, or from keys that may do no more than answer; "anteroom assistant ask" tries whether it answers.`
	case f.Code == reach.Busy:
		return Noted, "assistants.busy", "Visitors' questions share that limit."
	case f.Code == reach.Unreachable, f.Code == reach.Slow, f.Code == reach.Cut:
		return Bad, "assistants.unreachable", "See whether base_url is right, it runs, and this machine reaches it."
	case f.Status >= http.StatusInternalServerError:
		return Bad, "assistants.fails", "See its log, or its provider's page of disturbances."
	default:
		return Bad, "assistants.other_program", "Correct base_url, which ends before /chat/completions."
	}
}
