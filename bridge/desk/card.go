package desk

import (
	"fmt"
	"strings"

	"github.com/anteroom-chat/anteroom/bridge/chat/markup"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// card says all that is known of a visitor, as a person would tell it.
func (d *Desk) card(site *config.Site, p dialog.Profile) markup.Text {
	v := p.Visitor
	values := d.about(site, v)
	values["status"] = d.word(site, statusKey(p.Dialog.Status))
	values["first"] = dialog.When(site, v.CreatedAt)
	values["seen"] = dialog.When(site, v.SeenAt)
	values["language"] = excerpt(v.Language, maxWord)
	values["browser"] = v.System
	values["place"] = v.Place
	if v.Country != v.Place && v.Country != "" {
		values["place"] = v.Place + ", " + v.Country
	}
	if v.FirstURL != v.Page.URL {
		values["firstpage"] = excerpt(v.FirstURL, maxURL)
	}
	values["referrer"] = excerpt(v.Page.Referrer, maxURL)
	values["campaign"] = dialog.Campaign(v.FirstURL)
	values["tags"] = strings.Join(p.Tags, ", ")
	values["assignee"] = string(p.Dialog.Assignee)
	values["subject"] = excerpt(p.Subject, maxWord)
	if p.Connections > 1 {
		values["tabs"] = fmt.Sprint(p.Connections)
	}
	if since := p.Dialog.WaitingSince; !since.IsZero() && !p.Dialog.Blocked { // who is shut out waits for nothing
		values["waiting"] = dialog.When(site, since)
	}
	if p.Answer != "" {
		values["answer"] = d.word(site, progressKey(p.Answer))
	}
	if p.Dialog.Rating.Of > 0 {
		values["rating"], values["of"] = fmt.Sprint(p.Dialog.Rating.Score), fmt.Sprint(p.Dialog.Rating.Of)
	}
	if len(p.Consents) > 0 {
		latest := p.Consents[0]
		values["agreed"], values["hash"] = dialog.When(site, latest.At), latest.Hash[:min(len(latest.Hash), shownHash)]
	}
	if !p.MailedAt.IsZero() {
		values["mailed"], values["mailstate"] = dialog.When(site, p.MailedAt), d.word(site, mailedKey(p.Mailed))
	}
	values["word"] = excerpt(p.Dialog.RatingWord, maxQuote)
	presence := offline
	if p.Online {
		presence = online
	}
	lines := []markup.Text{d.say(site, cardHead, values), d.say(site, presence, values)}
	lines = append(lines, d.limits(site, p)...)
	lines = append(lines, d.say(site, cardSignedIn, values))
	lines = append(lines, d.others(site, cardAfter, p.After)...)
	for _, k := range []key{cardPage, cardWaiting, cardAnswer, cardAssignee, cardTags, cardRating, cardMailed, cardPlace, cardBrowser, cardLanguage, cardReferrer, cardCampaign, cardFirst, cardConsent} {
		lines = append(lines, d.say(site, k, values))
	}
	lines = append(lines, d.others(site, cardBefore, p.Before)...)
	for _, x := range p.Variables {
		lines = append(lines, d.say(site, cardVariable, markup.Values{"key": x.Name, "value": excerpt(x.Value, maxQuote)}))
	}
	for _, x := range p.Deals[:min(len(p.Deals), maxCardDeals)] {
		lines = append(lines, d.dealLine(site, cardDeal, x))
	}
	return markup.Lines(append(lines, d.say(site, cardNote, markup.Values{"note": v.Note}))...)
}

// maxCardDeals is how many deals a card lists; "!deal" lists all.
const maxCardDeals = 5

// shownHash is how much of a text's hash a card shows; "!export" has it whole, with the text.
const shownHash = 12

// limits are who is not heard, or says nothing.
func (d *Desk) limits(site *config.Site, p dialog.Profile) (lines []markup.Text) {
	if p.Dialog.Blocked {
		lines = append(lines, d.say(site, cardBlocked, nil))
	}
	if p.AddressBlocked {
		lines = append(lines, d.say(site, cardAddressBlocked, nil))
	}
	if site.Bot.Enabled {
		lines = append(lines, markup.Lines(d.say(site, cardBot, markup.Values{"bot": d.botStands(site, p.Dialog.Bot).Plain})))
	}
	if k := mailsKey(p.Mails); k != "" {
		lines = append(lines, d.say(site, k, markup.Values{"address": p.MailsTo}))
	}
	if p.Unsubscribed {
		lines = append(lines, d.say(site, cardUnsubscribed, nil))
	}
	return lines
}

func statusKey(s store.Status) key {
	switch s {
	case store.StatusOpen:
		return statusOpen
	case store.StatusClosed:
		return statusClosed
	case store.StatusNew:
		return statusNew
	default:
		return statusNew
	}
}

func progressKey(p dialog.Progress) key {
	switch p {
	case dialog.Read:
		return progressRead
	case dialog.Delivered:
		return progressDelivered
	case dialog.Pending:
		return progressPending
	default:
		return progressPending
	}
}

// mailedKey is what became of the last mail.
func mailedKey(s store.DeliveryState) key {
	switch s {
	case store.DeliveryDone:
		return mailDone
	case store.DeliveryFailed:
		return mailFailed
	case store.DeliveryPending, store.DeliveryDropped:
		return mailPending
	default:
		return mailPending
	}
}

// mailsKey is what a card says of mails; empty where the site sends none.
func mailsKey(m dialog.MailState) key {
	switch m {
	case dialog.MailsOn:
		return cardMailsOn
	case dialog.MailsOff:
		return cardMailsOff
	case dialog.MailsStop:
		return cardMailsStop
	case dialog.MailsNoAddress:
		return cardMailsUnknown
	case dialog.MailsNot:
		return ""
	default:
		return ""
	}
}
