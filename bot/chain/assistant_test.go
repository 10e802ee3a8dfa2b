package chain

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bot/value"
)

// TestAssistantsOfAConfig says what is wrong with what the config gives.
func TestAssistantsOfAConfig(t *testing.T) {
	files := fstest.MapFS{"booking.yaml": {Data: []byte("variables: { plan: number }\nsteps:\n  - say: \"{{ plan }}\"\n")}}
	says := func(text string) map[talk.Failure]Fallback {
		return map[talk.Failure]Fallback{talk.FailedLimit: {Say: value.Words{In: map[string]string{"en": text}}}}
	}
	for _, c := range []struct {
		name, want string
		assistants []Assistant
	}{
		{"a good one", "", []Assistant{{Name: "sales", Variables: []string{"plan", "email", "seats"}, Tags: []string{"lead"}, Chains: []string{"booking"}, Fallback: says("Sorry, {{ name }}"), Always: true}}},
		{"no name", `config: The assistant "" has no name of its own: letters, digits, - and _, at most 64. [bad_assistant]`, []Assistant{{}}},
		{"a name for a path", `config: The assistant "a/b" has no name`, []Assistant{{Name: "a/b"}}},
		{"twice", `config: The assistant "a" has no name of its own`, []Assistant{{Name: "a"}, {Name: "a"}}},
		{"two always", `config: The assistant "b" is the second one that answers always; only one can. [two_always]`, []Assistant{{Name: "a", Always: true}, {Name: "b", Always: true}}},
		{"a chain", `config: The assistant "a" names the chain "bokking", which there is not (did you mean "booking"?). [unknown_chain]`, []Assistant{{Name: "a", Chains: []string{"bokking"}}}},
		{"its own chain", `names the chain "assistant:a", which there is not`, []Assistant{{Name: "a", Chains: []string{"assistant:a"}}}},
		{"a fall-back's chain", `names the chain "gone", which there is not`, []Assistant{{Name: "a", Fallback: map[talk.Failure]Fallback{"": {Chain: "gone"}}}}},
		{"two ways", `config: The assistant "a" calls a person and starts a chain when it has no answer; it can do one of them. [two_ways]`, []Assistant{{Name: "a", Fallback: map[talk.Failure]Fallback{"": {Chain: "booking", HandOver: true}}}}},
		{"words", `config: The assistant "a" says what cannot be read when it has no answer: there is no variable "nme" (did you mean "name"?). [bad_expression]`, []Assistant{{Name: "a", Fallback: says("{{ nme }}")}}},
		{"many words", `[too_long]`, []Assistant{{Name: "a", Fallback: says(strings.Repeat("я", MaxText+1))}}},
		{"a tag", `[bad_tag]`, []Assistant{{Name: "a", Tags: []string{strings.Repeat("x", 33)}}}},
		{"a variable", `config: "tags" is kept by Anteroom itself and cannot be set; choose another name. [reserved_variable]`, []Assistant{{Name: "a", Variables: []string{"tags"}}}},
		{"no variable", `config: "a b" cannot name a variable`, []Assistant{{Name: "a", Variables: []string{"a b"}}}},
	} {
		set, faults := Load(files, Options{Assistants: c.assistants})
		errs := faults.Errors()
		if c.want == "" && len(faults) > 0 || c.want != "" && (set != nil || len(errs) != 1 || !strings.Contains(errs[0].String(), c.want)) {
			t.Errorf("%s: got %v, want %s", c.name, faults, c.want)
		}
	}
}

// TestSilentAssistants knows whether any of them answers visitors by itself.
func TestSilentAssistants(t *testing.T) {
	talks := fstest.MapFS{"main.yaml": {Data: []byte("on: [default]\nsteps:\n  - gpt: sales\n")}}
	other := fstest.MapFS{"main.yaml": {Data: []byte("on: [default]\nsteps:\n  - say: Hello\n")}}
	for _, c := range []struct {
		name   string
		files  fstest.MapFS
		always bool
		silent bool
	}{
		{"a chain asks one", talks, false, false},
		{"no chain asks one", other, false, true},
		{"there is no chain", nil, false, true},
		{"one always answers", nil, true, false},
	} {
		set, faults := Load(c.files, Options{Assistants: []Assistant{{Name: "sales", Always: c.always}, {Name: "support"}}})
		if set == nil || set.SilentAssistants() != c.silent {
			t.Errorf("%s: %v", c.name, faults)
		}
	}
}

// TestNoFolder has assistants and no chains at all.
func TestNoFolder(t *testing.T) {
	set, faults := Load(nil, Options{Assistants: []Assistant{{Name: "sales"}, {Name: "support", Always: true, Variables: []string{"plan"}}}})
	if set == nil || len(faults) > 0 || len(set.Chains) > 0 {
		t.Fatalf("%v %v", set, faults)
	}
	for _, name := range []string{"sales", "support"} {
		c := set.Chain(AssistantChain(name))
		if c == nil || !c.IsAssistants() || len(c.On) > 0 || !c.Speaks() || set.Step(c.Start().Key()) != c.Start() || c.Heading() != "Assistant "+name {
			t.Errorf("the assistant %s has the chain %+v", name, c)
		}
	}
	if typ, known := set.Names.TypeOf("plan"); !known || typ != value.Text {
		t.Errorf("the variable plan is a %s", typ)
	}
	if set, faults := Load(nil, Options{}); set == nil || len(faults) > 0 {
		t.Errorf("no folder and no assistant: %v", faults)
	}
}

// TestExitsOfGPT are the ways on from an assistant, for the picture.
func TestExitsOfGPT(t *testing.T) {
	files := fstest.MapFS{
		"main.yaml":    {Data: []byte("on: [default]\nsteps:\n  - gpt: { until: \"plan != ''\" }\n  - say: Done\n  - gpt\n")},
		"booking.yaml": {Data: []byte("steps:\n  - say: Booked\n")},
		"night.yaml":   {Data: []byte("steps:\n  - say: Good night\n")},
	}
	set, faults := Load(files, Options{Assistants: []Assistant{{
		Name: "sales", Variables: []string{"plan"}, Chains: []string{"booking"},
		Fallback: map[talk.Failure]Fallback{"": {HandOver: true}, talk.FailedLimit: {Chain: "night"}},
	}}})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	var got []string
	for _, s := range set.Chain("main").All() {
		for _, exit := range s.Exits() {
			got = append(got, s.Kind+" "+s.Text()+": "+exit.Words+" → "+exit.To.Key())
		}
	}
	want := []string{
		"gpt sales: start_chain → booking#start+1", "gpt sales: fallback limit → night#start+1", "gpt sales: plan != '' → main#start+2",
		"say Done:  → main#start+3",
		"gpt sales: start_chain → booking#start+1", "gpt sales: fallback limit → night#start+1",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
