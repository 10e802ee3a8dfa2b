package words

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/anteroom-chat/anteroom/widget"
)

func builtIn() []string { return []string{"en", "ru", "ar"} }

// needsSentences fails a test where the build has not gathered the sentences yet.
func needsSentences(t *testing.T) {
	t.Helper()
	if !widget.Built() {
		t.Fatal("The widget is not built: run make widget.")
	}
}

func read(t *testing.T, tag, text string) (*File, []Fault) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "words.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Read(path, tag, builtIn())
}

func TestFaultsAreToldWithTheirLine(t *testing.T) {
	needsSentences(t)
	for text, want := range map[string]Fault{
		"title: Hallo\ntitel: x\n":                                  {2, `titel is no sentence of the chat; did you mean "title"?`},
		"answers: Hallo\n":                                          {1, "answers lacks {name}."},
		"answers: '{nam} antwortet'\n":                              {1, "answers: {nam} is nothing that it is filled with; it knows {name}."},
		"title: '{name}'\n":                                         {1, "title: {name} is nothing that it is filled with; it knows none."},
		"rare:\n  newMessages: '{n} neu'\n":                         {2, "rare.newMessages goes by the number {n}: write one, other."},
		"rare:\n  newMessages:\n    other: '{n} neue'\n":            {3, `rare.newMessages lacks the plural form "one"; it needs one, other.`},
		"rare:\n  newMessages: {one: eine, few: x, other: '{n}'}\n": {2, "rare.newMessages.few is no plural form of the language, which has one, other."},
		"rare:\n  newMessages: {one: eine, other: viele}\n":         {2, "rare.newMessages.other lacks {n}."},
		"rare:\n  bytes: [B]\n":                                     {2, "rare.bytes must be a list of 4 texts: B, KB, MB, GB."},
		"dir: up\n":                                                 {1, `dir must be ltr or rtl, not "up".`},
		"fallback: fr\n":                                            {1, `fallback must be en, ru, ar, not "fr".`},
		"title: [a]\n":                                              {1, "title must be one text."},
		"title: \"a\\nb\"\n":                                        {1, "title must be one line of text."},
		"rare: x\n":                                                 {1, "rare must be a section with keys of its own."},
		"rare:\n  reaction: {yes: {one: '{emoji}', other: '{emoji} {n}'}}\n": {2, "rare.reaction needs yes and no, for whether it is own."},
	} {
		_, faults := read(t, "de", text)
		if len(faults) != 1 || faults[0] != want {
			t.Errorf("%q:\ngot  %+v\nwant %+v", text, faults, want)
		}
	}
	if _, faults := Read(filepath.Join(t.TempDir(), "no.yaml"), "de", builtIn()); len(faults) != 1 || !strings.Contains(faults[0].Text, "anteroom words de") {
		t.Error(faults)
	}
}

// The template of a language is a file that can be read, as it is and with all of it taken over.
func TestTemplateCanBeReadAsItIsAndTakenOver(t *testing.T) {
	needsSentences(t)
	for tag, forms := range map[string]string{"de": "one, other", "ja": "other", "pl": "one, few, many, other", "he": "one, two, other", "cy": "zero, one, two, few, many, other"} {
		text, err := Template(tag)
		if err != nil {
			t.Fatal(err)
		}
		if _, faults := read(t, tag, text); len(faults) > 0 {
			t.Errorf("%s: %v", tag, faults)
		}
		lines := strings.Split(text, "\n")
		for i, line := range lines {
			before, after, found := strings.Cut(line, "#")
			if found && strings.Trim(before, " ") == "" && !strings.HasPrefix(after, " ") && after != "" {
				lines[i] = before + after
			} else if found && strings.Contains(line, `: "`) || found && strings.HasSuffix(line, "yes:") || found && strings.HasSuffix(line, "no:") {
				lines[i] = before + after
			}
		}
		f, faults := read(t, tag, strings.Join(lines, "\n"))
		if len(faults) > 0 {
			t.Errorf("%s taken over: %v", tag, faults)
			continue
		}
		if got := strings.Join(f.forms, ", "); got != forms {
			t.Errorf("%s has the forms %s, want %s", tag, got, forms)
		}
		chunks, err := f.Chunks("en-x.js")
		if err != nil || strings.Contains(string(chunks[0].Script), "en-x.js") {
			t.Errorf("%s: a file that says all needs no fall-back: %v %s", tag, err, chunks[0].Script)
		}
	}
}

// What a file says is a string, whatever stands in it; what the chunk says is seen by running it.
func TestChunkSaysWhatTheFileSays(t *testing.T) {
	needsSentences(t)
	f, faults := read(t, "he", `
title: "a\\\"+alert(1)+\"</script>"
answers: "{name} עונה"
rare:
  newMessages: {one: "הודעה חדשה", two: "שתי הודעות חדשות", other: "{n} הודעות חדשות"}
  typing: {one: "{names} מקליד", two: "{names} מקלידים", other: "{names} מקלידים"}
  files:
    browse: "קבצים"
  errors: {empty: "ריק."}
`)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	chunks, err := f.Chunks("en.js")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name string, script []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), script, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("package.json", []byte(`{"type":"module"}`))
	write("en.js", []byte(`export const strings={title:"t",close:"Close",rare:async()=>({retry:"Again",errors:{gone:"Gone"},files:async()=>({camera:"Camera"})})};`))
	for _, c := range chunks {
		write(c.Name, c.Script)
	}
	write("run.js", []byte(`const {strings:s}=await import("./`+chunks[0].Name+`");const r=await s.rare(),f=await r.files();
console.log([s.tag,s.title,s.close,s.answers("Ann"),r.newMessages(1),r.newMessages(2),r.newMessages(5),r.typing(["A"]),r.retry,r.errors.empty,r.errors.gone,f.browse,f.camera].join("\n"))`))
	out, err := exec.CommandContext(t.Context(), "node", filepath.Join(dir, "run.js")).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	want := "he\na\\\"+alert(1)+\"</script>\nClose\n\u2068Ann\u2069 עונה\nהודעה חדשה\nשתי הודעות חדשות\n5 הודעות חדשות\n\u2068A\u2069 מקליד\nAgain\nריק.\nGone\nקבצים\nCamera\n"
	if string(out) != want {
		t.Errorf("got\n%s\nwant\n%s", out, want)
	}
	if f.Direction() != "rtl" {
		t.Error("Hebrew runs from right to left")
	}
}
