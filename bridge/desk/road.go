package desk

import (
	"context"
	"fmt"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/markup"
	"github.com/anteroom-chat/anteroom/bridge/desk/notify"
	"github.com/anteroom-chat/anteroom/bridge/desk/notify/mail"
	"github.com/anteroom-chat/anteroom/bridge/desk/notify/webhook"
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
	endpoints := map[chat.SiteID]webhook.Endpoint{}
	for id, site := range d.cfg.Sites {
		hook := site.Alerts.Webhook
		if hook.URL == "" {
			continue
		}
		secret, err := webhook.ParseSecret(hook.Secret)
		if err != nil {
			return fmt.Errorf("sites.%s.alerts.webhook.secret: %w", id, err)
		}
		endpoints[id] = webhook.Endpoint{URL: hook.URL, Secrets: []webhook.Secret{secret}}
	}
	senders := map[store.DeliveryKind]notify.Sender{
		store.Webhook: notify.Webhooks{
			Sender: webhook.New(client, time.Now),
			Endpoint: func(site chat.SiteID, _ string) (webhook.Endpoint, bool) {
				endpoint, ok := endpoints[site]
				return endpoint, ok
			},
		},
	}
	if m := d.cfg.Mail; m.Host != "" {
		mailer, err := mail.New(mail.Options{
			Host: m.Host, Port: m.Port, Security: mail.Security(m.Security), Username: m.Username, Password: m.Password, From: m.From,
		})
		if err != nil {
			return fmt.Errorf("mail: %w", err)
		}
		senders[store.Mail] = notify.Mails{Mailer: mailer}
	}
	d.queue = notify.New(notify.Options{Deliveries: d.store, Senders: senders, GaveUp: d.gaveUp, Log: d.log})
	return nil
}

// gaveUp tells the desk's room of an alert that could not be sent.
func (d *Desk) gaveUp(ctx context.Context, lost store.Delivery, cause error) {
	site, err := d.dialog.Site(lost.Site)
	if err == nil {
		k := mailLost
		if lost.Kind == store.Webhook {
			k = webhookLost
		}
		err = d.tell(ctx, site, "lost:"+string(lost.ID), d.say(site, k, markup.Values{"target": lost.Target, "cause": excerpt(cause.Error(), maxQuote)}))
	}
	if err != nil {
		d.log.Warn().Err(err).Msg("The desk could not be told of an alert that was not sent")
	}
}
