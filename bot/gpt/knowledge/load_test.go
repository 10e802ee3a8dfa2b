package knowledge_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/fstest"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/anteroom-chat/anteroom/bot/gpt/knowledge"
	"github.com/anteroom-chat/anteroom/bot/gpt/tokens"
	"github.com/anteroom-chat/anteroom/bot/source"
)

// folder makes one of file names and contents, in turn.
func folder(files ...string) fstest.MapFS {
	f := fstest.MapFS{}
	for i := 0; i < len(files); i += 2 {
		f[files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
	}
	return f
}

func loaded(t testing.TB, files fs.FS) *knowledge.Base {
	t.Helper()
	base, faults := knowledge.Load(files)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return base
}

// outline writes passages so that they can be compared.
func outline(all []knowledge.Passage) string {
	var b strings.Builder
	for _, p := range all {
		fmt.Fprintf(&b, "%s:%d %s | %s | %s | %s | %q\n", p.File, p.Line, p.ID, p.Above, p.Title, p.URL, p.Text)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func TestMarkdown(t *testing.T) {
	for _, c := range []struct{ name, written, want string }{
		{"no heading", "Hello.\n", `a.md:1 a |  | a |  | "Hello."`},
		{
			"headings", "# Shop\nLead.\n## Hours\nTen to six.\n### In winter\nTo five.\n## Way\nLeft.\n",
			"a.md:2 a#shop |  | Shop |  | \"Lead.\"\na.md:4 a#hours | Shop | Hours |  | \"Ten to six.\"\n" +
				"a.md:6 a#in-winter | Shop › Hours | In winter |  | \"To five.\"\na.md:8 a#way | Shop | Way |  | \"Left.\"",
		},
		{
			"headings with lines below", "Shop\n====\n\nLead.\n\nOpening\nhours\n-------\nTen.\n",
			"a.md:3 a#shop |  | Shop |  | \"Lead.\"\na.md:9 a#opening-hours | Shop | Opening hours |  | \"Ten.\"",
		},
		{
			"head", "---\nurl: https://shop.example/help?x=1\ntitle: Help\n---\nLead.\n# A\nx\n## Оплата и чек\ny\n## C {#see}\nz\n",
			"a.md:5 a |  | Help | https://shop.example/help?x=1 | \"Lead.\"\na.md:7 a#a | Help | A | https://shop.example/help?x=1 | \"x\"\n" +
				"a.md:9 a#оплата-и-чек | Help › A | Оплата и чек | https://shop.example/help?x=1#%D0%BE%D0%BF%D0%BB%D0%B0%D1%82%D0%B0-%D0%B8-%D1%87%D0%B5%D0%BA | \"y\"\n" +
				"a.md:11 a#see | Help › A | C | https://shop.example/help?x=1#see | \"z\"",
		},
		{
			"anchor in the head", "---\nurl: https://shop.example/#help\n---\n# A\nx\n## B\ny\n",
			"a.md:5 a#a |  | A | https://shop.example/#help | \"x\"\na.md:7 a#b | A | B | https://shop.example/#help | \"y\"",
		},
		{"empty head", "---\n---\nx\n", `a.md:3 a |  | a |  | "x"`},
		{"no head but a line", "x\n\n---\n\ny\n", `a.md:1 a |  | a |  | "x\n\n---\n\ny"`},
		{"signs in code", "# A\n```\n# no heading\n```\n", "a.md:2 a#a |  | A |  | \"```\\n# no heading\\n```\""},
		{"a heading in a list and in a quote", "# A\n- # no\n\n> # neither\n", `a.md:2 a#a |  | A |  | "- # no\n\n> # neither"`},
		{"twice", "# A\nx\n# A\ny\n# A\nz\n", "a.md:2 a#a |  | A |  | \"x\"\na.md:4 a#a-1 |  | A |  | \"y\"\na.md:6 a#a-2 |  | A |  | \"z\""},
		{"twice, and called so", "# A-1\nx\n# A\ny\n# A\nz\n", "a.md:2 a#a-1 |  | A-1 |  | \"x\"\na.md:4 a#a |  | A |  | \"y\"\na.md:6 a#a-2 |  | A |  | \"z\""},
		{"only headings", "# A\n## B\n## C\nx\n", `a.md:4 a#c | A | C |  | "x"`},
		{"an empty heading", "# A\nx\n#\ny\n", `a.md:2 a#a |  | A |  | "x\n#\ny"`},
		{"markup in a heading", "# *Gift* `cards` & [more](https://x.example/y)\nx\n", `a.md:2 a#gift-cards--more |  | Gift cards & more |  | "x"`},
		{"signs in a heading", "# Tea \\& &laquo;more&raquo; `\\&` <!-- soon -->\nx\n", `a.md:2 a#tea--more- |  | Tea & «more» \& |  | "x"`},
		{"comments", "# A\nPaid <!-- ask Anna --> at once.\n\n<!--\n## internal\nmargin 70%\n-->\nAfter.\n<!-- open", `a.md:2 a#a |  | A |  | "Paid  at once.\n\n\nAfter."`},
		{"a link that is defined elsewhere", "# A\nSee [here][1].\n# B\nx\n\n[1]: https://shop.example/a\n", "a.md:2 a#a |  | A |  | \"See [here][1].\\n\\n[1]: https://shop.example/a\"\na.md:4 a#b |  | B |  | \"x\\n\\n[1]: https://shop.example/a\""},
		{"Windows", "\ufeff---\r\ntitle: T\r\n---\r\n# A\r\nx\r\ny\r\n", `a.md:5 a#a | T | A |  | "x\ny"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := outline(loaded(t, folder("a.md", c.written)).All()); got != c.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, c.want)
			}
		})
	}
}

func TestQuestions(t *testing.T) {
	for _, c := range []struct{ name, written, want string }{
		{
			"a list", "- q: How much?\n  a: Ten.\n- question: When?\n  answer: |\n    Now.\n    At once.\n",
			"a.yaml:1 a#how-much |  | How much? |  | \"Ten.\"\na.yaml:3 a#when |  | When? |  | \"Now.\\nAt once.\"",
		},
		{
			"a sheet", "url: https://shop.example/faq\ntitle: Prices\nlanguage: ru\nquestions:\n  - q: Сколько?\n    a: Десять.\n  - { q: \"How?\", a: So., url: \"https://shop.example/how\" }\n",
			"a.yaml:5 a#сколько | Prices | Сколько? | https://shop.example/faq | \"Десять.\"\na.yaml:7 a#how | Prices | How? | https://shop.example/how | \"So.\"",
		},
		{"a comment", "- q: A?\n  a: \"x <!-- y --> z\"\n", `a.yaml:1 a#a |  | A? |  | "x  z"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := outline(loaded(t, folder("a.yaml", c.written)).All()); got != c.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, c.want)
			}
		})
	}
}

func TestFaults(t *testing.T) {
	long := strings.Repeat("x", knowledge.MaxTitle+1)
	wordings := strings.Repeat("w, ", knowledge.MaxAlso) + "w"
	for _, c := range []struct {
		name  string
		files fstest.MapFS
		want  string
	}{
		{"nothing", folder(), "warning: The folder holds no knowledge: neither Markdown (.md) nor questions (.yaml) with any text. [no_knowledge]"},
		{"no text", folder("a.md", "# A\n## B\n"), "a.md: warning: The file has no text of which the assistant could know something. [no_text]"},
		{"empty", folder("a.md", ""), "a.md: warning: The file has no text of which the assistant could know something. [no_text]"},
		{"other files", folder("a.md", "x", "b.docx", "x", "c.png", "x", "_d.txt", "x", ".e.yaml", "{", "LICENSE", "x"), "b.docx: warning: Files that end in .docx are not read; write Markdown (.md) or questions (.yaml). [not_read]"},
		{"a name", folder("a\x1b[1m.md", "x"), "a\ufffd[1m.md: The path of a file is UTF-8 text of at most 200 bytes without characters that cannot be seen. [bad_name]"},
		{"Windows-1251", folder("a.md", "\xcf\xf0\xe8\xe2\xe5\xf2"), "a.md: The file is not UTF-8 text but probably in an older encoding of one byte for each letter, such as Windows-1251; save it as UTF-8. [not_utf8]"},
		{"UTF-16", folder("a.md", "\xff\xfeA\x00"), "a.md: The file is not UTF-8 text but UTF-16; save it as UTF-8. [not_utf8]"},
		{"control character", folder("a.md", "x\nab\x00"), "a.md:2:3: A character here cannot be seen and does not belong into a text; delete it. [control_character]"},
		{"large", folder("a.md", strings.Repeat("x", source.MaxFile+1)), "a.md: The file is larger than 1024 KiB; split it. [file_too_large]"},
		{"open head", folder("a.md", "---\nurl: x\n# A\n"), "a.md:1:1: The head that begins with --- is not closed; write a second line --- behind it. [open_head]"},
		{
			"head", folder("a.md", "---\nurls: x\nlanguage: klingon!\nurl: shop.example\n---\n"),
			"a.md:2:1: There is no key \"urls\" here (did you mean \"url\"?). [unknown_key]\na.md:3:11: \"klingon!\" is no language; write it like en, ru or pt-BR. [bad_language]\n" +
				"a.md:4:6: \"shop.example\" is no web address; write the whole one, such as https://shop.example/delivery. [bad_url]",
		},
		{"no YAML in the head", folder("a.md", "---\ntitle: a: b\n---\n"), "a.md:2:9: This is not YAML: a text with a colon and a space in it needs quotes around it. [bad_yaml]"},
		{
			"addresses", folder("a.yaml", "- { q: a, a: b, url: \"javascript:alert(1)\" }\n- { q: c, a: d, url: \"https://u:p@x.example/\" }\n"),
			"a.yaml:1:23: \"javascript:alert(1)\" is no web address; write the whole one, such as https://shop.example/delivery. [bad_url]\n" +
				"a.yaml:2:23: \"https://u:p@x.example/\" is no web address; write the whole one, such as https://shop.example/delivery. [bad_url]",
		},
		{
			"questions", folder("a.yaml", "- q: a\n- a: b\n- q: c\n  question: d\n  a: \"\"\n- q: [e]\n  a: f\n- q: "+long+"\n  a: f\n- { q: g, a: h, also: ["+wordings+"] }\n"),
			"a.yaml:1:3: The key \"answer\" is missing here. [missing_key]\na.yaml:2:3: The key \"question\" is missing here. [missing_key]\n" +
				"a.yaml:3:3: The key \"answer\" needs a value. [no_value]\na.yaml:3:6: The keys \"question\" and \"q\" mean the same; keep one of them. [key_twice]\n" +
				"a.yaml:6:6: A single value is expected here, not a list. [not_a_value]\na.yaml:8:6: The question has more than 300 characters. [too_long]\n" +
				"a.yaml:10:114: A question has at most 30 other wordings. [too_many_wordings]",
		},
		{"twice", folder("a.yaml", "- { q: a, a: b }\n- { q: a, a: c }\n"), "a.yaml:2:3: warning: This question is asked twice, first in line 1. [question_twice]"},
		{"no list", folder("a.yaml", "hello"), "a.yaml:1:1: Keys with values are expected here, not \"hello\". [not_a_mapping]"},
		{"no questions", folder("a.yaml", "title: x"), "a.yaml:1:1: The key \"questions\" is missing here. [missing_key]"},
		{"all files", folder("a.yaml", "- q: a", "b/c.md", "\xff", "d.md", "---\n"), "a.yaml:1:3: The key \"answer\" is missing here. [missing_key]\n" +
			"b/c.md: The file is not UTF-8 text but probably in an older encoding of one byte for each letter, such as Windows-1251; save it as UTF-8. [not_utf8]\n" +
			"d.md:1:1: The head that begins with --- is not closed; write a second line --- behind it. [open_head]"},
		{"deep", folder("1/2/3/4/5/6/7/8/9/a.md", "x"), "1/2/3/4/5/6/7/8/9: Folders lie more than 8 deep in one another here. [too_deep]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			base, faults := knowledge.Load(c.files)
			if got := strings.TrimPrefix(faults.Error(), ".: "); got != c.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, c.want)
			}
			if (base == nil) != (len(faults.Errors()) > 0) {
				t.Errorf("the base is there: %t", base != nil)
			}
			for _, f := range faults {
				if f.Line > 0 && f.Source == "" {
					t.Errorf("no line is shown for %s", f)
				}
			}
		})
	}
}

// TestLimits passes each limit by one.
func TestLimits(t *testing.T) {
	many := fstest.MapFS{}
	for i := range knowledge.MaxFiles + 3 {
		many[fmt.Sprintf("%04d.md", i)] = &fstest.MapFile{Data: []byte("x")}
	}
	big := fstest.MapFS{}
	for i := range knowledge.MaxBytes/(1<<20) + 3 {
		big[fmt.Sprintf("%04d.md", i)] = &fstest.MapFile{Data: []byte("x\n\n<!--" + strings.Repeat(strings.Repeat("y", 99)+"\n", 10480) + "-->\n")}
	}
	for _, c := range []struct {
		code  string
		files fs.FS
	}{
		{"too_many_files", many},
		{"too_much", big},
		{"too_many_passages", folder("a.md", strings.Repeat("# A\nx\n", knowledge.MaxPassages+3))},
	} {
		base, faults := knowledge.Load(c.files)
		if base != nil || len(faults) != 1 || faults[0].Code != c.code {
			t.Errorf("%s: got %v", c.code, faults)
		}
	}
}

// TestLinks reads a folder as Kubernetes mounts one, with links of all kinds.
func TestLinks(t *testing.T) {
	root := t.TempDir()
	must(t, os.MkdirAll(filepath.Join(root, "..2026", "sub"), 0o700))
	must(t, os.WriteFile(filepath.Join(root, "..2026", "a.md"), []byte("Mounted."), 0o600))
	must(t, os.Symlink("..2026", filepath.Join(root, "..data")))
	must(t, os.Symlink("..data/a.md", filepath.Join(root, "a.md")))
	must(t, os.Symlink(".", filepath.Join(root, "circle")))
	must(t, os.Symlink("nowhere.md", filepath.Join(root, "dangling.md")))
	must(t, syscall.Mkfifo(filepath.Join(root, "pipe.md"), 0o600))
	_, faults := knowledge.Load(os.DirFS(root))
	want := "circle: warning: This is a link to a folder, which is not followed; put the folder itself here. [linked_folder]\n" +
		"dangling.md: The file cannot be read: no such file or directory. [unreadable]\n" +
		"pipe.md: The file cannot be read: it is no plain file. [unreadable]"
	if faults.Error() != want {
		t.Errorf("got:\n%s\nwant:\n%s", faults, want)
	}
	for _, name := range []string{"dangling.md", "pipe.md"} {
		must(t, os.Remove(filepath.Join(root, name)))
	}
	base, _ := knowledge.Load(os.DirFS(root))
	if base == nil || outline(base.All()) != `a.md:1 a |  | a |  | "Mounted."` {
		t.Errorf("got %v", base)
	}
	if _, faults := knowledge.Load(os.DirFS(filepath.Join(root, "none"))); len(faults) != 1 || faults[0].Code != "no_folder" {
		t.Errorf("got %v", faults)
	}
}

// TestKnowledgeLiesInTheFolder: a file that is a link may lead elsewhere in the folder,
// and not out of it, whether it is text or questions. The folder itself may be a link.
func TestKnowledgeLiesInTheFolder(t *testing.T) {
	for _, c := range []struct {
		name, file, target string
		// want is the code of the only fault; empty for none.
		want string
	}{
		{"beside it", "sub/a.md", "../_parts/real.md", ""},
		{"up", "a.md", "../secret.md", "outside_folder"},
		{"up from a folder", "sub/a.md", "../../secret.md", "outside_folder"},
		{"up and back", "a.md", "../knowledge/_parts/real.md", "outside_folder"},
		{"absolute", "a.yaml", "/DIR/secret.yaml", "outside_folder"},
		{"behind a folder that leads out", "a.md", "_out/hidden.md", "outside_folder"},
		{"up from behind a folder that leads out", "a.md", "_out/../secret.md", "outside_folder"},
		{"up from behind a folder that leads elsewhere in it", "a.md", "_deep/../real.md", ""},
		{"out and nowhere", "a.md", "../none.md", "unreadable"},
		{"in a circle", "a.md", "a.md", "unreadable"},
		{"a hidden one is not read", "_a.md", "../secret.md", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			folder, whole := filepath.Join(dir, "knowledge"), filepath.Join(dir, "current")
			for file, text := range map[string]string{
				"secret.md": "Secret.", "private/hidden.md": "Hidden.", "secret.yaml": "questions: [ { question: Secret?, answer: \"Yes.\" } ]",
				"knowledge/_parts/real.md": "Real.", "knowledge/sub/b.md": "Beside.",
			} {
				must(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, file)), 0o700))
				must(t, os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600))
			}
			must(t, os.MkdirAll(filepath.Join(folder, "_parts", "deep"), 0o700))
			must(t, os.Symlink(filepath.Join("..", "private"), filepath.Join(folder, "_out")))
			must(t, os.Symlink(filepath.Join("_parts", "deep"), filepath.Join(folder, "_deep")))
			must(t, os.Symlink(strings.Replace(c.target, "/DIR", dir, 1), filepath.Join(folder, c.file)))
			must(t, os.Symlink(folder, whole))
			for _, root := range []string{folder, whole} {
				base, faults := knowledge.Load(os.DirFS(root))
				switch {
				case c.want == "" && (base == nil || len(faults) > 0):
					t.Errorf("%s: %v", root, faults)
				case c.want != "" && (base != nil || len(faults) != 1 || faults[0].Code != c.want || faults[0].File != c.file):
					t.Errorf("%s: %v, want %s", root, faults, c.want)
				}
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestCut checks that nothing of a long text is lost, and no piece is too long.
func TestCut(t *testing.T) {
	words := rapid.SliceOfN(rapid.StringMatching(`[a-zа-яё]{1,12}[.!]?( |\n|\n\n)`), 1, 900)
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(words.Draw(t, "words"), "")
		if rapid.Bool().Draw(t, "unbroken") {
			text += strings.Repeat("ж", 2*knowledge.MaxPassage)
		}
		base, faults := knowledge.Load(folder("a.md", "# A\n\n"+text))
		if base == nil {
			t.Fatal(faults)
		}
		var all []string
		for i, p := range base.All() {
			if n := utf8.RuneCountInString(p.Text); n > knowledge.MaxPassage || n == 0 {
				t.Fatalf("a piece has %d characters", n)
			}
			if want := fmt.Sprintf("a#a~%d", i+1); i > 0 && p.ID != want {
				t.Fatalf("a piece is called %s, not %s", p.ID, want)
			}
			all = append(all, p.Text)
		}
		bare := func(s string) string { return strings.Join(strings.Fields(s), "") }
		if bare(strings.Join(all, "")) != bare(text) {
			t.Fatal("something is lost")
		}
	})
}

func TestLanguages(t *testing.T) {
	base := loaded(t, folder(
		"en/a.md", "# Delivery\nBy post.", "ru/a.md", "# Доставка\nПочтой.", "all.md", "# Contact\nmail@shop.example",
		"en/ru.md", "---\nlanguage: ru-RU\n---\n# Оплата\nКартой.", "help/b.md", "---\nlanguage: und\n---\n# Help\nHere.",
	))
	for _, c := range []struct{ language, want string }{
		{"en", "all#contact en/a#delivery help/b#help"},
		{"en-GB", "all#contact en/a#delivery help/b#help"},
		{"ru", "all#contact en/ru#оплата help/b#help ru/a#доставка"},
		{"de", "all#contact en/a#delivery en/ru#оплата help/b#help ru/a#доставка"},
		{"", "all#contact en/a#delivery en/ru#оплата help/b#help ru/a#доставка"},
		{"???", "all#contact en/a#delivery en/ru#оплата help/b#help ru/a#доставка"},
	} {
		var ids []string
		sum := 0
		for _, p := range base.For(c.language).All() {
			ids = append(ids, p.ID)
			sum += tokens.Estimate(p.Title) + tokens.Estimate(p.Text)
		}
		if got := strings.Join(ids, " "); got != c.want {
			t.Errorf("%q: got %s, want %s", c.language, got, c.want)
		}
		if got := base.For(c.language).Tokens(); got != sum {
			t.Errorf("%q: %d tokens, want %d", c.language, got, sum)
		}
	}
	found, err := base.For("en").Search(t.Context(), "доставка", 3)
	if err != nil || len(found) != 1 || found[0].ID != "ru/a#доставка" {
		t.Errorf("a question in the other language finds %v, %v", found, err)
	}
	if found, _ := base.For("ru").Search(t.Context(), "contact delivery", 3); len(found) != 1 || found[0].ID != "all#contact" {
		t.Errorf("the other language is in the way: %v", found)
	}
}

func TestDomains(t *testing.T) {
	base := loaded(t, folder(
		"a.md", "---\nurl: https://Shop.Example:8443/help\n---\nSee [there](http://пример.рф/x), https://auto.example/y?z=(1), <https://angle.example>, [us][r],\n"+
			"www.bare.example, mailto:a@mail.example, b@mail.example and `https://code.example`.\n\n[r]: //no.scheme.example/\n\n<!-- https://internal.example -->\n",
		"b.yaml", "- { q: a, a: \"[x](https://answer.example/)\", url: \"https://question.example/\" }\n",
	))
	want := []string{"angle.example", "answer.example", "auto.example", "question.example", "shop.example", "www.bare.example", "xn--e1afmkfd.xn--p1ai"}
	if got := base.Domains(); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestShared searches with many at once; the race detector looks on.
func TestShared(t *testing.T) {
	base := shop(t)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for _, language := range []string{"en", "ru", ""} {
				of := base.For(language)
				if found, err := of.Search(t.Context(), "delivery доставка", 3); err != nil || len(found) == 0 || len(of.All()) == 0 || len(of.Domains()) == 0 {
					t.Errorf("%d: %v, %v", i, found, err)
				}
			}
		})
	}
	all.Wait()
}

// TestHostileQuestion gives what a visitor may send; it takes no time worth mentioning.
func TestHostileQuestion(t *testing.T) {
	base := shop(t)
	for _, q := range []string{
		"", " ", "\x00", "\xff\xfe", "?!…", strings.Repeat("a", 100_000), strings.Repeat("а\u0301", 50_000), strings.Repeat("delivry ", 10_000),
		strings.Repeat("достовко ", 10_000), strings.Repeat("a-", 10_000), strings.Repeat("'", 10_000), "🏺", "ghbdtn", "'s", "''", "-", "ﷺ",
	} {
		began := time.Now()
		if _, err := base.Search(t.Context(), q, 5); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%.20q took %s", q, took)
		}
	}
	for _, n := range []int{-1, 0, 1, 1 << 40} {
		found, err := base.Search(t.Context(), "delivery", n)
		if err != nil || n < 1 && len(found) > 0 || n == 1 && len(found) != 1 {
			t.Errorf("of %d: %d, %v", n, len(found), err)
		}
	}
}
