package bot_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/anteroom-chat/anteroom/bot/chain"
)

// TestEveryKindHasAConversation holds the kinds of steps and triggers that the
// schema knows against those of the chains in testdata.
func TestEveryKindHasAConversation(t *testing.T) {
	schema, err := chain.Schema()
	if err != nil {
		t.Fatal(err)
	}
	var whole any
	if err := json.Unmarshal(schema, &whole); err != nil {
		t.Fatal(err)
	}
	missing := map[string]bool{}
	kindsOf(whole, missing)
	const least = 35 // or the schema has another form
	if len(missing) < least {
		t.Fatalf("the schema seems to have %d kinds", len(missing))
	}
	folders, err := filepath.Glob(filepath.Join("testdata", "*", "chains"))
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		o := chain.Options{Constants: map[string]string{"crm": "https://crm.example"}, Secrets: []string{"TOKEN"}, Assistants: []chain.Assistant{{Name: "sales"}}}
		for _, c := range loaded(t, folder, o).Chains {
			for _, g := range c.On {
				delete(missing, g.Kind)
			}
			for _, s := range c.All() {
				delete(missing, s.Kind)
			}
		}
	}
	for kind := range missing {
		t.Errorf("no conversation in testdata has %q", kind)
	}
}

// kindsOf gathers what is told apart by a key that it requires.
func kindsOf(schema any, kinds map[string]bool) {
	switch schema := schema.(type) {
	case []any:
		for _, inner := range schema {
			kindsOf(inner, kinds)
		}
	case map[string]any:
		title, _ := schema["title"].(string)
		required, _ := schema["required"].([]any)
		if isKind := strings.HasPrefix(title, "The step ") || strings.HasPrefix(title, "The trigger "); isKind && len(required) > 0 {
			kind, _ := required[0].(string)
			kinds[kind] = true
		}
		for _, inner := range schema {
			kindsOf(inner, kinds)
		}
	}
}
