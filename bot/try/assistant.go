package try

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/anteroom-chat/anteroom/bot/chain"
	"github.com/anteroom-chat/anteroom/bot/source"
	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bot/value"
)

// bracketed are the things in brackets at the end of a line: [hand_over: wants a
// refund], [set_variable plan = team], [source Delivery https://shop.example].
var bracketed = regexp.MustCompile(`^(.*?)\s*\[([a-z_]+)(?:[: ]\s*([^\[\]]*))?\]$`)

// brackets takes them off, in their order.
func brackets(line string) (text string, all [][2]string) {
	text = strings.TrimSpace(line)
	for {
		m := bracketed.FindStringSubmatch(text)
		if m == nil {
			return text, all
		}
		text, all = m[1], slices.Insert(all, 0, [2]string{m[2], strings.TrimSpace(m[3])})
	}
}

var errNobodyAsked = errors.New("no assistant is asked for anything")

// reply is what the assistant answers that was asked last: words, and in brackets
// behind them the tools that it uses and its sources.
func (t *Talk) reply(line string) error { return t.answers(len(t.replies)-1, replyOf(line)) }

// late is the same of the one that was asked first, and may not be waited for any more.
func (t *Talk) late(line string) error { return t.answers(0, replyOf(line)) }

// failed is why the assistant has no answer that was asked last.
func (t *Talk) failed(why string) error {
	known := []string{
		string(talk.FailedEndpoint), string(talk.FailedRefused), string(talk.FailedUnknown), string(talk.FailedLimit), string(talk.FailedCut), string(talk.FailedStale),
	}
	if !slices.Contains(known, why) {
		return fmt.Errorf("an assistant fails for one of %s, not %q", strings.Join(known, ", "), why)
	}
	return t.answers(len(t.replies)-1, talk.Reply{Failed: talk.Failure(why)})
}

func (t *Talk) answers(at int, r talk.Reply) error {
	if at < 0 || at >= len(t.replies) {
		return errNobodyAsked
	}
	id := t.replies[at]
	t.replies = slices.Delete(t.replies, at, at+1)
	return t.happens(talk.Event{Kind: talk.Responded, Request: id, Response: &talk.Response{Reply: &r}})
}

// hush tells the bot that an assistant was cut short, if one is asked. What it says
// all the same comes too late.
func (t *Talk) hush() error {
	state, err := t.State()
	if err != nil || len(t.replies) == 0 || !state.Awaits(t.replies[len(t.replies)-1]) {
		return err
	}
	cut := talk.Response{Reply: &talk.Reply{Failed: talk.FailedCut}}
	return t.happens(talk.Event{Kind: talk.Responded, Request: t.replies[len(t.replies)-1], Response: &cut})
}

func replyOf(line string) (r talk.Reply) {
	text, used := brackets(line)
	r.Text = strings.ReplaceAll(text, `\n`, "\n")
	for _, b := range used {
		switch tool, about := talk.Tool(b[0]), b[1]; tool {
		case "source":
			title, address := about, ""
			if i := strings.LastIndexByte(about, ' '); i >= 0 && strings.Contains(about[i:], "://") {
				title, address = strings.TrimSpace(about[:i]), about[i+1:]
			}
			r.Sources = append(r.Sources, talk.Source{Title: title, URL: address})
		case talk.ToolHand:
			r.Calls = append(r.Calls, talk.Call{Tool: tool, Value: about})
		default:
			name, value, _ := strings.Cut(about, "=")
			r.Calls = append(r.Calls, talk.Call{Tool: tool, Name: strings.TrimSpace(name), Value: strings.TrimSpace(value)})
		}
	}
	return r
}

// assistants are those that a script has, in lines like
// "assistant sales: hand_over, add_tag lead" and "fallback sales limit: Tomorrow again. [hand_over]".
func assistants(script string) (all []chain.Assistant, err error) {
	for line := range strings.Lines(script) {
		key, about, _ := strings.Cut(strings.TrimSpace(line), ":")
		kind, name, _ := strings.Cut(key, " ")
		if !settingForm.MatchString(key) {
			continue
		}
		if kind == "assistant" {
			a, err := assistant(name, about)
			if err != nil {
				return nil, fmt.Errorf("%q: %w", strings.TrimSpace(line), err)
			}
			all = append(all, a)
			continue
		}
		name, why, _ := strings.Cut(name, " ")
		at := slices.IndexFunc(all, func(a chain.Assistant) bool { return a.Name == name })
		if at < 0 {
			return nil, fmt.Errorf("%q: there is no assistant %q above", strings.TrimSpace(line), name)
		}
		all[at].Fallback[talk.Failure(why)] = fallback(about)
	}
	return all, nil
}

func assistant(name, may string) (chain.Assistant, error) {
	a := chain.Assistant{Name: name, Fallback: map[talk.Failure]chain.Fallback{}}
	for one := range strings.SplitSeq(may, ",") {
		word, about, _ := strings.Cut(strings.TrimSpace(one), " ")
		switch about = strings.TrimSpace(about); word {
		case "":
		case string(talk.ToolHand):
			a.HandOver = true
		case string(talk.ToolClose):
			a.Close = true
		case string(talk.ToolSet):
			a.Variables = append(a.Variables, about)
		case string(talk.ToolTag):
			a.Tags = append(a.Tags, about)
		case string(talk.ToolStart):
			a.Chains = append(a.Chains, about)
		case "always":
			a.Always = true
		case "timeout":
			span, err := source.ParseDuration(about)
			if err != nil {
				return a, err
			}
			a.Timeout = span
		default:
			return a, fmt.Errorf("%q is nothing that an assistant may do", word)
		}
	}
	return a, nil
}

func fallback(line string) chain.Fallback {
	var f chain.Fallback
	text, used := brackets(line)
	if text != "" {
		f.Say = value.Words{In: map[string]string{"": strings.ReplaceAll(text, `\n`, "\n")}}
	}
	for _, b := range used {
		switch b[0] {
		case string(talk.ToolHand):
			f.HandOver = true
		case string(talk.ToolStart):
			f.Chain = b[1]
		}
	}
	return f
}

// settings are the lines that stand for an assistant in a script.
func settings(a chain.Assistant, language string) []string {
	var may []string
	for _, one := range []struct {
		word  string
		is    bool
		names []string
	}{
		{"always", a.Always, nil},
		{string(talk.ToolHand), a.HandOver, nil},
		{string(talk.ToolClose), a.Close, nil},
		{string(talk.ToolSet), false, a.Variables},
		{string(talk.ToolTag), false, a.Tags},
		{string(talk.ToolStart), false, a.Chains},
	} {
		if one.is {
			may = append(may, one.word)
		}
		for _, name := range one.names {
			may = append(may, one.word+" "+name)
		}
	}
	if a.Timeout > 0 {
		may = append(may, "timeout "+span(a.Timeout))
	}
	all := []string{strings.TrimSpace("assistant " + a.Name + ": " + strings.Join(may, ", "))}
	for _, why := range slices.Sorted(maps.Keys(a.Fallback)) {
		f := a.Fallback[why]
		words := []string{strings.ReplaceAll(f.Say.Source(language), "\n", `\n`)}
		if f.HandOver {
			words = append(words, "["+string(talk.ToolHand)+"]")
		}
		if f.Chain != "" {
			words = append(words, "["+string(talk.ToolStart)+" "+f.Chain+"]")
		}
		key := strings.TrimSpace("fallback " + a.Name + " " + string(why))
		all = append(all, strings.TrimSpace(key+": "+strings.TrimSpace(strings.Join(words, " "))))
	}
	return all
}

// byline is where words of an assistant come from.
func byline(b *talk.Byline) string {
	words := make([]string, len(b.Sources))
	for i, source := range b.Sources {
		if words[i] = source.Title; source.URL != "" {
			words[i] += " → " + source.URL
		}
	}
	if len(words) == 0 {
		return "  — " + b.Assistant
	}
	return "  — " + b.Assistant + ": " + strings.Join(words, ", ")
}
