package api

import (
	"context"
	"net/http"
	"time"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
)

// Message is what was said to or by a visitor, and was not removed.
type Message struct {
	Seq int64        `json:"seq"`
	ID  chat.EntryID `json:"id"`
	At  time.Time    `json:"at"`
	// Party is visitor, operator or bot; Author who of the operators.
	Party  chat.Party `json:"party"`
	Author *Author    `json:"author"`
	Text   string     `json:"text"`
	File   *File      `json:"file"`
}

// Author is the operator who said something.
type Author struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// File is what came with a message.
type File struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Size int64  `json:"size"`
}

// messages lists what was said as it stands after edits, the oldest first; the cursor is
// the number of the last one.
func (a *API) messages(ctx context.Context, q request) (reply, error) {
	if err := known(q, "limit", "cursor"); err != nil {
		return reply{}, err
	}
	limit, err := limitOf(q)
	if err != nil {
		return reply{}, err
	}
	after, err := cursorOf(q)
	if err != nil {
		return reply{}, err
	}
	said, next, err := a.said(ctx, q.visitor.ID, after, limit)
	if err != nil {
		return reply{}, err
	}
	page := list[Message]{Items: make([]Message, len(said)), Next: next}
	stand, err := a.dialog.AsTheyStand(ctx, q.visitor.ID, said)
	for i, m := range stand {
		page.Items[i] = NewMessage(m.Entry)
		page.Items[i].Text = m.Said.Text
	}
	return ok(page), err
}

// said are the next messages above a number, and the cursor of those that follow.
func (a *API) said(ctx context.Context, v chat.VisitorID, after int64, limit int) (said []chat.Entry, next *string, err error) {
	for len(said) < limit {
		entries, err := a.dialog.After(ctx, v, after, mostLimit)
		if err != nil {
			return nil, nil, err
		}
		for _, e := range entries {
			if len(said) == limit {
				return said, cursor(after), nil
			}
			after = e.Seq
			if e.Kind == chat.Message && !e.Redacted {
				said = append(said, e)
			}
		}
		if len(entries) < mostLimit {
			return said, nil, nil
		}
	}
	return said, cursor(after), nil
}

// NewMessage is what programs see of an entry that is a message, as it was said first.
func NewMessage(e chat.Entry) Message {
	m := Message{Seq: e.Seq, ID: e.ID, At: e.At.UTC(), Party: e.Author.Party, Text: e.Content.Text}
	if e.Author.ID != "" {
		m.Author = &Author{e.Author.ID, e.Author.Name}
	}
	if f := e.Content.File; f != nil {
		m.File = &File{f.Name, f.Type, f.Size}
	}
	return m
}

// words are what is to be said to a visitor.
type words struct {
	Text string `json:"text"`
	// As is operator, which is meant without it, or bot.
	As string `json:"as"`
	// Operator is absent where the operator asks who is signed in to the panel.
	Operator id.UserID `json:"operator"`
	// Name is what the visitor reads; without it the part of the id before the colon.
	Name string `json:"name"`
}

// wordsOf reads them, with who is meant to say them.
func wordsOf(q request) (said words, asBot bool, err error) {
	if err := read(q, &said); err != nil {
		return said, false, err
	}
	if said.As == "bot" {
		if said.Operator != "" || said.Name != "" {
			err = chat.Errorf(chat.CodeBadRequest, "What the bot says has neither “operator” nor “name”.")
		}
		return said, true, err
	}
	if said.Operator == "" {
		said.Operator = q.operator
	}
	switch {
	case said.As != "" && said.As != "operator":
		return said, false, chat.Errorf(chat.CodeBadRequest, "“as” is operator or bot.")
	case q.operator != "" && said.Operator != q.operator:
		return said, false, chat.Errorf(chat.CodeUnknownOperator, "In the panel a message is sent in your own name.")
	case !q.site.IsOperator(said.Operator):
		return said, false, chat.Errorf(chat.CodeUnknownOperator, "“operator” must be an operator of the site, in whose name the message is sent.")
	}
	return said, false, nil
}

// send says something to the visitor: in the name of an operator of the site, by which
// the bot makes way, or by the bot's own mouth.
func (a *API) send(ctx context.Context, q request) (reply, error) {
	said, asBot, err := wordsOf(q)
	if err != nil {
		return reply{}, err
	}
	text, name, err := dialog.OperatorsWords(said.Text, said.Name)
	if err != nil {
		return reply{}, err
	}
	if err := a.reads(ctx, q); err != nil {
		return reply{}, err
	}
	origin := newOrigin("message")
	if asBot {
		return a.sendAsBot(ctx, q, text, origin)
	}
	if name == "" {
		name = said.Operator.Localpart()
	}
	author := chat.Author{Party: chat.Operator, ID: string(said.Operator), Name: name}
	if err := a.dialog.Reply(ctx, q.visitor.ID, author, origin, chat.Content{Text: text}); err != nil {
		return reply{}, err
	}
	e, err := a.dialog.ReplyOf(ctx, q.visitor.ID, origin)
	return reply{http.StatusCreated, NewMessage(e)}, err
}

// sendAsBot has the bot say something, and operators know whose words these are.
func (a *API) sendAsBot(ctx context.Context, q request, text, origin string) (reply, error) {
	e, err := a.dialog.ReplyAsBot(ctx, q.visitor.ID, origin, text)
	if err != nil {
		return reply{}, err
	}
	err = a.tell.ToldByAPI(ctx, q.site, q.visitor, q.did(Act{What: SpokeAsBot}))
	return reply{http.StatusCreated, NewMessage(e)}, err
}

// reads refuses a message that its visitor would never see.
func (a *API) reads(ctx context.Context, q request) error {
	blocked, err := a.store.Blocked(ctx, q.visitor.ID)
	if err != nil {
		return err
	}
	if blocked {
		return chat.Errorf(chat.CodeBlocked, "The contact is shut out.")
	}
	after, err := a.store.After(ctx, q.visitor.ID, 1)
	if err == nil && len(after) > 0 {
		err = chat.Errorf(chat.CodeMoved, "The contact has signed in, and reads the dialog of %s since.", after[0].ID)
	}
	return err
}
