// Package router is http.ServeMux that can say what it serves: so the page about who may
// call what (../THREATS.md) is held against the running program, and not against a
// second list.
package router

import (
	"net/http"
	"slices"
	"strings"
)

// Router is a ServeMux that knows its routes. Register all of them before it serves.
type Router struct {
	*http.ServeMux
	routes []string
}

// New makes a Router that serves nothing yet.
func New() *Router { return &Router{ServeMux: http.NewServeMux()} }

// Handle serves a pattern, which names its method, or else has those given.
func (m *Router) Handle(pattern string, h http.Handler, methods ...string) {
	m.ServeMux.Handle(pattern, h)
	if len(methods) == 0 {
		m.routes = append(m.routes, pattern)
	}
	for _, method := range methods {
		m.routes = append(m.routes, method+" "+pattern)
	}
}

// HandleFunc is Handle for a function.
func (m *Router) HandleFunc(pattern string, h http.HandlerFunc, methods ...string) {
	m.Handle(pattern, h, methods...)
}

// Rest has a handler take all below a path that nothing else takes. It serves the routes
// given, and its own if it knows them; what else comes there it refuses.
func (m *Router) Rest(path string, h http.Handler, routes ...string) {
	m.ServeMux.Handle(path, h)
	m.routes = append(m.routes, routes...)
	m.routes = append(m.routes, Of(h)...)
}

// Routes are all of them, as "GET /path/{name}", by path and method.
func (m *Router) Routes() []string {
	sorted := slices.Clone(m.routes)
	slices.SortFunc(sorted, func(a, b string) int {
		method, path, _ := strings.Cut(a, " ")
		otherMethod, otherPath, _ := strings.Cut(b, " ")
		return strings.Compare(path+" "+method, otherPath+" "+otherMethod)
	})
	return slices.Compact(sorted)
}

// Of are the routes of a handler that knows them, else none.
func Of(h http.Handler) []string {
	if known, ok := h.(interface{ Routes() []string }); ok {
		return known.Routes()
	}
	return nil
}
