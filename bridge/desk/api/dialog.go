package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

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
	return Act{What: Continued}, a.dialog.Continue(ctx, q.visitor.ID, newOrigin(string(Continued)))
}

// closedDialog refuses what would have the bot speak where nobody looks.
func closedDialog() error {
	return chat.Errorf(chat.CodeClosed, "The dialog is closed; open it first.")
}

// notClosed refuses with closedDialog.
func (a *API) notClosed(ctx context.Context, q request) error {
	stands, err := a.store.Dialog(ctx, q.visitor.ID)
	if err == nil && stands.Status == store.StatusClosed {
		err = closedDialog()
	}
	return err
}

// handToAssistant has an assistant talk with the visitor, as "!bot gpt" does.
func (a *API) handToAssistant(ctx context.Context, q request) (reply, error) {
	if err := readNothing(q); err != nil {
		return reply{}, err
	}
	name, origin := q.PathValue("assistant"), newOrigin(string(Handed))
	if !q.site.Bot.Enabled || !slices.Contains(q.site.AssistantNames(), name) {
		return reply{}, chat.Errorf(chat.CodeNotFound, "The site has no assistant of that name.")
	}
	if err := a.notClosed(ctx, q); err != nil {
		return reply{}, err
	}
	if err := a.dialog.HandToAssistant(ctx, q.visitor.ID, name, origin); err != nil {
		return reply{}, err
	}
	err := a.tell.ToldByAPI(ctx, q.site, q.visitor, q.did(Act{Origin: origin, What: Handed, To: name}))
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

// runChain has the bot start a chain, as "!run" does.
func (a *API) runChain(ctx context.Context, q request) (reply, error) {
	if err := readNothing(q); err != nil {
		return reply{}, err
	}
	name, origin := q.PathValue("chain"), newOrigin("run")
	if !q.site.Bot.Enabled || !slices.Contains(a.dialog.ChainNames(q.site.ID), name) {
		return reply{}, noSuchChain()
	}
	if err := a.notClosed(ctx, q); err != nil {
		return reply{}, err
	}
	found, err := a.dialog.StartChain(ctx, q.visitor, name, origin)
	if err == nil && !found { // it was taken out meanwhile
		err = noSuchChain()
	}
	if err != nil {
		return reply{}, err
	}
	err = a.tell.ToldByAPI(ctx, q.site, q.visitor, q.did(Act{Origin: origin, What: Ran, To: name}))
	return reply{http.StatusAccepted, nil}, err
}

func noSuchChain() error {
	return chat.Errorf(chat.CodeNotFound, "The site has no chain of that name.")
}
