// Package gpttest is an OpenAI-compatible endpoint that says what a test tells it
// to: over real HTTP, streamed or not, late, broken, wrong, or with tools called.
//
//	s := gpttest.Start(t)
//	s.Says("Delivery takes two days.")               // the next request is answered so
//	s.Script(gpttest.Busy("1"), gpttest.Says("Hi"))  // and those behind it
//	s.Otherwise(func(r gpttest.Request) gpttest.Reply { … }) // and all others
//	… base_url: s.URL …
//	s.Requests()                                     // what was asked
//
// Without a testing.T it is an http.Handler: New(). Programs in another language
// script it through its control door, see Server.ServeHTTP.
package gpttest

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Server is the endpoint.
type Server struct {
	// URL is its base_url, "/v1" at the end; set by Start alone.
	URL string

	mu        sync.Mutex
	script    []Reply
	otherwise func(Request) Reply
	embed     func(Request) Reply
	requests  []Request
	release   chan struct{}
	held      int
	hungUp    int
	streaming int
}

// New returns a server that is not listening: an http.Handler.
func New() *Server { return &Server{release: make(chan struct{})} }

// Start returns a server that listens on loopback until the test ends.
func Start(t testing.TB) *Server {
	t.Helper()
	s := New()
	web := httptest.NewServer(s)
	s.URL = web.URL + "/v1"
	t.Cleanup(func() {
		s.Release()
		web.CloseClientConnections()
		web.Close()
	})
	return s
}

// Says scripts an answer in words behind what is scripted already.
func (s *Server) Says(text string) { s.Script(Says(text)) }

// Script scripts answers behind what is scripted already; each is given once, in
// the order in which requests come.
func (s *Server) Script(replies ...Reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script = append(s.script, replies...)
}

// Otherwise says how requests are answered for which nothing is scripted. Without
// it they get a 400, which nobody tries again.
func (s *Server) Otherwise(answer func(Request) Reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.otherwise = answer
}

// Always answers every request for which nothing is scripted in one way.
func (s *Server) Always(reply Reply) { s.Otherwise(func(Request) Reply { return reply }) }

// Embeddings says how requests for embeddings fare: only Status, what goes with
// it, Wait and HeldFirst of the Reply count. Without it they all succeed, see Vector.
func (s *Server) Embeddings(answer func(Request) Reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.embed = answer
}

// Release lets go on whatever is held at this moment.
func (s *Server) Release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.release)
	s.release = make(chan struct{})
}

// Held is how many answers are held now.
func (s *Server) Held() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.held
}

// HungUp is how many clients went away before their answer was complete.
func (s *Server) HungUp() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hungUp
}

// Answering is how many requests are being answered now.
func (s *Server) Answering() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.streaming
}

// Requests are those for chat completions so far, in the order in which they came.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Last is the newest request for a chat completion; the zero value if there was none.
func (s *Server) Last() Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.requests) == 0 {
		return Request{}
	}
	return s.requests[len(s.requests)-1]
}

// next is how a request is answered.
func (s *Server) next(r Request) Reply {
	s.mu.Lock()
	s.requests = append(s.requests, r)
	otherwise := s.otherwise
	if len(s.script) > 0 {
		reply := s.script[0]
		s.script = s.script[1:]
		s.mu.Unlock()
		return reply
	}
	s.mu.Unlock()
	if otherwise == nil {
		return Fails(http.StatusBadRequest, "unscripted", "Nothing is scripted for this request.")
	}
	return otherwise(r)
}

// ServeHTTP answers below whatever base_url it is reached by, Azure's with its
// deployments included: …/chat/completions, …/embeddings, …/models. Beside them
// stands the control door:
//
//	POST   /gpttest/script    [Reply, …] goes behind what is scripted
//	POST   /gpttest/always    Reply is given whenever nothing is scripted
//	POST   /gpttest/release   lets go on what is held
//	GET    /gpttest/requests  [Request, …]
//	DELETE /gpttest           forgets requests and script
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	switch {
	case strings.HasPrefix(path, "/gpttest"):
		s.control(w, r)
	case r.Method == http.MethodPost && strings.HasSuffix(path, "/chat/completions"):
		s.complete(w, r)
	case r.Method == http.MethodPost && strings.HasSuffix(path, "/embeddings"):
		s.embeddings(w, r)
	case r.Method == http.MethodGet && strings.HasSuffix(path, "/models"):
		writeJSON(w, http.StatusOK, map[string]any{"object": "list", "data": []any{map[string]any{"id": "gpttest", "object": "model"}}})
	default:
		fail(w, Fails(http.StatusNotFound, "", "Unknown request URL: "+r.Method+" "+path))
	}
}
