package bot_test

import (
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"pgregory.net/rapid"

	"github.com/anteroom-chat/anteroom/bot"
	"github.com/anteroom-chat/anteroom/bot/chain"
	"github.com/anteroom-chat/anteroom/bot/talk"
)

func osFolder(path string) fs.FS { return os.DirFS(path) }

// author writes chains by chance. Every text begins with the name of its chain.
type author struct {
	t *rapid.T
	b strings.Builder
	// name is that of the chain being written, labels those that it has.
	name   string
	labels int
	// alone is true if chains do not go to one another.
	alone bool
}

func (a *author) n(most int, what string) int { return rapid.IntRange(0, most).Draw(a.t, what) }

func (a *author) one(what string, of ...string) string { return rapid.SampledFrom(of).Draw(a.t, what) }

func (a *author) line(depth int, format string, args ...any) {
	fmt.Fprintf(&a.b, strings.Repeat("  ", depth)+format+"\n", args...)
}

const mostChains = 3

// target is a label of the chain, or another chain.
func (a *author) target() string {
	if !a.alone && a.n(3, "elsewhere") == 0 {
		return "c" + strconv.Itoa(a.n(mostChains-1, "chain"))
	}
	return "l" + strconv.Itoa(a.n(a.labels, "label"))
}

// chain writes a whole chain.
func (a *author) chain(name string) string {
	a.b.Reset()
	a.name, a.labels = name, a.n(2, "labels")
	a.line(0, "on:")
	for range a.n(3, "triggers") + 1 {
		a.line(1, "- %s", a.one("trigger",
			"first_message", "keywords: [tea, coffee]", `keywords: [tea]`+"\n    match: exact", "keywords: ['t.a']\n    match: regex",
			"command: /go", "default", "default: { at_most_every: 1m }", "person_wanted", "unsubscribe", "subscribe", "opened", "opened: { once: visit }",
			`page: { url: "/x*", once: visitor }`, `page: { url: "/x" }`, "event: e\n    if: n > 1", "event: e", "tag: t", "variable: n", "dialog: closed", "dialog: opened",
			"operator_silent: 5m", "visitor_silent: 5m", "visitor_silent: 1m", "subscribed: 1h"))
	}
	a.line(0, "variables: { n: number, s: string }")
	a.line(0, "steps:")
	for i := range a.labels + 1 {
		a.line(1, "- label: l%d", i)
		a.steps(1)
	}
	return a.b.String()
}

func (a *author) steps(depth int) {
	for range a.n(3, "steps") + 1 {
		a.step(depth)
	}
}

func (a *author) step(depth int) {
	switch a.n(24, "step") {
	case 0, 1:
		a.line(depth, "- say: \"%s says {{ s }} {{ n }} {{ last_message }}\"", a.name)
	case 2, 3, 4:
		a.say(depth)
	case 5, 6, 7:
		a.ask(depth)
	case 8:
		a.line(depth, "- if: '%s'", a.one("condition", "n > 2", `"t" in tags`, "hours.open", `s == ""`, "subscribed and visits > 1"))
		a.line(depth+1, "then:")
		a.nested(depth)
		if a.n(1, "else") == 1 {
			a.line(depth+1, "else:")
			a.nested(depth)
		}
	case 9:
		a.line(depth, "- set: { %s }", a.one("value", `n: "{{ n + 1 }}"`, `n: 2`, `s: "{{ last_message }}"`, `s: ""`, `n: "{{ 1 / n }}"`, `s: "{{ s[0:1] }}"`))
	case 10:
		a.line(depth, "- %s: t", a.one("tag", "tag", "untag"))
	case 11, 12:
		a.line(depth, "- pause: %s", a.one("pause", "1s", "1m", "2h", `{ until: "09:00" }`, "{ until: opening }", "{ until: 2026-12-24 }"))
	case 13:
		a.line(depth, "- goto: %s", a.target())
	case 14:
		if a.alone {
			a.line(depth, "- end")
			return
		}
		a.line(depth, "- call: %s", a.target())
	case 15:
		a.line(depth, "- %s", a.one("operators", "open", "handoff", "handoff: { pause_bot: 1h, if_nobody: l0 }", "close"))
	case 16, 17:
		a.line(depth, `- request: { url: "https://crm.example/{{ s }}", json: { n: "{{ n }}" }, save: { s: .id }, on_error: %s }`, a.target())
	case 18:
		a.line(depth, "- random:")
		for range 2 {
			a.line(depth+2, "- steps:")
			a.nested(depth + 1)
		}
		a.line(depth+1, "sticky: %s", a.one("sticky", "true", "false"))
	case 19:
		a.line(depth, "- gallery:")
		for _, title := range []string{"One", "Two"} {
			a.line(depth+2, `- { title: "%s: %s", buttons: [ { text: Take, set: { s: %s } }, { text: Leave, goto: %s } ] }`, a.name, title, title, a.target())
		}
	case 20:
		tells := []string{"note: Psst", `alert: "{{ s }}"`, "subscribe", "unsubscribe", `webhook: { event: e, data: { n: "{{ 1 / n }}" } }`}
		if !a.alone {
			tells = append(tells, "event: e", `event: { name: e, data: { total: "{{ n }}", s: "{{ s[0:1] }}" } }`)
		}
		a.line(depth, "- %s", a.one("tells", tells...))
	case 21, 22, 23:
		a.line(depth, "- gpt: { assistant: %s, until: %s%s }", a.one("assistant", "bound", "free"),
			a.one("until", "handoff", "answered", "'n > 2'", "'s != \"\"'", "'1 / n > 0'"), a.one("first", "", ", say_first: \""+a.name+" listens\""))
	default:
		a.line(depth, "- end")
	}
}

func (a *author) nested(depth int) {
	const deepest = 3
	if depth >= deepest {
		a.line(depth+2, "- say: \"%s, deep\"", a.name)
		return
	}
	a.steps(depth + 2)
}

func (a *author) say(depth int) {
	a.line(depth, "- say: \"%s offers\"", a.name)
	a.line(depth+1, "%s:", a.one("buttons", "buttons", "quick_replies"))
	for i := range a.n(2, "buttons") + 1 {
		more := a.one("button", "", ", tag: t", ", set: { n: 3 }", ", goto: "+a.target())
		a.line(depth+2, "- { text: { en: %s, ru: Кнопка%d }%s }", a.one("words", "tea", "Yes", "support", `"No {{ n }}"`), i, more)
	}
	if a.n(3, "otherwise") == 0 {
		a.line(depth+1, "otherwise: %s", a.target())
	}
	a.timeout(depth)
}

func (a *author) timeout(depth int) {
	if a.n(2, "timeout") == 0 {
		a.line(depth+1, "timeout: %s", a.one("timeout", "1s", "10m"))
		if a.n(1, "on_timeout") == 0 {
			a.line(depth+1, "on_timeout: %s", a.target())
		}
	}
}

func (a *author) ask(depth int) {
	a.line(depth, "- ask: \"%s asks {{ n }}\"", a.name)
	switch a.n(4, "type") {
	case 0:
		a.line(depth+1, "type: integer")
		a.line(depth+1, "save: n")
	case 1:
		a.line(depth+1, "type: choice")
		a.line(depth+1, "choices: [ tea, support, \"3\" ]")
		a.line(depth+1, "save: s")
	case 2:
		a.line(depth+1, "type: rating")
	case 3:
		a.line(depth+1, "type: email")
		a.line(depth+1, "save: email")
	default:
		a.line(depth+1, "save: s")
	}
	if a.n(2, "on_fail") == 0 {
		a.line(depth+1, "on_fail: %s", a.target())
		a.line(depth+1, "attempts: %d", a.n(2, "attempts")+1)
	}
	a.timeout(depth)
}

// assistants are one that may do nothing, and one that may do a good deal and may be
// the one that answers always.
func (a *author) assistants() []chain.Assistant {
	free := chain.Assistant{
		Name: "free", Variables: []string{"n", "s", "email", "seats"}, Tags: []string{"t"}, HandOver: true, Close: true,
		Always: a.n(1, "always") == 1,
	}
	if a.n(1, "fallback") == 1 {
		free.Fallback = map[talk.Failure]chain.Fallback{talk.FailedLimit: {HandOver: true}}
	}
	if !a.alone {
		free.Chains = []string{"c0", "c1"}
		if a.n(1, "elsewhere") == 1 {
			free.Fallback = map[talk.Failure]chain.Fallback{"": {Chain: "c2"}}
		}
	}
	return []chain.Assistant{{Name: "bound"}, free}
}

// reply is what a model answers, by chance: it does as the worst of visitors likes.
func (l *life) reply() *talk.Reply {
	r := &talk.Reply{Text: l.one("said", "", "Hello", " ", "\xff\x00", "A\nB"), Failed: talk.Failure(l.one("failed", "", "", "", "endpoint", "refused", "unknown", "limit", "cut", "odd"))}
	for range l.n(4, "calls") * l.n(3, "more") {
		name := l.one("called", "n", "s", "email", "seats", "t", "T", "c0", "c1", "c2", "assistant:free", "evil", "tags", "")
		value := l.one("given", "2", "x", "true", "a@example.com", "\xff", "", strings.Repeat("я", 2000))
		call := talk.Call{Tool: talk.Tool(l.one("tool", "hand_over", "set_variable", "add_tag", "start_chain", "close", "evil")), Name: name, Value: value}
		if call.Tool == talk.ToolSet && !slices.Contains([]string{"n", "s", "email", "seats"}, name) {
			call.Value = evil
		}
		r.Calls = append(r.Calls, call)
	}
	return r
}

// set writes and reads chains.
func (a *author) set() *chain.Set {
	folder := fstest.MapFS{}
	for i := range mostChains {
		name := "c" + strconv.Itoa(i)
		folder[name+".yaml"] = &fstest.MapFile{Data: []byte(a.chain(name))}
	}
	// Endless loops and buttons that say the same are refused for the sake of those
	// who write them; the bot has to be able to bear them all the same.
	set, faults := chain.Check(folder, chain.Options{Assistants: a.assistants()})
	for _, f := range faults.Errors() {
		if f.Code != "endless_loop" && f.Code != "same_button" {
			a.t.Fatalf("the author writes what cannot be read: %s", f.Shown())
		}
	}
	return set
}

// life is what happens to a visitor, by chance.
type life struct {
	*author
	kept   []byte
	now    time.Time
	facts  talk.Facts
	offers []talk.Offer
	asked  []string // ids of requests
	// ordered are the ids of what assistants are asked for.
	ordered []string
	inputs  int
	last    talk.Input
}

func (l *life) event(set *chain.Set) talk.Event {
	switch l.n(22, "event") {
	case 0, 1, 2, 3, 4:
		return talk.Event{Kind: talk.Said, Text: l.one("text", "tea", "a tea, please", "tya", "hm", "", "/go", "/stop", "/subscribe", "operator", "support", "3", "a@example.com", "yes", "Кнопка0", "\xff\xfe")}
	case 5, 6, 7:
		return l.press()
	case 8:
		return talk.Event{Kind: talk.Opened}
	case 9:
		if pages := set.PageTriggers(); len(pages) > 0 {
			return talk.Event{Kind: talk.Visited, Trigger: rapid.SampledFrom(pages).Draw(l.t, "page").Key}
		}
		return talk.Event{Kind: talk.Visited, Trigger: "none"}
	case 10:
		return talk.Event{Kind: talk.Happened, Name: "e", Data: map[string]any{"total": 12.5, "who": "me"}}
	case 11:
		return talk.Event{Kind: rapid.SampledFrom([]talk.Kind{talk.Tagged, talk.Changed}).Draw(l.t, "kind"), Name: l.one("name", "t", "n")}
	case 12:
		return talk.Event{Kind: rapid.SampledFrom([]talk.Kind{talk.DialogOpened, talk.DialogClosed, talk.DialogReopened}).Draw(l.t, "kind")}
	case 13:
		return talk.Event{Kind: talk.Answered}
	case 14:
		return talk.Event{Kind: talk.Started, Name: l.one("name", "c0", "c1", "none", "assistant:free", "assistant:bound")}
	case 15:
		return talk.Event{Kind: talk.Continued}
	case 16, 17, 18:
		if len(l.ordered) > 0 && l.n(1, "assistant") == 1 {
			return talk.Event{
				Kind: talk.Responded, Request: rapid.SampledFrom(l.ordered[max(0, len(l.ordered)-2):]).Draw(l.t, "order"),
				Response: &talk.Response{Reply: l.reply()},
			}
		}
		return talk.Event{
			Kind: talk.Responded, Request: rapid.SampledFrom(append(l.asked, "none")).Draw(l.t, "request"),
			Response: &talk.Response{Status: l.n(1, "ok")*200 + 1, Body: l.one("body", `{"id": 7}`, `{"id": "x"}`, "", "<html>")},
		}
	default:
		return talk.Event{Kind: talk.Tick}
	}
}

func (l *life) press() talk.Event {
	if len(l.offers) == 0 || l.n(9, "bogus") == 0 {
		return talk.Event{Kind: talk.Pressed, Text: "tea", Press: &talk.Press{Step: "c0#l0+1", Button: l.n(5, "place") - 2, Text: "tea"}}
	}
	offer := rapid.SampledFrom(l.offers).Draw(l.t, "offer")
	const most = 4 // of a gallery
	place := l.n(most-1, "place")
	b, _ := offer.Button(place)
	return talk.Event{Kind: talk.Pressed, Text: b.Text, Press: &talk.Press{Step: offer.Step, Button: place, Text: b.Text}}
}

// passes lets time pass before a tick: until something is due, or by chance.
func (l *life) passes(s bot.State) {
	due := s.Due()
	if due.IsZero() || l.n(3, "passes") == 0 {
		l.now = l.now.Add(rapid.SampledFrom([]time.Duration{0, time.Second, 10 * time.Minute, 30 * time.Hour}).Draw(l.t, "span"))
		return
	}
	if due.After(l.now) {
		l.now = due
	}
}

// happens is one turn, and what the world does about it.
func (l *life) happens(set *chain.Set) (talk.Input, []talk.Action) {
	e := l.event(set)
	if e.Kind == talk.Tick {
		l.passes(decode(l.t, l.kept))
	}
	l.changes(e)
	l.inputs++
	l.last = talk.Input{ID: strconv.Itoa(l.inputs), At: l.now, Event: e, Facts: l.facts}
	var actions []talk.Action
	l.kept, actions = obey(l.t, set, l.kept, l.last)
	for _, action := range actions {
		l.carryOut(action)
	}
	return l.last, actions
}

func (l *life) changes(e talk.Event) {
	switch e.Kind {
	case talk.Answered:
		l.facts.Silent = l.n(5, "stays") > 0
	case talk.Continued, talk.DialogClosed:
		l.facts.Silent = false
	default:
		if l.n(9, "silence") == 0 {
			l.facts.Silent = !l.facts.Silent
		}
	}
	if l.n(9, "language") == 0 {
		l.facts.Language = l.one("language", "en", "ru")
	}
	if l.n(9, "visit") == 0 {
		l.facts.Visits++
	}
	l.facts.Open = l.n(1, "open") == 0
	if l.facts.OpensAt = (time.Time{}); !l.facts.Open {
		l.facts.OpensAt = l.now.Add(time.Hour)
	}
	l.facts.Operators = l.n(1, "operators")
}

func (l *life) carryOut(action talk.Action) {
	switch action := action.(type) {
	case talk.Say:
		if action.Offer != nil {
			l.offers = append(l.offers, *action.Offer)
		}
	case talk.Set:
		if l.facts.Variables == nil {
			l.facts.Variables = map[string]string{}
		}
		l.facts.Variables[action.Name] = action.Value
	case talk.Tag:
		l.facts.Tags = slices.DeleteFunc(slices.Clone(l.facts.Tags), func(tag string) bool { return tag == action.Tag })
		if !action.Off {
			l.facts.Tags = append(l.facts.Tags, action.Tag)
		}
	case talk.Request:
		l.asked = append(l.asked, action.ID)
	case talk.Generate:
		l.ordered = append(l.ordered, action.ID)
	case talk.Hand:
		l.facts.Silent = l.facts.Silent || action.Stop
	}
}

// TestLaws lets everything happen to chains of every kind, which are also edited in
// between: whatever happens, obey's laws hold.
func TestLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := &author{t: t}
		sets := []*chain.Set{a.set(), a.set()}
		set := sets[0]
		l := &life{author: a, kept: []byte("{}"), now: time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC), facts: talk.Facts{Visits: 1, Language: "en"}}
		for range rapid.IntRange(1, 40).Draw(t, "inputs") {
			if l.n(14, "edit") == 0 {
				set = rapid.SampledFrom(sets).Draw(t, "edition")
			}
			l.happens(set)
		}
	})
}

// TestOneReply has chains that do not go to one another: what is said to one thing
// that the visitor does is said by one of them.
func TestOneReply(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := &author{t: t, alone: true}
		set := a.set()
		l := &life{author: a, kept: []byte("{}"), now: time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC), facts: talk.Facts{Visits: 1}}
		for range rapid.IntRange(1, 40).Draw(t, "inputs") {
			in, actions := l.happens(set)
			if in.Event.Kind == talk.Tick || in.Event.Kind == talk.Continued {
				continue // several may be due, or were held
			}
			who := map[string]bool{}
			for _, action := range actions {
				if count, ok := action.(talk.Count); ok && count.What == talk.Entered {
					who[count.Chain] = true
				}
			}
			if len(who) > 1 {
				t.Fatalf("%d chains react to %+v: %+v", len(who), in.Event, actions)
			}
		}
	})
}
