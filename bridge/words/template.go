package words

import (
	"encoding/json"
	"fmt"
	"strings"

	"golang.org/x/text/language"
)

// Template is a file with all sentences in English, each behind a #, for a language: what
// is translated loses its #. Sentences that go by a number have a line for each plural form
// of the language.
func Template(tag string) (string, error) {
	root, err := catalogue()
	if err != nil {
		return "", err
	}
	parsed, err := language.Parse(tag)
	if err != nil {
		return "", fmt.Errorf("%q is no language; write it like de or pt-BR", tag)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# What the chat says, in the language %s. Translate what stands behind the #, and take it\n"+
		"# away; what stays is said in the site's fall-back language, or in the one that fallback names\n"+
		"# here: en, ru or ar. {…} is filled in by the chat and has\n"+
		"# to stay; what is between << and >> is left out with it where that is empty.\n"+
		"# A site names this file in config.yaml, under widget.languages.\n\n"+
		"dir: %s\n#fallback: en\n", parsed, direction(parsed))
	t := &template{b: &b, forms: formsOf(parsed)}
	t.section(root, "")
	return b.String(), nil
}

type template struct {
	b     *strings.Builder
	forms []string
}

func (t *template) section(n *node, indent string) {
	for _, c := range n.Children {
		if c.About != "" {
			fmt.Fprintf(t.b, "%s# %s\n", indent, c.About)
		}
		switch c.Kind {
		case "section", "part", "map":
			fmt.Fprintf(t.b, "%s%s:\n", indent, c.Name)
			t.section(c, indent+"  ")
		case "list":
			texts := make([]string, 0, len(c.list()))
			for _, text := range c.list() {
				texts = append(texts, quoted(text))
			}
			fmt.Fprintf(t.b, "%s#%s: [%s]\n", indent, c.Name, strings.Join(texts, ", "))
		default:
			t.sentence(c, indent)
		}
	}
}

func (t *template) sentence(n *node, indent string) {
	if n.Flag == "" {
		t.text(n.Name, n.English, indent)
		return
	}
	var both struct{ Yes, No json.RawMessage }
	if json.Unmarshal(n.English, &both) != nil {
		return
	}
	fmt.Fprintf(t.b, "%s#%s:\n", indent, n.Name)
	t.text("yes", both.Yes, indent+"#  ")
	t.text("no", both.No, indent+"#  ")
}

// text writes a text, or its forms; those that English has not are as its other ones.
func (t *template) text(name string, english json.RawMessage, indent string) {
	mark := "#"
	if strings.Contains(indent, "#") {
		mark = ""
	}
	var plain string
	if json.Unmarshal(english, &plain) == nil {
		fmt.Fprintf(t.b, "%s%s%s: %s\n", indent, mark, name, quoteYAML(plain))
		return
	}
	var forms map[string]string
	if json.Unmarshal(english, &forms) != nil {
		return
	}
	fmt.Fprintf(t.b, "%s%s%s:\n", indent, mark, name)
	for _, form := range t.forms {
		said, ok := forms[form]
		if !ok {
			said = forms["other"]
		}
		fmt.Fprintf(t.b, "%s%s  %s: %s\n", indent, mark, form, quoteYAML(said))
	}
}

// quoteYAML writes a text in double quotes, with < and > as they are.
func quoteYAML(text string) string {
	return strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(quoted(text))
}
