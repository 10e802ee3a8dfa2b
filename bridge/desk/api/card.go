package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// Card is what else is known of a contact.
type Card struct {
	// Visits is how often the contact came; FirstPage is where it first opened the chat,
	// Campaign are the UTM marks of that address.
	Visits    int64  `json:"visits"`
	FirstPage string `json:"first_page"`
	Campaign  string `json:"campaign"`
	// TimeZone is that of the browser, Country is in words.
	TimeZone string `json:"time_zone"`
	Country  string `json:"country"`
	// Connections is how many tabs are connected now.
	Connections int `json:"connections"`
	// Unsubscribed is true while the contact wants nothing of the bot unasked.
	Unsubscribed bool `json:"unsubscribed"`
	// AddressBlocked is true when nobody from the contact's address may write.
	AddressBlocked bool `json:"address_blocked"`
	// Mails says whether what the contact does not read goes on by e-mail, and where to; of a
	// contact alone, and nil in lists.
	Mails *Mails `json:"mails,omitempty"`
	// Consents are the texts that the contact agreed to, the latest first; as Mails.
	Consents []Consent `json:"consents,omitempty"`
	// Forms are what the contact filled in, the oldest first; as Mails.
	Forms []Form `json:"forms,omitempty"`
	// Before are whom the contact was before signing in, After whom it is since; the
	// latest first, at most ten of each.
	Before []Other `json:"before"`
	After  []Other `json:"after"`
	// VariablesBy says who gave each variable its value: browser, bot, page or operator.
	VariablesBy map[string]store.NameSource `json:"variables_by"`
}

// Mails is on, off (the contact wants none), unsubscribed (who has the address wants none),
// unknown (no address), or "" where the site sends none.
type Mails struct {
	State dialog.MailState `json:"state"`
	To    string           `json:"to"`
	// LastAt is when the newest mail that is still known of was queued; nil for none.
	LastAt *time.Time `json:"last_at"`
	// LastState is what became of it: pending, done (the mail server has it) or failed.
	LastState store.DeliveryState `json:"last_state,omitempty"`
}

// Consent is a text by the hex of its SHA-256; the export has it whole.
type Consent struct {
	At   time.Time `json:"at"`
	Hash string    `json:"hash"`
	// Current is true for a text that the site asks for today.
	Current bool `json:"current"`
}

// Form is what a contact filled in.
type Form struct {
	At time.Time `json:"at"`
	// Form is start, handoff or away.
	Form    string   `json:"form"`
	Answers []Answer `json:"answers"`
}

// Answer is what stands in a field of a form, by the name of its variable.
type Answer struct {
	Name string `json:"name"`
	// Label is what the field is called today, for operators; empty for the contact's own, and if it is gone.
	Label string `json:"label"`
	Value string `json:"value"`
}

// Other is another contact who is the same person.
type Other struct {
	ID     chat.VisitorID `json:"id"`
	Number int64          `json:"number"`
	Name   string         `json:"name"`
}

// Doing is a step of a chain, or an assistant.
type Doing struct {
	Chain     string `json:"chain,omitempty"`
	Step      string `json:"step,omitempty"`
	Title     string `json:"title,omitempty"`
	Assistant string `json:"assistant,omitempty"`
}

func newCard(site *config.Site, p dialog.Profile) Card {
	c := Card{
		Visits: p.Visitor.Visits, FirstPage: p.Visitor.FirstURL, Campaign: dialog.Campaign(p.Visitor.FirstURL),
		TimeZone: p.Visitor.TimeZone, Country: p.Visitor.Country, Connections: p.Connections, Unsubscribed: p.Unsubscribed,
		AddressBlocked: p.AddressBlocked, Before: others(p.Before), After: others(p.After), VariablesBy: map[string]store.NameSource{},
	}
	if p.MailsKnown {
		c.Mails = &Mails{State: p.Mails, To: p.MailsTo, LastAt: moment(p.MailedAt), LastState: p.Mailed}
	}
	for _, x := range p.Consents {
		c.Consents = append(c.Consents, Consent{x.At.UTC(), x.Hash, dialog.IsCurrent(site, x.Hash)})
	}
	for _, f := range p.Forms {
		form := Form{At: f.At.UTC(), Form: f.Form, Answers: []Answer{}}
		for _, a := range f.Answers {
			form.Answers = append(form.Answers, Answer{a.Name, dialog.FieldLabel(site, f.Form, a.Name), a.Value})
		}
		c.Forms = append(c.Forms, form)
	}
	for _, x := range p.Variables {
		c.VariablesBy[x.Name] = x.SetBy
	}
	return c
}

func others(visitors []store.Visitor) []Other {
	all := []Other{}
	for _, v := range visitors {
		all = append(all, Other{v.ID, v.Number, v.Name})
	}
	return all
}

func newDoing(d *dialog.Doing) *Doing {
	if d == nil {
		return nil
	}
	return &Doing{Chain: d.Chain, Step: d.Step, Title: d.Title, Assistant: d.Assistant}
}

// Viewed is a page that a contact looked at.
type Viewed struct {
	At    time.Time `json:"at"`
	URL   string    `json:"url"`
	Title string    `json:"title"`
}

func (a *API) pages(ctx context.Context, q request) (reply, error) {
	views, err := a.store.Views(ctx, q.visitor.ID)
	if err != nil {
		return reply{}, err
	}
	page := list[Viewed]{Items: []Viewed{}}
	for _, v := range views {
		page.Items = append(page.Items, Viewed{v.At.UTC(), v.URL, v.Title})
	}
	return ok(page), nil
}

// erase removes a contact for good. Its number is said once more, so that no slip does it.
func (a *API) erase(ctx context.Context, q request) (reply, error) {
	var confirmed struct {
		Number int64 `json:"number"`
	}
	if err := read(q, &confirmed); err != nil {
		return reply{}, err
	}
	if confirmed.Number != q.visitor.Number {
		return reply{}, chat.Errorf(chat.CodeWrongNumber, "Nothing was erased: “number” must be the contact's own number.")
	}
	err := a.dialog.EraseAnnounced(ctx, q.visitor.ID, q.told, id.UserID(q.by()), func(ctx context.Context, v store.Visitor) error {
		return a.tell.ToldByAPI(ctx, q.site, v, q.did(Act{Origin: fmt.Sprintf("erased:%d", v.Number), What: Erased}))
	})
	return reply{http.StatusNoContent, nil}, err
}

// export is all that is known of a contact, as a file that is written as it is read.
func (a *API) export(ctx context.Context, q request) (reply, error) {
	file, err := a.tell.Export(ctx, q.site, q.visitor)
	if err != nil {
		return reply{}, err
	}
	return ok(stream{name: file.Name, mediaType: file.Type, write: file.Write}), nil
}
