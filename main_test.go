package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/rs/zerolog"

	"github.com/anteroom-chat/anteroom/bot/source"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// The column of what commands do is the same for all.
func TestCommandsStandInColumns(t *testing.T) {
	_, list, _ := strings.Cut(overview(), "Commands:\n")
	list, _, _ = strings.Cut(list, "\n\n")
	const column = 2 + 16 + 1
	for line := range strings.Lines(list) {
		if len(line) < column || line[column-1] != ' ' || line[column] == ' ' {
			t.Errorf("out of column: %s", line)
		}
	}
}

func TestExecute(t *testing.T) {
	folder := t.TempDir()
	bad := filepath.Join(folder, "bad.yaml")
	if err := os.WriteFile(bad, []byte("homeserver: 1\nnonsense: 2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args           string
		code           int
		stdout, stderr string // words that must stand there; none means nothing at all
	}{
		{"", exitUsage, "", "Usage: anteroom COMMAND"},
		{"nonsense", exitUsage, "", `no command "nonsense"`},
		{"help", exitOK, "registration", ""},
		{"--help", exitOK, "registration", ""},
		{"help backup", exitOK, "Usage: anteroom backup [flags] FOLDER", ""},
		{"help nonsense", exitUsage, "", `no command "nonsense"`},
		{"check -h", exitOK, "", "-online"},
		{"version", exitOK, "anteroom ", ""},
		{"--version", exitOK, "anteroom ", ""},
		{"check -nonsense", exitUsage, "", "flag provided but not defined"},
		{"check one", exitUsage, "", `"one" is one word too many`},
		{"backup", exitUsage, "", "name one FOLDER"},
		{"backup one two", exitUsage, "", "name one FOLDER"},
		{"backup one -c none.yaml", exitFault, "", "none.yaml"},
		{"help chains try", exitOK, "Usage: anteroom chains try [flags] DIR", ""},
		{"chains check -languages , bot/testdata/go/chains", exitOK, "steps: 0 faults, ", ""},
		{"chains check bot/chain/testdata/faults/missing_file", exitFault, "bot/chain/testdata/faults/missing_file/a.yaml:3:12: There is no file \"ofer.png\" in the folder (did you mean \"offer.png\"?). [missing_file]\n    3 |   - image: ofer.png\n      |            ^\n", ""},
		{"chains check bot/chain/testdata/faults/missing_file", exitFault, "1 chain, 2 steps: 2 faults, 0 warnings.\n", ""},
		{"chains check -constant shop=https://example.com -constant orders=https://example.com bot/examples/shop", exitOK, ": 0 faults, ", ""},
		{"chains check nowhere", exitFault, "The folder of chains cannot be read", ""},
		{"chains check one two", exitUsage, "", `"two" is one word too many`},
		{"chains check -c none.yaml", exitFault, "", "there is no config at none.yaml"},
		{"chains check -c config.example.yaml", exitFault, "", "config.example.yaml"},
		{"chains graph", exitUsage, "", "name one DIR"},
		{"chains graph nowhere", exitFault, "", "The folder of chains cannot be read"},
		{"chains graph -format pdf bot/examples/shop", exitUsage, "", `"pdf" is no format`},
		{"chains graph -format svg bot/examples/shop", exitOK, "<svg ", ""},
		{"chains graph -format html bot/examples/shop", exitOK, "<!doctype html>", ""},
		{"chains graph bot/examples/shop", exitOK, "flowchart TD", ""},
		{"chains gaps -days 0", exitUsage, "", "-days is 1 or more"},
		{"chains gaps -c none.yaml", exitFault, "", "there is no config at none.yaml"},
		{"chains schema", exitOK, `"title": "Anteroom chain"`, ""},
		{"chains try", exitUsage, "", "name one DIR"},
		{"chains nonsense", exitUsage, "", `no command "chains nonsense"`},
		{"chains", exitUsage, "", "chains graph"},
		{"help chains", exitOK, "chains check", ""},
		{"chains try -language ru -script a.txt nowhere", exitUsage, "", "a script says the language itself"},
		{"chains try -update nowhere", exitUsage, "", "name it with -script"},
		{"chains try nowhere", exitFault, "The folder of chains cannot be read", "the chains of nowhere have faults"},
		{"chains try bot/testdata/prices/chains -script bot/testdata/prices/russian.txt", exitOK, "goes as it is written", ""},
		{"chains try bot/testdata/words/chains -script bot/testdata/prices/russian.txt", exitFault, "", `russian.txt:11: there is no button`},
		{"chains try bot/testdata/go/chains -script bot/testdata/state/state.txt", exitFault, "- < A dialog begins.", "the conversation does not go as it is written; -update rewrites it"},
		{"check -c none.yaml", exitFault, "", "anteroom: there is no config at none.yaml: name it with -c, or copy config.example.yaml there and edit it."},
		{"check -c " + bad, exitFault, "", bad + ":2:1: nonsense does not exist"},
		{"registration -c " + bad, exitFault, "", bad + ":1:13: homeserver must be a section"},
	} {
		t.Run(c.args, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			code := execute(t.Context(), strings.Fields(c.args), &stdout, &stderr)
			if code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			for _, stream := range []struct{ name, got, want string }{
				{"output", stdout.String(), c.stdout},
				{"errors", stderr.String(), c.stderr},
			} {
				if !strings.Contains(stream.got, stream.want) || stream.want == "" && stream.got != "" {
					t.Errorf("%s: got %q, want %q", stream.name, stream.got, stream.want)
				}
			}
		})
	}
}

// What is built as README.md says knows which commit it is of: who reports a fault tells that.
func TestTheVersionIsBuiltIn(t *testing.T) {
	commit, _ := exec.CommandContext(t.Context(), "git", "-c", "safe.directory=*", "describe", "--tags", "--always").Output() // "" outside of a checkout
	steps, err := exec.CommandContext(t.Context(), "make", "--dry-run", "build").CombinedOutput()
	if want := "-X main.version=" + strings.TrimSpace(string(commit)); err != nil || !strings.Contains(string(steps), want) {
		t.Errorf("make build does not say %s (%v):\n%s", want, err, steps)
	}
}

// TestGraphKnowsTheAssistants draws what the config's assistant does beside the chains:
// the one that always answers stands among them, with the chains that it may start.
func TestGraphKnowsTheAssistants(t *testing.T) {
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "chains"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"config.yaml": `homeserver: {address: "http://127.0.0.1:8008/", domain: example.com}
appservice:
  as_token: as-0123456789abcdef0123456789abcdef
  hs_token: hs-0123456789abcdef0123456789abcdef
gateway: {public_url: "https://chat.example.com/chat/"}
sites:
  shop:
    name: Shop
    origins: ["https://shop.example.com"]
    operators: ["@ann:example.com"]
    bot: {enabled: true, chains: chains}
    assistant:
      instruction: You help.
      endpoints: [{base_url: "http://127.0.0.1:1/v1", model: m, api_key: k}]
      answers: always
      tools: [hand_over, start_chain: [booking]]
`,
		"chains/booking.yaml": "title: Book a table\nsteps:\n  - say: Booked.\n",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	chains := filepath.Join(folder, "chains")
	draw := func(args ...string) string {
		var stdout, stderr bytes.Buffer
		if code := execute(t.Context(), append([]string{"chains", "graph"}, args...), &stdout, &stderr); code != exitOK {
			t.Fatalf("%q ends with %d: %s", args, code, &stderr)
		}
		return stdout.String()
	}
	if alone := draw(chains); strings.Contains(alone, "gpt") {
		t.Errorf("without a config there is an assistant:\n%s", alone)
	}
	known := draw("-c", filepath.Join(folder, "config.yaml"), chains)
	if !strings.Contains(known, "gpt assistant") || !strings.Contains(known, "start_chain") {
		t.Errorf("the config's assistant is not drawn:\n%s", known)
	}
	if named := draw("-assistant", "sales", chains); !strings.Contains(named, "Book a table") {
		t.Errorf("with an assistant by name:\n%s", named)
	}
}

// TestChainsOfAConfig checks the chains of a config's sites, with their constants,
// and draws them into files.
func TestChainsOfAConfig(t *testing.T) {
	folder := t.TempDir()
	for name, text := range map[string]string{
		"config.yaml": `homeserver: {address: "http://127.0.0.1:8008/", domain: example.com}
appservice:
  as_token: as-0123456789abcdef0123456789abcdef
  hs_token: hs-0123456789abcdef0123456789abcdef
gateway: {public_url: "https://chat.example.com/chat/"}
sites:
  shop: {name: Shop, origins: ["https://shop.example.com"], operators: ["@ann:example.com"], bot: {chains: chains, constants: {street: High Street 1}}}
  other: {name: Other, origins: ["https://other.example.com"], operators: ["@ann:example.com"]}
`,
		"chains/where.yaml": "on: [default]\nsteps:\n  - say: \"{{ site.name }}: {{ site.street }}\"\n",
	} {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var stdout, stderr bytes.Buffer
	if code := execute(t.Context(), []string{"chains", "check", "-c", filepath.Join(folder, "config.yaml")}, &stdout, &stderr); code != exitOK {
		t.Errorf("exit code %d: %s%s", code, &stdout, &stderr)
	}
	if got, want := stdout.String(), "Site shop: 1 chain, 1 step: 0 faults, 0 warnings.\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	// A folder by its name has what its site gives it, and what the flags say.
	chains, script := filepath.Join(folder, "chains"), filepath.Join(folder, "where.txt")
	if err := os.WriteFile(script, []byte("> where?\n  * no chain is meant\n< Shop: Low Street 2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"chains", "check", "-c", filepath.Join(folder, "config.yaml"), chains},
		{"chains", "try", "-c", filepath.Join(folder, "config.yaml"), "-constant", "street=Low Street 2", "-script", script, chains},
	} {
		if code := execute(t.Context(), args, &stdout, &stderr); code != exitOK {
			t.Errorf("%s: exit code %d: %s%s", args, code, &stdout, &stderr)
		}
	}
	for name, begin := range map[string]string{"a.svg": "<svg ", "a.html": "<!doctype html>", "a.mmd": "flowchart TD"} {
		path := filepath.Join(folder, name)
		if code := execute(t.Context(), []string{"chains", "graph", filepath.Join(folder, "chains"), "-o", path}, &stdout, &stderr); code != exitOK {
			t.Errorf("%s: exit code %d: %s", name, code, &stderr)
		}
		if data, err := os.ReadFile(path); err != nil || !strings.HasPrefix(string(data), begin) {
			t.Errorf("%s: %v, begins with %.20s", name, err, data)
		}
	}
}

// TestGaps lists what visitors wrote, from the database of a bridge that may run.
func TestGaps(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "config.yaml")
	if err := os.WriteFile(path, []byte(`homeserver: {address: "http://127.0.0.1:8008/", domain: example.com}
appservice:
  as_token: as-0123456789abcdef0123456789abcdef
  hs_token: hs-0123456789abcdef0123456789abcdef
gateway: {public_url: "https://chat.example.com/chat/"}
sites:
  shop: {name: Shop, origins: ["https://shop.example.com"], operators: ["@ann:example.com"]}
`), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	list := func(args ...string) int {
		stdout.Reset()
		stderr.Reset()
		return execute(t.Context(), append([]string{"chains", "gaps", "-c", path}, args...), &stdout, &stderr)
	}
	if code := list(); code != exitFault || !strings.Contains(stderr.String(), "there is no database yet") {
		t.Errorf("without a database: %d, %s", code, &stderr)
	}
	cfg, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	running, err := store.Open(t.Context(), store.Options{Type: string(cfg.Database.Type), URI: cfg.Database.URI, Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = running.Close() })
	visitor, err := running.EnterVisitor(t.Context(), "shop", "hash", store.Device{}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"Do you ship to Norway?", "do you ship to \x1b[31mNorway", "\u202edo you ship to norway"} {
		if err := running.AddUnmatched(t.Context(), "shop", visitor.ID, store.Unmatched{Text: text, At: time.Now()}); err != nil {
			t.Fatal(err)
		}
	}
	if code := list("-site", "shop"); code != exitOK {
		t.Errorf("%d, %s", code, &stderr)
	}
	want := "Site shop: 3 messages in 30 days that no chain was meant by.\n\n" +
		"Words that came up more than once:\n     3  ship\n     2  norway\n\n" +
		"Messages that came up more than once:\n     2  do you ship to norway\n"
	if got := stdout.String(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if code := list("-site", "other"); code != exitFault || !strings.Contains(stderr.String(), `no site "other"`) {
		t.Errorf("another site: %d, %s", code, &stderr)
	}
}

// TestShown looks at a fault in colours.
func TestShown(t *testing.T) {
	f := source.Fault{Pos: source.Pos{File: "a.yaml", Line: 1, Column: 2}, Code: "code", Text: "Text.", Source: "abc"}
	if got, want := shown(f, true), "\x1b[1ma.yaml:1:2\x1b[0m\x1b[31m: Text. [code]\x1b[0m\n    1 | abc\n      |  \x1b[31m^\x1b[0m"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestEveryCommandExplainsItself asks each for its help.
func TestEveryCommandExplainsItself(t *testing.T) {
	for _, cmd := range commands() {
		var stdout, stderr bytes.Buffer
		if code := execute(t.Context(), append([]string{"help"}, strings.Fields(cmd.name)...), &stdout, &stderr); code != exitOK {
			t.Errorf("%s: exit code %d", cmd.name, code)
		}
		for _, words := range []string{"Usage: anteroom " + cmd.name, filled(cmd.about, ""), "-c file"} {
			if !strings.Contains(stdout.String(), words) {
				t.Errorf("the help of %s lacks %q", cmd.name, words)
			}
		}
		for line := range strings.Lines(stdout.String()) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > 80 {
				t.Errorf("the help of %s does not fit into 80 columns: %s", cmd.name, line)
			}
		}
		if !strings.Contains(overview(), cmd.summary) {
			t.Errorf("the overview lacks %s", cmd.name)
		}
	}
}

// A token is printed with the hash that the config takes in its place, and is new each time.
func TestToken(t *testing.T) {
	form := regexp.MustCompile(`\n  (anteroom_[A-Za-z0-9_-]{43})\n[^$]*hash: (sha256-[0-9a-f]{64})\n`)
	seen := map[string]bool{}
	for range 2 {
		code, stdout, stderr := called(t, "token")
		found := form.FindStringSubmatch(stdout)
		if code != exitOK || stderr != "" || found == nil {
			t.Fatalf("code %d:\n%s%s", code, stdout, stderr)
		}
		if sum := sha256.Sum256([]byte(found[1])); found[2] != "sha256-"+hex.EncodeToString(sum[:]) || seen[found[1]] {
			t.Errorf("it prints\n%s", stdout)
		}
		seen[found[1]] = true
	}
}
