package dialog

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/anteroom-chat/anteroom/bot/chain"
	"github.com/anteroom-chat/anteroom/bot/gpt"
	"github.com/anteroom-chat/anteroom/bot/gpt/knowledge"
	"github.com/anteroom-chat/anteroom/bot/source"
	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bot/value"
	"github.com/anteroom-chat/anteroom/bridge/config"
)

// ChainOptions are what a site's chains may count on beside themselves.
func ChainOptions(site *config.Site, secrets []string) chain.Options {
	o := chain.Options{
		Constants: site.Constants(), Secrets: secrets, Languages: []string{string(config.English), string(config.Russian)},
	}
	for _, name := range site.AssistantNames() {
		o.Assistants = append(o.Assistants, chainAssistant(site.Assistants[name]))
	}
	return o
}

// chainAssistant is what chains know of an assistant.
func chainAssistant(a *config.Assistant) chain.Assistant {
	f := &a.Fallback
	return chain.Assistant{
		Name: a.Name, Variables: a.Tools.SetVariable, Tags: a.Tools.AddTag, Chains: a.Tools.StartChain,
		HandOver: a.Tools.HandOver, Close: a.Tools.Close,
		Fallback: map[talk.Failure]chain.Fallback{
			"": fallback(f.Fallback), talk.FailedEndpoint: fallback(f.Endpoint), talk.FailedRefused: fallback(f.Refused),
			talk.FailedUnknown: fallback(f.Unknown), talk.FailedLimit: fallback(f.Limit),
		},
		Timeout: time.Duration(a.Timeout), Always: a.Answers == config.AnswersAlways,
	}
}

func fallback(f config.Fallback) chain.Fallback {
	say := map[string]string{}
	for language, words := range f.Say {
		if words != "" {
			say[string(language)] = words
		}
	}
	return chain.Fallback{Say: value.Words{In: say}, HandOver: f.HandOver, Chain: f.Chain}
}

// LoadKnowledge reads an assistant's folder of knowledge. It is nil for an assistant
// that has none, and if any of the faults is more than a warning.
func LoadKnowledge(a *config.Assistant) (*knowledge.Base, source.Faults) {
	if a.Knowledge == "" {
		return nil, nil
	}
	return knowledge.Load(os.DirFS(a.Knowledge))
}

// Assistant is an assistant of a site, for each of the languages of its knowledge.
type Assistant struct {
	// general knows all passages.
	general *gpt.Assistant
	by      map[string]*gpt.Assistant
}

// For is the assistant for a visitor who speaks a language, a BCP 47 tag: it knows the
// passages in that language and those for everybody, or all if there are none in it.
func (a *Assistant) For(tag string) *gpt.Assistant {
	if made := a.by[baseLanguage(tag)]; made != nil {
		return made
	}
	return a.general
}

// baseLanguage is the language of a BCP 47 tag without what stands behind it.
func baseLanguage(tag string) string {
	base, _, _ := strings.Cut(strings.ReplaceAll(tag, "_", "-"), "-")
	return strings.ToLower(base)
}

// NewAssistant makes an assistant of a site, with the instruction as it is now and
// with that knowledge, which may be nil.
func NewAssistant(site *config.Site, a *config.Assistant, base *knowledge.Base) (*Assistant, error) {
	o, err := gptOptions(site, a)
	if err != nil {
		return nil, err
	}
	made := &Assistant{by: map[string]*gpt.Assistant{}}
	if base == nil {
		made.general, err = newGPT(o)
		return made, err
	}
	o.Knowledge = base
	if made.general, err = newGPT(o); err != nil {
		return nil, err
	}
	for _, p := range base.All() {
		language := baseLanguage(p.Language)
		if language == "" || made.by[language] != nil {
			continue
		}
		o.Knowledge = base.For(language)
		if made.by[language], err = newGPT(o); err != nil {
			return nil, err
		}
	}
	return made, nil
}

// newGPT is gpt.New with faults in one line.
func newGPT(o gpt.Options) (*gpt.Assistant, error) {
	made, err := gpt.New(o)
	if err != nil {
		return nil, errors.New(strings.ReplaceAll(strings.TrimSuffix(err.Error(), "."), "\n", " "))
	}
	return made, nil
}

// gptOptions are what an assistant is made of beside its knowledge.
func gptOptions(site *config.Site, a *config.Assistant) (gpt.Options, error) {
	instruction, err := a.ReadInstruction()
	if err != nil {
		return gpt.Options{}, fmt.Errorf("the instruction %w", err)
	}
	o := gpt.Options{
		Name: a.Name, Instruction: map[string]string{}, Temperature: &a.Temperature,
		MaxTokens: a.MaxTokens, ContextTokens: a.ContextTokens, KnowledgeTokens: a.KnowledgeTokens, Timeout: time.Duration(a.Timeout),
		Tools: gpt.Tools{
			HandOver: a.Tools.HandOver, Set: a.Tools.SetVariable, Tag: a.Tools.AddTag, Start: a.Tools.StartChain, Close: a.Tools.Close,
		},
		OnlyKnowledge: a.OnlyKnowledge, Domains: append(siteHosts(site), a.Domains...),
	}
	for language, text := range instruction {
		o.Instruction[string(language)] = text
	}
	if len(instruction) > 0 && instruction[""] == "" { // for who speaks neither language
		o.Instruction[""] = instruction.Any(config.English)
	}
	for _, e := range a.Endpoints {
		o.Endpoints = append(o.Endpoints, gpt.Endpoint{BaseURL: e.BaseURL, Key: e.APIKey, Model: e.Model})
	}
	return o, nil
}

// siteHosts are the hosts of a site's own pages, to which answers may link, each with its
// port if that is not the usual one.
func siteHosts(site *config.Site) (hosts []string) {
	for _, origin := range site.Origins {
		u, err := url.Parse(strings.Replace(origin, "://*.", "://", 1))
		if err != nil || u.Hostname() == "" {
			continue
		}
		host := u.Hostname()
		if usual := map[string]string{"http": "80", "https": "443"}[u.Scheme]; u.Port() != "" && u.Port() != usual {
			host = u.Host
		}
		hosts = append(hosts, host)
	}
	return hosts
}
