package api

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// The description tells of every route with its scope, and of nothing else.
func TestTheDescriptionIsOfTheseRoutes(t *testing.T) {
	var doc struct {
		Paths map[string]map[string]yaml.Node `yaml:"paths"`
	}
	if err := yaml.Unmarshal(description, &doc); err != nil {
		t.Fatal(err)
	}
	described := map[string]string{}
	for path, operations := range doc.Paths {
		for method, node := range operations {
			if method == "parameters" {
				continue
			}
			var operation struct {
				Scope   string `yaml:"x-scope"`
				ID      string `yaml:"operationId"`
				Summary string `yaml:"summary"`
			}
			if err := node.Decode(&operation); err != nil {
				t.Fatal(err)
			}
			if operation.ID == "" || operation.Summary == "" {
				t.Errorf("%s %s has no name or summary", method, path)
			}
			described[strings.ToUpper(method)+" "+Prefix+"v1"+path] = operation.Scope
		}
	}
	routed := map[string]string{}
	for _, r := range routes() {
		routed[r.method+" "+r.path] = string(r.scope)
	}
	if !maps.Equal(described, routed) {
		t.Errorf("described are\n%v\nand routed\n%v", slices.Sorted(maps.Keys(described)), slices.Sorted(maps.Keys(routed)))
	}
}
