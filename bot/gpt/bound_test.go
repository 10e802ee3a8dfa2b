package gpt_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/anteroom-chat/anteroom/bot/gpt/gpttest"
	"github.com/anteroom-chat/anteroom/bot/talk"
)

// An answer that is longer than a message ends behind a word, as it was shown; its rest
// nobody waits for.
func TestALongAnswerEndsBehindAWord(t *testing.T) {
	for name, text := range map[string]string{
		"words":       strings.Repeat("Зелёный tea, ", 500),
		"lines":       strings.Repeat("A green one.\n\n", 500),
		"no spaces":   strings.Repeat("緑茶があります。", 900),
		"all at once": "",
	} {
		t.Run(name, func(t *testing.T) {
			server := gpttest.Start(t)
			reply := gpttest.Says(text)
			if name == "all at once" {
				text = strings.Repeat("green tea ", 900)
				reply = gpttest.Reply{Pieces: []string{text}}
			}
			reply.Pieces = append(reply.Pieces, " and", " so", " on")
			server.Script(reply.Hold(len(reply.Pieces) - 2)) // what comes behind that never comes
			got := answer(t, assistant(t, options(server)), asks("Tell me all"))
			words, cut := strings.CutSuffix(got.Text, "…")
			n := utf8.RuneCountInString(got.Text)
			if got.Failed != "" || !cut || n > talk.MaxText || n < talk.MaxText-20 {
				t.Fatalf("%d characters, failed %q: %s", n, got.Failed, got.Text[max(0, len(got.Text)-40):])
			}
			rest, ok := strings.CutPrefix(text, words)
			if !ok || name != "no spaces" && rest != "" && !strings.ContainsAny(rest[:1]+words[len(words)-1:], " \n") {
				t.Errorf("it ends in %q before %q", words[max(0, len(words)-40):], rest[:min(len(rest), 20)])
			}
		})
	}
}

// One that just fits is whole.
func TestAnAnswerThatFitsIsWhole(t *testing.T) {
	server := gpttest.Start(t)
	text := strings.TrimSpace(strings.Repeat("tea ", (talk.MaxText-1)/4))
	server.Script(gpttest.Says(text))
	if got := answer(t, assistant(t, options(server)), asks("Tell me all")); got.Failed != "" || got.Text != text {
		t.Errorf("failed %q, it has %d characters and ends in %q", got.Failed, len(got.Text), got.Text[max(0, len(got.Text)-20):])
	}
}
