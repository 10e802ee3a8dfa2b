package dialog

import (
	"github.com/anteroom-chat/anteroom/bot"
	"github.com/anteroom-chat/anteroom/bot/chain"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
)

// Doing is what of the bot runs or waits in a dialog: a step of a chain, or an assistant.
type Doing struct {
	// Chain and Step are empty while an assistant answers; Title is what people call the
	// chain, empty for one without.
	Chain, Step, Title string
	Assistant          string
}

// doing is what the bot of a site's dialog does where it stands; nil for nothing.
func (s *Service) doing(site chat.SiteID, state *bot.State) *Doing {
	run := state.Doing()
	if run == nil {
		return nil
	}
	if assistant := run.Assistant(); assistant != "" {
		return &Doing{Assistant: assistant}
	}
	d := &Doing{Chain: run.Chain, Step: run.Step}
	if set := s.bot.chains.of(site); set != nil {
		if c, of := set.Chain(run.Chain), s.cfg.Sites[site]; c != nil && of != nil {
			d.Title = titleOf(c, of.Language)
		}
	}
	return d
}

// ChainTitle is the name of a chain, and what people call it; empty for one without a title.
type ChainTitle struct{ Name, Title string }

// ChainTitles are the chains of a site, by their names.
func (s *Service) ChainTitles(site *config.Site) (all []ChainTitle) {
	set := s.bot.chains.of(site.ID)
	if set == nil {
		return nil
	}
	for _, c := range set.Chains {
		all = append(all, ChainTitle{c.Name, titleOf(c, site.Language)})
	}
	return all
}

// titleOf is a chain's title in a language, else in the one that there is.
func titleOf(c *chain.Chain, language config.Language) string {
	return c.Title.Source(string(language))
}
