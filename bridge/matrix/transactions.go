package matrix

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/killpoint"
	"github.com/anteroom-chat/anteroom/bridge/router"
	"github.com/anteroom-chat/anteroom/bridge/store"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

// maxTransaction is the largest body that is read, in bytes.
const maxTransaction = 64 << 20

// transactionWithin is how long a transaction may take to come, to be stored and to be
// answered: longer than homeservers wait, so that none is cut for a slow line.
const transactionWithin = 5 * time.Minute

// Handler serves the homeserver (Application Service API v1).
func (m *Matrix) Handler() http.Handler {
	mux := router.New()
	mux.HandleFunc("PUT /_matrix/app/v1/transactions/{txn}", m.guarded(m.putTransaction))
	mux.HandleFunc("GET /_matrix/app/v1/users/{user}", m.guarded(m.getUser))
	mux.HandleFunc("GET /_matrix/app/v1/rooms/{alias}", m.guarded(m.getRoom))
	mux.HandleFunc("POST /_matrix/app/v1/ping", m.guarded(func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, "") }))
	mux.Rest("/", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusNotFound, "M_UNRECOGNIZED") }))
	return mux
}

// guarded lets only the homeserver in. The comparison takes the same time
// whatever is wrong with the token.
func (m *Matrix) guarded(next http.HandlerFunc) http.HandlerFunc {
	want := sha256.Sum256([]byte(m.cfg.AppService.HSToken))
	return func(w http.ResponseWriter, r *http.Request) {
		token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !ok {
			token = r.URL.Query().Get("access_token") // older homeservers
		}
		if token == "" {
			answer(w, http.StatusUnauthorized, "M_MISSING_TOKEN")
			return
		}
		got := sha256.Sum256([]byte(token))
		if subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
			answer(w, http.StatusForbidden, "M_FORBIDDEN")
			return
		}
		next(w, r)
	}
}

func answer(w http.ResponseWriter, status int, errcode string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	body := "{}"
	if errcode != "" {
		body = `{"errcode":"` + errcode + `","error":"` + http.StatusText(status) + `"}`
	}
	_, _ = io.WriteString(w, body) // the homeserver left; nothing to tell it
}

// getUser says which users of our namespace exist: our own and the ghosts of visitors.
func (m *Matrix) getUser(w http.ResponseWriter, r *http.Request) {
	user := id.UserID(r.PathValue("user"))
	v, ok := m.cfg.VisitorOf(user)
	if ok {
		_, err := m.store.Visitor(r.Context(), v)
		ok = err == nil
	}
	if ok || user == m.cfg.BotUserID() || user == m.cfg.DeliveredUserID() {
		answer(w, http.StatusOK, "")
		return
	}
	answer(w, http.StatusNotFound, "M_NOT_FOUND")
}

// getRoom answers that no room appears by asking for it: ours have their
// alias from the moment that they exist.
func (m *Matrix) getRoom(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusNotFound, "M_NOT_FOUND")
}

// transaction is the body of a push; the older name of ephemeral is MSC2409's.
type transaction struct {
	Events       []json.RawMessage `json:"events"`
	Ephemeral    []json.RawMessage `json:"ephemeral"`
	OldEphemeral []json.RawMessage `json:"de.sorunome.msc2409.ephemeral"`
}

// putTransaction stores everything and only then answers. It never refuses
// what a homeserver with the right token delivers, because a refused
// transaction is repeated for ever and holds up all others. The transaction's
// id is of no use: homeservers repeat one id with other events.
func (m *Matrix) putTransaction(w http.ResponseWriter, r *http.Request) {
	control, until := http.NewResponseController(w), time.Now().Add(transactionWithin)
	_ = errors.Join(control.SetReadDeadline(until), control.SetWriteDeadline(until)) // else the server's own hold
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxTransaction))
	if err != nil {
		if _, tooLarge := errors.AsType[*http.MaxBytesError](err); !tooLarge {
			// The connection broke, and the homeserver sends it again: a mere return
			// would answer 200 to what was not stored.
			panic(http.ErrAbortHandler)
		}
		m.metrics.transactions.WithLabelValues(transactionDropped).Inc()
		m.log.Error().Int("bytes", maxTransaction).Msg("A transaction over the limit was dropped")
		answer(w, http.StatusOK, "")
		return
	}
	t, err := readTransaction(body)
	if err != nil {
		m.log.Warn().Err(err).Int("events", len(t.Events)).Msg("A transaction is not as the specification says")
	}
	killpoint.Reach(killpoint.BeforeStore)
	if len(t.Events) > 0 {
		arrived := arrivals(t.Events)
		if err := m.store.StoreArrivals(context.WithoutCancel(r.Context()), arrived, now()); err != nil {
			m.log.Error().Err(err).Msg("A transaction could not be stored; the homeserver will repeat it")
			m.metrics.transactions.WithLabelValues(transactionRefused).Inc()
			m.inbox.epoch.Add(1) // and may deliver newer ones before that
			answer(w, http.StatusServiceUnavailable, "M_UNKNOWN")
			return
		}
		killpoint.Reach(killpoint.AfterStore)
		for _, a := range arrived {
			m.log.Debug().Str(trail.EventID, a.Key).Str(trail.RoomID, string(a.Room)).Msg("An event arrived")
		}
		m.inbox.wake()
	}
	m.metrics.transactions.WithLabelValues(transactionStored).Inc()
	m.metrics.events.Add(float64(len(t.Events)))
	answer(w, http.StatusOK, "")
	if ephemeral := slices.Concat(t.Ephemeral, t.OldEphemeral); len(ephemeral) > 0 {
		select { // handled elsewhere: the homeserver waits for the end of this answer
		case m.pushes <- ephemeral:
		default:
		}
	}
}

// readTransaction reads what the homeserver puts. With an error it has what could be read all
// the same: the events, or a body that is JSON but no transaction as one odd event.
func readTransaction(body []byte) (t transaction, err error) {
	err = json.Unmarshal(body, &t)
	if err != nil && len(t.Events) == 0 && json.Valid(body) {
		t.Events = []json.RawMessage{body}
	}
	return t, err
}

// arrivals keys events by their id, or by a hash if they have none, and puts
// the events of one sender within the transaction in the order of their
// timestamps: a homeserver that was cut off may deliver them shuffled. Between
// senders clocks prove nothing, so the order of arrival stays.
func arrivals(events []json.RawMessage) []store.Arrival {
	type header struct {
		ID     id.EventID `json:"event_id"`
		Room   id.RoomID  `json:"room_id"`
		Sender id.UserID  `json:"sender"`
		TS     int64      `json:"origin_server_ts"`
	}
	heads := make([]header, len(events))
	places := map[id.UserID][]int{}
	for i, raw := range events {
		_ = json.Unmarshal(raw, &heads[i]) // what cannot be read is kept by its hash
		places[heads[i].Sender] = append(places[heads[i].Sender], i)
	}
	stored := make([]store.Arrival, len(events))
	for _, at := range places {
		sorted := slices.Clone(at)
		slices.SortStableFunc(sorted, func(a, b int) int { return cmp.Compare(heads[a].TS, heads[b].TS) })
		for i, place := range at {
			from := sorted[i]
			stored[place] = store.Arrival{Key: arrivalKey(heads[from].ID, events[from]), Room: heads[from].Room, Raw: events[from]}
		}
	}
	return stored
}

func arrivalKey(event id.EventID, raw json.RawMessage) string {
	if event != "" {
		return string(event)
	}
	sum := sha256.Sum256(raw)
	return "sha256:" + base64.RawURLEncoding.EncodeToString(sum[:])
}

// hearPushed takes what homeservers push of typing and receipts.
func (m *Matrix) hearPushed(ctx context.Context) error {
	for {
		select {
		case events := <-m.pushes:
			m.polls.pushed()
			for _, raw := range events {
				m.hearEphemeral(ctx, raw)
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// hearEphemeral takes typing and receipts; it is worth nothing when it cannot be read.
func (m *Matrix) hearEphemeral(ctx context.Context, raw json.RawMessage) {
	var e event.Event
	if err := json.Unmarshal(raw, &e); err != nil {
		return
	}
	v, current, err := m.store.DialogOf(ctx, e.RoomID)
	if err != nil || !current {
		return
	}
	switch e.Type.Type {
	case event.EphemeralEventTyping.Type:
		m.hearTyping(ctx, v, e.RoomID, e.Content.VeryRaw)
	case event.EphemeralEventReceipt.Type:
		m.hearReceipts(ctx, v, e.Content.VeryRaw)
	}
}
