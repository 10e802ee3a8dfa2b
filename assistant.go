package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/anteroom-chat/anteroom/bot/chain"
	"github.com/anteroom-chat/anteroom/bot/gpt"
	"github.com/anteroom-chat/anteroom/bot/gpt/knowledge"
	"github.com/anteroom-chat/anteroom/bot/gpt/knowledge/embed"
	"github.com/anteroom-chat/anteroom/bot/source"
	"github.com/anteroom-chat/anteroom/bridge/admin"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
)

// declareAsk adds the flags of assistant ask.
func declareAsk(flags *flag.FlagSet, opts *options) {
	flags.StringVar(&opts.site, "site", "", "the site `ID`, if several have assistants")
	flags.StringVar(&opts.assistant, "assistant", "", "the assistant's `NAME`, if the site has several")
	flags.StringVar(&opts.language, "language", defaultLanguage, "the visitor's `language`: en, ru, …")
	flags.BoolVar(&opts.prompt, "prompt", false, "print all that the model is told")
}

// ofSite is an assistant and the site that has it.
type ofSite struct {
	*config.Assistant

	site *config.Site
}

func (a ofSite) String() string { return fmt.Sprintf("assistant %s of site %s", a.Name, a.site.ID) }

// assistantsOf are those of the config, or of one site.
func assistantsOf(cfg *config.Config, site string) (all []ofSite, err error) {
	if site != "" && cfg.Sites[chat.SiteID(site)] == nil {
		return nil, fmt.Errorf("the config has no site %q", site)
	}
	for _, id := range slices.Sorted(maps.Keys(cfg.Sites)) {
		if site != "" && string(id) != site {
			continue
		}
		for _, name := range cfg.Sites[id].AssistantNames() {
			all = append(all, ofSite{cfg.Sites[id].Assistants[name], cfg.Sites[id]})
		}
	}
	if len(all) == 0 {
		return nil, errors.New("no site of the config has an assistant: see sites.ID.assistant in config.example.yaml")
	}
	return all, nil
}

// theAssistant is the one that the flags name, or the only one.
func theAssistant(opts *options) (ofSite, error) {
	cfg, err := config.Load(opts.config)
	if err != nil {
		return ofSite{}, err
	}
	all, err := assistantsOf(cfg, opts.site)
	if err != nil {
		return ofSite{}, err
	}
	if opts.assistant != "" {
		all = slices.DeleteFunc(all, func(a ofSite) bool { return a.Name != opts.assistant })
	}
	switch len(all) {
	case 0:
		return ofSite{}, fmt.Errorf("there is no assistant %q", opts.assistant)
	case 1:
		return all[0], nil
	}
	var names []string
	for _, a := range all {
		names = append(names, a.String())
	}
	return ofSite{}, fmt.Errorf("there are several: name one by -site and -assistant: %s", strings.Join(names, ", "))
}

// load reads an assistant's knowledge and prints what is wrong in it.
func (a ofSite) load(stdout io.Writer) (*knowledge.Base, error) {
	base, faults := dialog.LoadKnowledge(a.Assistant)
	for _, fault := range faults {
		fault.File = filepath.Join(a.Knowledge, fault.File)
		say(stdout, "%s\n", shown(fault, colours(stdout)))
	}
	if len(faults.Errors()) > 0 {
		return nil, admin.ErrFaults
	}
	return base, nil
}

// checkAssistants prints what is wrong with assistants, and how large their prompts are.
func checkAssistants(ctx context.Context, opts *options, _ string, stdout, _ io.Writer) error {
	cfg, err := config.Load(opts.config)
	if err != nil {
		return err
	}
	all, err := assistantsOf(cfg, opts.site)
	if err != nil {
		return err
	}
	wrong := false
	for i, a := range all {
		if i == 0 || all[i-1].site != a.site {
			wrong = checkNamed(a.site, stdout) || wrong
		}
		if l := a.Limits.Address; l != (config.AssistantLimit{}) && !cfg.Gateway.StoreAddresses {
			say(stdout, "%s: limits.address bounds nothing while gateway.store_addresses is false: a visitor whose cache is cleared begins at 0 again. limits.site holds; let it be what you want to pay for.\n", a)
		}
		base, err := a.load(stdout)
		var made *dialog.Assistant
		if err == nil {
			if made, err = dialog.NewAssistant(a.site, a.Assistant, base); err != nil {
				say(stdout, "%s: %s.\n", a, err)
			}
		}
		if err != nil {
			wrong = true
			continue
		}
		_, _, size := made.For(defaultLanguage).Prompt(ctx, question(defaultLanguage, "?"))
		say(stdout, "Site %s, assistant %s: %s; a prompt has about %d tokens before the visitor's words.\n", a.site.ID, a.Name, a.amount(base), size)
	}
	if wrong {
		return admin.ErrFaults
	}
	return nil
}

// checkNamed prints what is wrong with what the settings of a site's assistants name in
// its chains, and reports whether that is more than doubtful.
func checkNamed(site *config.Site, stdout io.Writer) (wrong bool) {
	set, faults := chainsOf(site)
	for _, fault := range faults {
		if fault.File == chain.InConfig {
			say(stdout, "Site %s: %s\n", site.ID, fault.Text)
			wrong = wrong || !fault.Warning
		}
	}
	for _, name := range set.Idle() {
		say(stdout, "Site %s: %s\n", site.ID, dialog.Idle(name))
	}
	return wrong
}

func chainsOf(site *config.Site) (*chain.Set, source.Faults) {
	return chain.Check(dialog.ChainsOf(site), dialog.ChainOptions(site, slices.Sorted(maps.Keys(site.Bot.Secrets))))
}

// doubtAssistants prints for "check" which assistants answer nobody by themselves.
func doubtAssistants(cfg *config.Config, look admin.Look, stdout io.Writer) {
	for _, id := range slices.Sorted(maps.Keys(cfg.Sites)) {
		site := cfg.Sites[id]
		if !site.Bot.Enabled || len(site.Assistants) == 0 {
			continue
		}
		set, _ := chainsOf(site) // with faults too, which others tell
		for _, name := range set.Idle() {
			say(stdout, "%s", look.Line(admin.Finding{Verdict: admin.Noted, Code: "assistants.idle", Text: fmt.Sprintf("Site %s: %s", site.ID, dialog.Idle(name))}))
		}
	}
}

// amount says how much an assistant knows.
func (a ofSite) amount(base *knowledge.Base) string {
	if base == nil {
		return "no knowledge"
	}
	how := "told whole"
	if base.Tokens() > a.KnowledgeTokens {
		how = "searched for each question"
	}
	return fmt.Sprintf("%s of about %d tokens, %s", count(len(base.All()), "passage"), base.Tokens(), how)
}

// question is a dialog of one question.
func question(language, text string) gpt.Dialog {
	return gpt.Dialog{
		Visitor: "terminal", Language: language, At: time.Now(), Lines: []gpt.Line{{By: gpt.ByVisitor, Text: text}},
	}
}

// askAssistant asks an assistant as a visitor would, and prints its answer with what it
// was made of.
func askAssistant(ctx context.Context, opts *options, asked string, stdout, stderr io.Writer) error {
	if plain.Blank(asked) {
		say(stderr, "anteroom assistant ask: the question is empty.\n")
		return errUsage
	}
	a, err := theAssistant(opts)
	if err != nil {
		return err
	}
	base, err := a.load(stderr)
	if err != nil {
		return err
	}
	if base != nil && a.Embeddings != nil {
		say(stderr, "Comparing %s by their meaning …\n", count(len(base.All()), "passage"))
		switch compared, err := base.Embed(ctx, dialog.Embeddings(a.Assistant, embed.Options{Cache: a.vectors(stderr)})); {
		case err == nil:
			base = compared
		case ctx.Err() != nil:
			return ctx.Err()
		default: // as the bridge does
			say(stderr, "They cannot be compared, and are found by their words: %s.\n", strings.TrimSuffix(err.Error(), "."))
		}
	}
	made, err := dialog.NewAssistant(a.site, a.Assistant, base)
	if err != nil {
		return err
	}
	d := question(opts.language, asked)
	prompt, passages, size := made.For(opts.language).Prompt(ctx, d)
	if opts.prompt {
		say(stdout, "%s\n=== answer\n", strings.TrimSpace(prompt))
	}
	began := time.Now()
	got := made.For(opts.language).Answer(ctx, d, func(piece string) { say(stdout, "%s", piece) })
	if ctx.Err() != nil {
		return ctx.Err()
	}
	took := time.Since(began)
	if got.Text != "" {
		say(stdout, "\n")
	}
	a.describe(stdout, got)
	if base != nil {
		a.listPassages(ctx, stdout, base.For(opts.language), asked, passages)
	}
	say(stdout, "\nThe prompt has about %d tokens%s.\n", size, a.cost(got))
	if got.Failed == "" {
		say(stdout, "The first words came after %s, the last after %s.\n", round(got.FirstToken), round(took))
		return nil
	}
	return fmt.Errorf("there is no answer (%s): %s", got.Failed, strings.TrimSuffix(got.Why, "."))
}

// vectors is where the vectors of the knowledge are kept for the next question: in the
// user's own cache, as the bridge's file is for one process at a time.
func (a ofSite) vectors(stderr io.Writer) embed.Cache {
	folder, err := os.UserCacheDir()
	if err == nil {
		folder = filepath.Join(folder, "anteroom", "vectors")
		const private = 0o700
		err = os.MkdirAll(folder, private)
	}
	if err == nil {
		of := sha256.Sum256([]byte(a.Embeddings.BaseURL + "\x00" + a.Embeddings.Model))
		const enough = 8
		var file *embed.File
		if file, err = embed.OpenFile(filepath.Join(folder, fmt.Sprintf("%s.%s.%x", a.site.ID, a.Name, of[:enough]))); err == nil {
			return file
		}
	}
	say(stderr, "They are compared anew for each question, for they cannot be kept: %s.\n", err)
	return embed.NewMemory()
}

func round(d time.Duration) time.Duration { return d.Round(10 * time.Millisecond) }

// describe prints on what an answer rests and what else the model wants.
func (a ofSite) describe(stdout io.Writer, got gpt.Answer) {
	for _, s := range got.Sources {
		say(stdout, "\nSource: %s%s", s.Title, inBrackets(s.URL))
	}
	for _, c := range got.Calls {
		say(stdout, "\nIt uses a tool: %s %s%s", c.Tool, c.Name, inBrackets(c.Value))
	}
	for _, d := range got.Declined {
		say(stdout, "\nRefused: %s", d)
	}
	if got.SearchFault != nil {
		say(stdout, "\nIts knowledge was searched by words alone: %s.", got.SearchFault)
	}
	if got.Failed == "" && got.Why != "" {
		say(stdout, "\nOn the way: %s", got.Why)
	}
	if len(got.Sources)+len(got.Calls)+len(got.Declined) > 0 || got.SearchFault != nil || got.Failed == "" && got.Why != "" {
		say(stdout, "\n")
	}
}

func inBrackets(text string) string {
	if text == "" {
		return ""
	}
	return " (" + text + ")"
}

// listPassages prints the passages of a prompt, those that fit best first.
func (a ofSite) listPassages(ctx context.Context, stdout io.Writer, base *knowledge.Base, asked string, most int) {
	whole := base.Tokens() <= a.KnowledgeTokens
	const best = 6
	found, err := base.Search(ctx, asked, min(most, best))
	if err != nil {
		say(stdout, "\n%s.\n", err)
	}
	if whole && len(base.All()) == 1 {
		say(stdout, "\nThe only passage is in the prompt")
	} else if whole {
		say(stdout, "\nAll %s are in the prompt", count(most, "passage"))
	} else {
		say(stdout, "\n%d of %s are in the prompt", most, count(len(base.All()), "passage"))
	}
	if len(found) == 0 {
		say(stdout, "; none has a word of the question.\n")
		return
	}
	say(stdout, "; these fit the question best:\n")
	for _, p := range found {
		title := p.Title
		if p.Above != "" {
			title = p.Above + " › " + title
		}
		say(stdout, "  %s:%d  %s\n", p.File, p.Line, title)
	}
}

// cost is what the endpoint counted, and its price.
func (a ofSite) cost(got gpt.Answer) string {
	if got.Requests == 0 {
		return ""
	}
	text := fmt.Sprintf("; counted are %d and %d of the answer, over %s", got.Prompt, got.Completion, count(got.Requests, "request"))
	if i := got.Endpoint; i < len(a.Endpoints) {
		if price := a.Endpoints[i].Price; price.Currency != "" {
			text += fmt.Sprintf(", %.6f %s", price.Of(got.Prompt, got.Completion), price.Currency)
		}
	}
	return text
}
