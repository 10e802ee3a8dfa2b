package dialog

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/config"
)

// Where the chains cannot be read the bot calls nobody: operators are invited, and
// rung, as on a site without a bot, until the chains are mended.
func TestWithoutChainsOperatorsAreCalledAtOnce(t *testing.T) {
	c := newBot(t, map[string]string{"greeting": greeting})
	site, _ := c.Site("shop")
	c.says(t, "client-1", "Hi")
	invited := func(want ...id.UserID) {
		t.Helper()
		if got, err := c.Invited(t.Context(), site, c.in.Visitor); err != nil || !slices.Equal(got, want) {
			t.Errorf("invited are %v, not %v, %v", got, want, err)
		}
	}
	invited()
	if on := c.AlertsOn(site); on != config.AlertOnHandoff {
		t.Errorf("while the bot answers, operators are rung for a %s", on)
	}
	restarted, err := New(c.cfg, c.store, c.log)
	must(t, err)
	must(t, os.WriteFile(filepath.Join(site.Bot.Chains, "greeting.yaml"), []byte("stpes: []\n"), 0o600))
	must(t, restarted.LoadChains(t.Context()))
	c.Service = restarted
	invited("@anna:example.org")
	if on := c.AlertsOn(site); on != config.AlertOnMessage {
		t.Errorf("without chains, operators are rung for a %s", on)
	}
}
