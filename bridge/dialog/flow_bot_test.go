package dialog

import (
	"strings"
	"testing"

	"github.com/anteroom-chat/anteroom/bridge/config"
)

// The bot is told of those answers of a form alone that were taken: what an operator
// knows better has not changed.
func TestOfAFormOnlyWhatWasTakenIsChanged(t *testing.T) {
	c := newBot(t, map[string]string{"greeting": greeting})
	c.in.Site.Widget.Forms.Start = &config.Form{Fields: []config.FormField{{Type: config.FieldEmail}, {Type: config.FieldName}}}
	must(t, c.Set(t.Context(), c.in.Visitor, emailVariable, "operator@example.com"))
	c.hear(t)
	_, err := c.Fill(t.Context(), c.in, "form-0001", formStart, map[string]string{"email": "visitor@example.com", "name": "Ann"})
	must(t, err)
	told, err := c.store.BotInputs(t.Context(), c.in.Visitor)
	must(t, err)
	if len(told) != 1 || !strings.Contains(told[0].Event, `"name":"name"`) {
		t.Errorf("the bot is told %+v", told)
	}
}
