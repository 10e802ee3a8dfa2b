package gateway

import (
	"time"

	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// awaySoon is how long before the end of the opening hours a widget is told of it. It
// is told anew with every connection.
const awaySoon = 24 * time.Hour

// away is what a widget of that language says outside of the site's opening hours; nil
// while they last longer than awaySoon, and where nothing is to be said.
func away(site *config.Site, l config.Language, now time.Time) *wire.Away {
	text := config.Text(site.Widget.Away).In(l)
	if text == "" {
		text = config.Text(site.Widget.Away).In(site.Widget.Below(l))
	}
	schedule := site.Hours.In(site.Location())
	if text == "" || schedule == nil {
		return nil
	}
	told := &wire.Away{Text: text}
	if schedule.Open(now) {
		closing, ends := schedule.NextClosing(now)
		if !ends || closing.Sub(now) > awaySoon {
			return nil
		}
		told.In = max(1, closing.Sub(now).Milliseconds())
	}
	if back, known := schedule.NextOpening(now); known {
		told.Back, told.For = back.UnixMilli(), max(1, back.Sub(now).Milliseconds())
	}
	return told
}
