package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/store"
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

// messages lists what was said, the oldest first; the cursor is the number of the last one.
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
	page := list[Message]{Items: []Message{}}
	for len(page.Items) < limit {
		entries, err := a.dialog.After(ctx, q.visitor.ID, after, mostLimit)
		if err != nil {
			return reply{}, err
		}
		for _, e := range entries {
			if len(page.Items) == limit {
				page.Next = cursor(after)
				return ok(page), nil
			}
			after = e.Seq
			if e.Kind == chat.Message && !e.Redacted {
				page.Items = append(page.Items, NewMessage(e))
			}
		}
		if len(entries) < mostLimit {
			return ok(page), nil
		}
	}
	page.Next = cursor(after)
	return ok(page), nil
}

// NewMessage is what programs see of an entry that is a message.
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
	origin := q.origin("message")
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

// dialogPatch is how a dialog is to stand; what is absent stays.
type dialogPatch struct {
	Status *store.Status `json:"status"`
	// Assignee is an operator of the site, or null for nobody.
	Assignee optionalString `json:"assignee"`
	Blocked  *bool          `json:"blocked"`
	// AddressBlocked shuts out everybody from the contact's address.
	AddressBlocked *bool     `json:"address_blocked"`
	Bot            *botPatch `json:"bot"`
}

// botPatch is whether the bot is to speak.
type botPatch struct {
	On *bool `json:"on"`
	// Continue has it go on where it was silenced.
	Continue bool `json:"continue"`
	// Minutes is how long the bot is silent; absent until the dialog is closed.
	Minutes int64 `json:"minutes"`
}

// check refuses what cannot be.
func (p botPatch) check() error {
	switch {
	case p.On == nil:
		return chat.Errorf(chat.CodeBadRequest, "“bot” needs “on”, true or false.")
	case p.Continue && !*p.On:
		return chat.Errorf(chat.CodeBadRequest, "A bot that is to continue must be on.")
	case p.Minutes < 0 || p.Minutes > mostSilence || *p.On && p.Minutes > 0:
		return chat.Errorf(chat.CodeBadRequest, "“minutes” is how long the bot is silent, from 1 to %d.", mostSilence)
	default:
		return nil
	}
}

func (a *API) changeDialog(ctx context.Context, q request) (reply, error) {
	var patch dialogPatch
	if err := read(q, &patch); err != nil {
		return reply{}, err
	}
	if err := a.setDialog(ctx, q, patch); err != nil {
		return reply{}, err
	}
	return a.answerContact(ctx, q)
}

// setDialog changes what the patch asks for, and says so in the dialog's room.
func (a *API) setDialog(ctx context.Context, q request, patch dialogPatch) error {
	for _, change := range []func(context.Context, request, dialogPatch) (Act, error){a.setStatus, a.setAssignee, a.setBlocked, a.setAddressBlocked, a.setBot} {
		did, err := change(ctx, q, patch)
		if err != nil {
			return err
		}
		if did.What == "" {
			continue
		}
		if err := a.tell.ToldByAPI(ctx, q.site, q.visitor, q.did(did)); err != nil {
			return err
		}
	}
	return nil
}

// did is the deed if it changed anything.
func did(changed bool, what Deed) Act {
	if !changed {
		return Act{}
	}
	return Act{What: what}
}

func (a *API) setStatus(ctx context.Context, q request, patch dialogPatch) (Act, error) {
	switch {
	case patch.Status == nil:
		return Act{}, nil
	case *patch.Status == store.StatusOpen:
		changed, err := a.dialog.Reopen(ctx, q.visitor.ID)
		return did(changed, Opened), err
	case *patch.Status == store.StatusClosed:
		changed, err := a.dialog.Close(ctx, q.visitor.ID)
		return did(changed, Closed), err
	default:
		return Act{}, chat.Errorf(chat.CodeBadRequest, "A status is open or closed.")
	}
}

func (a *API) setAssignee(ctx context.Context, q request, patch dialogPatch) (Act, error) {
	if !patch.Assignee.given {
		return Act{}, nil
	}
	to := id.UserID(patch.Assignee.text)
	if to != "" && !q.site.IsOperator(to) {
		return Act{}, chat.Errorf(chat.CodeUnknownOperator, "“assignee” must be an operator of the site, or null.")
	}
	now, err := a.store.Dialog(ctx, q.visitor.ID)
	if err != nil || now.Assignee == to {
		return Act{}, err
	}
	if _, err := a.dialog.Assign(ctx, q.visitor.ID, now.Assignee, to); err != nil || to == "" {
		return Act{What: Freed}, err
	}
	return Act{What: Assigned, To: string(to)}, a.dialog.Invite(ctx, q.visitor.ID, to)
}

func (a *API) setBlocked(ctx context.Context, q request, patch dialogPatch) (Act, error) {
	if patch.Blocked == nil {
		return Act{}, nil
	}
	now, err := a.store.Blocked(ctx, q.visitor.ID)
	if err != nil || now == *patch.Blocked {
		return Act{}, err
	}
	what := Unblocked
	if *patch.Blocked {
		what = Blocked
	}
	return Act{What: what}, a.dialog.Block(ctx, q.visitor.ID, *patch.Blocked)
}

func (a *API) setAddressBlocked(ctx context.Context, q request, patch dialogPatch) (Act, error) {
	if patch.AddressBlocked == nil {
		return Act{}, nil
	}
	if *patch.AddressBlocked {
		fresh, known, err := a.dialog.BlockAddress(ctx, q.visitor)
		if err == nil && !known {
			err = chat.Errorf(chat.CodeNoAddress, "No address of the contact is known.")
		}
		return did(fresh, BlockedAddress), err
	}
	shut, err := a.store.BlockedFor(ctx, q.visitor.ID)
	if err != nil || !shut {
		return Act{}, err
	}
	return Act{What: UnblockedAddress}, a.dialog.UnblockAddress(ctx, q.visitor)
}

// mostSilence is the longest silence of the bot that is asked for, in minutes: a year.
const mostSilence = 365 * 24 * 60

func (a *API) setBot(ctx context.Context, q request, patch dialogPatch) (Act, error) {
	switch {
	case patch.Bot == nil:
		return Act{}, nil
	case !q.site.Bot.Enabled:
		return Act{}, chat.Errorf(chat.CodeBadRequest, "The site has no bot.")
	}
	if err := patch.Bot.check(); err != nil {
		return Act{}, err
	}
	now, err := a.store.Dialog(ctx, q.visitor.ID)
	if err != nil {
		return Act{}, err
	}
	if *patch.Bot.On {
		return a.switchBotOn(ctx, q, now, patch.Bot.Continue)
	}
	span := time.Duration(patch.Bot.Minutes) * time.Minute
	act := Act{What: Silenced}
	if span > 0 {
		act.Until = a.dialog.Now().Add(span)
	}
	return act, a.dialog.SilenceBot(ctx, q.visitor.ID, id.UserID(q.by()), span)
}

// switchBotOn lets the bot speak again, and with goesOn has it continue if it can.
func (a *API) switchBotOn(ctx context.Context, q request, stands store.Dialog, goesOn bool) (Act, error) {
	if goesOn {
		if act, err := a.continueBot(ctx, q, stands.Status); err != nil || act.What != "" {
			return act, err
		}
	}
	if stands.Bot.On(a.dialog.Now()) {
		return Act{}, nil
	}
	return Act{What: Unsilent}, a.dialog.LetBotSpeak(ctx, q.visitor.ID)
}

// continueBot has the bot go on where it was silenced, if it was in the middle of something.
func (a *API) continueBot(ctx context.Context, q request, stands store.Status) (Act, error) {
	if stands == store.StatusClosed {
		return Act{}, closedDialog()
	}
	some, err := a.dialog.CanContinue(ctx, q.visitor.ID)
	if err != nil || !some {
		return Act{}, err
	}
	return Act{What: Continued}, a.dialog.Continue(ctx, q.visitor.ID, q.origin(string(Continued)))
}

// closedDialog refuses what would have the bot speak where nobody looks.
func closedDialog() error {
	return chat.Errorf(chat.CodeClosed, "The dialog is closed; open it first.")
}

// handToAssistant has an assistant talk with the visitor, as "!bot gpt" does.
func (a *API) handToAssistant(ctx context.Context, q request) (reply, error) {
	if err := readNothing(q); err != nil {
		return reply{}, err
	}
	name, origin := q.PathValue("assistant"), q.origin(string(Handed))
	if !q.site.Bot.Enabled || !slices.Contains(q.site.AssistantNames(), name) {
		return reply{}, chat.Errorf(chat.CodeNotFound, "The site has no assistant of that name.")
	}
	stands, err := a.store.Dialog(ctx, q.visitor.ID)
	if err == nil && stands.Status == store.StatusClosed {
		err = closedDialog()
	}
	if err != nil {
		return reply{}, err
	}
	if err := a.dialog.HandToAssistant(ctx, q.visitor.ID, name, origin); err != nil {
		return reply{}, err
	}
	err = a.tell.ToldByAPI(ctx, q.site, q.visitor, q.did(Act{Origin: origin, What: Handed, To: name}))
	return reply{http.StatusAccepted, nil}, err
}

// readNothing takes a body that may be absent, and says nothing.
func readNothing(q request) error {
	if len(q.body) == 0 {
		return nil
	}
	var nothing struct{}
	return read(q, &nothing)
}

func (a *API) runChain(ctx context.Context, q request) (reply, error) {
	if err := readNothing(q); err != nil {
		return reply{}, err
	}
	name, origin := q.PathValue("chain"), q.origin("run")
	found, err := a.dialog.StartChain(ctx, q.visitor, name, origin)
	if err != nil {
		return reply{}, err
	}
	if !found || !q.site.Bot.Enabled {
		return reply{}, chat.Errorf(chat.CodeNotFound, "The site has no chain of that name.")
	}
	err = a.tell.ToldByAPI(ctx, q.site, q.visitor, q.did(Act{Origin: origin, What: Ran, To: name}))
	return reply{http.StatusAccepted, nil}, err
}
