package desk

import (
	"testing"

	"github.com/anteroom-chat/anteroom/bridge/chat/markup"
	"github.com/anteroom-chat/anteroom/bridge/config"
)

// What the bot says of the panel, and in the room of what was done there.
func TestTheWordsOfThePanelReadWell(t *testing.T) {
	for _, language := range []config.Language{config.English, config.Russian} {
		d, site := testDesk(language)
		values := markup.Values{
			"user": "@anna:example.org", "by": "@anna:example.org", "to": "@bella:example.org", "site": site.Name, "number": "12",
			"link": "https://chat.example.org/panel/shop#as=%40anna%3Aexample.org&link=x", "span": "10 min", "until": "Nov 26, 09:05",
		}
		var lines []markup.Text
		for _, k := range []key{
			noPanel, panelForOperators, panelSent, panelLink, panelLinkAbout, panelNotSent, panelOpened, panelClosed, panelAssigned,
			panelFreed, panelBlocked, panelUnblocked, panelSilenced, panelUnsilenced, panelRan,
			panelContinued, panelHanded, panelErased, panelSpoke, panelBlockedAd, panelUnblockAd,
		} {
			lines = append(lines, d.say(site, k, values))
		}
		golden(t, "panel_"+string(language), markup.Lines(lines...))
	}
}
