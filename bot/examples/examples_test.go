package examples_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/anteroom-chat/anteroom/bot/chain"
	"github.com/anteroom-chat/anteroom/bot/examples"
	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bot/try"
)

// constants are those that the sets count on; the demo's configuration has them too.
func constants() map[string]string {
	return map[string]string{
		"orders": "https://glina.example/api/orders", "shop": "https://glina.example", "docs": "https://halyard.example/docs",
	}
}

// all are all sets.
func all() []string { return slices.Concat(examples.Names(), examples.Assisted()) }

// assistants are those that some of the sets count on.
func assistants() []chain.Assistant {
	return []chain.Assistant{{
		Name: "support", Variables: []string{"plan", "company", "seats"}, Tags: []string{"billing", "wants a demo"}, Chains: []string{"bug"}, HandOver: true,
		Fallback: map[talk.Failure]chain.Fallback{"": {HandOver: true}, talk.FailedLimit: {Chain: "later"}},
	}}
}

func TestExamplesHaveNoFaults(t *testing.T) {
	for _, name := range all() {
		set, err := examples.Set(name)
		if err != nil {
			t.Fatal(err)
		}
		o := chain.Options{Constants: constants(), Languages: []string{"en", "ru"}}
		if slices.Contains(examples.Assisted(), name) {
			o.Assistants = assistants()
		}
		_, faults := chain.Load(set, o)
		if len(faults) > 0 {
			t.Errorf("the set %s:\n%v", name, faults)
		}
	}
	if _, err := examples.Set("bakery"); err == nil {
		t.Error("there is a set of a bakery")
	}
}

// TestConversations plays the conversations of testdata, SET.LANGUAGE.txt.
// ANTEROOM_GOLDEN=write rewrites them.
func TestConversations(t *testing.T) {
	for _, name := range all() {
		for _, language := range []string{"en", "ru"} {
			path := filepath.Join("testdata", name+"."+language+".txt")
			t.Run(name+"."+language, func(t *testing.T) {
				t.Parallel()
				script, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				played, err := try.Play(path, string(script), try.Folder(".", name))
				if err != nil {
					t.Fatal(err)
				}
				if played == string(script) {
					return
				}
				if os.Getenv("ANTEROOM_GOLDEN") != "write" {
					t.Fatalf("%s does not go as it is written (make golden rewrites it):\n%s", path, try.Diff(string(script), played))
				}
				if err := os.WriteFile(path, []byte(played), 0o600); err != nil {
					t.Fatal(err)
				}
			})
		}
	}
}
