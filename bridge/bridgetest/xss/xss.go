// Package xss has what people write to have a page run a script, or ask a server,
// that is not its own. The vectors are in vectors.json, by class and name: scripts
// call the function xss with 1, requests go to the host xss.test. The tests in
// browsers, in widget/e2e, send and render them; tests in Go look at what is made
// of them.
package xss

import (
	_ "embed"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

//go:embed vectors.json
var file []byte

// Vector is one of them. Its name, "class/name", is permanent.
type Vector struct{ Name, Text string }

// All is every vector, by name.
func All(t testing.TB) []Vector {
	t.Helper()
	var classes map[string]map[string]string
	if err := json.Unmarshal(file, &classes); err != nil {
		t.Fatalf("vectors.json: %v", err)
	}
	var all []Vector
	for class, vectors := range classes {
		for name, text := range vectors {
			all = append(all, Vector{class + "/" + name, text})
		}
	}
	slices.SortFunc(all, func(a, b Vector) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// shown are the elements that hold text and nothing else: what is not among them can
// load, run, cover or send something.
const shown = " html head body p br b strong i em u s del strike code pre blockquote ul ol li hr table thead tbody tr th td sub sup a span div "

// attributes are those that a part of a text may have, with what may stand in them.
func attribute(name, value string) bool {
	switch name {
	case "href":
		return strings.HasPrefix(value, "https://") || strings.HasPrefix(value, "http://") || strings.HasPrefix(value, "mailto:")
	case "rel":
		return value == "noopener noreferrer nofollow"
	case "target":
		return value == "_blank"
	case "start":
		return strings.Trim(value, "-0123456789") == ""
	case "data-spoiler":
		return value == ""
	default:
		return false
	}
}

// Harm finds what a browser that reads the text as HTML would do more than show it, ""
// for nothing.
func Harm(t testing.TB, text string) string {
	t.Helper()
	root, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Type == html.CommentNode || n.Type == html.DoctypeNode {
			return "<!" + n.Data
		}
		if n.Type != html.ElementNode {
			continue
		}
		if n.Namespace != "" || !strings.Contains(shown, " "+n.Data+" ") {
			return "<" + n.Data
		}
		for _, a := range n.Attr {
			if !attribute(a.Key, a.Val) {
				return "<" + n.Data + " " + a.Key + "=" + a.Val
			}
		}
	}
	return ""
}
