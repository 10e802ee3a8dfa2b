package bridge_test

import (
	"bytes"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// Invariant 7: a 502 about another server is no outage of our own homeserver.
func TestInvariant07AnUnreachableOperatorHoldsUpNobody(t *testing.T) {
	t.Parallel()
	b := refusing(http.StatusBadGateway, func(r *http.Request, body []byte) bool {
		return strings.HasSuffix(r.URL.Path, "/invite") && bytes.Contains(body, []byte("@anna"))
	})
	s := bridgetest.Start(t, bridgetest.Options{Through: b.Through(t)})
	v := s.Visitor().MustConnect(t)
	v.Acked(t, v.Say("Hello?"))
	bridgetest.Await(t, "the message is sent all the same", func() bool {
		return len(b.Requests(func(r string) bool { return strings.Contains(r, "/send/m.room.message/") })) > 0
	})
	bridgetest.Await(t, "the invitation was tried again", func() bool {
		return len(b.Requests(func(r string) bool { return strings.HasSuffix(strings.Fields(r)[1], "/invite") })) > 2
	})
	if s.Logged(heldBack) {
		t.Error("the homeserver was taken for down")
	}
}

// elsewhere stands for an operator's server that answers no invitation: what happens to
// each of those is unreachable. It counts them by room.
type elsewhere struct {
	user        string
	unreachable func(w http.ResponseWriter, r *http.Request)
	back        atomic.Bool

	mu     sync.Mutex
	tries  map[string]int
	before map[string]int // how often it was tried before somebody else was invited to the room
	passed map[string]bool
}

func (x *elsewhere) between() *bridgetest.Between {
	x.tries, x.before, x.passed = map[string]int{}, map[string]int{}, map[string]bool{}
	return &bridgetest.Between{Handle: func(w http.ResponseWriter, r *http.Request, body []byte, _ http.Handler) bool {
		room, isInvite := strings.CutSuffix(r.URL.Path, "/invite")
		if !isInvite {
			return false
		}
		x.mu.Lock()
		away := bytes.Contains(body, []byte(x.user)) && !x.back.Load()
		switch {
		case away:
			x.tries[room]++
		case bytes.Contains(body, []byte(x.user)):
			x.passed[room] = true
		default:
			x.before[room] = x.tries[room]
		}
		x.mu.Unlock()
		if away {
			x.unreachable(w, r)
		}
		return away
	}}
}

// of returns what was counted of a room's invitations, by the end of their path.
func of[V any](x *elsewhere, counted map[string]V, room id.RoomID) (n V) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for path, v := range counted {
		if strings.HasSuffix(path, string(room)) {
			return v
		}
	}
	return n
}

// Invariant 7: an operator whose server is unreachable keeps no other operator from being
// rung, and is invited to the site's space when the server is back.
func TestInvariant07AnUnreachableOperatorKeepsNobodyOut(t *testing.T) {
	t.Parallel()
	x := &elsewhere{user: "@aaron:localhost", unreachable: func(w http.ResponseWriter, _ *http.Request) {
		bridgetest.Refuse(w, http.StatusBadGateway)
	}}
	k := startTalk(t, bridgetest.Options{Operators: []string{"aaron"}, Through: x.between().Through(t)})
	if n := of(x, x.before, k.room); n > 1 {
		t.Errorf("anna was invited after %d tries to invite aaron", n)
	}
	space := k.anna.Space(t)
	bridgetest.Await(t, "aaron's invitation to the space is let be", func() bool { return of(x, x.tries, space) >= 6 })
	k.anna.Desk(t) // is made after that
	k.StopBridge(t)
	x.back.Store(true)
	k.StartBridge(t, "")
	bridgetest.Await(t, "aaron is invited to the space", func() bool { return of(x, x.passed, space) })
}

// Invariant 7: a server that takes an invitation and does not answer holds no worker for long.
func TestInvariant07AnInvitationThatHangsHoldsUpNobody(t *testing.T) {
	t.Parallel()
	x := &elsewhere{user: "@aaron:localhost", unreachable: func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }}
	b := x.between()
	s := bridgetest.Start(t, bridgetest.Options{Operators: []string{"aaron"}, Through: b.Through(t)})
	const visitors = 9 // more than there are workers
	for range visitors {
		v := s.Visitor().MustConnect(t)
		v.Acked(t, v.Say("Is anybody there?"))
	}
	bridgetest.Await(t, "every message is sent", func() bool {
		return len(b.Requests(func(r string) bool {
			return strings.Contains(r, "/send/m.room.message/") && strings.Contains(r, "@anteroom_")
		})) >= visitors
	})
	if s.Logged(heldBack) {
		t.Error("the homeserver was taken for down")
	}
}

// Invariant 7: nor do many of them: who is silent is asked by one at a time, whatever the room.
func TestInvariant07OneSilenceIsKnownToAllRooms(t *testing.T) {
	t.Parallel() // it waits for most of its time
	x := &elsewhere{user: "@aaron:localhost", unreachable: func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }}
	s := bridgetest.Start(t, bridgetest.Options{Operators: []string{"aaron"}, Through: x.between().Through(t)})
	const visitors = 20
	said := make([]chat.EntryID, 0, 2*visitors)
	for range visitors {
		v := s.Visitor().MustConnect(t)
		for _, text := range []string{"Hello", "Is anybody there?"} {
			said = append(said, v.Acked(t, v.Say(text)).ID)
		}
	}
	k := &talk{Stack: s}
	for _, entry := range said {
		k.query(t, "a message is sent", `SELECT EXISTS (SELECT 1 FROM event WHERE entry_id = $1)`, entry)
	}
	asked := 0
	x.mu.Lock()
	for _, n := range x.tries {
		asked += n
	}
	x.mu.Unlock()
	if asked >= visitors {
		t.Errorf("%d invitations hung", asked)
	}
	k.query(t, "no dialog waits for it for ever", `SELECT count(*) = $1 FROM applied
		WHERE what LIKE '%@aaron:localhost' AND subject IN (SELECT visitor_id FROM event)`, visitors)
}
