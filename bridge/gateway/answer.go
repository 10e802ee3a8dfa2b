package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

// handler answers a request, or returns the error that the answer must tell.
type handler func(w http.ResponseWriter, r *http.Request) error

// methods are what a path can be asked for. GET serves HEAD as well.
type methods map[string]handler

func (m methods) pick(w http.ResponseWriter, r *http.Request) error {
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	if h, ok := m[method]; ok {
		return h(w, r)
	}
	if len(m) == 0 {
		return chat.Errorf(chat.CodeNotFound, "There is nothing at this path.")
	}
	allowed := make([]string, 0, len(m))
	for name := range m {
		allowed = append(allowed, name)
	}
	slices.Sort(allowed)
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	return chat.Errorf(chat.CodeBadMethod, "This path is only for %s.", strings.Join(allowed, ", "))
}

// answerWithin is how long an answer may take to leave, if the handler sets no other time.
const answerWithin = time.Minute

// serve is the one place where errors of handlers become answers.
func (g *Gateway) serve(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if fault := recover(); fault != nil {
				if fault == http.ErrAbortHandler { //nolint:errorlint // the value that net/http looks for
					panic(fault)
				}
				g.log.Error().Str(trail.Panic, trail.Fault(fault)).Bytes(trail.Stack, debug.Stack()).Str("route", r.Pattern).Msg("A request could not be handled")
				g.refuse(w, r, chat.Public(nil))
			}
		}()
		w.Header().Set("X-Content-Type-Options", "nosniff")
		// What cannot set a deadline has none; the server's own hold then.
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(answerWithin))
		if err := h(w, r); err != nil {
			g.refuse(w, r, err)
		}
	})
}

type errorBody struct {
	Code       chat.Code `json:"code"`
	Text       string    `json:"text"`
	RetryAfter int64     `json:"retry_after,omitempty"` // milliseconds
}

// refuse answers with an error that nothing was written before.
func (g *Gateway) refuse(w http.ResponseWriter, r *http.Request, err error) {
	public := g.public(err)
	g.metrics.requests.WithLabelValues(string(public.Code)).Inc()
	// The route and not the path, in which a visitor's file name stands.
	g.log.Debug().Str("method", r.Method).Str("route", r.Pattern).Str("code", string(public.Code)).Msg("A request was refused")
	h := w.Header()
	for _, name := range []string{"Content-Disposition", "ETag", "Last-Modified", "Content-Security-Policy"} {
		h.Del(name) // these belong to the answer that did not come to be
	}
	h.Set("Cache-Control", "no-store")
	if public.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(public.RetryAfter.Seconds()))))
	}
	// What it refuses may have taken longer to come than an answer may: a file on a slow line.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(answerWithin))
	body := errorBody{public.Code, public.Text, public.RetryAfter.Milliseconds()}
	if err := writeJSON(w, public.Code.Status(), body); err != nil {
		g.log.Debug().Err(err).Msg("An answer could not be written")
	}
}

func writeJSON(w http.ResponseWriter, status int, body any) error {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	return json.NewEncoder(w).Encode(body)
}

const unavailableFor = 5 * time.Second

// public is what a visitor may see of an error. Errors without a public form
// come from storage, disk or homeserver: they are logged here, and the same
// request may succeed later. What broke by a fault of our own is final: it
// would break again, and the widget would send nothing else meanwhile.
func (g *Gateway) public(err error) *chat.Error {
	return g.publicAbout(err, func(e *zerolog.Event) *zerolog.Event { return e })
}

// publicAbout is public; about adds to the log's line what the error befell.
func (g *Gateway) publicAbout(err error, about func(*zerolog.Event) *zerolog.Event) *chat.Error {
	if public, ok := errors.AsType[*chat.Error](err); ok {
		if public.Code == chat.CodeInternal || public.Code == chat.CodeUnavailable && g.outages.isDue(public.Text, time.Now()) {
			about(g.log.Warn()).Err(err).Msg("A visitor's request cannot be served now")
		}
		return public
	}
	if errors.Is(err, context.Canceled) { // the visitor left, or the bridge stops
		about(g.log.Debug()).Err(err).Msg("A visitor's request was given up")
	} else {
		about(g.log.Error()).Err(err).Msg("A visitor's request could not be served")
	}
	if errors.Is(err, store.ErrPanic) {
		return chat.Public(err)
	}
	return chat.Errorf(chat.CodeUnavailable, "This cannot be done at the moment; please try again.").After(unavailableFor)
}

// admit checks that a page of the request's origin may talk to the site, and
// lets the page read the answer, an error too.
func (g *Gateway) admit(w http.ResponseWriter, r *http.Request) (*config.Site, error) {
	w.Header().Add("Vary", "Origin")
	site, err := g.dialog.Site(chat.SiteID(r.PathValue("site")))
	if err != nil {
		return nil, err
	}
	origin := r.Header.Get("Origin")
	if !site.AllowsOrigin(origin) && (origin == "" || origin != g.own) {
		g.strangers.tell(g.log, site.ID, origin, time.Now())
		// So much may be read by everybody: else the window could only say that there is no connection.
		w.Header().Set("Access-Control-Allow-Origin", "*")
		return nil, chat.Errorf(chat.CodeBadOrigin, "Pages of this origin may not use the chat of this site.")
	}
	w.Header().Set("Access-Control-Allow-Origin", origin)
	w.Header().Set("Access-Control-Expose-Headers", "Retry-After")
	return site, nil
}

// strangers are origins that were refused: the log is where an admin finds out that one
// is missing in the config.
type strangers struct {
	mu    sync.Mutex
	told  map[string]bool
	since time.Time
}

const (
	// mostStrangers bounds what is remembered; after that nobody new is named for a while.
	mostStrangers = 100
	// strangersFor is for how long: whoever forges many origins must not hide one for ever.
	strangersFor = time.Hour
)

// tell names an origin in the log, once in an hour.
func (s *strangers) tell(log zerolog.Logger, site chat.SiteID, origin string, now time.Time) {
	origin = bareOrigin(origin)
	key := string(site) + " " + origin
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.told == nil || now.Sub(s.since) >= strangersFor {
		s.told, s.since = map[string]bool{}, now
	}
	if s.told[key] || len(s.told) >= mostStrangers {
		return
	}
	s.told[key] = true
	log.Warn().Str(trail.Site, string(site)).Str("origin", origin).
		Msg("A page of this origin asks for the chat and is refused; if it is yours, add it to the site's origins")
}

// bareOrigin is an origin as browsers send it (RFC 6454, section 6.1), and nothing of what
// else a program may send in its place.
func bareOrigin(origin string) string {
	if origin == "null" {
		return origin
	}
	u, err := url.Parse(origin)
	if err != nil || len(origin) > longestOrigin || !hostForm.MatchString(u.Host) || origin != u.Scheme+"://"+u.Host {
		return "none"
	}
	return origin
}

// longestOrigin is a host's name and what may stand around it, in bytes.
const longestOrigin = 300

// hostForm is a host, and its port: names are in ASCII there.
var hostForm = regexp.MustCompile(`^[A-Za-z0-9._:\[\]-]+$`)

// outages are what befalls many visitors for a while, by a text of our own: what cannot be
// served, and addresses and sites that met their limits. The log needs no line for each.
type outages struct {
	mu   sync.Mutex
	told map[string]time.Time
}

const outageEvery = 10 * time.Minute

// isDue reports whether to name it in the log: at first, and then every ten minutes.
func (o *outages) isDue(text string, now time.Time) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if last, told := o.told[text]; told && now.Sub(last) < outageEvery {
		return false
	}
	if o.told == nil {
		o.told = map[string]time.Time{}
	}
	o.told[text] = now // few: the texts stand in our own code, with names of sites
	return true
}

// preflight answers a browser's question whether a page may send a request
// of that method (Fetch standard, "CORS-preflight request").
func (g *Gateway) preflight(method string) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if _, err := g.admit(w, r); err != nil {
			return err
		}
		w.Header().Set("Access-Control-Allow-Methods", method)
		w.Header().Set("Access-Control-Allow-Headers", "Content-Type")
		w.Header().Set("Access-Control-Max-Age", "7200") // browsers cap it there
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
}

func (g *Gateway) isClosing() bool {
	select {
	case <-g.closing:
		return true
	default:
		return false
	}
}

func restarting() error {
	return chat.Errorf(chat.CodeUnavailable, "The chat is restarting; please try again.").After(time.Second)
}
