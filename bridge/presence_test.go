package bridge_test

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// presences are the requests that the bridge made for its ghosts' presence.
type presences struct {
	mu   sync.Mutex
	told []string
	// polled are the users as whom was polled, with what their polls set.
	polled map[string]bool
}

func (p *presences) handle(_ http.ResponseWriter, r *http.Request, body []byte, _ http.Handler) bool {
	if strings.HasSuffix(r.URL.Path, "/sync") {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.polled[r.URL.Query().Get("user_id")+" "+r.URL.Query().Get("set_presence")] = true
	}
	if strings.Contains(r.URL.Path, "/presence/") {
		var told struct {
			Presence string
			Status   string `json:"status_msg"`
		}
		_ = json.Unmarshal(body, &told)
		p.mu.Lock()
		p.told = append(p.told, r.URL.Query().Get("user_id")+" "+told.Presence+" "+told.Status)
		p.mu.Unlock()
	}
	return false
}

func (p *presences) of(ghost id.UserID) (told []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, line := range p.told {
		if rest, ok := strings.CutPrefix(line, string(ghost)+" "); ok {
			told = append(told, rest)
		}
	}
	return told
}

// visitorCard is the room's state that says who the visitor is.
func visitorCard(t *testing.T, k *talk, room id.RoomID) map[string]any {
	t.Helper()
	var card map[string]any
	if err := k.anna.StateEvent(t.Context(), room, event.NewEventType("chat.anteroom.visitor"), "", &card); err != nil {
		return nil
	}
	return card
}

// Invariant 20: presence, its text and the card follow the visitor, and what
// they say is the same after a restart.
func TestInvariant20OperatorsSeeWhoIsHere(t *testing.T) {
	t.Parallel() // it waits for most of its time
	p := &presences{polled: map[string]bool{}}
	between := &bridgetest.Between{Handle: p.handle}
	k := startTalk(t, bridgetest.Options{Through: between.Through(t)})
	ghost, v := k.asked.Sender, k.visitor
	ask := func() string { t.Helper(); return answers(t, k.anna, k.room, "!visitor") }
	k.anna.SeesPresence(t, ghost, event.PresenceOnline, "Tea")
	bridgetest.Await(t, "the card says who is here", func() bool { return visitorCard(t, k, k.room)["online"] == true })
	card := visitorCard(t, k, k.room)
	if card["number"] != 1.0 || card["status"] != "open" || path(card, "page", "title") != "Tea" || card["last_seen"] != nil {
		t.Errorf("the card says %v", card)
	}
	// A second tab adds nothing, and the last of them counts.
	tab := v.Tab().MustConnect(t)
	wants(t, ask(), "Online now, in 2 tabs")
	tab.Close()
	v.Write(&wire.PageView{T: wire.TypePage, Page: wire.Page{URL: bridgetest.Origin + "/cart?token=secret#key", Title: "  \u202E "}})
	bridgetest.Await(t, "the new page is known", func() bool { return strings.Contains(ask(), "/cart") })
	k.anna.SeesPresence(t, ghost, event.PresenceOnline, bridgetest.Origin+"/cart")
	wants(t, answers(t, k.anna, k.room, "!history"), "“Tea” "+bridgetest.Origin+"/tea", bridgetest.Origin+"/cart?token", "Open since", "First visit")

	// Another visitor comes, and the bridge is killed: one comes back and one does not.
	other := k.Visitor().MustConnect(t)
	other.Acked(t, other.Say("And coffee?"))
	otherGhost := k.anna.Sees(t, k.anna.Room(t, 1), "And coffee?").Sender
	k.anna.SeesPresence(t, otherGhost, event.PresenceOnline, "Tea")
	k.KillBridge(t)
	before := len(p.of(ghost))
	other.Close()
	k.StartBridge(t, "")
	v.MustConnect(t)
	k.anna.SeesPresence(t, otherGhost, event.PresenceOffline, "Tea")
	wants(t, answers(t, k.anna, k.anna.Room(t, 1), "!visitor"), "Offline, last seen")
	wants(t, ask(), "Online now")
	for _, told := range p.of(ghost)[before:] {
		if !strings.HasPrefix(told, "online") {
			t.Errorf("the ghost of a visitor who came back was told %q", told)
		}
	}

	// Invariant 19: what the polls set is the ghost's presence.
	p.mu.Lock()
	if !p.polled[string(ghost)+" online"] || p.polled[string(ghost)+" offline"] {
		t.Errorf("polled as %v", p.polled)
	}
	p.mu.Unlock()

	// Leaving is said after the grace period, with the time at which the last tab closed.
	left := time.Now()
	v.Close()
	wants(t, ask(), "Online now")
	bridgetest.Await(t, "the visitor is shown as offline", func() bool {
		all := k.anna.Presences(ghost)
		return all[len(all)-1].Presence == event.PresenceOffline
	})
	wants(t, ask(), "Offline, last seen")
	bridgetest.Await(t, "the card says that nobody is here", func() bool { return visitorCard(t, k, k.room)["online"] == false })
	seen, _ := visitorCard(t, k, k.room)["last_seen"].(float64)
	if off := time.UnixMilli(int64(seen)).Sub(left); off < -time.Millisecond || off > 2*time.Second {
		t.Errorf("last seen is %s off", off)
	}
	for user, told := range map[id.UserID][]string{ghost: p.of(ghost), otherGhost: p.of(otherGhost)} {
		if len(told) > 6 {
			t.Errorf("%s was told of %d times: %q", user, len(told), told)
		}
	}
	var levels event.PowerLevelsEventContent
	if err := k.anna.StateEvent(t.Context(), k.room, event.StatePowerLevels, "", &levels); err != nil || levels.Events["chat.anteroom.visitor"] != 100 {
		t.Errorf("who may write the card: %v (%v)", levels.Events, err)
	}
}

// A visitor who never wrote has no ghost, and a site may want no presence at all.
func TestPresenceOfNobodyIsToldWithoutNeed(t *testing.T) {
	t.Parallel()
	p := &presences{polled: map[string]bool{}}
	between := &bridgetest.Between{Handle: p.handle}
	k := startTalk(t, bridgetest.Options{Through: between.Through(t), Site: "    presence: false\n"})
	silent := k.Visitor().MustConnect(t)
	silent.Close()
	wants(t, answers(t, k.anna, k.room, "!visitor"), "Online now")
	k.StopBridge(t)
	k.StartBridge(t, "")
	k.visitor.MustConnect(t)
	k.visitor.Acked(t, k.visitor.Say("Still here"))
	k.anna.Sees(t, k.room, "Still here")
	wants(t, answers(t, k.anna, k.room, "!visitor"), "Online now")
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.told) > 0 || p.polled[string(k.asked.Sender)+" online"] {
		t.Errorf("told %q, polled %v", p.told, p.polled)
	}
	if card := visitorCard(t, k, k.room); card != nil {
		t.Errorf("there is a card: %v", card)
	}
}

// Presence that is switched off leaves nobody online, neither by the ghost nor
// by the card; nor does a site that left the config.
func TestPresenceThatIsSwitchedOffIsTakenBack(t *testing.T) {
	t.Parallel()
	for about, change := range map[string]func(config string) string{
		"switched off": func(config string) string { return strings.Replace(config, "presence: true", "presence: false", 1) },
		"site gone":    func(config string) string { return strings.Replace(config, "\n  shop:\n", "\n  store:\n", 1) },
	} {
		t.Run(about, func(t *testing.T) {
			p := &presences{polled: map[string]bool{}}
			between := &bridgetest.Between{Handle: p.handle}
			k := startTalk(t, bridgetest.Options{Through: between.Through(t), Site: "    presence: true\n"})
			k.anna.SeesPresence(t, k.asked.Sender, event.PresenceOnline, "Tea")
			bridgetest.Await(t, "the card says who is here", func() bool { return visitorCard(t, k, k.room)["online"] == true })
			k.StopBridge(t)
			config, err := os.ReadFile(k.ConfigPath())
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(k.ConfigPath(), []byte(change(string(config))), 0o600); err != nil {
				t.Fatal(err)
			}
			k.StartBridge(t, "")
			bridgetest.Await(t, "the card is empty", func() bool {
				card := visitorCard(t, k, k.room)
				return card != nil && len(card) == 0
			})
			bridgetest.Await(t, "the ghost is offline", func() bool {
				told := p.of(k.asked.Sender)
				return told[len(told)-1] == "offline "
			})
		})
	}
}
