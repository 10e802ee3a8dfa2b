package chain

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"

	"github.com/anteroom-chat/anteroom/bot/source"
)

// TestSchemaShips holds the file for editors to what the code reads;
// ANTEROOM_GOLDEN=write writes it anew.
func TestSchemaShips(t *testing.T) {
	schema, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "chain.schema.json", string(schema))
}

// TestSchemaExplains looks whether every key says what it is for.
func TestSchemaExplains(t *testing.T) {
	schema, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	var root map[string]any
	if err := json.Unmarshal(schema, &root); err != nil {
		t.Fatal(err)
	}
	explains(t, "", root)
}

func explains(t *testing.T, at string, schema any) {
	t.Helper()
	switch schema := schema.(type) {
	case map[string]any:
		properties, _ := schema["properties"].(map[string]any)
		for key, property := range properties {
			if described, _ := property.(map[string]any); described["description"] == nil {
				t.Errorf("%s/%s has no description", at, key)
			}
		}
		for key, inner := range schema {
			explains(t, at+"/"+key, inner)
		}
	case []any:
		for i, inner := range schema {
			explains(t, fmt.Sprintf("%s/%d", at, i), inner)
		}
	}
}

// language is a chain with all that the schema has to let through.
const language = `
title: { en: Prices, ru: Цены }
variables: { size: number, seen: date }
on:
  - keywords: [price, 100, "how much"]
    match: exact
    if: visits > 1
  - command: /price
  - first_message
  - default: { at_most_every: 1h }
  - default:
  - opened: { once: visit }
  - page: { url: /shop*, after: 10s, device: mobile }
  - person_wanted: { words: [help] }
  - visitor_silent: 1d
steps:
  - say: 100
  - say: { en: Hello, ru: Привет }
    label: hello
    buttons:
      - { text: One, goto: hello, set: { plan: team, n: 1, on: true, all: [a, b] }, tag: lead }
      - { text: Docs, url: "https://example.com" }
    timeout: 1h30m
    on_timeout: bye
  - ask: Which?
    type: choice
    choices: [one, { text: Two, value: 2 }, { en: Three, ru: Три }]
    many: true
    save: which
    attempts: 2
  - gpt: { until: answered }
  - gpt: { assistant: sales, until: size > 2, say_first: { en: Ask me, ru: Спросите } }
  - if: visits > 8
    then:
      - gpt: sales
    else:
      - if: visits > 9
        then: [ gpt ]
        else: [ { gpt: } ]
  - if: true
    then: hello
    else: [ end, { pause: { until: "09:00" } }, { pause: 2s } ]
  - call: bye
  - request: { url: "https://example.com/{{ name }}", json: { a: [1, { b: "{{ email }}" }] }, save: { id: .id }, on_error: bye }
  - random: [ { weight: 2, steps: hello }, { steps: [ end ] } ]
    sticky: true
  - image: https://example.com/a.png
  - file: https://example.com/a.pdf
  - card: { title: Tea, text: Green, image: "https://example.com/a.png", buttons: [{ text: Buy }] }
  - gallery: [ { title: One }, { title: Two } ]
  - channels: { say: Elsewhere, links: { Telegram: "https://t.me/shop" } }
  - note: A note
  - alert: An alert
  - webhook: { event: sold, data: { n: 1 } }
  - event: sold
  - subscribe
  - unsubscribe: {}
  - bye
  - label: bye
  - open
  - open: { notify: [mention], reason: Why }
  - handoff:
  - close: {}
`

// TestSchemaAgrees validates the language and all fixtures: what loads is valid,
// and what the schema can tell is not.
func TestSchemaAgrees(t *testing.T) {
	valid := validator(t)
	if err := valid([]byte(language)); err != nil {
		t.Errorf("the language: %v", err)
	}
	tells := []string{
		"bad_duration", "missing_key", "not_a_boolean", "not_a_language", "not_a_list", "not_a_mapping", "not_a_step", "not_a_trigger", "not_a_value",
		"not_an_integer", "two_steps", "two_triggers", "unknown_key", "unknown_step", "unknown_trigger", "unknown_word", "no_value",
	}
	for _, fixed := range fixtures(t) {
		folder := fixture(t, fixed)
		files, err := fs.Glob(folder, "*.yaml")
		if err != nil {
			t.Fatal(err)
		}
		_, faults := Load(folder, siteOptions(fixed))
		for _, file := range files {
			data, err := fs.ReadFile(folder, file)
			if err != nil {
				t.Fatal(err)
			}
			invalid := valid(data)
			wrong, told := false, false
			for _, f := range faults {
				if f.File == file && !f.Warning {
					wrong = true
					told = told || slices.Contains(tells, f.Code)
				}
			}
			switch {
			case !wrong && invalid != nil:
				t.Errorf("%s loads, and the schema refuses it: %v", file, invalid)
			case told && invalid == nil:
				t.Errorf("%s: the schema lets through: %v", file, faults)
			}
		}
	}
}

// validator returns what tells whether a chain's file is valid by the schema.
func validator(t *testing.T) func(data []byte) error {
	t.Helper()
	text, err := os.ReadFile("chain.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("chain.schema.json", parsed); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("chain.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return func(data []byte) error {
		var node yaml.Node
		if err := yaml.Unmarshal(data, &node); err != nil {
			return err
		}
		if node.Kind == 0 {
			return source.ErrNoFile
		}
		return schema.Validate(plain(node.Content[0]))
	}
}

// plain is a node as JSON has it: what is a date to YAML is a text.
func plain(node *yaml.Node) any {
	switch node.Kind {
	case yaml.MappingNode:
		object := map[string]any{}
		for i := 0; i+1 < len(node.Content); i += 2 {
			object[node.Content[i].Value] = plain(node.Content[i+1])
		}
		return object
	case yaml.SequenceNode:
		list := []any{}
		for _, item := range node.Content {
			list = append(list, plain(item))
		}
		return list
	case yaml.ScalarNode:
		var v any
		if node.Tag == "!!timestamp" || node.Decode(&v) != nil {
			return node.Value
		}
		return v
	default:
		return nil
	}
}

// TestLanguageLoads holds the sample of the schema to the reader.
func TestLanguageLoads(t *testing.T) {
	_, faults := Load(fstest.MapFS{"a.yaml": {Data: []byte(language)}}, Options{Assistants: []Assistant{{Name: "sales"}}})
	if errs := faults.Errors(); len(errs) > 0 {
		t.Error(errs)
	}
}
