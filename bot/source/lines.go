package source

import (
	"strings"
	"unicode"

	"gopkg.in/yaml.v3"
)

// MaxDepth is how deep lists and mappings may lie in one another.
const MaxDepth = 100

// Lines are the lines of a file, which end where YAML's do.
func Lines(data string) []string {
	return strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n").Replace(data), "\n")
}

// letters looks for characters that no YAML may hold (YAML 1.2.2, section 5.1).
// Its parser refuses them too, without saying where.
func (r *Reader) letters() (fine bool) {
	for i, line := range r.lines {
		for column, letter := range []rune(line) {
			if letter == '\t' || letter == '\u0085' || !unicode.IsControl(letter) && letter != '\ufffe' && letter != '\uffff' && letter != '\ufeff' {
				continue
			}
			r.FaultAt(Pos{r.File, i + 1, column + 1}, "control_character", "The character %U cannot be seen and does not belong into a text; delete it.", letter)
			return false
		}
	}
	return true
}

// survey looks for what YAML knows and files here do without, and for what lies
// too deep.
func (r *Reader) survey(node *yaml.Node, depth int) (fine bool) {
	switch {
	case node.Kind == yaml.AliasNode || node.Anchor != "":
		r.Fault(node, "anchor", "Anchors and aliases (& and *) are not supported: write the value out. A text that begins with one of these signs needs quotes.")
	case node.Style&yaml.TaggedStyle != 0:
		r.Fault(node, "yaml_tag", "Tags like %s are not supported: leave it out. A text that begins with ! needs quotes.", excerpt(node.Tag))
	case depth > MaxDepth:
		r.Fault(node, "too_deep", "Lists and keys lie more than %d deep in one another here.", MaxDepth)
		return false
	}
	for _, child := range node.Content {
		if !r.survey(child, depth+1) {
			return false
		}
	}
	return true
}
