package desk

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/markup"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/desk/notify"
	"github.com/anteroom-chat/anteroom/bridge/desk/notify/mail"
	"github.com/anteroom-chat/anteroom/bridge/desk/notify/webhook"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/outward"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// openRoads makes the ways by which alerts leave the house, as the config says.
func (d *Desk) openRoads() error {
	allow, err := outward.ParseAllowList(d.cfg.Outward)
	if err != nil {
		return fmt.Errorf("outward: %w", err)
	}
	client := outward.New(outward.Options{Allow: allow})
	d.close = client.Close
	endpoints, err := d.endpoints()
	if err != nil {
		return err
	}
	senders := map[store.DeliveryKind]notify.Sender{
		store.Webhook: notify.Webhooks{
			Sender: webhook.New(client, time.Now),
			Endpoint: func(site chat.SiteID, target string) (webhook.Endpoint, bool) {
				endpoint, ok := endpoints[receiver{site, target}]
				return endpoint, ok
			},
		},
	}
	if m := d.cfg.Mail; m.Host != "" {
		mailer, err := mail.Of(m)
		if err != nil {
			return fmt.Errorf("mail: %w", err)
		}
		senders[store.Mail] = notify.Mails{Mailer: mailer, Compose: d.composeMail}
	}
	d.queue = notify.New(notify.Options{Deliveries: d.store, Senders: senders, GaveUp: d.gaveUp, Needless: d.dialog.DropMail, Log: d.log})
	return nil
}

// receiver is where a delivery of a site goes.
type receiver struct {
	site   chat.SiteID
	target string
}

// endpoints are the addresses of all webhooks.
func (d *Desk) endpoints() (map[receiver]webhook.Endpoint, error) {
	all := map[receiver]webhook.Endpoint{}
	add := func(site chat.SiteID, target, path string, hook config.Webhook) error {
		secret, err := webhook.ParseSecret(hook.Secret)
		if err != nil {
			return fmt.Errorf("sites.%s.%s.secret: %w", site, path, err)
		}
		all[receiver{site, target}] = webhook.Endpoint{URL: hook.URL, Secrets: []webhook.Secret{secret}}
		return nil
	}
	for id, site := range d.cfg.Sites {
		if site.Alerts.Webhook.URL != "" {
			if err := add(id, webhookTarget, "alerts.webhook", site.Alerts.Webhook); err != nil {
				return nil, err
			}
		}
		for i, hook := range site.Webhooks {
			if err := add(id, hookTarget(hook.Name), fmt.Sprintf("webhooks[%d]", i), hook.Webhook); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

// gaveUp tells the desk's room of what could not be sent: of each alert, and once a
// day of a webhook that is told of everything.
func (d *Desk) gaveUp(ctx context.Context, lost store.Delivery, cause error) error {
	site, known := d.cfg.Sites[lost.Site]
	if !known { // taken out of the config: nobody is left to tell
		return nil
	}
	if dialog.IsMailToVisitor(lost) {
		return d.mailGivenUp(ctx, site, lost, cause)
	}
	k, origin := mailLost, "lost:"+string(lost.ID)
	name := hookOf(lost.Target)
	switch {
	case lost.Kind == store.Webhook && name != "":
		k, origin = hookLost, "hook lost:"+name+":"+d.dialog.Now().In(site.Location()).Format(time.DateOnly)
		if !slices.ContainsFunc(site.Webhooks, func(hook config.Hook) bool { return hook.Name == name }) {
			k = hookGone // which cannot be sent once more
		}
	case lost.Kind == store.Webhook:
		k = webhookLost
	}
	return d.tell(ctx, site, origin, d.say(site, k, markup.Values{"target": lost.Target, "name": name, "cause": excerpt(cause.Error(), maxQuote)}))
}
