package bridge_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/dendrite/dendritetest"
)

// The bot does not come where a stranger invites it. Nobody waits when the homeserver does not
// answer to that, as it is where the stranger's own server says nothing.
func TestAStrangersInvitationHoldsUpNobody(t *testing.T) {
	t.Parallel()
	var hangs, asked atomic.Bool
	over := make(chan struct{})
	b := &bridgetest.Between{Handle: func(_ http.ResponseWriter, r *http.Request, _ []byte, _ http.Handler) bool {
		if !hangs.Load() || !strings.HasSuffix(r.URL.Path, "/leave") {
			return false
		}
		asked.Store(true)
		select {
		case <-over:
		case <-r.Context().Done():
		}
		panic(http.ErrAbortHandler)
	}}
	k := startTalk(t, bridgetest.Options{Through: b.Through(t)})
	t.Cleanup(func() { close(over) })
	mallory := dendritetest.Operator(t, k.Homeserver, "mallory")
	invite := func() id.RoomID {
		t.Helper()
		made, err := mallory.CreateRoom(t.Context(), &mautrix.ReqCreateRoom{Invite: []id.UserID{bot}})
		if err != nil {
			t.Fatal(err)
		}
		return made.RoomID
	}
	room := invite()
	bridgetest.Await(t, "the bot declines", func() bool {
		var member event.MemberEventContent
		err := mallory.StateEvent(t.Context(), room, event.StateMember, string(bot), &member)
		return err == nil && member.Membership == event.MembershipLeave
	})
	hangs.Store(true)
	invite()
	bridgetest.Await(t, "the homeserver was asked to decline", asked.Load)
	k.anna.Says(t, k.room, "Still here")
	k.visitor.Hears(t, "Still here")
}

// Who removes a command removes what is kept of it.
func TestWhatIsKeptOfARemovedCommand(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	command := k.anna.Says(t, k.room, "!password hunter2")
	k.query(t, "the command is kept", `SELECT raw LIKE '%hunter2%' FROM inbox WHERE event_key = $1 AND state = 'kept'`, command)
	if _, err := k.anna.RedactEvent(t.Context(), k.room, command); err != nil {
		t.Fatal(err)
	}
	k.query(t, "nothing is kept of it", `SELECT raw = '' FROM inbox WHERE event_key = $1 AND state = 'done'`, command)
}
