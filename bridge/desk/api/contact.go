package api

import (
	"context"
	"time"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// Contact is a visitor who wrote, as programs see it.
type Contact struct {
	ID     chat.VisitorID `json:"id"`
	Number int64          `json:"number"`
	Name   string         `json:"name"`
	// NamedBy is bridge (place and time), browser, bot, page or operator.
	NamedBy store.NameSource `json:"named_by"`
	Email   string           `json:"email"`
	Phone   string           `json:"phone"`
	Company string           `json:"company"`
	Note    string           `json:"note"`
	// Tags and Variables are never absent.
	Tags      []string          `json:"tags"`
	Variables map[string]string `json:"variables"`
	// Subject is the site's own id of a user who signed in.
	Subject     string    `json:"subject,omitempty"`
	Language    string    `json:"language"`
	Place       string    `json:"place"`
	CountryCode string    `json:"country_code"`
	Browser     string    `json:"browser"`
	Page        Page      `json:"page"`
	Online      bool      `json:"online"`
	CreatedAt   time.Time `json:"created_at"`
	SeenAt      time.Time `json:"seen_at"`
	Dialog      Dialog    `json:"dialog"`
	// LastMessage is null while nothing was said, and for who may not read messages.
	LastMessage *LastMessage `json:"last_message"`
	// Room is a link that any Matrix client opens.
	Room string `json:"room"`
	Card
}

// Page is where the visitor is, or was last.
type Page struct {
	URL      string `json:"url"`
	Title    string `json:"title"`
	Referrer string `json:"referrer"`
}

// Dialog is how a contact's dialog stands.
type Dialog struct {
	// Status is new (nothing but a reaction so far), open or closed.
	Status       string     `json:"status"`
	OpenedAt     *time.Time `json:"opened_at"`
	ClosedAt     *time.Time `json:"closed_at"`
	WaitingSince *time.Time `json:"waiting_since"`
	Assignee     id.UserID  `json:"assignee"`
	Blocked      bool       `json:"blocked"`
	Bot          Bot        `json:"bot"`
	Rating       *Rating    `json:"rating"`
	// Answer is how far the newest message of an operator has come: pending,
	// delivered, read, or empty without one.
	Answer dialog.Progress `json:"answer"`
	// Unread counts the visitor's messages that no operator has seen or answered.
	Unread int64 `json:"unread"`
}

// LastMessage is the newest message that was not removed. Text is one line of at most
// 200 characters; a file's name when it has no words.
type LastMessage struct {
	At    time.Time  `json:"at"`
	Party chat.Party `json:"party"`
	Text  string     `json:"text"`
	File  bool       `json:"file"`
}

// Bot is whether the bot speaks in a dialog.
type Bot struct {
	// On is false while an operator has the dialog; Until is when the bot speaks
	// again, null for when the dialog is closed.
	On    bool       `json:"on"`
	Until *time.Time `json:"until"`
	// Doing is what of it runs or waits; null for nothing. CanContinue is true while it
	// was silenced in the middle of something, which it can be told to go on with.
	Doing       *Doing `json:"doing"`
	CanContinue bool   `json:"can_continue"`
}

// Rating is how the visitor rated the dialog, out of how much.
type Rating struct {
	Score int64 `json:"score"`
	Of    int64 `json:"of"`
	// Word is what it said to that, if anything; not for who may not read messages.
	Word string `json:"word,omitempty"`
}

// NewContact is what programs see of a visitor at a moment.
func NewContact(cfg *config.Config, p dialog.Profile, now time.Time) Contact {
	v := p.Visitor
	c := Contact{
		ID: v.ID, Number: v.Number, Name: v.Name, NamedBy: v.NamedBy, Note: v.Note,
		Email: p.Contact(dialog.ContactEmail), Phone: p.Contact(dialog.ContactPhone), Company: p.Contact(dialog.ContactCompany),
		Tags: append([]string{}, p.Tags...), Variables: map[string]string{}, Subject: p.Subject,
		Language: v.Language, Place: v.Place, CountryCode: v.CountryCode, Browser: v.System,
		Page: Page{v.Page.URL, v.Page.Title, v.Page.Referrer}, Online: p.Online,
		CreatedAt: v.CreatedAt.UTC(), SeenAt: v.SeenAt.UTC(), Dialog: newDialog(p, now),
		LastMessage: lastMessage(p.Dialog.Last), Room: cfg.RoomAlias(v.ID).URI().MatrixToURL(), Card: newCard(cfg.Sites[v.Site], p),
	}
	for _, x := range p.Variables {
		c.Variables[x.Name] = x.Value
	}
	return c
}

func newDialog(p dialog.Profile, now time.Time) Dialog {
	d := Dialog{
		Status: string(p.Dialog.Status), OpenedAt: moment(p.Dialog.OpenedAt), ClosedAt: moment(p.Dialog.ClosedAt),
		WaitingSince: moment(p.Dialog.WaitingSince), Assignee: p.Dialog.Assignee, Blocked: p.Dialog.Blocked, Answer: p.Answer, Unread: p.Dialog.Unread,
		Bot: Bot{On: p.Dialog.Bot.On(now), Doing: newDoing(p.Doing), CanContinue: p.CanContinue},
	}
	if p.Dialog.Status == store.StatusNew {
		d.Status = "new"
	}
	if p.Dialog.Status == store.StatusOpen {
		d.ClosedAt = nil // when it was closed before
	}
	if !d.Bot.On {
		d.Bot.Until = moment(p.Dialog.Bot.OffUntil)
	}
	if r := p.Dialog.Rating; r.Of > 0 {
		d.Rating = &Rating{r.Score, r.Of, p.Dialog.RatingWord}
	}
	return d
}

func lastMessage(m store.LastMessage) *LastMessage {
	if m.At.IsZero() {
		return nil
	}
	return &LastMessage{m.At.UTC(), m.Party, m.Text, m.File}
}

// moment is null for the zero time.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// answerContact is the contact as it is now.
func (a *API) answerContact(ctx context.Context, q request) (reply, error) {
	p, err := a.dialog.Profile(ctx, q.visitor.ID)
	if err != nil {
		return reply{}, err
	}
	return ok(NewContact(a.cfg, p, a.dialog.Now()).shownTo(q.who)), nil
}

// shownTo is the contact as far as somebody may see it: what was said is for those
// alone who may read messages.
func (c Contact) shownTo(who *principal) Contact {
	if who.may(config.MessagesRead) {
		return c
	}
	return c.WithoutMessage()
}

// WithoutMessage is the contact without what was said last, and to the rating.
func (c Contact) WithoutMessage() Contact {
	c.LastMessage = nil
	if r := c.Dialog.Rating; r != nil {
		c.Dialog.Rating = &Rating{Score: r.Score, Of: r.Of}
	}
	return c
}

func (a *API) contact(ctx context.Context, q request) (reply, error) { return a.answerContact(ctx, q) }

// contactPatch is what is to change; what is absent stays, null takes away.
type contactPatch struct {
	Name    *string        `json:"name"`
	Email   optionalString `json:"email"`
	Phone   optionalString `json:"phone"`
	Company optionalString `json:"company"`
	Note    optionalString `json:"note"`
}

func (a *API) changeContact(ctx context.Context, q request) (reply, error) {
	var patch contactPatch
	if err := read(q, &patch); err != nil {
		return reply{}, err
	}
	if patch.Name != nil {
		if _, err := a.dialog.Rename(ctx, q.visitor.ID, *patch.Name, store.NamedByOperator); err != nil {
			return reply{}, err
		}
	}
	for _, f := range []struct {
		field dialog.ContactField
		value optionalString
	}{
		{dialog.ContactEmail, patch.Email}, {dialog.ContactPhone, patch.Phone}, {dialog.ContactCompany, patch.Company}, {dialog.ContactNote, patch.Note},
	} {
		if !f.value.given {
			continue
		}
		if _, err := a.dialog.SetContact(ctx, q.site, q.visitor, f.field, f.value.text); err != nil {
			return reply{}, err
		}
	}
	return a.answerContact(ctx, q)
}

func (a *API) addTag(ctx context.Context, q request) (reply, error) {
	if _, _, err := a.dialog.Tag(ctx, q.visitor.ID, q.PathValue("tag")); err != nil {
		return reply{}, err
	}
	return a.answerContact(ctx, q)
}

func (a *API) removeTag(ctx context.Context, q request) (reply, error) {
	if _, err := a.dialog.Untag(ctx, q.visitor.ID, q.PathValue("tag")); err != nil {
		return reply{}, err
	}
	return a.answerContact(ctx, q)
}

func (a *API) setVariable(ctx context.Context, q request) (reply, error) {
	var set struct {
		Value *string `json:"value"`
	}
	if err := read(q, &set); err != nil {
		return reply{}, err
	}
	if set.Value == nil {
		return reply{}, chat.Errorf(chat.CodeBadRequest, "The body needs a “value”, a string.")
	}
	if err := a.dialog.Set(ctx, q.visitor.ID, q.PathValue("name"), *set.Value); err != nil {
		return reply{}, err
	}
	return a.answerContact(ctx, q)
}

func (a *API) unsetVariable(ctx context.Context, q request) (reply, error) {
	if _, err := a.dialog.Unset(ctx, q.visitor.ID, q.PathValue("name")); err != nil {
		return reply{}, err
	}
	return a.answerContact(ctx, q)
}

// optionalString tells a null from an absent value.
type optionalString struct {
	given bool
	text  string
}

// UnmarshalJSON takes a string, or null for an empty one.
func (o *optionalString) UnmarshalJSON(data []byte) error {
	o.given = true
	if string(data) == "null" {
		return nil
	}
	return unmarshalString(data, &o.text)
}
