package safe

import "slices"

// Run is how many words in a row of a secret text may not be told.
const Run = 8

// runs finds runs of words of secret texts in what somebody writes, letter by
// letter (Aho and Corasick, 1975). Spaces and signs between the letters make no
// difference, nor does the direction.
type runs struct {
	nodes []node
	edges map[edge]int32
}

type node struct {
	// fail is the node of the longest other end of what was read that begins a run.
	fail int32
	// depth is how many letters of a run were read; of at least one run if whole.
	depth int32
	whole bool
}

type edge struct {
	from   int32
	letter rune
}

// newRuns makes the runs of secret texts, but for those that public texts have as
// well: what everybody may know is no secret. A secret of fewer words than Run has none.
func newRuns(secret, public []string) *runs {
	r := &runs{nodes: make([]node, 1), edges: map[edge]int32{}}
	for _, text := range secret {
		r.addText(text)
	}
	r.link()
	for _, text := range public {
		r.allow(text)
	}
	return r
}

// addText adds each run of a text, forwards and backwards.
func (r *runs) addText(text string) {
	var words [][]rune
	for _, part := range parts(text) {
		if read := letters(part); len(read) > 0 {
			words = append(words, read)
		}
	}
	for end := Run; end <= len(words); end++ {
		run := slices.Concat(words[end-Run : end]...)
		r.add(run)
		slices.Reverse(run)
		r.add(run)
	}
}

func (r *runs) add(run []rune) {
	at := int32(0)
	for _, letter := range run {
		next, ok := r.edges[edge{at, letter}]
		if !ok {
			next = int32(len(r.nodes)) // #nosec G115 -- MaxInstruction bounds it far below
			r.nodes = append(r.nodes, node{depth: r.nodes[at].depth + 1})
			r.edges[edge{at, letter}] = next
		}
		at = next
	}
	r.nodes[at].whole = true
}

// link finds where to go on when the next letter does not fit.
func (r *runs) link() {
	children := make([][]edge, len(r.nodes))
	for e := range r.edges {
		children[e.from] = append(children[e.from], e)
	}
	for queue := []int32{0}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		for _, e := range children[at] {
			child := r.edges[e]
			if at != 0 {
				r.nodes[child].fail = r.next(r.nodes[at].fail, e.letter)
			}
			queue = append(queue, child)
		}
	}
}

// next is where a letter leads.
func (r *runs) next(at int32, letter rune) int32 {
	for {
		if to, ok := r.edges[edge{at, letter}]; ok {
			return to
		}
		if at == 0 {
			return 0
		}
		at = r.nodes[at].fail
	}
}

// told reports whether a run ends at a node.
func (r *runs) told(at int32) bool {
	for ; at != 0; at = r.nodes[at].fail {
		if r.nodes[at].whole {
			return true
		}
	}
	return false
}

// allow takes out the runs that a public text has.
func (r *runs) allow(text string) {
	at := int32(0)
	for _, part := range parts(text) {
		for _, letter := range letters(part) {
			at = r.next(at, letter)
			for end := at; end != 0; end = r.nodes[end].fail {
				r.nodes[end].whole = false
			}
		}
	}
}

// tells reports whether a text has a run.
func (r *runs) tells(text string) bool {
	at := int32(0)
	for _, part := range parts(text) {
		for _, letter := range letters(part) {
			if at = r.next(at, letter); r.told(at) {
				return true
			}
		}
	}
	return false
}
