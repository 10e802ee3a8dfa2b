package chain

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/anteroom-chat/anteroom/bot/fold"
	"github.com/anteroom-chat/anteroom/bot/source"
	"github.com/anteroom-chat/anteroom/bot/talk"
)

// firstTrigger is the first message that a visitor ever writes.
type firstTrigger struct {
	CommonTrigger `yaml:",inline"`
	First         struct{} `yaml:"first_message" doc:"The first message that the visitor ever writes."`
}

func (*firstTrigger) check(*checker, *Trigger) string { return "" }

func (*firstTrigger) matches(o Occasion) (int, bool) {
	return rankFirst, o.Kind == talk.Said && o.First
}

// matching is how a keyword is looked for.
type matching string

const (
	matchWord     matching = "word" // if nothing is said
	matchExact    matching = "exact"
	matchContains matching = "contains"
	matchRegex    matching = "regex"
)

// Words are the ways to look for a keyword.
func (matching) Words() []string {
	return []string{string(matchExact), string(matchWord), string(matchContains), string(matchRegex)}
}

// The most keywords of a trigger, and characters of one, and how far a priority goes
// up and down.
const (
	maxKeywords = 200
	maxKeyword  = 200
	maxPriority = 100
)

// keywordTrigger is a message with a word or phrase in it.
type keywordTrigger struct {
	CommonTrigger `yaml:",inline"`
	Keywords      []source.Scalar `yaml:"keywords" doc:"Words or phrases. Case, accents and ё or е make no difference."`
	Match         matching        `yaml:"match" doc:"exact: the whole message; word: whole words in it, if nothing is said; contains: anywhere; regex: RE2 in the folded message."`
	Priority      int             `yaml:"priority" doc:"Of keywords of several chains in one message those of the highest priority count, before how exact they are; -100 to 100, 0 if nothing is said."`

	folded   []string
	patterns []*regexp.Regexp
}

func (k *keywordTrigger) check(c *checker, g *Trigger) string {
	if len(k.Keywords) == 0 || len(k.Keywords) > maxKeywords {
		c.fault(g.Pos, "bad_keywords", "A trigger has 1 to %d keywords.", maxKeywords)
	}
	if k.Priority < -maxPriority || k.Priority > maxPriority {
		c.fault(g.Pos, "bad_priority", "priority is a whole number from -%d to %d.", maxPriority, maxPriority)
	}
	words := make([]string, len(k.Keywords))
	for i, word := range k.Keywords {
		words[i] = word.Text
		folded := fold.Fold(word.Text)
		switch {
		case folded == "" || len([]rune(word.Text)) > maxKeyword:
			c.fault(word.Pos, "bad_keyword", "A keyword has 1 to %d characters.", maxKeyword)
		case k.Match == matchRegex:
			pattern, err := regexp.Compile(`(?i)` + word.Text)
			if err != nil {
				c.fault(word.Pos, "bad_pattern", "%q is not a regular expression: %s.", word.Text, err)
				continue
			}
			k.patterns = append(k.patterns, pattern)
		default:
			k.folded = append(k.folded, folded)
		}
	}
	return strings.Join(words, "|")
}

func (k *keywordTrigger) matches(o Occasion) (int, bool) {
	exact, ok := k.found(o)
	return (k.Priority+maxPriority)*rankPriority + exact, ok
}

// found reports whether a keyword is in a message, and how exactly.
func (k *keywordTrigger) found(o Occasion) (rank int, ok bool) {
	if o.Kind != talk.Said || o.Text == "" {
		return 0, false
	}
	text := o.folded
	if slices.ContainsFunc(k.patterns, func(p *regexp.Regexp) bool { return p.MatchString(text) || p.MatchString(o.Text) }) {
		return rankRegex, true
	}
	for _, word := range k.folded {
		if k.Match.found(text, word) {
			rank = max(rank, k.Match.rank()+min(len([]rune(word)), maxKeyword))
		}
	}
	return rank, rank > 0
}

func (m matching) rank() int {
	switch m {
	case matchExact:
		return rankExact
	case matchContains:
		return rankContains
	default:
		return rankWord
	}
}

// found looks for a folded keyword in a folded text.
func (m matching) found(text, word string) bool {
	switch m {
	case matchExact:
		bare := strings.TrimFunc(word, isMark)
		return text == word || bare != "" && strings.TrimFunc(text, isMark) == bare
	case matchContains:
		return strings.Contains(text, word)
	default:
		return hasWords(text, word)
	}
}

// commandTrigger is a message like /price.
type commandTrigger struct {
	CommonTrigger `yaml:",inline"`
	Command       string `yaml:"command" doc:"A command like /price; what stands behind it in the message is no part of it."`

	folded string
}

var commandForm = regexp.MustCompile(`^/[\pL\pN_-]{1,32}$`)

func (k *commandTrigger) check(c *checker, g *Trigger) string {
	if !commandForm.MatchString(k.Command) {
		c.fault(g.Pos, "bad_command", "A command is / and letters, digits, - or _, at most 32: /price.")
	}
	k.folded = fold.Fold(k.Command)
	return k.folded
}

func (k *commandTrigger) matches(o Occasion) (int, bool) {
	first, _, _ := strings.Cut(o.folded, " ")
	return rankCommand, o.Kind == talk.Said && strings.TrimRightFunc(first, isMark) == strings.TrimRightFunc(k.folded, isMark)
}

// defaultTrigger is a message that nothing else means, or one without words.
type defaultTrigger struct {
	CommonTrigger `yaml:",inline"`
	Default       struct {
		Every source.Duration `yaml:"at_most_every" doc:"How often at most, from 1m to 24h; always if nothing is said."`
	} `yaml:"default" doc:"A message that means no other chain."`
}

func (k *defaultTrigger) check(c *checker, g *Trigger) string {
	if every := k.Default.Every.Std(); every != 0 && (every < time.Minute || every > 24*time.Hour) {
		c.fault(g.Pos, "bad_every", "at_most_every is from 1m to 24h.")
	}
	return ""
}

func (*defaultTrigger) matches(o Occasion) (int, bool) {
	return rankDefault, o.Kind == talk.Said || o.Kind == talk.Pressed
}

// AtMostEvery is how often a trigger starts its chain at most; 0 is always.
func (g *Trigger) AtMostEvery() time.Duration {
	if d, ok := g.do.(*defaultTrigger); ok {
		return d.Default.Every.Std()
	}
	return 0
}

// IsWish reports whether a trigger answers what a visitor may ask for at any
// time, even in the middle of a question: a command, a person, to be left alone.
func (g *Trigger) IsWish() bool {
	switch g.do.(type) {
	case *commandTrigger, *personTrigger, *unsubscribeTrigger, *subscribeTrigger:
		return true
	default:
		return false
	}
}

// personTrigger is the wish to talk to a person.
type personTrigger struct {
	CommonTrigger `yaml:",inline"`
	Person        wish `yaml:"person_wanted" doc:"The visitor asks for a person: operator, человек, …"`
}

func (k *personTrigger) check(*checker, *Trigger) string {
	if len(k.Person.Words) == 0 {
		k.Person.form = personForm
	}
	k.Person.check([]string{"operator", "can i talk to a person", "оператор", "позовите человека"}) // to be read in the graph; the form has more
	return ""
}

func (k *personTrigger) matches(o Occasion) (int, bool) { return k.Person.matches(o) }

// unsubscribeTrigger is the wish to get nothing unasked.
type unsubscribeTrigger struct {
	CommonTrigger `yaml:",inline"`
	Unsubscribe   wish `yaml:"unsubscribe" doc:"The visitor wants no messages unasked: /stop, /unsubscribe, …"`
}

func (k *unsubscribeTrigger) check(*checker, *Trigger) string {
	k.Unsubscribe.check(StopWords())
	return ""
}

// StopWords are the usual ones of who wants to get nothing unasked, folded.
func StopWords() []string {
	return []string{"/stop", "/unsubscribe", "unsubscribe", "стоп", "отписаться", "отпишите меня"}
}

func (k *unsubscribeTrigger) matches(o Occasion) (int, bool) { return k.Unsubscribe.matches(o) }

// subscribeTrigger is the wish to get messages again.
type subscribeTrigger struct {
	CommonTrigger `yaml:",inline"`
	Subscribe     wish `yaml:"subscribe" doc:"The visitor wants messages again: /subscribe, …"`
}

func (k *subscribeTrigger) check(*checker, *Trigger) string {
	k.Subscribe.check(StartWords())
	return ""
}

// StartWords are the usual ones of who wants to get messages again, folded.
func StartWords() []string { return []string{"/subscribe", "subscribe", "подписаться"} }

func (k *subscribeTrigger) matches(o Occasion) (int, bool) { return k.Subscribe.matches(o) }

// IsStop and IsStart report whether a message is one of the usual ways to want no
// messages unasked, or to want them again.
func IsStop(text string) bool { return isOne(fold.Fold(text), StopWords()) }

// IsStart is the opposite of IsStop.
func IsStart(text string) bool { return isOne(fold.Fold(text), StartWords()) }
