package api

import (
	"context"
	"slices"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
)

// Site is what a site has that contacts, dialogs and deals are made of.
type Site struct {
	ID       chat.SiteID     `json:"id"`
	Name     string          `json:"name"`
	Language config.Language `json:"language"`
	// TimeZone is that of days and hours, of the IANA database.
	TimeZone  string     `json:"time_zone"`
	Operators []Operator `json:"operators"`
	// Bot is whether the site's bot is on at all; Chains and Assistants are what it runs
	// when it is told to.
	Bot        bool       `json:"bot"`
	Chains     []Chain    `json:"chains"`
	Assistants []string   `json:"assistants"`
	Pipelines  []Pipeline `json:"pipelines"`
	// Currency is that of amounts for which nobody names one.
	Currency string `json:"currency"`
	// Tags are the most used ones of the newest contacts.
	Tags []string `json:"tags"`
	Me   Me       `json:"me"`
	// DeskRoom is a link that any Matrix client opens.
	DeskRoom string `json:"desk_room"`
}

// Operator is one of a site's operators.
type Operator struct {
	ID id.UserID `json:"id"`
	// Away is true while nobody rings them.
	Away bool `json:"away"`
}

// Chain is a chain that the bot can be told to run. Title is empty for one without.
type Chain struct {
	Name  string `json:"name"`
	Title string `json:"title"`
}

// Pipeline is one way that deals go.
type Pipeline struct {
	ID     string  `json:"id"`
	Name   string  `json:"name"`
	Stages []Stage `json:"stages"`
}

// Stage is how far a deal is.
type Stage struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Me is who asks: an operator in the panel, or null for a program.
type Me struct {
	Operator *id.UserID `json:"operator"`
}

// Of tags that are used on so many of the newest contacts so many are listed.
const (
	tagsOf   = 5000
	mostTags = 50
)

func (a *API) describeSite(ctx context.Context, q request) (reply, error) {
	site := q.site
	desk, err := a.dialog.DeskOf(ctx, site.ID)
	if err != nil {
		return reply{}, err
	}
	away, err := a.store.Away(ctx, site.ID)
	if err != nil {
		return reply{}, err
	}
	tags, err := a.store.UsualTags(ctx, site.ID, tagsOf, mostTags)
	if err != nil {
		return reply{}, err
	}
	s := Site{
		ID: site.ID, Name: site.Name, Language: site.Language, TimeZone: site.Location().String(), Operators: []Operator{}, Bot: site.Bot.Enabled, Chains: []Chain{},
		Assistants: []string{}, Currency: site.Deals.Currency, Pipelines: []Pipeline{}, Tags: append([]string{}, tags...),
		DeskRoom: a.cfg.RoomAlias(desk.ID).URI().MatrixToURL(),
	}
	for _, operator := range site.Operators {
		s.Operators = append(s.Operators, Operator{operator, slices.Contains(away, string(operator))})
	}
	if site.Bot.Enabled {
		for _, c := range a.dialog.ChainTitles(site) {
			s.Chains = append(s.Chains, Chain(c))
		}
		s.Assistants = append(s.Assistants, site.AssistantNames()...)
	}
	for _, p := range site.Deals.Pipelines {
		out := Pipeline{ID: p.ID, Name: p.Name.In(site.Language), Stages: []Stage{}}
		for _, stage := range p.Stages {
			out.Stages = append(out.Stages, Stage{stage.ID, stage.Name.In(site.Language)})
		}
		s.Pipelines = append(s.Pipelines, out)
	}
	return ok(s), nil
}
