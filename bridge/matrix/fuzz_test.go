package matrix

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/rs/zerolog"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

const fuzzedToken = "fuzzed-hs-token"

// FuzzTransaction: whatever a homeserver with the right token delivers is answered with
// 200, or it would come again for ever (invariant 4), and what events are in it are
// stored, each once however often it comes; typing and receipts break nothing.
func FuzzTransaction(f *testing.F) {
	for _, seed := range []string{
		``, `null`, `[]`, `{}`, `{"events":null}`, `{"events":[null]}`, `{"events":{}}`, `{"events":[1,"a",[],{}]}`,
		`{"events":[{"event_id":"$a","room_id":"!r:x","sender":"@b:x","origin_server_ts":1,"type":"m.room.message","content":{"body":"a","msgtype":"m.text"}}]}`,
		`{"events":[{"event_id":"$b","sender":"@b:x","origin_server_ts":9223372036854775807},{"event_id":"$a","sender":"@b:x","origin_server_ts":-9223372036854775808}]}`,
		`{"events":[{"event_id":"$a"},{"event_id":"$a"},{"event_id":7},{"event_id":"","room_id":7}]}`,
		`{"events":[{"event_id":"\u0000\ud800","room_id":"'; DROP TABLE inbox"}],"extra":[[[[]]]]}`,
		`{"events":[],"ephemeral":[{"type":"m.typing","room_id":"!room:x","content":{"user_ids":["@anna:x",7,null]}}]}`,
		`{"ephemeral":[{"type":"m.receipt","room_id":"!room:x","content":{"$a":{"m.read":{"@anna:x":{"ts":1e400,"thread_id":{}}}}}}],"de.sorunome.msc2409.ephemeral":[null,7]}`,
		`{"events":[{"origin_server_ts":1.5,"sender":[]}]} {}`, "\xff{}", `{"events":[{"a":1,"a":2}],"events":[]}`,
	} {
		f.Add([]byte(seed))
	}
	m := fuzzed(f)
	handler := m.Handler()
	f.Fuzz(func(t *testing.T, body []byte) {
		for range 2 {
			request := httptest.NewRequestWithContext(t.Context(), http.MethodPut, "/_matrix/app/v1/transactions/1", bytes.NewReader(body))
			request.Header.Set("Authorization", "Bearer "+fuzzedToken)
			answer := httptest.NewRecorder()
			handler.ServeHTTP(answer, request)
			if answer.Code != http.StatusOK || answer.Body.String() != "{}" {
				t.Fatalf("answered %d %s", answer.Code, answer.Body)
			}
		}
		select {
		case pushed := <-m.pushes:
			for _, raw := range pushed {
				m.hearEphemeral(t.Context(), raw)
			}
		default:
		}
		sent, _ := readTransaction(body) // what is odd in it is kept as it is
		stored := arrivals(sent.Events)
		if len(stored) != len(sent.Events) {
			t.Fatalf("%d events became %d", len(sent.Events), len(stored))
		}
		last := map[string]int64{}
		for _, a := range stored {
			if state, err := m.store.ArrivalState(t.Context(), id.EventID(a.Key)); err != nil || state == "" {
				t.Fatalf("the event %q is not stored: %q %v", a.Key, state, err)
			}
			var head struct {
				Sender string `json:"sender"`
				TS     int64  `json:"origin_server_ts"`
			}
			if json.Unmarshal(a.Raw, &head) != nil {
				continue // without a time, its place is its own
			}
			if before, ok := last[head.Sender]; ok && head.TS < before {
				t.Fatalf("of %s %d stands behind %d", head.Sender, head.TS, before)
			}
			last[head.Sender] = head.TS
		}
	})
}

// fuzzed has a database and nothing else.
func fuzzed(f testing.TB) *Matrix {
	f.Helper()
	s, err := store.Open(context.Background(), store.Options{Type: "sqlite3", URI: f.TempDir() + "/anteroom.db", Log: zerolog.Nop()})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = s.Close() })
	cfg := config.Default()
	cfg.AppService.HSToken = fuzzedToken
	return &Matrix{cfg: cfg, metrics: newMetrics(cfg.Sites), store: s, inbox: newInbox(), pushes: make(chan []json.RawMessage, 1), log: zerolog.Nop()}
}
