package chain

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/anteroom-chat/anteroom/bot/source"
)

// fixture is a file or a folder of testdata/faults as a folder of chains.
func fixture(t *testing.T, file string) fs.FS {
	t.Helper()
	if filepath.Ext(file) == "" {
		return os.DirFS(file)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return fstest.MapFS{filepath.Base(file): {Data: data}}
}

// fixtures are all of testdata/faults.
func fixtures(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/faults/*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	return slices.DeleteFunc(files, func(file string) bool { return filepath.Ext(file) == ".golden" })
}

// siteOptions are what a fixture may count on; some are about a site without an
// assistant, or about one that answers always.
func siteOptions(fixture string) Options {
	o := Options{
		Constants: map[string]string{"phone": "1"}, Secrets: []string{"token"}, Languages: []string{"en", "ru"},
		Assistants: []Assistant{{Name: "sales", Variables: []string{"tariff"}}, {Name: "support", Always: strings.Contains(fixture, "hidden_assistant")}},
	}
	if strings.Contains(fixture, "no_assistant") {
		o.Assistants = nil
	}
	return o
}

// TestGoldenFaults holds what is said to each fault, and its place, to a golden
// file; ANTEROOM_GOLDEN=write writes these anew. A fixture is a file or a folder
// that is named by the fault's code.
func TestGoldenFaults(t *testing.T) {
	for _, file := range fixtures(t) {
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		t.Run(name, func(t *testing.T) {
			set, faults := Load(fixture(t, file), siteOptions(file))
			if (set == nil) != (len(faults.Errors()) > 0) {
				t.Errorf("the set is there: %t; faults: %v", set != nil, faults.Errors())
			}
			var b strings.Builder
			meant := false
			for _, f := range faults {
				b.WriteString(f.Shown() + "\n")
				meant = meant || strings.HasPrefix(name, f.Code)
			}
			if !meant {
				t.Errorf("no fault has the code %s", name)
			}
			golden(t, strings.TrimSuffix(file, ".yaml")+".golden", b.String())
		})
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if os.Getenv("ANTEROOM_GOLDEN") == "write" {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// TestEveryFaultHasAFixture reads which codes there are from the code itself.
func TestEveryFaultHasAFixture(t *testing.T) {
	written := regexp.MustCompile(`(?:\b[cdr]\.(?:fault|warn|Fault|FaultAt|expected)\([^"\n]*|^\t+(?:fault)\([^"\n]*)"([a-z0-9_]+)"[,)]`)
	files, _ := filepath.Glob("*.go")
	more, _ := filepath.Glob("../source/*.go")
	var goldens strings.Builder
	for _, file := range fixtures(t) {
		data, err := os.ReadFile(strings.TrimSuffix(file, ".yaml") + ".golden")
		if err != nil {
			t.Fatal(err)
		}
		goldens.Write(data)
	}
	// What it takes more than a small file to see, or that kinds have in common.
	others := []string{"file_too_large", "too_many_chains", "too_many_steps", "no_folder", "unreadable"}
	for _, file := range append(files, more...) {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range written.FindAllStringSubmatch(string(data), -1) {
			if !strings.HasSuffix(file, "_test.go") && !slices.Contains(others, m[1]) && !strings.Contains(goldens.String(), "["+m[1]+"]") {
				t.Errorf("%s: no fixture has the fault %s", file, m[1])
			}
		}
	}
}

// TestQuiet loads what is as it should be.
func TestQuiet(t *testing.T) {
	for name, text := range map[string]string{
		"a question asked again":   "on: [default]\nsteps:\n  - label: again\n  - ask: Mail?\n    type: email\n    save: email\n    on_fail: again\n",
		"buttons shown again":      "on: [default]\nsteps:\n  - label: again\n  - say: Choose\n    buttons: [{ text: One }]\n    otherwise: again\n  - say: Done\n",
		"a pause in a circle":      "on: [default]\nsteps:\n  - label: again\n  - say: Tick\n  - pause: 1h\n  - goto: again\n",
		"a called part that waits": "on: [default]\nsteps:\n  - label: again\n  - call: part\n  - goto: again\n  - label: part\n  - ask: More?\n    save: more\n",
		"a called part that calls": "on: [default]\nsteps:\n  - label: again\n  - call: part\n  - goto: again\n  - label: part\n  - call: short\n  - ask: More?\n    save: more\n  - label: short\n  - say: Hm.\n",
		"a called part that ends":  "on: [default]\nsteps:\n  - label: again\n  - call: part\n  - goto: again\n  - label: part\n  - say: Bye\n  - end\n",
		"saved for operators":      "on: [default]\nsteps:\n  - ask: Budget?\n    save: budget\n",
		"conditions that differ":   "on:\n  - event: cart\n    if: visits > 1\n  - event: cart\nsteps:\n  - say: Hello\n",
		"a keyword in another":     "on:\n  - keywords: [price, prices, price list]\n    match: contains\nsteps:\n  - say: Hello\n",
		"ways that all go away":    "on: [default]\nsteps:\n  - if: visits > 1\n    then: bye\n    else: [end]\n  - label: bye\n  - say: Bye\n",
		"a link and no button":     "on: [default]\nsteps:\n  - say: Look\n    buttons: [{ text: Docs, url: \"https://example.com\" }]\n  - say: There\n",
		"numbers as people know":   "on: [default]\nsteps:\n  - set: { code: 007, zip: 0x1F, price: 9.50 }\n  - if: code == \"007\" and zip == \"0x1F\" and price == 9.5\n    then: [end]\n",
	} {
		if _, faults := Load(fstest.MapFS{"a.yaml": {Data: []byte(text)}}, Options{}); len(faults) > 0 {
			t.Errorf("%s:\n%s", name, faults)
		}
	}
}

func TestFolder(t *testing.T) {
	many := fstest.MapFS{}
	for i := range MaxChains + 1 {
		many[strings.Repeat("a", i/26+1)+string(rune('a'+i%26))+".yaml"] = &fstest.MapFile{Data: []byte("on: [{ event: e" + strings.Repeat("x", i%50) + " }]\nsteps: [end]\n")}
	}
	for _, c := range []struct {
		name, code string
		folder     fs.FS
	}{
		{"no folder", "no_folder", os.DirFS("testdata/nowhere")},
		{"a pipe", "unreadable", fstest.MapFS{"a.yaml": {Mode: fs.ModeNamedPipe}}},
		{"a large file", "file_too_large", fstest.MapFS{"a.yaml": {Data: make([]byte, source.MaxFile+1)}}},
		{"many chains", "too_many_chains", many},
		{"many steps", "too_many_steps", fstest.MapFS{"a.yaml": {Data: []byte("steps: [" + strings.Repeat("end,", MaxSteps+1) + "]")}}},
	} {
		set, faults := Load(c.folder, Options{})
		if set != nil || !slices.ContainsFunc(faults, func(f source.Fault) bool { return f.Code == c.code }) {
			t.Errorf("%s: %v", c.name, faults)
		}
	}
}
