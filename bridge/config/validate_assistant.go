package config

import (
	"fmt"
	"maps"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/anteroom-chat/anteroom/bot/gpt"
	"github.com/anteroom-chat/anteroom/bot/typo"
)

// assistantName is one word, as a chain and a command take it.
var assistantName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,31}$`)

// The bounds of an assistant's settings.
const (
	mostEndpoints    = 5
	leastTimeout     = 2 * time.Second
	mostTimeout      = 2 * time.Minute
	mostTokens       = 32_000
	mostContext      = 200_000
	mostTemperature  = 2.0
	mostPrice        = 1_000_000.0
	mostDailyUse     = 1_000_000_000_000
	mostNotice       = 300
	mostFallbackSay  = 1000
	mostFacts        = 50
	variableFact     = "variables."
	mostModel        = 200
	mostOfOneTool    = 50
	mostToolNameSize = 64
)

// validateAssistants checks a site's assistants, and says which of them always answers.
func (d *document) validateAssistants(s *Site, path string) {
	var always []string
	for _, name := range s.AssistantNames() {
		a := s.Assistants[name]
		if !assistantName.MatchString(name) {
			d.fault(a.Path, "%s: %q cannot name an assistant: use 1 to 32 of a-z, 0-9, _ and -.", path+".assistants", name)
		}
		if a.Answers == "" {
			a.Answers = AnswersChains
			if len(s.Assistants) == 1 {
				a.Answers = AnswersAlways
			}
		}
		if a.Answers == AnswersAlways {
			always = append(always, name)
		}
		d.validateAssistant(s, a, path)
	}
	if len(always) > 1 {
		d.fault(path+".assistants", "%s.assistants: %s all always answer; only one can.", path, strings.Join(always, " and "))
	}
}

func (d *document) validateAssistant(s *Site, a *Assistant, sitePath string) {
	path := a.Path
	d.validateInstruction(a)
	if a.Knowledge != "" {
		if info, err := os.Stat(a.Knowledge); err != nil || !info.IsDir() {
			d.followedFault(path+".knowledge", "%s.knowledge: there is no such folder.", path)
		}
	}
	d.validateEndpoints(a)
	d.decimal(path+".temperature", a.Temperature, mostTemperature)
	d.number(path+".max_tokens", a.MaxTokens, 1, mostTokens)
	d.number(path+".context_tokens", a.ContextTokens, 100, mostContext)
	d.number(path+".knowledge_tokens", a.KnowledgeTokens, 100, mostContext)
	if t := time.Duration(a.Timeout); t < leastTimeout || t > mostTimeout {
		d.fault(path+".timeout", "%s.timeout must be %s to %s.", path, spell(leastTimeout), spell(mostTimeout))
	}
	d.validateKnow(a)
	d.validateTools(s, a, sitePath)
	if a.OnlyKnowledge && a.Knowledge == "" {
		d.fault(path+".only_knowledge", "%s.only_knowledge: without knowledge there is nothing that it could answer.", path)
	}
	for i, domain := range a.Domains {
		host, ok := linkedHost(domain)
		if !ok {
			d.fault(fmt.Sprintf("%s.domains[%d]", path, i), "%s.domains: %q is not a host name like docs.example.com or docs.example.com:8443.", path, domain)
		}
		a.Domains[i] = host
	}
	d.shortTexts(path+".notice", Text(a.Notice), mostNotice)
	d.validateFallback(s, &a.Fallback.Fallback, path+".fallback")
	for _, key := range slices.Sorted(maps.Keys(a.Fallback.fallbacks())) {
		if d.has(join(path+".fallback", key)) { // else it was seen above
			d.validateFallback(s, a.Fallback.fallbacks()[key], join(path+".fallback", key))
		}
	}
	for _, limit := range []struct {
		key string
		AssistantLimit
	}{{"visitor", a.Limits.Visitor}, {"address", a.Limits.Address}, {"site", a.Limits.Site}} {
		d.number(path+".limits."+limit.key+".requests", limit.Requests, 0, mostDailyUse)
		d.number(path+".limits."+limit.key+".tokens", limit.Tokens, 0, mostDailyUse)
	}
	oneOf(d, path+".answers", a.Answers, AnswersAlways, AnswersChains)
}

// linkedHost is a host to which answers may link, in ASCII, with its port if that is not
// the usual one. It reports false for what is none.
func linkedHost(domain string) (string, bool) {
	host, port, hasPort := strings.Cut(strings.ToLower(domain), ":")
	ascii, ok := asciiHost(host)
	if !ok || !strings.Contains(ascii, ".") && ascii != "localhost" {
		return "", false
	}
	if !hasPort {
		return ascii, true
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil || number == 0 {
		return "", false
	}
	if number == 80 || number == 443 {
		return ascii, true
	}
	return fmt.Sprintf("%s:%d", ascii, number), true
}

func (d *document) validateInstruction(a *Assistant) {
	path := a.Path
	inline, files := d.has(path+".instruction"), d.has(path+".instruction_file")
	switch {
	case inline && files:
		d.fault(path+".instruction_file", "%s: the instruction is given twice, by instruction and by instruction_file: keep one of them.", path)
	case len(a.Instruction) == 0 && len(a.InstructionFile) == 0:
		d.fault(path, "%s has no instruction: say in it who the assistant is and how it answers.", path)
	}
	for _, language := range slices.Sorted(maps.Keys(a.Instruction)) {
		text := a.Instruction[language]
		textPath := path + ".instruction"
		if language != "" {
			textPath = join(textPath, string(language))
		}
		if count := utf8.RuneCountInString(text); strings.TrimSpace(text) == "" || count > gpt.MaxInstruction {
			d.fault(textPath, "%s must have 1 to %d characters, not %d.", textPath, gpt.MaxInstruction, count)
		}
	}
	for _, language := range slices.Sorted(maps.Keys(a.InstructionFile)) {
		filePath := path + ".instruction_file"
		if language != "" {
			filePath = join(filePath, string(language))
		}
		if _, err := readInstruction(a.InstructionFile[language]); err != nil {
			d.followedFault(filePath, "%s: the file %s.", filePath, err)
		}
	}
}

func (d *document) validateEndpoints(a *Assistant) {
	path := a.Path + ".endpoints"
	switch n := len(a.Endpoints); {
	case n == 0:
		d.fault(path, "%s is empty: name at least one server by its base_url and model.", path)
	case n > mostEndpoints:
		d.fault(path, "%s has %d entries; it may have %d.", path, n, mostEndpoints)
	}
	for i := range a.Endpoints {
		d.validateEndpoint(&a.Endpoints[i], fmt.Sprintf("%s[%d]", path, i))
	}
	if a.Embeddings != nil {
		d.validateEndpoint(a.Embeddings, a.Path+".embeddings")
		if a.Knowledge == "" {
			d.fault(a.Path+".embeddings", "%s.embeddings: without knowledge there is nothing to compare.", a.Path)
		}
	}
}

// currencyCode is the form of ISO 4217.
var currencyCode = regexp.MustCompile(`^[A-Z]{3}$`)

func (d *document) validateEndpoint(e *Endpoint, path string) {
	d.endpointURL(path+".base_url", &e.BaseURL)
	d.words(path+".model", e.Model, 1, mostModel)
	if strings.ContainsFunc(e.APIKey, func(r rune) bool { return r <= ' ' || r > '~' }) {
		d.fault(path+".api_key", "%s.api_key must be plain ASCII without spaces.", path)
	}
	d.decimal(path+".price.prompt", e.Price.Prompt, mostPrice)
	d.decimal(path+".price.completion", e.Price.Completion, mostPrice)
	if e.Price != (Price{}) && !currencyCode.MatchString(e.Price.Currency) {
		d.fault(path+".price.currency", "%s.price.currency must be a code like USD, not %q.", path, e.Price.Currency)
	}
}

// endpointURL checks an address that may end in the query that its servers need,
// Azure's api-version and no other. The admin names it, so it may be a private one.
func (d *document) endpointURL(path string, value *string) {
	address, query, has := strings.Cut(*value, "?")
	if d.url(path, &address, withPath) == nil {
		return
	}
	if has {
		if values, err := url.ParseQuery(query); err != nil || strings.Contains(query, "#") || len(values) != 1 || values.Get("api-version") == "" {
			d.fault(path, "%s: behind the ? may only stand the version that Azure wants, like api-version=2024-10-21.", path)
		}
		address += "?" + query
	}
	*value = address
}

func (d *document) validateKnow(a *Assistant) {
	path, seen := a.Path+".know", map[string]bool{}
	if len(a.Know) > mostFacts {
		d.fault(path, "%s has %d entries; it may have %d.", path, len(a.Know), mostFacts)
	}
	for i, fact := range a.Know {
		itemPath := fmt.Sprintf("%s[%d]", path, i)
		name, isVariable := strings.CutPrefix(fact, variableFact)
		switch {
		case seen[fact]:
			d.fault(itemPath, "%s names %s twice.", path, fact)
		case isVariable && !variableName.MatchString(name):
			d.fault(itemPath, "%s: %q cannot be a variable's name.", path, name)
		case !isVariable && !slices.Contains(KnownFacts(), fact):
			d.fault(itemPath, "%s: there is no fact %q, but %s and variables.NAME%s", path, fact, strings.Join(KnownFacts(), ", "), meant(fact, KnownFacts()))
		}
		seen[fact] = true
	}
}

// variableName is the form of a variable's name, see dialog.Service.Set.
var variableName = regexp.MustCompile(`^\pL[\pL\p{Nd}_]{0,63}$`)

func (d *document) validateTools(s *Site, a *Assistant, sitePath string) {
	path := a.Path + ".tools"
	for _, tool := range []struct {
		key   string
		names []string
		form  *regexp.Regexp
	}{{"set_variable", a.Tools.SetVariable, variableName}, {"add_tag", a.Tools.AddTag, nil}, {"start_chain", a.Tools.StartChain, nil}} {
		if len(tool.names) > mostOfOneTool {
			d.fault(path, "%s: %s names %d; it may name %d.", path, tool.key, len(tool.names), mostOfOneTool)
		}
		seen := map[string]bool{}
		for _, name := range tool.names {
			length := utf8.RuneCountInString(name)
			switch {
			case strings.TrimSpace(name) != name || name == "" || length > mostToolNameSize, tool.form != nil && !tool.form.MatchString(name):
				d.fault(path, "%s: %q cannot be a name for %s.", path, name, tool.key)
			case seen[name]:
				d.fault(path, "%s: %s names %s twice.", path, tool.key, name)
			}
			seen[name] = true
		}
	}
	if len(a.Tools.StartChain) > 0 && s.Bot.Chains == "" {
		d.fault(path, "%s: start_chain needs chains, and %s.bot.chains is empty.", path, sitePath)
	}
}

func (d *document) validateFallback(s *Site, f *Fallback, path string) {
	d.shortTexts(path+".say", f.Say, mostFallbackSay)
	switch {
	case f.HandOver && f.Chain != "":
		d.fault(path, "%s: hand_over and chain are both given: keep one of them.", path)
	case f.Chain != "" && s.Bot.Chains == "":
		d.fault(path+".chain", "%s.chain: the site has no chains.", path)
	case f.Chain == "" && f.Say.Any(English) == "":
		d.fault(path+".say", "%s.say is empty: the visitor would be left without a word.", path)
	}
}

// shortTexts checks the length of words for visitors.
func (d *document) shortTexts(path string, t Text, most int) {
	for _, language := range slices.Sorted(maps.Keys(t)) {
		textPath := path
		if language != "" {
			textPath = join(path, string(language))
		}
		if count := utf8.RuneCountInString(t[language]); count > most {
			d.fault(textPath, "%s has %d characters; it may have %d.", textPath, count, most)
		}
	}
}

func (d *document) decimal(path string, value, most float64) {
	if value < 0 || value > most {
		d.fault(path, "%s must be 0 to %s, not %s.", path, strconv.FormatFloat(most, 'f', -1, 64), strconv.FormatFloat(value, 'f', -1, 64))
	}
}

// meant ends a sentence with the name that a mistyped one may stand for.
func meant(word string, names []string) string {
	if near := typo.Meant(word, names); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return "."
}
