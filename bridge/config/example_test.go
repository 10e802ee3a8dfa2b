package config

import (
	"bytes"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

const examplePath = "../../config.example.yaml"

// TestExampleLoads shows that the example is ready but for its tokens, and
// that what it shows is what holds without it.
func TestExampleLoads(t *testing.T) {
	cfg, err := load(examplePath, environment(), false)
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	if !reflect.DeepEqual(cfg.Gateway.Limits, want.Gateway.Limits) {
		t.Errorf("limits are not the defaults: %+v", cfg.Gateway.Limits)
	}
	if cfg.AppService.ID != want.AppService.ID || cfg.AppService.Port != want.AppService.Port ||
		cfg.AppService.Bot != want.AppService.Bot || cfg.Gateway.Listen != want.Gateway.Listen {
		t.Error("the appservice section or gateway.listen does not show the defaults")
	}
	got, site := cfg.Sites["shop"], DefaultSite("shop")
	site.Name, site.Origins, site.Operators = got.Name, got.Origins, got.Operators
	site.Files.Types, site.Alerts.Emails = []string{}, []string{}
	site.Widget.Title, site.Widget.Greeting, site.Widget.Team, site.Widget.Launcher.Text = Text{"": ""}, Text{"": ""}, Text{"": ""}, Text{"": ""}
	site.Widget.Consent, site.Widget.Privacy = Text{"": ""}, Text{"": ""}
	if !reflect.DeepEqual(got, site) {
		t.Errorf("the site does not show the defaults:\n%+v\n%+v", got, site)
	}
	if *cfg.Logging.MinLevel != *want.Logging.MinLevel {
		t.Error("logging.min_level does not show the default")
	}
	if n := strings.Count(readExample(t), "<- edit\n"); n != 6 {
		t.Errorf("the head promises six lines to edit, %d are marked", n)
	}
}

// TestExampleExplainsEveryKey walks the types and asks for each key in the
// example with a comment above it, above its group, or above its section.
func TestExampleExplainsEveryKey(t *testing.T) {
	var root yaml.Node
	if err := yaml.Unmarshal([]byte(readExample(t)), &root); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(readExample(t), "\n")
	explained := map[string]bool{}
	explain(root.Content[0], "", lines, explained)
	keys := keysOf(reflect.TypeFor[Config](), "")
	if len(keys) < 50 {
		t.Fatalf("found only %d keys in the types", len(keys))
	}
	for _, key := range keys {
		comment, there := explained[key]
		if !there {
			t.Errorf("%s is not in the example", key)
		} else if !comment {
			t.Errorf("%s has no comment in the example", key)
		}
	}
}

func readExample(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(examplePath)
	if err != nil {
		t.Fatal(err)
	}
	return string(bytes.ReplaceAll(data, []byte("\r"), nil))
}

// explain notes for each key whether a comment stands above it; keys directly
// below one another share the comment of the first.
func explain(node *yaml.Node, path string, lines []string, explained map[string]bool) {
	comment := regexp.MustCompile(`^\s*#`)
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		keyPath := join(path, key.Value)
		above := key.Line - 2 // the index of the line above the key
		self := above >= 0 && comment.MatchString(lines[above])
		if i > 0 {
			before := node.Content[i-2]
			self = self || before.Line == key.Line-1 && explained[join(path, before.Value)]
		} else {
			self = self || explained[path]
		}
		explained[keyPath] = self
		if value.Kind == yaml.MappingNode {
			explain(value, keyPath, lines, explained)
		}
	}
}

func keysOf(t reflect.Type, path string) []string {
	var keys []string
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ",")
		if name == "-" {
			continue
		}
		key := join(path, name)
		keys = append(keys, key)
		switch field := t.Field(i).Type; {
		case key == "logging":
			// The section is zeroconfig's; the two keys that everybody needs are shown.
			keys = append(keys, "logging.min_level", "logging.writers")
		case field == reflect.TypeFor[map[chat.SiteID]*Site]():
			keys = append(keys, keysOf(reflect.TypeFor[Site](), key+".shop")...)
		case field.Kind() == reflect.Struct && strings.HasPrefix(field.PkgPath(), "github.com/anteroom-chat/"):
			keys = append(keys, keysOf(field, key)...)
		}
	}
	return keys
}
