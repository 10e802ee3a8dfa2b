package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// withAssistant is good with these lines of the site's assistant, indented by six.
func withAssistant(lines string) string {
	before, _, _ := strings.Cut(good, "sites:")
	return before + "sites:\n  shop:\n    name: Shop\n    origins: [https://shop.example.com]\n    operators: [\"@ann:example.com\"]\n" +
		"    bot: {enabled: true, chains: chains}\n    assistant:\n" + lines
}

// folderOf is the folder of a config, with files by their names.
func folderOf(t *testing.T, text string, files map[string]string) (path string) {
	t.Helper()
	path = write(t, text)
	for name, words := range files {
		file := filepath.Join(filepath.Dir(path), name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(words), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

// TestTheExamplesAssistantLoads takes the marks off the lines that the example shows
// of an assistant, and asks for each key in them.
func TestTheExamplesAssistantLoads(t *testing.T) {
	_, shown, ok := strings.Cut(readExample(t), "    #   assistant:\n")
	if !ok {
		t.Fatal("the example shows no assistant")
	}
	shown, _, _ = strings.Cut(shown, "\n    assistant:")
	shown = strings.ReplaceAll("\n"+shown, "\n    #   ", "\n    ")
	path := folderOf(t, withAssistant(shown+"\n"), map[string]string{"openai.key": "sk-1\n", "knowledge/shop/a.md": "# Tea\n"})
	cfg, err := load(path, environment(), true)
	if err != nil {
		t.Fatal(err)
	}
	got := cfg.Sites["shop"].Assistants["assistant"]
	if got.Endpoints[0].APIKey != "sk-1" || got.Knowledge != filepath.Join(filepath.Dir(path), "knowledge", "shop") || got.Embeddings.Model != "nomic-embed-text" {
		t.Errorf("the assistant is %+v", got)
	}
	if want := (Tools{HandOver: true, Close: true, SetVariable: []string{"plan"}, AddTag: []string{"lead"}, StartChain: []string{"booking"}}); !reflect.DeepEqual(got.Tools, want) {
		t.Errorf("its tools are %+v", got.Tools)
	}
	f := got.Fallback
	if f.Limit.Chain != "leave-address" || f.Limit.HandOver || f.Unknown.Say[Russian] != "Зову человека." || !f.Endpoint.HandOver {
		t.Errorf("its fall-backs are %+v", f)
	}
	want := DefaultAssistant("assistant", "sites.shop.assistant")
	if got.Temperature != want.Temperature || got.MaxTokens != want.MaxTokens || got.ContextTokens != want.ContextTokens || got.KnowledgeTokens != want.KnowledgeTokens ||
		got.Timeout != want.Timeout || got.OnlyKnowledge != want.OnlyKnowledge || got.Limits != want.Limits || got.Notice.In(English) != want.Notice.In(English) {
		t.Errorf("the example does not show the defaults: %+v", got)
	}
	for _, key := range keysOf(reflect.TypeFor[Assistant](), "") {
		if last := key[strings.LastIndex(key, ".")+1:]; !strings.Contains(shown, last) {
			t.Errorf("the example does not show %s", key)
		}
	}
}

func TestAnAssistantIsReadFromElsewhere(t *testing.T) {
	path := folderOf(t, withAssistant(`
      instruction_file: {en: en.txt, ru: ru.txt}
      endpoints:
        - {base_url: "https://shop.openai.azure.com/openai?api-version=2024-10-21", model: gpt, api_key_env: TEST_KEY}
      notice: off
      timeout: 5s
`), map[string]string{"en.txt": "\ufeffYou help.\n", "ru.txt": "Ты помогаешь.\n"})
	cfg, err := load(path, environment("TEST_KEY", " sk-2\n"), true)
	if err != nil {
		t.Fatal(err)
	}
	site := cfg.Sites["shop"]
	a := site.Assistants["assistant"]
	if e := a.Endpoints[0]; e.APIKey != "sk-2" || e.BaseURL != "https://shop.openai.azure.com/openai?api-version=2024-10-21" {
		t.Errorf("the endpoint is %+v", e)
	}
	if text, err := a.ReadInstruction(); err != nil || text[English] != "You help." || text.Any(Russian) != "Ты помогаешь." || text.Any(Auto) != "You help." {
		t.Errorf("the instruction is %q, %v", text, err)
	}
	if site.AINotice("en") != "" || time.Duration(a.Timeout) != 5*time.Second || site.AlwaysAnswers() != a || !site.Talks() {
		t.Errorf("the assistant is %+v", a)
	}
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), "ru.txt"), []byte(" \n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := a.ReadInstruction(); err == nil || !strings.HasSuffix(err.Error(), "ru.txt is empty") {
		t.Errorf("an empty instruction: %v", err)
	}
}

// A file that is followed keeps the bridge from starting as little as from running on;
// the check names it all the same.
func TestAFollowedFileThatIsWrongLetsTheBridgeStart(t *testing.T) {
	path := folderOf(t, withAssistant(`
      instruction_file: {en: en.txt, ru: gone.txt}
      knowledge: nowhere
      endpoints: [{base_url: "http://127.0.0.1:1", model: m}]
`), map[string]string{"en.txt": " \n"})
	_, err := Load(path)
	for _, want := range []string{"instruction_file.en: the file is empty", "instruction_file.ru: the file cannot be read", "there is no such folder"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the check does not say %q: %v", want, err)
		}
	}
	cfg, err := LoadToRun(path)
	if err != nil || cfg.Sites["shop"].AlwaysAnswers() == nil {
		t.Fatalf("the bridge does not start: %v", err)
	}
	if err := os.WriteFile(path, []byte("nonsense: true\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadToRun(path); err == nil {
		t.Error("any other fault is passed over too")
	}
}

func TestTheNoticeSpeaksTheVisitorsLanguage(t *testing.T) {
	site := DefaultSite("shop")
	site.Bot.Enabled = true
	if site.AINotice("ru") != "" {
		t.Error("a site without an assistant has a notice")
	}
	site.Assistants["b"] = DefaultAssistant("b", "")
	site.Assistants["a"] = DefaultAssistant("a", "")
	site.Assistants["a"].Notice = nil
	site.Assistants["b"].Notice = Notice{Russian: "ИИ", English: "AI"}
	for language, want := range map[Language]string{Russian: "ИИ", English: "AI"} {
		if got := site.AINotice(language); got != want {
			t.Errorf("%q reads %q", language, got)
		}
	}
	site.Assistants["b"].Notice = Notice{"": "For all"}
	if got := site.AINotice("en"); got != "For all" {
		t.Errorf("one text for all is %q", got)
	}
	site.Assistants["a"].Answers = AnswersAlways
	if got := site.AINotice("en"); got != "" {
		t.Errorf("the one that always answers has none, but %q", got)
	}
}

// An assistant that answers by order alone calls nobody: each first message rings.
func TestWhoAnswersRings(t *testing.T) {
	site := DefaultSite("shop")
	site.Bot.Enabled = true
	site.Assistants["a"] = DefaultAssistant("a", "")
	for answers, want := range map[AssistantAnswers]AlertOn{AnswersAlways: AlertOnHandoff, AnswersChains: AlertOnMessage} {
		site.Assistants["a"].Answers = answers
		if got := site.AlertsOn(); got != want {
			t.Errorf("an assistant that answers %s: rung on %s", answers, got)
		}
	}
	if site.Bot.Chains = "chains"; site.AlertsOn() != AlertOnHandoff {
		t.Error("chains call nobody")
	}
}

func TestPrices(t *testing.T) {
	if got := (Price{Prompt: 0.15, Completion: 0.6}).Of(2_000_000, 500_000); got != 0.6 {
		t.Errorf("the price is %g", got)
	}
}

// A host to which answers may link has its port if that is not the usual one.
func TestHostsThatAnswersLinkTo(t *testing.T) {
	for domain, want := range map[string]string{
		"Docs.Example.com": "docs.example.com", "магазин.рф": "xn--80aairftm.xn--p1ai", "localhost:3000": "localhost:3000", "docs.example.com:443": "docs.example.com",
		"docs.example.com:08443": "docs.example.com:8443", "docs": "", "docs.example.com:": "", "docs.example.com:0": "", "docs.example.com:65536": "",
		"docs.example.com:a": "", "docs.example.com:8443/a": "", "https://docs.example.com": "", "docs.example.com/a": "",
	} {
		if got, ok := linkedHost(domain); got != want || ok != (want != "") {
			t.Errorf("%q is %q, %t, not %q", domain, got, ok, want)
		}
	}
}
