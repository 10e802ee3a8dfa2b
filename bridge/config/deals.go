package config

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/anteroom-chat/anteroom/bridge/chat/money"
)

// Deals say how a site sells: what deals operators keep of its visitors.
type Deals struct {
	// Currency is that of amounts for which nobody names one, a code of ISO 4217.
	Currency string `yaml:"currency"`
	// Pipelines are the ways that deals go; the first one is the usual.
	Pipelines []Pipeline `yaml:"pipelines"`
}

// Pipeline is one way that deals go, stage by stage, until they are won or lost.
type Pipeline struct {
	ID   string `yaml:"id"`
	Name Text   `yaml:"name"`
	// Stages stand in their order; a deal begins in the first.
	Stages []Stage `yaml:"stages"`
}

// Stage is how far a deal is.
type Stage struct {
	ID   string `yaml:"id"`
	Name Text   `yaml:"name"`
}

// Limits of what is configured.
const (
	mostPipelines = 20
	mostStages    = 30
	maxStageName  = 60
)

// defaultDeals is one pipeline for everybody.
func defaultDeals() Deals {
	return Deals{Currency: "EUR", Pipelines: []Pipeline{{
		ID: "sales", Name: Text{English: "Sales", Russian: "Продажи"},
		Stages: []Stage{
			{ID: "new", Name: Text{English: "New", Russian: "Новая"}},
			{ID: "talks", Name: Text{English: "In talks", Russian: "Переговоры"}},
			{ID: "offer", Name: Text{English: "Offer sent", Russian: "Предложение отправлено"}},
		},
	}}}
}

// Usual is the pipeline of deals for which nobody names one.
func (d Deals) Usual() Pipeline { return d.Pipelines[0] }

// Pipeline returns the pipeline of that id. A deal may be in one that the config
// does not have any more.
func (d Deals) Pipeline(id string) (Pipeline, bool) {
	for _, p := range d.Pipelines {
		if p.ID == id {
			return p, true
		}
	}
	return Pipeline{}, false
}

// Stage returns the stage of that id.
func (p Pipeline) Stage(id string) (Stage, bool) {
	for _, s := range p.Stages {
		if s.ID == id {
			return s, true
		}
	}
	return Stage{}, false
}

// dealWord is one word, as a command takes it.
var dealWord = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,31}$`)

func (d *document) validateDeals(deals *Deals, path string) {
	if code, ok := money.ParseCurrency(deals.Currency); ok {
		deals.Currency = code
	} else {
		d.fault(path+".currency", "%s.currency: %q is no currency of ISO 4217; write it like EUR or RUB.", path, deals.Currency)
	}
	d.count(path+".pipelines", len(deals.Pipelines), mostPipelines, "pipelines")
	seen := map[string]bool{}
	for i := range deals.Pipelines {
		p, at := &deals.Pipelines[i], fmt.Sprintf("%s.pipelines[%d]", path, i)
		d.dealName(at, p.ID, &p.Name, seen)
		d.count(at+".stages", len(p.Stages), mostStages, "stages")
		stages := map[string]bool{}
		for j := range p.Stages {
			s := &p.Stages[j]
			d.dealName(fmt.Sprintf("%s.stages[%d]", at, j), s.ID, &s.Name, stages)
		}
	}
}

func (d *document) count(path string, have, most int, what string) {
	if have == 0 || have > most {
		d.fault(path, "%s: name 1 to %d %s, not %d.", path, most, what, have)
	}
}

// dealName looks at the id and the name of a pipeline or a stage; one without a
// name is called by its id.
func (d *document) dealName(path, id string, name *Text, seen map[string]bool) {
	switch {
	case !dealWord.MatchString(id):
		d.fault(path+".id", "%s.id: %q cannot name it in commands: use 1 to 32 of a-z, 0-9, _ and -.", path, id)
	case seen[id] || id == "won" || id == "lost" || id == "open":
		d.fault(path+".id", "%s.id: %q is taken already.", path, id)
	}
	seen[id] = true
	if len(*name) == 0 {
		*name = Text{"": id}
	}
	for _, words := range *name {
		if n := utf8.RuneCountInString(words); strings.TrimSpace(words) == "" || n > maxStageName {
			d.fault(path+".name", "%s.name must have 1 to %d characters, not %d.", path, maxStageName, n)
		}
	}
}
