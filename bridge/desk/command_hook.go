package desk

import (
	"context"
	"strconv"
	"strings"

	"github.com/anteroom-chat/anteroom/bridge/chat/markup"
	"github.com/anteroom-chat/anteroom/bridge/config"
)

// webhooks says how the site's webhooks fare, or sends once more what failed.
func (d *Desk) webhooks(ctx context.Context, c call) (markup.Text, error) {
	if len(c.Site.Webhooks) == 0 {
		return d.say(c.Site, hooksNone, nil), nil
	}
	word, name, _ := strings.Cut(c.argument, " ")
	switch {
	case word == "":
		return d.hooksFare(ctx, c.Site)
	case strings.EqualFold(word, "replay"):
		return d.replay(ctx, c.Site, strings.TrimSpace(name))
	default:
		return markup.Text{}, wrong(hookBadWord, markup.Values{"word": excerpt(word, maxWord)})
	}
}

func (d *Desk) hooksFare(ctx context.Context, site *config.Site) (markup.Text, error) {
	lines := []markup.Text{d.say(site, hooksHead, nil)}
	for _, hook := range site.Webhooks {
		fares, err := d.store.DeliveriesTo(ctx, site.ID, hookTarget(hook.Name))
		if err != nil {
			return markup.Text{}, err
		}
		values := markup.Values{"name": hook.Name, "waiting": strconv.Itoa(fares.Waiting), "cause": excerpt(fares.Cause, maxQuote)}
		if fares.Failed > 0 {
			values["failed"] = strconv.Itoa(fares.Failed)
		}
		lines = append(lines, d.say(site, hookLine, values))
	}
	return markup.Lines(lines...), nil
}

func (d *Desk) replay(ctx context.Context, site *config.Site, name string) (markup.Text, error) {
	for _, hook := range site.Webhooks {
		if hook.Name != name {
			continue
		}
		again, err := d.store.ReplayDeliveries(ctx, site.ID, hookTarget(name), d.dialog.Now())
		if err != nil {
			return markup.Text{}, err
		}
		d.wakeQueue(ctx)
		return d.say(site, hookReplayed, markup.Values{"name": name, "count": strconv.Itoa(again)}), nil
	}
	names := make([]string, len(site.Webhooks))
	for i, hook := range site.Webhooks {
		names[i] = hook.Name
	}
	return markup.Text{}, wrong(hookUnknown, markup.Values{"word": excerpt(name, maxWord), "names": strings.Join(names, ", ")})
}
