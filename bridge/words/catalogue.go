// Package words reads a site's file of the widget's sentences in a language, says with the
// line what is wrong in it, and writes it as chunks that the widget imports as it imports
// those of the built-in languages. Nothing of the file runs: a chunk holds strings, and
// code that this package writes around them.
package words

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"github.com/anteroom-chat/anteroom/widget"
)

// node is a sentence of the widget, or a section of some.
type node struct {
	Name string `json:"name"`
	// Kind is text, list, map, section, or part: a section that is loaded on first use.
	Kind     string          `json:"kind"`
	About    string          `json:"about"`
	Params   []param         `json:"params"`
	Counted  string          `json:"counted"`
	Flag     string          `json:"flag"`
	English  json.RawMessage `json:"en"`
	Children []*node         `json:"children"`
}

// param is what a sentence is filled with: a string, a number, a list of names, or boolean.
type param struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

func (n *node) child(name string) *node {
	i := slices.IndexFunc(n.Children, func(c *node) bool { return c.Name == name })
	if i < 0 {
		return nil
	}
	return n.Children[i]
}

// text returns the parameter's type; false if the sentence has none of the name.
func (n *node) param(name string) (string, bool) {
	for _, p := range n.Params {
		if p.Name == name && p.Type != "boolean" {
			return p.Type, true
		}
	}
	return "", false
}

// launcherSection is said before the widget's own chunk is there.
const launcherSection = "launcher"

func launcherNode() *node {
	text := func(name, about, english string) *node {
		quoted, _ := json.Marshal(english) //nolint:errchkjson // a string can always be written
		return &node{Name: name, Kind: "text", About: about, English: quoted}
	}
	en, near := widget.Launcher()["en"], widget.Near()["en"]
	return &node{Name: launcherSection, Kind: "section", About: "What is said before the window is opened.", Children: []*node{
		text("open", "", en.Open), text("close", "", en.Close),
		text("unread", "Before a number.", en.Unread), text("sorry", "When the chat did not load.", en.Sorry),
		text("hide", "Of a message that is shown beside the launcher.", near.Hide),
		text("one", "In the title of a hidden tab, of one message and of several.", near.One), text("some", "", near.Some),
	}}
}

// catalogue are all sentences, in their order. It is an error if the widget was not built.
var catalogue = sync.OnceValues(func() (*node, error) { //nolint:gochecknoglobals // read once, never changed
	told := widget.Sentences()
	if told == nil {
		return nil, fmt.Errorf("this program was built without the widget, and does not know its sentences; build it again with make")
	}
	root := &node{Kind: "part"}
	if err := json.Unmarshal(told, &root.Children); err != nil {
		return nil, fmt.Errorf("read the widget's sentences: %w", err)
	}
	root.Children = append([]*node{launcherNode()}, root.Children...)
	return root, nil
})
