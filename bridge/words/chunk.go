package words

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"

	"github.com/anteroom-chat/anteroom/widget"
)

// Chunk is a script that the widget imports, under a name that changes with its content.
type Chunk struct {
	Name   string
	Script []byte
}

// Chunks are the language as the widget imports it: the first is that of the window, which
// loads the others. What the file does not say comes from the chunk of the fall-back, which
// is the file base beside them.
func (f *File) Chunks(base string) ([]Chunk, error) {
	root, err := catalogue()
	if err != nil {
		return nil, err
	}
	w := &writer{file: f, base: base}
	body, lacking := w.members(root, "b", "")
	var script strings.Builder
	if lacking {
		script.WriteString("import{strings as b}from" + quoted("./"+base) + ";")
	}
	script.WriteString(w.tools(body))
	script.WriteString("export const strings={")
	if lacking {
		script.WriteString("...b,")
	}
	script.WriteString("tag:" + quoted(f.tag) + "," + body + "};")
	own := named(f.tag, script.String())
	return append([]Chunk{own}, w.parts...), nil
}

// Launcher is what is said before the window is opened; empty is what the file does not say.
func (f *File) Launcher() (words widget.LauncherWords, near widget.NearWords) {
	root, err := catalogue()
	if err != nil {
		return words, near
	}
	plain := func(n *node) string {
		said, _ := f.said[n].(lines)
		if pieces := said[""]; len(pieces) == 1 {
			return pieces[0].text
		}
		return ""
	}
	at := func(name string) string { return plain(root.child(launcherSection).child(name)) }
	words = widget.LauncherWords{Dir: f.dir, Open: at("open"), Close: at("close"), Unread: at("unread"), Sorry: at("sorry")}
	near = widget.NearWords{Hide: at("hide"), One: at("one"), Some: at("some")}
	if n := root.child("bot"); n != nil {
		near.Bot = plain(n)
	}
	if n := root.child("operator"); n != nil {
		near.Operator = plain(n)
	}
	return words, near
}

type writer struct {
	file  *File
	base  string
	parts []Chunk
}

// tools are what the sentences of a chunk count and list with.
func (w *writer) tools(body string) string {
	var b strings.Builder
	if strings.Contains(body, "c(") {
		// Browsers may know forms, of very large numbers, that the file does not.
		b.WriteString("const p=new Intl.PluralRules(" + quoted(w.file.tag) + "),c=(n,f)=>f[p.select(n)]??f.other;")
	}
	if strings.Contains(body, "l.format(") {
		b.WriteString("const l=new Intl.ListFormat(" + quoted(w.file.tag) + ");")
	}
	return b.String()
}

// members are what a section says, and whether the fall-back, which is the expression base,
// has to say more.
func (w *writer) members(n *node, base, path string) (body string, lacking bool) {
	var all []string
	for _, c := range n.Children {
		if n.Name == "" && c.Name == launcherSection {
			continue // rides in the loader's settings
		}
		key, from := quoted(c.Name), base+"["+quoted(c.Name)+"]"
		switch c.Kind {
		case "section", "map":
			inner, more := w.members(c, from, path)
			lacking = lacking || more
			if inner == "" {
				continue
			}
			if more {
				inner = "..." + from + "," + inner
			}
			all = append(all, key+":{"+inner+"}")
		case "part":
			name, more := w.part(c, path)
			lacking = lacking || more
			if name != "" {
				given := ""
				if more {
					given = from
				}
				all = append(all, key+":async()=>(await import("+quoted("./"+name)+")).words("+given+")")
			}
		default:
			said, there := w.file.said[c]
			if !there {
				lacking = true
				continue
			}
			all = append(all, key+":"+w.value(c, said))
		}
	}
	return strings.Join(all, ","), lacking
}

// part writes what is loaded on first use as a chunk of its own; "" if the file says nothing in it.
func (w *writer) part(n *node, path string) (name string, lacking bool) {
	path += "." + n.Name
	body, lacking := w.members(n, "b", path)
	if body == "" {
		return "", true
	}
	script := w.tools(body) + "export const words=async()=>({" + body + "});"
	if lacking {
		script = w.tools(body) + "export const words=async f=>{const b=await f();return{...b," + body + "}};"
	}
	chunk := named(w.file.tag+path, script)
	w.parts = append(w.parts, chunk)
	return chunk.Name, lacking
}

// named gives a chunk a name by its content.
func named(name, script string) Chunk {
	sum := sha256.Sum256([]byte(script))
	return Chunk{Name: strings.ToLower(name) + "-" + hex.EncodeToString(sum[:6]) + ".js", Script: []byte(script)}
}

func (w *writer) value(n *node, said any) string {
	var body string
	switch said := said.(type) {
	case []string:
		texts := make([]string, len(said))
		for i, text := range said {
			texts[i] = quoted(text)
		}
		return "[" + strings.Join(texts, ",") + "]"
	case map[string]lines:
		body = local(n, n.Flag) + "?" + w.counted(n, said["yes"]) + ":" + w.counted(n, said["no"])
	case lines:
		body = w.counted(n, said)
	}
	if len(n.Params) == 0 {
		return body
	}
	names := make([]string, len(n.Params))
	for i, p := range n.Params {
		names[i] = local(n, p.Name)
	}
	return "(" + strings.Join(names, ",") + ")=>" + body
}

// local is the name of a parameter in the script, which is never that of anything else there.
func local(n *node, name string) string {
	i := slices.IndexFunc(n.Params, func(p param) bool { return p.Name == name })
	return "$" + string("abcdefghijklmnopqrstuvwxyz"[i])
}

// counted is the expression of a sentence in the form that its number asks for.
func (w *writer) counted(n *node, said lines) string {
	if n.Counted == "" {
		return w.sum(n, said[""])
	}
	if len(said) == 1 {
		return w.sum(n, said["other"])
	}
	number := local(n, n.Counted)
	if kind, _ := n.param(n.Counted); kind == "list" {
		number += ".length"
	}
	var forms []string
	for _, form := range w.file.forms {
		forms = append(forms, form+":"+w.sum(n, said[form]))
	}
	return "c(" + number + ",{" + strings.Join(forms, ",") + "})"
}

// sum is the expression of a text.
func (w *writer) sum(n *node, pieces []piece) string {
	terms := []string{`""`} // so that numbers are joined, never added
	for _, p := range pieces {
		switch {
		case p.optional != nil:
			terms = append(terms, "("+local(n, p.param)+"?"+w.sum(n, p.optional)+`:"")`)
		case p.param != "":
			terms = append(terms, w.filled(n, p.param))
		default:
			terms = append(terms, quoted(p.text))
		}
	}
	if len(terms) == 2 && strings.HasPrefix(terms[1], `"`) {
		return terms[1]
	}
	return strings.Join(terms, "+")
}

// filled is what the visitor or the page gives. In a sentence that runs the other way it
// keeps its own direction (Unicode Standard Annex 9, isolates).
func (w *writer) filled(n *node, name string) string {
	kind, _ := n.param(name)
	value := local(n, name)
	if kind == "list" {
		value = "l.format(" + value + ")"
	}
	if kind != "number" && w.file.dir == "rtl" {
		return `"\u2068"+` + value + `+"\u2069"`
	}
	return value
}

// quoted is a text as a script writes it; JSON escapes what could end it, or the element around it.
func quoted(text string) string {
	written, err := json.Marshal(text)
	if err != nil {
		return `""` // a string can always be written
	}
	return string(written)
}
