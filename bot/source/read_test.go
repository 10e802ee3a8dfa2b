package source

import (
	"slices"
	"strings"
	"testing"
)

// file is what the tests read.
type file struct {
	Pos
	Text  string            `yaml:"text"`
	Must  bool              `yaml:"must"`
	Count int               `yaml:"count"`
	Map   map[string]string `yaml:"map"`
	List  []*file           `yaml:"list"`
	Span  Duration          `yaml:"span"`
	Where Scalar            `yaml:"where"`
	Need  struct {
		This string `yaml:"this" need:"true"`
	} `yaml:"need"`
}

func TestFaults(t *testing.T) {
	for _, c := range []struct{ name, yaml, want string }{
		{"empty", "", "f.yaml: The file is empty. [empty_file]"},
		{"only a comment", "# x\n", "f.yaml: The file is empty. [empty_file]"},
		{"Latin 1", "text: \xe9", "f.yaml: The file is not UTF-8 text. [not_utf8]"},
		{"UTF-16", "\xff\xfet\x00", "f.yaml: The file is not UTF-8 text. [not_utf8]"},
		{"control character", "count: 1\ntext: a\x1b[1m", "f.yaml:2:8: The character U+001B cannot be seen and does not belong into a text; delete it. [control_character]"},
		{"too large", strings.Repeat("#", MaxFile+1), "f.yaml: The file is larger than 1024 KiB; split it. [file_too_large]"},
		{"two documents", "text: a\n---\ntext: b\n", "f.yaml: The file holds more than one YAML document (a line ---); give each a file of its own. [two_documents]"},
		{"deep", "list: " + strings.Repeat("[", 200) + strings.Repeat("]", 200), "f.yaml:1:107: Lists and keys lie more than 100 deep in one another here. [too_deep]"},

		{"tab", "list:\n\t- text: x\n", "f.yaml:2:1: This is not YAML: lines are indented with spaces, and a tab stands here. [bad_yaml]"},
		{"colon", "count: 1\ntext: Hello: you\n", "f.yaml:2:12: This is not YAML: a text with a colon and a space in it needs quotes around it. [bad_yaml]"},
		{"colon in the first line", "text: Hello: you\n", "f.yaml:1:12: This is not YAML: a text with a colon and a space in it needs quotes around it. [bad_yaml]"},
		{"quote in quotes", "count: 1\nmust: true\ntext: 'it's'\nspan: 1m\n", "f.yaml:3:1: This is not YAML: the line does not fit those above it; look at its indentation, its dash, and the quotes and brackets of both. [bad_yaml]"},
		{"open quote", "count: 1\ntext: \"x\nmust: true\nspan: 1m\n", "f.yaml:2:7: This is not YAML: the quote that begins in this line is not closed. [bad_yaml]"},
		{"open list", "count: 1\nlist: [1, 2\nmust: true\n", "f.yaml:2:7: This is not YAML: a comma is missing in the list in brackets, or the ] at its end. [bad_yaml]"},
		{"indentation", "need:\n    this: x\n  text: y\n", "f.yaml:3:3: This is not YAML: the line does not fit those above it; look at its indentation, its dash, and the quotes and brackets of both. [bad_yaml]"},
		{"sign", "text: @anna\n", "f.yaml:1:7: This is not YAML: a text that begins with this sign needs quotes around it. [bad_yaml]"},
		{"star", "text: *bold*\n", "f.yaml:1:7: This is not YAML: a text that begins with * or & needs quotes around it. [bad_yaml]"},
		{"escape", `text: "C:\data"`, `f.yaml:1:10: This is not YAML: in double quotes \ begins a sign of its own, such as \n; write \\, or take single quotes. [bad_yaml]`},
		{"place without quotes", "text: {{ name }}\n", "f.yaml:1:7: A text with {{ at its beginning needs quotes around it. [unquoted_place]"},
		{"place without quotes in a text", "text: {{ name }}, hello\n", "f.yaml:1:7: This is not YAML: a text with {{ at its beginning needs quotes around it. [bad_yaml]"},

		{"anchor", "text: &a x\nwhere: *a\n", "f.yaml:1:7: Anchors and aliases (& and *) are not supported: write the value out. A text that begins with one of these signs needs quotes. [anchor]\n" +
			"f.yaml:2:8: Anchors and aliases (& and *) are not supported: write the value out. A text that begins with one of these signs needs quotes. [anchor]"},
		{"tag", "text: !!binary aGVsbG8=\n", "f.yaml:1:7: Tags like !!binary are not supported: leave it out. A text that begins with ! needs quotes. [yaml_tag]"},
		{"merge", "map: { <<: { a: b } }\n", "f.yaml:1:8: A key has to be a plain word; merges (<<) are not supported. [bad_key]"},
		{"key twice", "text: a\ncount: 1\ntext: b\n", `f.yaml:3:1: The key "text" is given twice, first in line 1; keep one of them. [key_twice]`},
		{"unknown key", "txt: a\n", `f.yaml:1:1: There is no key "txt" here (did you mean "text"?). [unknown_key]`},
		{"far from any key", "zzzzzz: a\n", `f.yaml:1:1: There is no key "zzzzzz" here; known are text, must, count, map, list, span, where, need. [unknown_key]`},
		{"missing key", "need: {}\n", `f.yaml:1:7: The key "this" is missing here. [missing_key]`},
		{"list for a text", "text: [a]\n", "f.yaml:1:7: A single value is expected here, not a list. [not_a_value]"},
		{"nothing", "list:\n- text: a\n-\n- x\nmap: { a: ~ }\n", "f.yaml:3:2: Nothing stands here; write a value, or leave out its dash or key. [no_value]\n" +
			"f.yaml:4:3: Keys with values are expected here, not \"x\". [not_a_mapping]\nf.yaml:5:11: Nothing stands here; write a value, or leave out its dash or key. [no_value]"},
		{"yes", "must: yes\n", `f.yaml:1:7: true or false is expected here, not "yes". [not_a_boolean]`},
		{"no number", "count: 1.5\n", `f.yaml:1:8: A whole number is expected here, not "1.5". [not_an_integer]`},
		{"hexadecimal", "count: 0x10\n", `f.yaml:1:8: A whole number is expected here, not "0x10". [not_an_integer]`},
		{"no span", "span: 5 minutes\n", `f.yaml:1:7: "5 minutes" is not a time span; write it like 30s, 5m, 2h, 1h30m or 7d. [bad_duration]`},
		{"time for a span", "span: 1:30\n", `f.yaml:1:7: "1:30" is not a time span; write it like 30s, 5m, 2h, 1h30m or 7d. [bad_duration]`},
		{"line ends of Windows", "count: 1\r\ntxt: a\r\n", `f.yaml:2:1: There is no key "txt" here (did you mean "text"?). [unknown_key]`},
		{"line ends of old Macs", "count: 1\rtxt: a\r", `f.yaml:2:1: There is no key "txt" here (did you mean "text"?). [unknown_key]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Read("f.yaml", []byte(c.yaml), &file{}).Error(); got != c.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, c.want)
			}
		})
	}
}

// TestTraps reads what YAML takes for something else in other places.
func TestTraps(t *testing.T) {
	for _, text := range []string{"no", "yes", "on", "off", "Да", "1:30", "2026-12-24", "2026-12-24T10:00:00Z", "007", "0x1F", "1_000", ".inf", "1.10", "true", "=", "5"} {
		var f file
		if faults := Read("f.yaml", []byte("text: "+text+"\nmap: { "+text+": x }\n"), &f); f.Text != text || f.Map[text] != "x" || faults != nil {
			t.Errorf("%q is read as %q and the key of %v: %v", text, f.Text, f.Map, faults)
		}
	}
	var f file
	if faults := Read("f.yaml", []byte("\ufefftext: a\ncount: 010\n"), &f); f.Text != "a" || f.Count != 10 || faults != nil {
		t.Errorf("a byte order mark: %+v, %v", f, faults)
	}
}

// TestPlaces looks where the characters of a text stand.
func TestPlaces(t *testing.T) {
	for _, c := range []struct{ name, yaml string }{
		{"plain", "where: one X two\n"},
		{"plain in two lines", "where: one\n  two X\n"},
		{"double quotes", "where: \"é X\"\n"},
		{"escapes", `where: "a\n\"b\" \t \u00e9\u2028 \\ X"` + "\n"},
		{"double quotes in lines", "where: \"one\n\n  two \\\n  three X\"\n"},
		{"single quotes", "where: 'it''s X'\n"},
		{"literal", "where: |\n  one\n\n    two X\n  three\n"},
		{"literal with an indicator", "where: |2- # a comment with X\n    one\n  X\n"},
		{"folded", "where: >\n  one\n  two\n\n  \"quoted\" 'it''s' X\n"},
		{"last", "where: X"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var f file
			if faults := Read("f.yaml", []byte(c.yaml), &f); faults != nil {
				t.Fatal(faults)
			}
			before, _, _ := strings.Cut(f.Where.Text, "X")
			got := f.Where.At(len([]rune(before)))
			lines := Lines(c.yaml)
			if got.Line > len(lines) || got.Column > len([]rune(lines[got.Line-1])) || []rune(lines[got.Line-1])[got.Column-1] != 'X' {
				t.Errorf("%q: X stands at %s", f.Where.Text, got)
			}
		})
	}
	var f file
	_ = Read("f.yaml", []byte("where: \"ab\"\n"), &f)
	for offset, column := range []int{9, 10, 11, 11} {
		if got := f.Where.At(offset); got.Column != column {
			t.Errorf("character %d stands at %s", offset, got)
		}
	}
}

func TestShown(t *testing.T) {
	for _, c := range []struct {
		fault Fault
		want  string
	}{
		{Fault{Pos: Pos{File: "a.yaml"}, Code: "code", Text: "Text."}, "a.yaml: Text. [code]"},
		{Fault{Pos: Pos{"a.yaml", 2, 4}, Code: "code", Text: "Text.", Source: "\té x", Warning: true}, "a.yaml:2:4: warning: Text. [code]\n    2 | \té x\n      | \t  ^"},
		{Fault{Pos: Pos{"a.yaml", 2, 9}, Code: "code", Text: "Text.", Source: "a\x1b\u202eb"}, "a.yaml:2:9: Text. [code]\n    2 | a��b\n      |     ^"},
		{
			Fault{Pos: Pos{"a.yaml", 1, 151}, Code: "code", Text: "Text.", Source: strings.Repeat("a", 150) + "X" + strings.Repeat("b", 150)},
			"a.yaml:1:151: Text. [code]\n    1 | " + strings.Repeat("a", 50) + "X" + strings.Repeat("b", 49) + "\n      | " + strings.Repeat(" ", 50) + "^",
		},
	} {
		if got := c.fault.Shown(); got != c.want {
			t.Errorf("got:\n%s\nwant:\n%s", got, c.want)
		}
	}
}

// FuzzRead reads anything without a panic, with faults at places that there are.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"", "text: a", "text: |\n  {{ x }}\n", "where: \"\\u00e9\\\n  b\"", "list:\n- {text: 'it''s'}\n", "\ufefftext: a\r\n", "text: {{ a }}",
		"? [a]\n: b\n", "&a [*a]", "map: {<<: {}}", "- - - -", "\t", "text: \"a\n", "{a: b", "text: !!int x", "a: 'it's'", "%YAML 1.1\n---\na", "text: *x", "\u2028a: b: c",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var into file
		faults := Read("f.yaml", data, &into)
		lines := len(Lines(string(data)))
		for _, fault := range faults {
			if fault.Line > lines {
				t.Errorf("%s is behind the end", fault)
			}
			_ = fault.Shown()
		}
		for i := range len(into.Where.Text) + 2 {
			if at := into.Where.At(i); at.Line > lines {
				t.Errorf("character %d of %q stands at %s", i, into.Where.Text, at)
			}
		}
		if !slices.Equal(faults, Read("f.yaml", data, &file{})) {
			t.Error("the second time it is read otherwise")
		}
	})
}
