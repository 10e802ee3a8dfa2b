package knowledge

import (
	"bytes"
	"path"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"github.com/anteroom-chat/anteroom/bot/source"
)

// markdown reads a Markdown file, with or without a head between two lines of ---.
func (l *loader) markdown(file string, data []byte) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if !l.isText(file, data) {
		return
	}
	lines := source.Lines(string(data))
	before := len(l.faults)
	h, first, ok := l.frontMatter(file, lines)
	about := l.about(file, h)
	for i := before; i < len(l.faults); i++ {
		l.faults[i].Source = line(lines, l.faults[i].Line)
	}
	if ok {
		l.sections(about, strings.Join(lines[first:], "\n"), first)
	}
}

// isText notes why a file is none that can be read.
func (l *loader) isText(file string, data []byte) bool {
	whole := source.Pos{File: file}
	switch {
	case len(data) > source.MaxFile:
		l.fault(whole, "file_too_large", "The file is larger than %d KiB; split it.", source.MaxFile>>10)
	case !utf8.Valid(data):
		l.fault(whole, "not_utf8", "The file is not UTF-8 text%s; save it as UTF-8.", guess(data))
	default:
		for i, line := range source.Lines(string(data)) {
			column := 0
			for _, r := range line {
				if column++; r != '\t' && r != '\f' && unicode.IsControl(r) {
					l.faults = append(l.faults, source.Fault{
						Pos: source.Pos{File: file, Line: i + 1, Column: column}, Code: "control_character",
						Text: "A character here cannot be seen and does not belong into a text; delete it.", Source: line,
					})
					return false
				}
			}
		}
		return true
	}
	return false
}

// guess says what a file that is not UTF-8 probably is.
func guess(data []byte) string {
	switch {
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}), bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		return " but UTF-16"
	case bytes.IndexByte(data, 0) >= 0:
		return ""
	default:
		return " but probably in an older encoding of one byte for each letter, such as Windows-1251"
	}
}

// frontMatter reads the head; first is the index of the line behind it.
func (l *loader) frontMatter(file string, lines []string) (h head, first int, ok bool) {
	if strings.TrimRight(lines[0], " \t") != "---" {
		return h, 0, true
	}
	for i := 1; i < len(lines); i++ {
		if strings.TrimRight(lines[i], " \t") != "---" {
			continue
		}
		inside := strings.Join(lines[1:i], "\n")
		if strings.TrimSpace(inside) == "" {
			return h, i + 1, true
		}
		// The comment stands for the first line, so that places are those of the file.
		found := source.Read(file, []byte("#\n"+inside+"\n"), &h)
		l.faults = append(l.faults, found...)
		return h, i + 1, true
	}
	l.fault(source.Pos{File: file, Line: 1, Column: 1}, "open_head", "The head that begins with --- is not closed; write a second line --- behind it.")
	return h, 0, false
}

// reader parses what GitHub calls Markdown, and {#anchor} behind headings.
func reader() parser.Parser {
	return goldmark.New(goldmark.WithExtensions(extension.Table, extension.Linkify), goldmark.WithParserOptions(parser.WithAttribute())).Parser()
}

// heading is one that cuts the file.
type heading struct {
	level         int
	title, anchor string
	// from is where its line begins, to where the text behind it does.
	from, to int
}

// sections cuts the text of a file at its headings. above counts the lines before it.
func (l *loader) sections(about Passage, written string, above int) {
	src := []byte(written)
	doc := reader().Parse(text.NewReader(src))
	rest := look(doc, src)
	l.links(rest.urls...)
	outer := []heading{{level: 0, title: about.Title}}
	if about.Title == "" {
		outer[0].title = strings.TrimSuffix(path.Base(about.File), path.Ext(about.File))
	}
	named := about.Title != ""
	begin, line, counted := 0, above+1, 0
	flush := func(end int) {
		p, last := about, outer[len(outer)-1]
		p.Title = last.title
		p.Above = titles(outer[:len(outer)-1], named)
		p.Text = rest.take(src, begin, end)
		line += bytes.Count(src[counted:begin], []byte("\n"))
		p.Line, counted = line, begin
		if last.level > 1 {
			p.URL = withAnchor(about.URL, last.anchor)
		}
		l.add(section{p, last.anchor})
	}
	for node := doc.FirstChild(); node != nil && !l.full; node = node.NextSibling() {
		h, ok := node.(*ast.Heading)
		if !ok {
			continue
		}
		cut := headingOf(h, src)
		if cut.title == "" {
			continue
		}
		flush(cut.from)
		for len(outer) > 1 && outer[len(outer)-1].level >= cut.level {
			outer = outer[:len(outer)-1]
		}
		outer, begin = append(outer, cut), cut.to
	}
	flush(len(src))
}

// titles are the headings above one; the file's name counts for nothing.
func titles(above []heading, named bool) string {
	var all []string
	for _, h := range above {
		if h.level > 0 || named {
			all = append(all, h.title)
		}
	}
	return strings.Join(all, " › ")
}

var hashes = regexp.MustCompile(`^ {0,3}#{1,6}([ \t]|$)`)

func headingOf(h *ast.Heading, src []byte) heading {
	title := clipTitle(strings.Join(strings.Fields(plain(h, src)), " "))
	if h.Lines().Len() == 0 {
		return heading{}
	}
	start, end := h.Lines().At(0).Start, h.Lines().At(h.Lines().Len()-1).Stop
	from := bytes.LastIndexByte(src[:start], '\n') + 1
	to := lineEnd(src, max(start, end-1))
	if !hashes.Match(src[from:lineEnd(src, from)]) { // a line of = or - stands below
		to = lineEnd(src, to)
	}
	anchor := slug(title)
	if id, ok := h.AttributeString("id"); ok {
		if b, isText := id.([]byte); isText {
			anchor = clipTitle(string(b))
		}
	}
	return heading{h.Level, title, anchor, from, to}
}

// clipTitle shortens the title of a heading that somebody made of a whole text.
func clipTitle(title string) string {
	if r := []rune(title); len(r) > MaxTitle {
		return string(r[:MaxTitle-1]) + "…"
	}
	return title
}

// lineEnd is behind the line in which a place is.
func lineEnd(src []byte, at int) int {
	if at >= len(src) {
		return len(src)
	}
	if end := bytes.IndexByte(src[at:], '\n'); end >= 0 {
		return at + end + 1
	}
	return len(src)
}

// plain is the text of a node without its markup.
func plain(node ast.Node, src []byte) string {
	var b strings.Builder
	_ = ast.Walk(node, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Text:
			shown := n.Segment.Value(src)
			if _, code := n.Parent().(*ast.CodeSpan); !code {
				shown = util.ResolveEntityNames(util.ResolveNumericReferences(util.UnescapePunctuations(shown)))
			}
			_, _ = b.Write(shown)
			if n.SoftLineBreak() || n.HardLineBreak() {
				b.WriteByte(' ')
			}
		case *ast.String:
			_, _ = b.Write(n.Value)
		case *ast.AutoLink:
			_, _ = b.Write(n.Label(src))
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}

// span is a part of a text, from its first byte to the one behind it.
type span struct{ from, to int }

// found is what has to be known of a document beside its headings, each in the
// order of the text.
type found struct {
	// comments are for those who write and not for visitors.
	comments []span
	urls     []string
	// references are links whose addresses may stand in another section, as in
	// [see here][1].
	references []reference
}

type reference struct {
	at             int
	label, address string
}

func look(doc ast.Node, src []byte) (f found) {
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Link:
			f.urls = append(f.urls, string(n.Destination))
			if n.Reference != nil {
				f.references = append(f.references, reference{n.Pos(), string(n.Reference.Value), string(n.Destination)})
			}
		case *ast.AutoLink:
			f.urls = append(f.urls, string(n.URL(src)))
		case *ast.RawHTML:
			if first := n.Segments.At(0); bytes.HasPrefix(src[first.Start:], []byte("<!--")) {
				f.comments = append(f.comments, span{first.Start, n.Segments.At(n.Segments.Len() - 1).Stop})
			}
		case *ast.HTMLBlock:
			if n.HTMLBlockType == ast.HTMLBlockType2 && n.Lines().Len() > 0 {
				f.comments = append(f.comments, commentBlock(n, src))
			}
		}
		return ast.WalkContinue, nil
	})
	return f
}

func commentBlock(n *ast.HTMLBlock, src []byte) span {
	s := span{n.Lines().At(0).Start, n.Lines().At(n.Lines().Len() - 1).Stop}
	if n.HasClosure() {
		s.to = max(s.to, n.ClosureLine.Stop)
	}
	if end := bytes.LastIndex(src[s.from:s.to], []byte("-->")); end >= 0 { // what stands behind is text
		s.to = s.from + end + len("-->")
	}
	return s
}

// take is the next part of a text, without comments and with all addresses.
func (f *found) take(src []byte, begin, end int) string {
	var b strings.Builder
	for len(f.comments) > 0 && f.comments[0].from < end {
		comment := f.comments[0]
		if from := max(comment.from, begin); from < comment.to {
			_, _ = b.Write(src[begin:from])
			begin = min(comment.to, end)
		}
		f.comments = f.comments[1:]
	}
	if begin < end {
		_, _ = b.Write(src[begin:end])
	}
	f.define(&b, end)
	return b.String()
}

// define adds the addresses of links that are written elsewhere.
func (f *found) define(b *strings.Builder, end int) {
	added := map[string]bool{}
	for len(f.references) > 0 && f.references[0].at < end {
		r := f.references[0]
		f.references = f.references[1:]
		definition := "[" + r.label + "]: "
		if !added[definition] && !strings.Contains(b.String(), definition) {
			b.WriteString("\n" + definition + r.address)
		}
		added[definition] = true
	}
}

// clean is a Markdown text without comments, and the addresses that it links to.
func clean(written string) (string, []string) {
	src := []byte(written)
	f := look(reader().Parse(text.NewReader(src)), src)
	return f.take(src, 0, len(src)), f.urls
}
