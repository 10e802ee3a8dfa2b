package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/rs/zerolog"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/store"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

const (
	// maxBody is the most bytes of a request.
	maxBody = 256 << 10
	// within is how long a request may take to come and its answer to leave.
	within = 30 * time.Second
	// maxKey is the longest Idempotency-Key, in bytes.
	maxKey = 128
)

// request is what a handler works with.
type request struct {
	*http.Request
	site *config.Site
	// who asks, a program or an operator.
	who *principal
	// operator is who is signed in to the panel; empty for a program.
	operator id.UserID
	// visitor is whom the path names; the zero value where it names nobody.
	visitor store.Visitor
	// told is where that one was announced, for a route that erases.
	told dialog.Announced
	body []byte
}

// newOrigin names what a request does, and nothing else for ever. The program's own key
// is no part of it: that is known for a day (see API.once), and the journal keeps origins
// for ever, so that what is asked under the same key later would pass for done.
func newOrigin(what string) string { return "api:" + string(chat.NewEntryID()) + ":" + what }

// by is who did it, as histories say.
func (q request) by() string { return q.who.by() }

// did completes an act, and names it for ever.
func (q request) did(act Act) Act {
	act.By, act.Panel = q.who.name, q.operator != ""
	if act.Origin == "" {
		act.Origin = newOrigin(string(act.What))
	}
	return act
}

// reply is what a request is answered; a nil body is none.
type reply struct {
	status int
	body   any
}

func ok(body any) reply { return reply{http.StatusOK, body} }

// serve is the one place where a request is let in and its errors become answers.
func (a *API) serve(route route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if fault := recover(); fault == http.ErrAbortHandler { //nolint:errorlint // what http panics with is never wrapped
				panic(fault)
			} else if fault != nil {
				a.log.Error().Str(trail.Panic, trail.Fault(fault)).Bytes(trail.Stack, debug.Stack()).Str("route", r.Pattern).Msg("A request of a program could not be handled")
				a.refuse(w, r, chat.Public(nil))
			}
		}()
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		control := http.NewResponseController(w)
		// What cannot set a deadline has none; the server's own hold then.
		_ = errors.Join(control.SetReadDeadline(time.Now().Add(within)), control.SetWriteDeadline(time.Now().Add(within)))
		status, body, err := a.handle(w, r, route)
		if err != nil {
			a.refuse(w, r, err)
			return
		}
		if status == streamed {
			return
		}
		if body != nil {
			h.Set("Content-Type", "application/json")
		}
		w.WriteHeader(status)
		_, _ = w.Write(body) // #nosec G705 -- JSON, under its own type; who does not take it asks again
	})
}

// streamed stands for the status of what is written already.
const streamed = 0

func (a *API) handle(w http.ResponseWriter, r *http.Request, route route) (status int, body []byte, err error) {
	q := request{Request: r}
	if q.site, q.who, err = a.enter(r, route.scope); err != nil {
		return 0, nil, err
	}
	q.operator = q.who.operator
	if q.body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody)); err != nil {
		if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
			return 0, nil, chat.Errorf(chat.CodeTooLarge, "The request has more than %d bytes.", maxBody)
		}
		return 0, nil, chat.Errorf(chat.CodeBadRequest, "The request could not be read.")
	}
	// The server reads on, to notice that who asked has gone: the deadline of the body
	// would end an answer that takes longer.
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	if named := r.PathValue("contact"); named != "" {
		if q.visitor, err = a.visitorOf(r.Context(), q.site, chat.VisitorID(named)); err != nil {
			return 0, nil, err
		}
	}
	status, body, err = a.run(w, r, q, route)
	return status, body, a.unlessErased(r.Context(), q, err)
}

// unlessErased is an error of a request, or CodeUnknownContact where nothing was wrong but
// that the contact which its path names was erased meanwhile.
func (a *API) unlessErased(ctx context.Context, q request, err error) error {
	if _, isPublic := errors.AsType[*chat.Error](err); err == nil || isPublic || q.visitor.ID == "" {
		return err
	}
	_, now := a.visitorOf(ctx, q.site, q.visitor.ID)
	if unknown, ok := errors.AsType[*chat.Error](now); ok {
		return unknown
	}
	return err
}

// run does what was asked for.
func (a *API) run(w http.ResponseWriter, r *http.Request, q request, route route) (status int, body []byte, err error) {
	if r.Method == http.MethodGet || r.Method == http.MethodHead { // which the same patterns take
		answer, err := route.run(a, r.Context(), q)
		if s, isStream := answer.body.(stream); isStream && err == nil {
			a.serveStream(w, r, s)
			return streamed, nil, nil
		}
		return encode(answer, err)
	}
	if route.apart {
		return encode(route.run(a, r.Context(), q))
	}
	if route.erases { // before the transaction, which others wait for
		if q.told, err = a.dialog.Announced(r.Context(), q.visitor.ID); err != nil {
			return 0, nil, err
		}
	}
	return a.once(r.Context(), q, route)
}

func encode(answer reply, err error) (int, []byte, error) {
	if err != nil || answer.body == nil {
		return answer.status, nil, err
	}
	var text bytes.Buffer
	out := json.NewEncoder(&text)
	out.SetEscapeHTML(false)
	err = out.Encode(answer.body)
	return answer.status, text.Bytes(), err
}

// Listed reports whether a visitor is somebody's contact.
func Listed(v store.Visitor) bool { return !v.Desk && v.Number != 0 }

// visitorOf is a visitor of the site who is listed: who never wrote, and the
// site's desk, are nobody's contacts.
func (a *API) visitorOf(ctx context.Context, site *config.Site, id chat.VisitorID) (store.Visitor, error) {
	v, err := a.store.Visitor(ctx, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && (v.Site != site.ID || !Listed(v)) {
		return store.Visitor{}, chat.Errorf(chat.CodeUnknownContact, "The site has no such contact.")
	}
	return v, err
}

// once carries a request out in one transaction; one that carries a key, and was
// carried out before, is answered as it was then (draft-ietf-httpapi-idempotency-key-header).
func (a *API) once(ctx context.Context, q request, route route) (status int, body []byte, err error) {
	key := q.Header.Get("Idempotency-Key")
	if len(key) > maxKey {
		return 0, nil, chat.Errorf(chat.CodeBadRequest, "An Idempotency-Key has at most %d bytes.", maxKey)
	}
	err = a.store.Write(ctx, func(ctx context.Context) error {
		asked := sha256.Sum256([]byte(q.Method + " " + q.URL.Path + "\n" + string(q.body)))
		if key != "" {
			before, err := a.store.APIRequest(ctx, q.site.ID, q.who.name, key)
			switch {
			case err == nil && before.Asked != hex.EncodeToString(asked[:]):
				return chat.Errorf(chat.CodeKeyReused, "This Idempotency-Key was used for another request.")
			case err == nil:
				status, body = before.Status, []byte(before.Body)
				return nil
			case !errors.Is(err, store.ErrNotFound):
				return err
			}
			if err := a.usedForSeveral(ctx, q, key); err != nil {
				return err
			}
		}
		var err error
		if status, body, err = encode(route.run(a, ctx, q)); err != nil || key == "" || route.erases {
			return err
		}
		return a.store.KeepAPIRequest(ctx, store.APIRequest{
			Site: q.site.ID, Token: q.who.name, Key: key, Visitor: q.visitor.ID,
			Asked: hex.EncodeToString(asked[:]), Status: status, Body: string(body), At: a.dialog.Now(),
		})
	})
	return status, body, err
}

// problem is an error as RFC 9457 has it.
type problem struct {
	// Type is "urn:anteroom:error:" and the code.
	Type   string    `json:"type"`
	Title  string    `json:"title"`
	Status int       `json:"status"`
	Detail string    `json:"detail"`
	Code   chat.Code `json:"code"`
}

// refuse answers with an error that nothing was written before.
func (a *API) refuse(w http.ResponseWriter, r *http.Request, err error) { Refuse(w, r, err, a.log) }

// Refuse answers a request with an error, as a problem of RFC 9457. What is no public
// error is logged, and answered with CodeUnavailable.
func Refuse(w http.ResponseWriter, r *http.Request, err error, log zerolog.Logger) {
	public, isPublic := errors.AsType[*chat.Error](err)
	if !isPublic && r.Context().Err() != nil {
		return // who asked has gone: a browser gives up what it does not need any more
	}
	if !isPublic {
		log.Error().Err(err).Str("route", r.Pattern).Msg("A request of a program or the panel could not be served")
		public = chat.Errorf(chat.CodeUnavailable, "This cannot be done at the moment; please try again.").After(unavailableFor)
	}
	if public.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(public.RetryAfter.Seconds()))))
	}
	status := public.Code.Status()
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="anteroom"`)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	// Who does not take it has its status.
	_ = json.NewEncoder(w).Encode(problem{"urn:anteroom:error:" + string(public.Code), http.StatusText(status), status, public.Text, public.Code})
}

const unavailableFor = 5 * time.Second

// read takes a request's body; unknown keys are refused, so that a mistyped one is not lost.
func read(q request, to any) error {
	in := json.NewDecoder(bytes.NewReader(q.body))
	in.DisallowUnknownFields()
	if err := in.Decode(to); err != nil {
		return chat.Errorf(chat.CodeBadRequest, "The body is not the JSON that is wanted: %s.", bodyFault(err))
	}
	if in.More() {
		return chat.Errorf(chat.CodeBadRequest, "The body has more than one JSON value.")
	}
	return nil
}

// bodyFault says what is wrong in words that repeat nothing of the body but its keys.
func bodyFault(err error) string {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return "“" + wrong.Field + "” is not of its type"
	}
	if errors.Is(err, io.EOF) {
		return "it is empty"
	}
	if wrong, ok := errors.AsType[*json.SyntaxError](err); ok {
		return "byte " + strconv.FormatInt(wrong.Offset, 10) + " cannot stand there"
	}
	const unknown = "json: unknown field "
	if text := err.Error(); len(text) > len(unknown) && text[:len(unknown)] == unknown {
		return "there is no " + text[len(unknown):]
	}
	return "it cannot be read"
}
