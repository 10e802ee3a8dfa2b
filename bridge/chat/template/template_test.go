package template

import (
	"slices"
	"strings"
	"testing"
)

func TestRender(t *testing.T) {
	values := map[string]string{"name": "Ann {{ plan }}", "plan": "team"}
	for text, want := range map[string]string{
		"":                           "",
		"Hello":                      "Hello",
		"Hello {{ name }}!":          "Hello Ann {{ plan }}!", // a value is never read as a template
		"{{plan}}{{ plan }}":         "teamteam",
		`Hello {{ who ?? "there" }}`: "Hello there",
		`{{ plan ?? "no \"plan\"" }}, {{ x ?? "no \"plan\"" }}`: `team, no "plan"`,
		`{{ x ?? "" }}.`: ".",
		"} }} {":         "} }} {",
	} {
		parsed, err := Parse(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		got, missing := parsed.Render(func(name string) string { return values[name] })
		if got != want || missing != nil {
			t.Errorf("%q: got %q, missing %q", text, got, missing)
		}
	}
}

func TestMissingValuesAreNamedOnce(t *testing.T) {
	parsed, err := Parse("{{ a }} {{ b }} {{ a }}")
	if err != nil {
		t.Fatal(err)
	}
	if _, missing := parsed.Render(func(string) string { return "" }); !slices.Equal(missing, []string{"a", "b"}) {
		t.Errorf("missing: %q", missing)
	}
}

func TestWrongPlacesAreNamed(t *testing.T) {
	for text, word := range map[string]string{
		"Hello {{ name":                 "{{ name",
		"{{ a.b }}":                     "{{ a.b }}",
		"{{ }}":                         "{{ }}",
		"{{ a ?? b }}":                  "{{ a ?? b }}",
		`{{ a ?? "\q" }}`:               `"\q"`,
		"{{ 1a }}":                      "{{ 1a }}",
		"{{ a {{ b }}":                  "{{ a {{ b }}",
		"{{ " + strings.Repeat("я", 50): "…",
	} {
		if _, err := Parse(text); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
