package dialog

import (
	"errors"
	"strings"
	"testing"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// The words of a choice and of a rating are the question's own: operators read what
// the bot hears, and all choices may be taken though they are more than a message.
func TestAChoicesWordsAreTheQuestionsOwn(t *testing.T) {
	long := strings.Repeat("o", 79)
	c := newBot(t, map[string]string{"taste": "on: [first_message]\nsteps:\n" +
		"  - { ask: Which, type: choice, many: true, choices: [a" + long + ", b" + long + ", c" + long + "], save: taste }\n" +
		"  - { ask: Stars, type: rating, save: stars }\n"})
	c.in.Site.MaxLength = 100
	c.says(t, "client-1", "Hi")
	c.hear(t)
	answer := func(client chat.ClientID, question int, text, value string) (string, error) {
		e, err := c.Say(t.Context(), c.in, Message{Client: client, Text: text, Answer: &chat.Answer{Entry: c.told(t)[question].ID, Value: value}})
		return e.Content.Text, err
	}
	tooLong := strings.Repeat("x", 101)
	for _, value := range []string{"", "3", "none"} {
		if _, err := answer("client-2", 0, tooLong, value); !errors.Is(err, &chat.Error{Code: chat.CodeTooLong}) {
			t.Errorf("a long text with %q: %v", value, err)
		}
	}
	if text, err := answer("client-3", 0, tooLong, "2,0,1"); err != nil || text != "a"+long+", b"+long+", c"+long {
		t.Errorf("the choices are %q, %v", text, err)
	}
	c.hear(t)
	if text, err := answer("client-4", 1, "Excellent!", "2"); err != nil || text != "★★☆☆☆ 2/5" {
		t.Errorf("the rating is %q, %v", text, err)
	}
	if text, err := answer("client-5", 1, "No stars", "6"); err != nil || text != "No stars" {
		t.Errorf("what is no rating is %q, %v", text, err)
	}
}
