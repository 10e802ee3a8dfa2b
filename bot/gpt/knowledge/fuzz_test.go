package knowledge_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/anteroom-chat/anteroom/bot/gpt/knowledge"
)

// FuzzLoad loads anything as each kind of file, and searches in it.
func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"testdata/shop/en/faq.yaml", "testdata/shop/ru/dostavka.md"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatal(err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(string(data), "how much")
		}
	}
	for _, text := range []string{
		"---\n---\n", "---\nurl: https://a.example/#b\n---\n# A\n", "# \n#\n##\n", "a\n=\n-\n", "<!--\n# A\n-->", "<!-->x", "a <!-- b", "[a]: b\n\n[a]", "| a | b |\n|--|--|\n| c | d |",
		"# A {#b .c d=e}\nx", "# A {#}\nx", "- q: a\n  a: b\n  also: [c]\n", "questions: [{q: a, a: b}]", "q: a", "- {question: a, answer: \"\\x85\"}", "\ufeff", "\r\r\n", "# \u2028\nx", "> # a", "\t# a",
	} {
		f.Add(text, text)
	}
	f.Fuzz(func(t *testing.T, written, query string) {
		began := time.Now()
		for _, name := range []string{"ru/a.md", "b.yaml"} {
			base, faults := knowledge.Load(folder(name, written))
			if (base == nil) != (len(faults.Errors()) > 0) {
				t.Fatalf("the base is there: %t; faults: %v", base != nil, faults)
			}
			for _, fault := range faults {
				if fault.Code == "" || !strings.HasSuffix(fault.Text, ".") || fault.Line > 0 && fault.Column < 1 {
					t.Errorf("an odd fault: %+v", fault)
				}
				_ = fault.Shown()
			}
			if base != nil {
				holds(t, base, strings.Count(written, "\n")+strings.Count(written, "\r")+strings.Count(written, "\u0085")+strings.Count(written, "\u2028")+strings.Count(written, "\u2029")+1)
				if _, err := base.Search(t.Context(), query, 3); err != nil {
					t.Error(err)
				}
			}
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("that took %s", took)
		}
	})
}

// holds checks what is true of every base.
func holds(t *testing.T, base *knowledge.Base, lines int) {
	t.Helper()
	seen := map[string]bool{}
	for _, p := range base.All() {
		switch {
		case seen[p.ID]:
			t.Errorf("two passages are called %s", p.ID)
		case p.ID == "" || p.File == "" || strings.TrimSpace(p.Text) != p.Text || p.Text == "":
			t.Errorf("an odd passage: %+v", p)
		case utf8.RuneCountInString(p.Text) > knowledge.MaxPassage || !utf8.ValidString(p.Text) || !utf8.ValidString(p.Title):
			t.Errorf("a bad text: %+v", p)
		case p.Line < 1 || p.Line > lines:
			t.Errorf("%s begins in line %d of %d", p.ID, p.Line, lines)
		}
		if _, ok := knowledge.Host(p.URL); p.URL != "" && !ok {
			t.Errorf("a bad address: %q", p.URL)
		}
		seen[p.ID] = true
	}
}
