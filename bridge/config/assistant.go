package config

import (
	"maps"
	"slices"
	"time"
)

// Assistant is a language model that answers on a site.
type Assistant struct {
	// Name is its key under assistants, or "assistant" if the site has but one.
	Name string `yaml:"-"`
	// Path is where it stands in the file: "sites.shop.assistants.sales".
	Path string `yaml:"-"`

	// Instruction is what the model is told before all else. InstructionFile are
	// absolute paths of files that hold it, followed while the bridge runs.
	Instruction     Text `yaml:"instruction"`
	InstructionFile Text `yaml:"instruction_file"`
	// Knowledge is the absolute path of the folder of what it knows; empty for none.
	Knowledge string `yaml:"knowledge"`
	// Endpoints are asked in order: the next one if one fails.
	Endpoints []Endpoint `yaml:"endpoints"`
	// Embeddings is the endpoint that compares questions with passages; nil for none.
	Embeddings  *Endpoint `yaml:"embeddings"`
	Temperature float64   `yaml:"temperature"`
	// MaxTokens are of one answer, ContextTokens of the dialog's messages that the
	// model is shown, KnowledgeTokens of its knowledge: what has more is searched.
	MaxTokens       int `yaml:"max_tokens"`
	ContextTokens   int `yaml:"context_tokens"`
	KnowledgeTokens int `yaml:"knowledge_tokens"`
	// Timeout is how long a visitor waits at most for the beginning of an answer, or
	// for what is said in its place.
	Timeout Duration `yaml:"timeout"`
	// Know are the facts that the model is told of the visitor and the site, in order;
	// see KnownFacts.
	Know  []string `yaml:"know"`
	Tools Tools    `yaml:"tools"`
	// OnlyKnowledge keeps it from answering what its knowledge does not hold.
	OnlyKnowledge bool `yaml:"only_knowledge"`
	// Domains are hosts that links in answers may lead to, beside the site's own and
	// those of the knowledge.
	Domains []string `yaml:"domains"`
	// Notice tells the visitor that an AI writes.
	Notice Notice `yaml:"notice"`
	// Fallback is what happens when there is no answer.
	Fallback Fallbacks       `yaml:"fallback"`
	Limits   AssistantLimits `yaml:"limits"`
	// Answers says when it answers without a chain that asks it to; empty is
	// AnswersAlways for the only one of a site, else AnswersChains.
	Answers AssistantAnswers `yaml:"answers"`
}

// AssistantAnswers says when an assistant answers.
type AssistantAnswers string

// When it answers: whatever no chain is meant by, or only where a chain has it.
const (
	AnswersAlways AssistantAnswers = "always"
	AnswersChains AssistantAnswers = "chains"
)

// Endpoint is a server that speaks OpenAI's protocol.
type Endpoint struct {
	// BaseURL is what stands before "/chat/completions", with the query that it needs.
	BaseURL string `yaml:"base_url"`
	// APIKey is empty for a server that wants none.
	APIKey     string `yaml:"api_key"`
	APIKeyEnv  string `yaml:"api_key_env"`
	APIKeyFile string `yaml:"api_key_file"`
	Model      string `yaml:"model"`
	// Price is what a million tokens cost; zero when that is not known.
	Price Price `yaml:"price"`
}

// Price is what a million tokens cost.
type Price struct {
	Prompt     float64 `yaml:"prompt"`
	Completion float64 `yaml:"completion"`
	// Currency is a code like USD.
	Currency string `yaml:"currency"`
}

// Of is what that many tokens cost, in Currency.
func (p Price) Of(prompt, completion int) float64 {
	const million = 1e6
	return (p.Prompt*float64(prompt) + p.Completion*float64(completion)) / million
}

// Tools are what a model may do beside talking.
type Tools struct {
	HandOver bool
	// SetVariable, AddTag and StartChain are the names that it may use.
	SetVariable, AddTag, StartChain []string
	Close                           bool
}

// Notice are the words that tell the visitor that an AI writes; empty for none.
type Notice Text

// Fallback is what happens in place of an answer: the words are said, and then a
// person is called, a chain is started, or neither.
type Fallback struct {
	Say      Text   `yaml:"say"`
	HandOver bool   `yaml:"hand_over"`
	Chain    string `yaml:"chain"`
}

// Fallbacks are what happens in place of an answer, for each reason that there may
// be. What one of the four leaves out is as in the section above it.
type Fallbacks struct {
	Fallback `yaml:",inline"`
	Endpoint Fallback `yaml:"endpoint"`
	Refused  Fallback `yaml:"refused"`
	Unknown  Fallback `yaml:"unknown"`
	Limit    Fallback `yaml:"limit"`
}

// AssistantLimits are what an assistant may be used in a day of the site's zone.
type AssistantLimits struct {
	Visitor AssistantLimit `yaml:"visitor"`
	Address AssistantLimit `yaml:"address"`
	Site    AssistantLimit `yaml:"site"`
}

// AssistantLimit is how much is used in a day at most; 0 is without a limit.
type AssistantLimit struct {
	// Requests are answers that are asked for; Tokens are those of prompts and answers.
	Requests int `yaml:"requests"`
	Tokens   int `yaml:"tokens"`
}

// soleAssistant is the name of an assistant that has none of its own.
const soleAssistant = "assistant"

// DefaultAssistant returns an assistant with the settings that hold when the file
// does not say otherwise. It has no instruction and no endpoint.
func DefaultAssistant(name, path string) *Assistant {
	return &Assistant{
		Name: name, Path: path,
		Temperature: 0.3, MaxTokens: 500, ContextTokens: 3000, KnowledgeTokens: 3000, Timeout: Duration(20 * time.Second),
		Tools: Tools{HandOver: true},
		Notice: Notice{
			English: "You are talking to an AI assistant. It can make mistakes.",
			Russian: "Вам отвечает ИИ-помощник. Он может ошибаться.",
			Arabic:  "يجيبك مساعد ذكاء اصطناعي، وقد يخطئ.",
		},
		Fallback: Fallbacks{Fallback: Fallback{HandOver: true, Say: Text{
			English: "I cannot answer that right now. I am calling a person who can.",
			Russian: "Сейчас не могу ответить на это. Зову человека, который сможет.",
			Arabic:  "لا أستطيع الإجابة عن هذا الآن. سأستدعي شخصًا يستطيع ذلك.",
		}}},
		Limits: AssistantLimits{
			Visitor: AssistantLimit{Requests: 100, Tokens: 500_000},
			Address: AssistantLimit{Requests: 500, Tokens: 2_500_000},
			Site:    AssistantLimit{Requests: 10_000, Tokens: 50_000_000},
		},
	}
}

// KnownFacts are what a model may be told beside "variables." and a name.
func KnownFacts() []string {
	return []string{"name", "email", "phone", "page", "place", "device", "visits", "tags", "hours", "operators", "operator_names"}
}

// Talks reports whether the site has a bot that answers: by chains, an assistant or both.
func (s *Site) Talks() bool { return s.Bot.Enabled && (s.Bot.Chains != "" || len(s.Assistants) > 0) }

// AssistantNames are the names of the site's assistants, sorted.
func (s *Site) AssistantNames() []string { return slices.Sorted(maps.Keys(s.Assistants)) }

// AlwaysAnswers is the assistant that answers whatever no chain is meant by; nil
// for none.
func (s *Site) AlwaysAnswers() *Assistant {
	for _, a := range s.Assistants {
		if a.Answers == AnswersAlways {
			return a
		}
	}
	return nil
}

// AINotice are the words that tell visitors of a language that an AI writes: those of
// the assistant that always answers, else of the first that has any; empty for none.
func (s *Site) AINotice(language Language) string {
	if !s.Bot.Enabled {
		return ""
	}
	if a := s.AlwaysAnswers(); a != nil {
		return a.Notice.In(language)
	}
	for _, name := range s.AssistantNames() {
		if words := s.Assistants[name].Notice.In(language); words != "" {
			return words
		}
	}
	return ""
}

// In returns the words in a language, or else in one that there are.
func (n Notice) In(language Language) string { return Text(n).Any(language) }

// Any returns the words in a language, else those for all, else those in one that
// there are.
func (t Text) Any(language Language) string {
	for _, l := range append([]Language{language, ""}, Languages()...) {
		if words := t[l]; words != "" {
			return words
		}
	}
	return ""
}
