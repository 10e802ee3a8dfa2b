package gateway

import (
	"time"

	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// awayAhead is for how long a widget is told when the opening hours end. It is told anew
// with every connection, and hardly one lasts longer.
const awayAhead = 14 * 24 * time.Hour

// away is what a widget of that language says outside of the site's opening hours; nil
// while they last longer than awayAhead, and where nothing is to be said.
func away(site *config.Site, l config.Language, now time.Time) *wire.Away {
	text := config.Text(site.Widget.Away).In(l)
	if text == "" {
		text = config.Text(site.Widget.Away).In(site.Widget.Below(l))
	}
	schedule := site.Hours.In(site.Location())
	if text == "" || schedule == nil {
		return nil
	}
	until := func(t time.Time) int64 { return max(1, t.Sub(now).Milliseconds()) }
	var told *wire.Away
	begin, ends := now, true
	if schedule.Open(now) {
		begin, ends = schedule.NextClosing(now)
	}
	for ends && begin.Sub(now) <= awayAhead {
		back, known := schedule.NextOpening(begin)
		var span wire.Span
		if begin.After(now) {
			span.In = until(begin)
		}
		if known {
			span.For = until(back)
		}
		if told == nil {
			told = &wire.Away{Text: text, Span: span}
			if known {
				told.Back = back.UnixMilli()
			}
		} else {
			told.Later = append(told.Later, span)
		}
		if !known {
			break
		}
		begin, ends = schedule.NextClosing(back)
	}
	return told
}

// closed is what a widget of that language says outside of the opening hours, as if it were
// so now; nil where nothing is said.
func closed(site *config.Site, l config.Language, now time.Time) *wire.Away {
	if schedule := site.Hours.In(site.Location()); schedule != nil && schedule.Open(now) {
		now, _ = schedule.NextClosing(now) // where it never closes there is none, and away says nothing
	}
	return away(site, l, now)
}
