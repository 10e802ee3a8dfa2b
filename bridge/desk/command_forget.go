package desk

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat/markup"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// forget erases the visitor for good, once its number was said. Then nothing is
// answered: the answer would go with the rest, and the room tells it in the end.
func (d *Desk) forget(ctx context.Context, c call) (markup.Text, error) {
	number := strconv.FormatInt(c.Visitor.Number, 10)
	values := markup.Values{"number": number, "word": excerpt(c.argument, maxWord)}
	switch strings.TrimPrefix(c.argument, "#") {
	case "":
		before, after, err := d.linked(ctx, c.Visitor.ID)
		if err != nil {
			return markup.Text{}, err
		}
		lines := []markup.Text{d.say(c.Site, forgetAsks, values), d.say(c.Site, forgetStays, values)}
		lines = append(lines, d.others(c.Site, forgetBefore, before)...)
		lines = append(lines, d.others(c.Site, forgetAfter, after)...)
		return markup.Lines(append(lines, d.say(c.Site, forgetConfirm, values))...), nil
	case number:
		return markup.Text{}, d.dialog.Erase(ctx, c.Visitor.ID, c.Sender, func(ctx context.Context, v store.Visitor) error {
			return d.tell(ctx, c.Site, fmt.Sprintf("erased:%d", v.Number), d.say(c.Site, erasedBy, markup.Values{"number": number, "user": string(c.Sender)}))
		})
	default:
		return markup.Text{}, wrong(forgetOther, values)
	}
}

// Expired tells the desk's room of visitors who were erased for their age. It
// never says a number twice, since none is given twice.
func (d *Desk) Expired(ctx context.Context, site *config.Site, numbers []int64) error {
	words := make([]string, len(numbers))
	for i, n := range numbers {
		words[i] = fmt.Sprintf("#%d", n)
		if site.Language == config.Russian {
			words[i] = fmt.Sprintf("№ %d", n)
		}
	}
	text := d.say(site, expired, markup.Values{"numbers": strings.Join(words, ", "), "days": days(time.Duration(site.Closed.EraseAfter))})
	return d.tell(ctx, site, "expired:"+strings.Join(words, ","), text)
}

// days is a span in days, as a number.
func days(span time.Duration) string {
	const day = 24
	return strconv.FormatFloat(span.Hours()/day, 'f', -1, 64)
}
