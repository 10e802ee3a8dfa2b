package knowledge

import (
	"math"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/anteroom-chat/anteroom/bot/source"
)

// sheet is a file of questions and answers: a list of them, or keys that hold for
// all of them and the list.
type sheet struct {
	head      `yaml:",inline"`
	Questions []question `yaml:"questions" need:"true"`
}

// question is a question with its answer.
type question struct {
	source.Pos
	Question source.Scalar   `yaml:"question"`
	Q        source.Scalar   `yaml:"q"`
	Answer   source.Scalar   `yaml:"answer"`
	A        source.Scalar   `yaml:"a"`
	Also     []source.Scalar `yaml:"also"`
	URL      source.Scalar   `yaml:"url"`
}

// MaxAlso is how many other wordings a question may have.
const MaxAlso = 30

// listed is a sheet that may be the mere list of its questions.
type listed struct{ sheet }

// ReadYAML reads a sheet.
func (s *listed) ReadYAML(r *source.Reader, node *yaml.Node) {
	if node.Kind == yaml.SequenceNode {
		r.Decode(node, &s.Questions)
		return
	}
	r.Decode(node, &s.sheet)
}

// questions reads a file of questions and answers.
func (l *loader) questions(file string, data []byte) {
	var s listed
	unread := source.Read(file, data, &s)
	l.faults = append(l.faults, unread...)
	lines := source.Lines(strings.TrimPrefix(string(data), "\ufeff"))
	before := len(l.faults)
	about := l.about(file, s.head)
	first := map[string]int{}
	for i, q := range s.Questions {
		end := math.MaxInt
		if i+1 < len(s.Questions) {
			end = s.Questions[i+1].Line
		}
		if slices.ContainsFunc(unread, func(f source.Fault) bool { return f.Line >= q.Line && f.Line < end }) {
			continue // what seems to be missing may be what could not be read
		}
		if title := l.question(about, q); first[title] > 0 {
			l.warn(q.Pos, "question_twice", "This question is asked twice, first in line %d.", first[title])
		} else {
			first[title] = q.Line
		}
	}
	for i := before; i < len(l.faults); i++ {
		l.faults[i].Source = line(lines, l.faults[i].Line)
	}
}

// question adds a question with its answer, and returns its title.
func (l *loader) question(about Passage, q question) string {
	asked := l.either(q, q.Question, q.Q, "question", "q")
	answer := l.either(q, q.Answer, q.A, "answer", "a")
	p := about
	p.Above, p.Title = about.Title, l.short(asked, "question")
	if q.URL.IsRead() {
		p.URL = l.url(q.URL)
	}
	if len(q.Also) > MaxAlso {
		l.fault(q.Also[MaxAlso].Pos, "too_many_wordings", "A question has at most %d other wordings.", MaxAlso)
	}
	for _, wording := range q.Also {
		if text := l.short(wording, "wording"); text != "" {
			p.Also = append(p.Also, text)
		}
	}
	text, urls := clean(answer.Text)
	l.links(urls...)
	p.Text, p.Line = text, q.Line
	l.add(section{p, slug(p.Title)})
	return p.Title
}

// either is the value of the one of two keys that is given.
func (l *loader) either(q question, long, short source.Scalar, name, also string) source.Scalar {
	switch {
	case long.IsRead() && short.IsRead():
		l.fault(short.Pos, "key_twice", "The keys %q and %q mean the same; keep one of them.", name, also)
	case !long.IsRead() && !short.IsRead():
		l.fault(q.Pos, "missing_key", "The key %q is missing here.", name)
	case strings.TrimSpace(long.Text+short.Text) == "":
		l.fault(q.Pos, "no_value", "The key %q needs a value.", name)
	}
	if long.IsRead() {
		return long
	}
	return short
}

func line(lines []string, n int) string {
	if n < 1 || n > len(lines) {
		return ""
	}
	return lines[n-1]
}
