package bridge_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync"
	"testing"

	"maunium.net/go/mautrix/event"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
	"github.com/anteroom-chat/anteroom/bridge/killpoint"
)

// Who only looks at a page is greeted by the bot, which types before it speaks;
// there is no room until the visitor acts, and the greeting stands in it first. A
// pause is over at its time, also when the bridge was away meanwhile.
func TestThePageIsGreeted(t *testing.T) {
	t.Parallel()
	site, _ := botOf(t, map[string]string{"greet": `
on:
  - event: cart
steps:
  - pause: 2s
  - say: "Is anything unclear about {{ event.item }}?"
  - pause: 3s
  - say: "We are here."
`}, "")
	s := bridgetest.Start(t, bridgetest.Options{Site: site})
	anna := s.Operator(t)
	anna.Space(t)
	v := s.Visitor().MustConnect(t)
	told := v.Acked(t, v.Send(&wire.Event{T: wire.TypeEvent, Name: "cart", Data: map[string]any{"item": "Green <tea>"}}))
	if told.ID != "" || told.Seq != 0 {
		t.Errorf("the event has the number %d", told.Seq)
	}
	bridgetest.Frame(t, v, wire.TypeTyping, func(f wire.Typing) bool { return f.On && f.Author != nil && f.Author.Party == chat.Bot })
	v.Hears(t, "Is anything unclear about Green <tea>?")
	s.KillBridge(t)
	s.StartBridge(t, "")
	v.MustConnect(t)
	v.Hears(t, "We are here.")
	v.Acked(t, v.Say("Yes"))
	room := anna.Room(t, 0)
	anna.Sees(t, room, "Yes")
	var bodies []string
	for _, e := range anna.Timeline(room) {
		if e.Type.Type == event.EventMessage.Type {
			bodies = append(bodies, bridgetest.Body(e))
		}
	}
	if want := []string{"Is anything unclear about Green <tea>?", "We are here.", "Yes"}; !slices.Equal(bodies, want) {
		t.Errorf("the room has %q", bodies)
	}
}

// Killed at any step of a turn, the bot neither repeats nor skips a message.
func TestAKilledBotNeitherRepeatsNorSkips(t *testing.T) {
	t.Parallel()
	site, _ := botOf(t, map[string]string{"count": `
on:
  - keywords: [go]
steps:
  - set: { n: "{{ (n ?? 0) + 1 }}" }
  - say: "{{ n }} a"
  - pause: 1s
  - say: "{{ n }} b"
`}, "")
	s := bridgetest.Start(t, bridgetest.Options{Site: site})
	anna := s.Operator(t)
	v := s.Visitor().MustConnect(t)
	s.StopBridge(t)
	var want []string
	round := 0
	for _, p := range []killpoint.Point{killpoint.BeforeTurn, killpoint.AfterTurn} {
		for times := 1; times <= 3; times++ { // what the visitor said, the pause's end, and what comes after
			round++
			s.StartBridge(t, "", fmt.Sprintf("%s=%s:%d", killpoint.Env, p, times))
			bridgetest.Await(t, "the visitor comes back", func() bool { return !s.Alive() || v.Connected() || v.Connect(t.Context()) == nil })
			v.Say("go")
			bridgetest.AwaitFor(t, bridgetest.Patience, fmt.Sprintf("the bridge dies at %s:%d, or all was said", p, times), func() bool {
				return !s.Alive() || len(botSaid(v)) == 2*round
			})
			if s.Alive() {
				s.KillBridge(t)
			}
			s.StartBridge(t, "")
			v.MustConnect(t)
			bridgetest.Await(t, "all is acknowledged", v.AllAcked)
			want = append(want, fmt.Sprintf("%d a", round), fmt.Sprintf("%d b", round))
			v.Hears(t, want[len(want)-1])
			if got := botSaid(v); !slices.Equal(got, want) {
				t.Fatalf("killed at %s:%d: the bot said %q, not %q", p, times, got, want)
			}
			s.StopBridge(t)
		}
	}
	s.StartBridge(t, "")
	room := anna.Room(t, 0)
	anna.Sees(t, room, want[len(want)-1])
	var bodies []string
	for _, e := range anna.Timeline(room) {
		if e.Sender == bot && path(content(e), "msgtype") == "m.text" {
			bodies = append(bodies, bridgetest.Body(e))
		}
	}
	if !slices.Equal(bodies, want) {
		t.Errorf("the room has %q, not %q", bodies, want)
	}
}

// A request that was under way when the bridge was killed is made again with the
// same key, and no more than once more.
func TestAKilledRequestKeepsItsKey(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	keys := map[string][]string{}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		keys[r.URL.Path] = append(keys[r.URL.Path], r.Header.Get("Idempotency-Key"))
	}))
	t.Cleanup(server.Close)
	at, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	site, _ := botOf(t, map[string]string{"hello": "on: [first_message]\nsteps:\n  - say: Hello\n"}, "      allow_private: [\""+at.Hostname()+"\"]\n")
	s := bridgetest.Start(t, bridgetest.Options{Site: site})
	v := s.Visitor().MustConnect(t)
	v.Acked(t, v.Say("Hi"))
	v.Hears(t, "Hello")
	for _, p := range []killpoint.Point{killpoint.BeforeRequest, killpoint.AfterRequest} {
		s.StopBridge(t)
		wish(t, s, string(p), map[string]any{"id": string(p), "method": "POST", "url": []any{map[string]string{"text": server.URL + "/" + string(p)}}, "timeout": 10e9})
		s.StartBridge(t, "", killpoint.Env+"="+string(p))
		bridgetest.Await(t, "the bridge dies at "+string(p), func() bool { return !s.Alive() })
		s.StartBridge(t, "")
		want := map[killpoint.Point]int{killpoint.BeforeRequest: 1, killpoint.AfterRequest: 2}[p]
		bridgetest.Await(t, "the request is made again", func() bool {
			mu.Lock()
			defer mu.Unlock()
			return len(keys["/"+string(p)]) == want
		})
		bridgetest.Await(t, "the request is done", func() bool { return requests(t, s) == 0 })
	}
	s.StopBridge(t)
	if got := keys["/before-request"]; len(got) != 1 || got[0] == "" {
		t.Errorf("killed before it: %q", got)
	}
	if got := keys["/after-request"]; len(got) != 2 || got[0] == "" || got[0] != got[1] {
		t.Errorf("killed after it: %q", got)
	}
}

// wish keeps a request for the one visitor, as a turn does.
func wish(t *testing.T, s *bridgetest.Stack, id string, request map[string]any) {
	t.Helper()
	data, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	db := database(t, s)
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(t.Context(), `INSERT INTO bot_request (visitor_id, id, request, next_at)
		SELECT visitor_id, $1, $2, 1 FROM bot_state`, id, string(data)); err != nil {
		t.Fatal(err)
	}
}

// requests is how many are not done.
func requests(t *testing.T, s *bridgetest.Stack) (n int) {
	t.Helper()
	db := database(t, s)
	defer func() { _ = db.Close() }()
	if err := db.QueryRowContext(context.WithoutCancel(t.Context()), `SELECT count(*) FROM bot_request`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func database(t *testing.T, s *bridgetest.Stack) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+s.Database())
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// A phone number without the code of a country is read as it is dialled where the
// visitor is, whatever language it speaks and the country is named in.
func TestAPhoneNumberIsOfTheVisitorsCountry(t *testing.T) {
	t.Parallel()
	site, _ := botOf(t, map[string]string{
		"call": "on: [first_message]\nsteps:\n  - { ask: \"Your number?\", type: phone, save: phone }\n  - say: \"{{ phone }}, {{ place.country_code }}: {{ place.country }}\"\n",
	}, "    language: ru\n")
	s := bridgetest.Start(t, bridgetest.Options{Site: site})
	v := s.Visitor().MustConnect(t) // its browser is English and in Berlin
	v.Acked(t, v.Say("Call me"))
	v.Hears(t, "Your number?")
	v.Acked(t, v.Say("030 901820"))
	v.Hears(t, "+4930901820, DE: Германия")
}
