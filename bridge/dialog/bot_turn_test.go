package dialog

import (
	"testing"

	"github.com/anteroom-chat/anteroom/bridge/store"
)

// The bot says nothing to who is shut out, also what operators order or their
// silence brings. What it has to hear waits for the end of that.
func TestTheBotIsSilentForWhoIsBlocked(t *testing.T) {
	c := newBot(t, map[string]string{"greeting": greeting, "ordered": "steps:\n  - say: As ordered\n"})
	c.says(t, "client-1", "Hi")
	must(t, c.Block(t.Context(), c.in.Visitor, true))
	if there, err := c.StartChain(t.Context(), store.Visitor{ID: c.in.Visitor, Site: "shop"}, "ordered", "$1"); err != nil || !there {
		t.Fatal(there, err)
	}
	c.hear(t)
	c.hears(t)
	must(t, c.Block(t.Context(), c.in.Visitor, false))
	c.hear(t)
	c.hears(t, "Hello you!", "As ordered")
}
