package stack

import (
	"maps"
	"strings"

	"gopkg.in/yaml.v3"
)

// lightSite and darkSite are always light and always dark, each with texts on its colours
// that it chose itself. There is no button of the one on phones, nor of the other on
// computers. The light one is never open, and says nothing of that; the dark one has a
// drawing of its own.
const (
	lightSite = "light"
	darkSite  = "dark"
)

// themeSites are those two.
func themeSites(facts Facts) yamlMap {
	site := func(name string, more yamlMap) yamlMap {
		widget := yamlMap{"theme": strings.ToLower(name), "color": "#ffd400", "ink": "#4a2b00", "dark_color": "#22463d", "dark_ink": "#b7f0cf"}
		maps.Copy(widget, more)
		return yamlMap{
			"name": name, "origins": []string{strings.TrimSuffix(facts.VisitorURL, "/")}, "operators": []string{facts.Operator.UserID},
			"invite": "everyone", "widget": widget,
		}
	}
	// Quoted, it would be a word that visitors read.
	off := &yaml.Node{Kind: yaml.ScalarNode, Value: "off"}
	light := site("Light", yamlMap{"away": off, "hide": yamlMap{"devices": []string{"phone"}}})
	// Open for a minute of the year.
	light["opening_hours"] = yamlMap{"mon-sun": "closed", "holidays": []yamlMap{{"date": "01-01", "hours": "09:00-09:01"}}}
	dark := site("Dark", yamlMap{"launcher": yamlMap{"icon": "M4 4h16v16H4z"}, "hide": yamlMap{"devices": []string{"desktop"}}})
	return yamlMap{lightSite: light, darkSite: dark}
}
