package try_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bot/chain"
	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bot/try"
	"github.com/anteroom-chat/anteroom/bot/value"
)

const tea = `
on:
  - keywords: [tea, чай]
steps:
  - say: { en: "Which tea?", ru: "Какой чай?" }
    buttons:
      - { text: { en: Green, ru: Зелёный }, set: { tea: green } }
      - { text: { en: Black, ru: Чёрный }, set: { tea: black } }
      - { text: { en: Our teas, ru: Наши чаи }, url: "https://tea.example" }
  - pause: 2s
  - ask: { en: "How many cups?", ru: "Сколько чашек?" }
    type: choice
    choices: [ "1", "2", { text: { en: A pot, ru: Чайник }, value: pot } ]
    save: cups
  - pause: 1h
  - say: { en: "Your {{ tea }} tea:\n{{ cups }}.", ru: "Ваш чай:\n{{ cups }}." }
  - handoff
`

// session is what a person sees who types some lines.
func session(t *testing.T, folder, language string, person bool, in io.Reader) string {
	t.Helper()
	var out bytes.Buffer
	terminal := &try.Terminal{Folder: folder, Language: language, Now: try.Start(), In: in, Out: &out, Person: person, Colours: person}
	if err := terminal.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("ANTEROOM_GOLDEN") == "write" {
		write(t, path, got)
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := try.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (make golden rewrites it):\n%s", path, diff)
	}
}

func TestTerminal(t *testing.T) {
	folder := t.TempDir()
	write(t, filepath.Join(folder, "tea.yaml"), tea)
	golden(t, "terminal.golden", session(t, folder, "en", false, strings.NewReader(strings.Join([]string{
		"/help", "A cup of tea", "2", "3", "", "still there?", "/bot on", "7", "/again", "/page", "/response 200", "/event a {", "/bot sing", "//bot", "", "/skip 2h", "/skip soon",
		"/know hours: closed", "/know shoes: red", "[a]", "/quit", "never read",
	}, "\n"))))
	golden(t, "terminal_ru.golden", session(t, folder, "ru", true, strings.NewReader("хочу чай\nзеленый\nчайник\n\n")))
}

// TestTerminalCards: cards stand beside the bot's name, without an empty line above.
func TestTerminalCards(t *testing.T) {
	folder := t.TempDir()
	write(t, filepath.Join(folder, "tea.yaml"), "on: [default]\nsteps:\n  - card: { title: Green tea, text: Fresh, buttons: [ { text: Buy, goto: end } ] }\n  - label: end\n  - end\n")
	shown := session(t, folder, "en", false, strings.NewReader("tea\n/quit\n"))
	if !strings.Contains(shown, "bot  Green tea  Fresh\n") {
		t.Errorf("the card is shown as\n%s", shown)
	}
}

// TestTerminalAssistant has a person be the assistant, too, and saves that: it goes as
// it went.
func TestTerminalAssistant(t *testing.T) {
	folder := t.TempDir()
	write(t, filepath.Join(folder, "tea.yaml"), "on: [default]\nsteps:\n  - gpt: sales\n")
	saved := filepath.Join(folder, "saved.txt")
	known := chain.Options{Assistants: []chain.Assistant{{
		Name: "sales", HandOver: true, Close: true, Variables: []string{"tea"}, Tags: []string{"likes tea"}, Timeout: 30 * time.Second,
		Fallback: map[talk.Failure]chain.Fallback{
			"":                  {Say: value.Words{In: map[string]string{"en": "Ask\nlater.", "ru": "Позже."}}},
			talk.FailedLimit:    {Chain: "tea"},
			talk.FailedEndpoint: {HandOver: true},
		},
	}}}
	var out bytes.Buffer
	lines := []string{
		"/reply nobody asked", "which tea?", "/reply Green tea. [set_variable tea = green] [add_tag likes tea] [source Teas https://tea.example]", "why?", "/failed so",
		"/failed unknown", "and?", "/late Because. [hand_over: it asks why]", "/save " + saved,
	}
	terminal := &try.Terminal{Folder: folder, Options: known, Language: "en", Now: try.Start(), In: strings.NewReader(strings.Join(lines, "\n")), Out: &out}
	if err := terminal.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	golden(t, "terminal_assistant.golden", strings.ReplaceAll(out.String(), folder, "DIR"))
	script, err := os.ReadFile(saved)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "terminal_assistant.saved", string(script))
	played, err := try.Play("saved.txt", string(script), try.Folder(folder, "."))
	if err != nil {
		t.Fatal(err)
	}
	if played != string(script) {
		t.Errorf("the saved conversation goes in another way:\n%s", try.Diff(string(script), played))
	}
}

// TestTerminalSaves plays a saved conversation: it goes as it went.
func TestTerminalSaves(t *testing.T) {
	folder := t.TempDir()
	write(t, filepath.Join(folder, "tea.yaml"), tea)
	saved := filepath.Join(folder, "saved.txt")
	session(t, folder, "ru", true, strings.NewReader("чай\n1\n1\n/tag vip\n\n/operator Hello\n/save "+saved+"\n"))
	script, err := os.ReadFile(saved)
	if err != nil {
		t.Fatal(err)
	}
	played, err := try.Play("saved.txt", string(script), try.Folder(folder, "."))
	if err != nil {
		t.Fatal(err)
	}
	if played != string(script) || !strings.Contains(played, "Ваш чай") {
		t.Errorf("the saved conversation goes in another way:\n%s\n%s", script, try.Diff(string(script), played))
	}
}

// screen tells when the terminal waits for a line.
type screen struct {
	bytes.Buffer
	waits chan struct{}
}

// Write notes what is shown.
func (s *screen) Write(p []byte) (int, error) {
	if bytes.HasSuffix(p, []byte("› ")) {
		s.waits <- struct{}{}
	}
	return s.Buffer.Write(p)
}

// TestTerminalReloads edits the chains between two lines: the conversation goes on,
// and a broken edit changes nothing.
func TestTerminalReloads(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "tea.yaml")
	write(t, file, tea)
	r, typed := io.Pipe()
	shown := &screen{waits: make(chan struct{})}
	go func() {
		defer func() { _ = typed.Close() }() // the other end may be gone
		for _, do := range []struct{ text, line string }{
			{"", "tea"},
			{strings.ReplaceAll(tea, "How many cups?", "How many cups, please?"), "green"},
			{strings.ReplaceAll(tea, "say:", "sai:"), "1"},
			{strings.ReplaceAll(tea, "Your", "Here is your"), ""},
		} {
			<-shown.waits
			if do.text != "" {
				write(t, file, do.text)
			}
			if _, err := io.WriteString(typed, do.line+"\n"); err != nil {
				t.Error(err)
			}
		}
		<-shown.waits
	}()
	terminal := &try.Terminal{Folder: folder, Language: "en", Now: try.Start(), In: r, Out: shown, Person: true}
	if err := terminal.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	golden(t, "terminal_edits.golden", shown.String())
}

func TestTerminalRefusesFaults(t *testing.T) {
	folder := t.TempDir()
	write(t, filepath.Join(folder, "tea.yaml"), "steps:\n  - sai: Hello\n")
	var out bytes.Buffer
	terminal := &try.Terminal{Folder: folder, Language: "en", Now: try.Start(), In: strings.NewReader(""), Out: &out}
	if err := terminal.Run(t.Context()); err == nil || !strings.Contains(out.String(), `tea.yaml:2:5: There is no step "sai"`) {
		t.Errorf("got %v and %s", err, out.String())
	}
}
