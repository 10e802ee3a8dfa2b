package knowledge

import (
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/anteroom-chat/anteroom/bot/source"
)

// sheet is a file of questions and answers: a list of them, or keys that hold for
// all of them and the list.
type sheet struct {
	head      `yaml:",inline"`
	Questions []question `yaml:"questions" need:"true" doc:"The questions with their answers."`

	reader *source.Reader
}

// question is a question with its answer.
type question struct {
	source.Pos
	Question source.Scalar   `yaml:"question" doc:"The question, as most people put it."`
	Q        source.Scalar   `yaml:"q" doc:"The same as question."`
	Answer   source.Scalar   `yaml:"answer" doc:"The answer, as Markdown."`
	A        source.Scalar   `yaml:"a" doc:"The same as answer."`
	Also     []source.Scalar `yaml:"also" doc:"Other wordings of the question."`
	URL      source.Scalar   `yaml:"url" doc:"The page that says the same, if it is another one than the file's."`
}

// MaxAlso is how many other wordings a question may have.
const MaxAlso = 30

// ReadYAML reads a sheet, or the mere list of its questions.
func (s *sheet) ReadYAML(r *source.Reader, node *yaml.Node) {
	if node.Kind == yaml.SequenceNode {
		r.Decode(node, &s.Questions)
		return
	}
	type keys sheet
	var k struct {
		head      `yaml:",inline"`
		Questions []question `yaml:"questions" need:"true"`
	}
	r.Decode(node, &k)
	s.head, s.Questions = k.head, k.Questions
}

// questions reads a file of questions and answers.
func (l *loader) questions(file string, data []byte) {
	var s sheet
	l.faults = append(l.faults, source.Read(file, data, &s)...)
	lines := source.Lines(strings.TrimPrefix(string(data), "\ufeff"))
	before := len(l.faults)
	about := l.about(file, s.head)
	for _, q := range s.Questions {
		l.question(about, q)
	}
	for i := before; i < len(l.faults); i++ {
		l.faults[i].Source = line(lines, l.faults[i].Line)
	}
}

func (l *loader) question(about Passage, q question) {
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
