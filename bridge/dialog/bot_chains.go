package dialog

import (
	"cmp"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"sync"

	"github.com/anteroom-chat/anteroom/bot/chain"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

// chains are the sites' sets of chains that are in use. A site is missing whose
// bot is off, or whose chains could not be read since the start.
type chains struct {
	mu   sync.RWMutex
	sets map[chat.SiteID]*chain.Set
	// read is what each site's folder looked like when it was read last.
	read map[chat.SiteID]string
	// told are called when a site has another set.
	told []func(chat.SiteID)
}

func newChains() chains {
	return chains{sets: map[chat.SiteID]*chain.Set{}, read: map[chat.SiteID]string{}}
}

// of returns a site's chains; nil while its bot is off.
func (c *chains) of(site chat.SiteID) *chain.Set {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.sets[site]
}

func (c *chains) use(site chat.SiteID, set *chain.Set) {
	c.mu.Lock()
	c.sets[site] = set
	c.mu.Unlock()
	for _, tell := range c.told {
		tell(site)
	}
}

// seen is what a site's folder looked like when it was read last.
func (c *chains) seen(site chat.SiteID) string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.read[site]
}

func (c *chains) see(site chat.SiteID, looks string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.read[site] = looks
}

// OnChains has a function called whenever a site has other chains; call it
// before any door is open.
func (s *Service) OnChains(tell func(chat.SiteID)) {
	s.bot.chains.told = append(s.bot.chains.told, tell)
}

// PageTriggers are what the site's chains want to know of its pages, and whether
// some chain wants to know that the chat's window was opened.
func (s *Service) PageTriggers(site chat.SiteID) (triggers []chain.PageTrigger, opened bool) {
	set := s.bot.chains.of(site)
	if set == nil {
		return nil, false
	}
	return set.PageTriggers(), set.StartsWhenOpened()
}

// ChainNames are the names of the site's chains, sorted.
func (s *Service) ChainNames(site chat.SiteID) (names []string) {
	set := s.bot.chains.of(site)
	if set == nil {
		return nil
	}
	for _, c := range set.Chains {
		names = append(names, c.Name)
	}
	return names
}

// StepOrder compares steps of a chain by their order in its file; those that are
// there no more come last.
func (s *Service) StepOrder(site chat.SiteID, name string) func(a, b store.StepCount) int {
	places := map[string]int{}
	set := s.bot.chains.of(site)
	if set != nil && set.Chain(name) != nil {
		for i, step := range set.Chain(name).All() {
			places[step.ID] = i - len(set.Chain(name).All())
		}
	}
	return func(a, b store.StepCount) int { return cmp.Compare(places[a.Step], places[b.Step]) }
}

// LoadChains reads the chains of all sites. Faults in them do not keep the bridge
// from starting: that site's bot is off then, and its operators are told. Call it
// before the doors open, when there is a desk.
func (s *Service) LoadChains(ctx context.Context) error {
	for _, site := range s.cfg.Sites {
		if !site.Talks() {
			continue
		}
		if err := s.loadChains(ctx, site); err != nil {
			return fmt.Errorf("chains of site %s: %w", site.ID, err)
		}
	}
	return nil
}

// loadChains reads a site's folder as a whole, and uses it if nothing is wrong in it.
func (s *Service) loadChains(ctx context.Context, site *config.Site) error {
	s.bot.chains.see(site.ID, look(site.Bot.Chains, nil)) // first, or a change in between would be missed
	set, faults := chain.Load(ChainsOf(site), ChainOptions(site, slices.Sorted(maps.Keys(site.Bot.Secrets))))
	log := s.log.With().Str(trail.Site, string(site.ID)).Str("folder", site.Bot.Chains).Logger()
	for _, f := range faults {
		if f.Warning {
			log.Info().Str("at", f.Pos.String()).Msg("A chain is doubtful: " + f.Text)
		} else {
			log.Warn().Str("at", f.Pos.String()).Msg("A chain is wrong: " + f.Text)
		}
	}
	if set != nil {
		s.bot.chains.use(site.ID, set)
		log.Info().Int("chains", len(set.Chains)).Msg("The bot has its chains")
		for _, name := range set.Idle() {
			log.Warn().Str("assistant", name).Msg(Idle(name))
		}
	}
	var wrong []string
	for _, f := range faults.Errors() {
		wrong = append(wrong, f.String())
	}
	return s.tellFaults(ctx, "chains:"+string(site.ID), wrong, func(ctx context.Context) error {
		return s.desk.Chains(ctx, site, wrong, s.bot.chains.of(site.ID) != nil)
	})
}

// Idle says what it means that an assistant is idle, see chain.Set.
func Idle(assistant string) string {
	return fmt.Sprintf("The assistant %q answers from chains alone (answers: chains), and no chain has it: it answers only who is handed to it by !bot gpt. Have a step gpt name it, or set answers: always.", assistant)
}

// ChainsOf is the folder of a site's chains; an empty one for a site whose assistants
// need none.
func ChainsOf(site *config.Site) fs.FS {
	if site.Bot.Chains == "" {
		return embed.FS{}
	}
	return os.DirFS(site.Bot.Chains)
}

// tellFaults tells the desk what is wrong with files of a site, once for the same
// faults, also over a restart, and when they are good again. The key names the files.
func (s *Service) tellFaults(ctx context.Context, key string, wrong []string, tell func(context.Context) error) error {
	state := ""
	if len(wrong) > 0 {
		sum := sha256.Sum256(fmt.Append(nil, wrong))
		state = hex.EncodeToString(sum[:])
	}
	return s.store.Write(ctx, func(ctx context.Context) error {
		before, err := s.store.Meta(ctx, key)
		if err != nil || before == state {
			return err
		}
		if err := tell(ctx); err != nil {
			return err
		}
		return s.store.SetMeta(ctx, key, state)
	})
}

// StartChain has the bot run a chain in a dialog, because of an operator's order.
// It reports false if there is no such chain. The same origin starts it once.
func (s *Service) StartChain(ctx context.Context, v store.Visitor, name, origin string) (bool, error) {
	set := s.bot.chains.of(v.Site)
	if set == nil || set.Chain(name) == nil {
		return false, nil
	}
	return true, s.tellBot(ctx, v.ID, "run:"+origin, startOf(name))
}
