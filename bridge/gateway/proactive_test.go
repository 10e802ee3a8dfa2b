package gateway

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
)

// What a loader tells of proactive messages: rules that a browser can look at by itself,
// and the words of its language alone.
func TestTheLoaderTellsWhatTheSiteSaysFirst(t *testing.T) {
	w := &config.Widget{Language: config.Auto, Proactive: []config.Proactive{{
		Name: "cart", Text: config.Text{config.English: "Questions?"}, Pages: []string{"/cart*"}, After: config.Duration(20 * time.Second),
		Devices: []config.Device{config.Phone, config.Desktop}, Visitors: config.NewVisitors, Once: config.OncePerVisit,
	}}}
	l := &loaders{triggers: noTriggers}
	told := l.settings("shop", w, &siteFiles{})
	if len(told.Proactive) != 1 || told.Proactive[0].After != 20_000 || !strings.Contains(told.Proactive[0].Media, "(max-width:600px)") {
		t.Errorf("the loader is told %+v", told.Proactive)
	}
	if said := told.Words[config.English].Proactive["cart"]; said != "Questions?" {
		t.Errorf("in English it says %q", said)
	}
	if said := told.Words[config.Russian].Proactive; len(said) != 0 {
		t.Errorf("in Russian, in which there are no words, it says %v", said)
	}
	if len(told.Watch) != 1 || told.Watch[0] != proactiveAsset {
		t.Errorf("the pages are looked at by %v", told.Watch)
	}
	w.Proactive = nil
	if told := l.settings("shop", w, &siteFiles{}); len(told.Watch) != 0 {
		t.Errorf("without a message the pages are looked at by %v", told.Watch)
	}
}

func TestWhatADismissalRefuses(t *testing.T) {
	d := openDoor(t, nil)
	for _, c := range []struct {
		about, body, origin string
		status              int
		code                chat.Code
	}{
		{"no JSON", "{", shop, http.StatusBadRequest, chat.CodeBadFrame},
		{"another origin", `{"name":"cart"}`, "https://evil.example", http.StatusForbidden, chat.CodeBadOrigin},
		{"a message that there is not", `{"name":"` + strings.Repeat("x", 1000) + `"}`, shop, http.StatusNoContent, ""},
	} {
		if status, body := d.say("dismissed", c.body, "Origin", c.origin); status != c.status || !strings.Contains(body, string(c.code)) {
			t.Errorf("%s: %d %s", c.about, status, body)
		}
	}
}
