package desk

import (
	"context"
	"fmt"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat/markup"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

const (
	// maxPages is how many pages a history shows.
	maxPages = 30
	// maxPageTitle and maxPageURL are shorter than on the card: there are many.
	maxPageTitle = 60
	maxPageURL   = 150
)

func (d *Desk) history(ctx context.Context, c call) (markup.Text, error) {
	p, err := d.dialog.Profile(ctx, c.Visitor.ID)
	if err != nil {
		return markup.Text{}, err
	}
	views, err := d.store.Views(ctx, c.Visitor.ID)
	if err != nil {
		return markup.Text{}, err
	}
	return d.pages(c.Site, p, views), nil
}

// pages tells of a visitor's visits, the newest first, and of its dialog.
func (d *Desk) pages(site *config.Site, p dialog.Profile, views []store.View) markup.Text {
	lines := []markup.Text{d.say(site, historyHead, d.about(site, p.Visitor))}
	if len(views) == 0 {
		lines = append(lines, d.say(site, historyNone, nil))
	}
	shown := views[:min(len(views), maxPages)]
	for len(shown) > 0 {
		n := visit(shown)
		lines = append(lines, d.visitLines(site, shown[:n])...)
		shown = shown[n:]
	}
	if older := len(views) - maxPages; older > 0 {
		lines = append(lines, d.say(site, historyMore, markup.Values{"count": fmt.Sprint(older)}))
	}
	return markup.Lines(append(lines, d.dialogLines(site, p)...)...)
}

// visit is how many of the views, the newest first, belong to the newest visit.
func visit(views []store.View) int {
	for i := 1; i < len(views); i++ {
		if views[i-1].At.Sub(views[i].At) >= dialog.VisitGap {
			return i
		}
	}
	return len(views)
}

func (d *Desk) visitLines(site *config.Site, views []store.View) []markup.Text {
	clock := func(at time.Time) string { return at.In(site.Location()).Format("15:04") }
	first, last := views[len(views)-1], views[0]
	values := markup.Values{"from": dialog.When(site, first.At)}
	if clock(last.At) != clock(first.At) {
		values["until"] = clock(last.At)
	}
	lines := []markup.Text{d.say(site, historyVisit, values)}
	for _, v := range views {
		lines = append(lines, d.say(site, historyPage, markup.Values{
			"time": clock(v.At), "page": excerpt(v.Title, maxPageTitle), "url": excerpt(v.URL, maxPageURL),
		}))
	}
	return lines
}

func (d *Desk) dialogLines(site *config.Site, p dialog.Profile) (lines []markup.Text) {
	values := markup.Values{"first": dialog.When(site, p.Visitor.CreatedAt)}
	if at := p.Dialog.ClosedAt; !at.IsZero() {
		values["closed"] = dialog.When(site, at)
	}
	if at := p.Dialog.OpenedAt; !at.IsZero() {
		values["opened"] = dialog.When(site, at)
		k := historyOpen
		if p.Dialog.Status == store.StatusClosed {
			k = historyClosed
		}
		lines = append(lines, d.say(site, historyDialog, nil), d.say(site, k, values))
	}
	return append(lines, d.say(site, cardFirst, values))
}
