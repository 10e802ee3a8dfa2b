package dialog

import (
	"context"
	"errors"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/markup"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// Desk is the operators' side: it answers their commands and is told what they
// want to know of. Its calls come in the transaction in which the thing
// happens, and what they write is kept or dropped with it.
type Desk interface {
	// Prepare does what takes long and changes nothing. It comes before the
	// transaction, which must not wait for it.
	Prepare(ctx context.Context, c Command) (Prepared, error)
	// Command carries out what an operator commands and returns the answer.
	Command(ctx context.Context, c Command) (markup.Text, error)
	// Expired says that visitors of these numbers were erased, because their
	// dialogs were closed for longer than the site keeps them.
	Expired(ctx context.Context, site *config.Site, numbers []int64) error
	// Opened says that a dialog is open since this message, for the first time or again.
	Opened(ctx context.Context, site *config.Site, v store.Visitor, first chat.Entry) error
	// TookOver says that the bot is silent in a dialog since an operator's message;
	// word names that message, which may be on its way still.
	TookOver(ctx context.Context, site *config.Site, v chat.VisitorID, word string) error
	// SignedIn says that a visitor who wrote has signed in, and is another one from
	// now on; opened is true when that one's dialog was opened for it.
	SignedIn(ctx context.Context, site *config.Site, before, after store.Visitor, opened bool) error
	// HandedOff says that the bot has given a dialog to the operators.
	HandedOff(ctx context.Context, site *config.Site, v store.Visitor, c Call) error
	// Alerted says that a chain calls operators while the bot goes on.
	Alerted(ctx context.Context, site *config.Site, v store.Visitor, c Call) error
	// Emitted says that a chain sends an event to the site's webhook.
	Emitted(ctx context.Context, site *config.Site, v store.Visitor, origin, name string, data map[string]any) error
	// Happened says that something happened of which the site has others told.
	Happened(ctx context.Context, site *config.Site, v store.Visitor, h Happening) error
	// Removed says that an entry was removed: its words are not to leave the house any more.
	Removed(ctx context.Context, v chat.VisitorID, entry chat.EntryID) error
	// Faulted says that a chain could not do what it says.
	Faulted(ctx context.Context, site *config.Site, v store.Visitor, origin string, f ChainFault) error
	// Chains says what is wrong with a site's chains, each with its place; nothing
	// when they are good again. running is true while the former ones are in use.
	Chains(ctx context.Context, site *config.Site, wrong []string, running bool) error
	// Knowledge is Chains for the instruction and the knowledge of an assistant.
	Knowledge(ctx context.Context, site *config.Site, assistant string, wrong []string, running bool) error
	// AssistantFails says that an assistant's endpoint fails, or that it works again.
	AssistantFails(ctx context.Context, site *config.Site, f AssistantFault) error
	// AssistantLimited says that a limit of an assistant is reached today.
	AssistantLimited(ctx context.Context, site *config.Site, v store.Visitor, l AssistantLimit) error
	// Wrote says what the assistant has written for operators, or why it has not.
	Wrote(ctx context.Context, site *config.Site, v store.Visitor, w Written) error
	// Sending says that somebody wants a draft sent. It reports true, and tells why, if
	// it cannot be.
	Sending(ctx context.Context, site *config.Site, v store.Visitor, s Sending) (refused bool, err error)
	// Translated says what the visitor reads in place of an operator's words: said is
	// the message about, or an edit of it.
	Translated(ctx context.Context, site *config.Site, about, said chat.Entry) error
	// Filled is what operators read of a form that the visitor filled in.
	Filled(site *config.Site, answers []Answered) markup.Text
	// Rated is what operators read of a visitor's rating.
	Rated(site *config.Site, r Rated) markup.Text
	// Mailing says that a mail to a visitor was queued.
	Mailing(ctx context.Context, site *config.Site, v store.Visitor, key string, o MailOrder) error
	// Untranslated says that an operator's words went to the visitor as they are.
	Untranslated(ctx context.Context, site *config.Site, about chat.Entry, why Failure) error
}

// AssistantFault is how an assistant's endpoints fare.
type AssistantFault struct {
	// Origin names it for ever; the same comes once.
	Origin, Assistant string
	// Works is true if they work again. Else Why says what is wrong, in English
	// sentences; Answers is true if another endpoint answers in the place of one that fails.
	Works, Answers bool
	Why            string
	// Search is true if it is about the endpoint of embeddings: without it knowledge is
	// found by words alone.
	Search bool
	// Code is what is wrong with the first endpoint that failed, a gpt.Code.
	Code string
}

// AssistantLimit is a limit that is reached.
type AssistantLimit struct {
	// Origin names it for ever; the same comes once.
	Origin, Assistant string
	Scope             LimitScope
}

// LimitScope is whose use a limit is about.
type LimitScope string

// The scopes of limits.
const (
	LimitVisitor LimitScope = "visitor"
	LimitAddress LimitScope = "address"
	LimitSite    LimitScope = "site"
)

// Call is how the bot calls operators.
type Call struct {
	// Origin names it for ever; the same call comes once.
	Origin string
	// Text is the site owner's word, Said is what the visitor wrote last, in Entry.
	Text, Said string
	Entry      chat.EntryID
	// Failed is why Assistant had no answer, if that is why the bot calls; then Text says
	// the same in English.
	Failed    Failure
	Assistant string
	// Wanted is true if the visitor asked for a person by the window's button; then Text
	// says the same in English.
	Wanted bool
	// By are the ways to tell them (mention, email, webhook); as the site's alerts
	// say if there is none.
	By []string
}

// ChainFault is what went wrong in a chain; Chain and Step are empty for what
// went wrong beside it.
type ChainFault struct{ Chain, Step, Code, Text string }

// Prepared is what a command's answer is made of; empty for most commands.
type Prepared struct {
	// File is what the answer will carry.
	File *Attachment
	// Answer is all that a command says which only looks something up.
	Answer markup.Text
}

// Command is what an operator commands in a room of a site: in a dialog's, or
// in the desk's, whose dialog is then Visitor too.
type Command struct {
	Site    *config.Site
	Visitor store.Visitor
	// Sender is who commands, Name and Avatar how the room shows them.
	Sender       id.UserID
	Name, Avatar string
	// Allowed is false for people in the room who may talk but not command.
	Allowed bool
	// Text begins with "!" and a letter.
	Text string
	// Mentions are the users whom the text names, as clients write them beside it.
	Mentions []id.UserID
	// Event is the command's event.
	Event id.EventID
	// Answered is true if the room has the answer already: the command was carried out, and
	// a restored database does not know it. What it set is set again; nothing else is done.
	Answered bool
	// File and Answer are what Prepare has made of the command.
	File   *chat.File
	Answer markup.Text
}

// ServeDesk sets the desk; call it before any door is open.
func (s *Service) ServeDesk(d Desk) { s.desk = d }

// Command has a command carried out and answered in its room, both in one
// transaction with also; the same event is carried out once.
func (s *Service) Command(ctx context.Context, c Command, also func(context.Context) error) error {
	origin := "answer:" + string(c.Event)
	answered := func(ctx context.Context) (bool, error) {
		_, err := s.store.EntryByOrigin(ctx, c.Visitor.ID, "notice:"+origin)
		if errors.Is(err, store.ErrNotFound) {
			return false, nil
		}
		return err == nil, err
	}
	if before, err := answered(ctx); err != nil {
		return err
	} else if !before && !c.Answered {
		if c, err = s.prepare(ctx, c); err != nil {
			return err
		}
	}
	return s.store.Write(ctx, func(ctx context.Context) error {
		if before, err := answered(ctx); err != nil || before {
			return errors.Join(err, also(ctx))
		}
		said, err := s.desk.Command(again(ctx, c), c)
		if err != nil {
			return err
		}
		if said.Plain != "" && !c.Answered {
			answer := chat.Content{Text: said.Plain, HTML: said.HTML, Answers: string(c.Event), File: c.File}
			if err := s.notice(ctx, c.Visitor.ID, origin, answer); err != nil {
				return err
			}
		}
		return also(ctx)
	})
}

// isAgain is the key of a context in which what was done, as a command, is done once more.
type isAgain struct{}

// again is the context in which a command is carried out. Of one that has its answer,
// the bot and those outside of the house have heard already: nothing begins by it.
func again(ctx context.Context, c Command) context.Context {
	if !c.Answered {
		return ctx
	}
	return onceMore(ctx)
}

// onceMore is the context of what a restored database does once more, by which nothing begins.
func onceMore(ctx context.Context) context.Context { return context.WithValue(ctx, isAgain{}, true) }

// wasHeard reports whether what happens here was heard when it happened first.
func wasHeard(ctx context.Context) bool { return ctx.Value(isAgain{}) != nil }

// isOld is the key of a context in which a restored database hears what it knew before.
type isOld struct{}

// asOld is the context in which that is heard. The bot may have yet to hear of it: what it
// waits for in that database may be just this.
func asOld(ctx context.Context) context.Context { return context.WithValue(ctx, isOld{}, true) }

// wasTold reports whether operators' desk and those outside of the house were told of what
// happens here when it happened first.
func wasTold(ctx context.Context) bool { return wasHeard(ctx) || ctx.Value(isOld{}) != nil }

// DeskOf returns the site's own dialog with its operators.
func (s *Service) DeskOf(ctx context.Context, site chat.SiteID) (store.Visitor, error) {
	return s.store.DeskOf(ctx, site, now())
}

// noDesk is a bridge without operators' commands, as tests of other parts run it.
type noDesk struct{}

// Filled says nothing.
func (noDesk) Filled(*config.Site, []Answered) markup.Text { return markup.Text{} }

// Rated says nothing.
func (noDesk) Rated(*config.Site, Rated) markup.Text { return markup.Text{} }

// Mailing tells nobody.
func (noDesk) Mailing(context.Context, *config.Site, store.Visitor, string, MailOrder) error {
	return nil
}

// Prepare makes nothing.
func (noDesk) Prepare(context.Context, Command) (Prepared, error) { return Prepared{}, nil }

// Command answers nothing.
func (noDesk) Command(context.Context, Command) (markup.Text, error) { return markup.Text{}, nil }

// TookOver tells nobody.
func (noDesk) TookOver(context.Context, *config.Site, chat.VisitorID, string) error { return nil }

// Expired tells nobody.
func (noDesk) Expired(context.Context, *config.Site, []int64) error { return nil }

// Opened tells nobody.
func (noDesk) Opened(context.Context, *config.Site, store.Visitor, chat.Entry) error { return nil }

// HandedOff tells nobody.
func (noDesk) HandedOff(context.Context, *config.Site, store.Visitor, Call) error { return nil }

// Alerted tells nobody.
func (noDesk) Alerted(context.Context, *config.Site, store.Visitor, Call) error { return nil }

// Emitted tells nobody.
func (noDesk) Emitted(context.Context, *config.Site, store.Visitor, string, string, map[string]any) error {
	return nil
}

// Happened tells nobody.
func (noDesk) Happened(context.Context, *config.Site, store.Visitor, Happening) error { return nil }

// Removed has told nobody.
func (noDesk) Removed(context.Context, chat.VisitorID, chat.EntryID) error { return nil }

// Faulted tells nobody.
func (noDesk) Faulted(context.Context, *config.Site, store.Visitor, string, ChainFault) error {
	return nil
}

// Chains tells nobody.
func (noDesk) Chains(context.Context, *config.Site, []string, bool) error { return nil }

// Knowledge tells nobody.
func (noDesk) Knowledge(context.Context, *config.Site, string, []string, bool) error { return nil }

// AssistantFails tells nobody.
func (noDesk) AssistantFails(context.Context, *config.Site, AssistantFault) error { return nil }

// AssistantLimited tells nobody.
func (noDesk) AssistantLimited(context.Context, *config.Site, store.Visitor, AssistantLimit) error {
	return nil
}

// SignedIn tells nobody.
func (noDesk) SignedIn(context.Context, *config.Site, store.Visitor, store.Visitor, bool) error {
	return nil
}

// Wrote tells nobody.
func (noDesk) Wrote(context.Context, *config.Site, store.Visitor, Written) error { return nil }

// Sending refuses nothing.
func (noDesk) Sending(context.Context, *config.Site, store.Visitor, Sending) (bool, error) {
	return false, nil
}

// Translated tells nobody.
func (noDesk) Translated(context.Context, *config.Site, chat.Entry, chat.Entry) error { return nil }

// Untranslated tells nobody.
func (noDesk) Untranslated(context.Context, *config.Site, chat.Entry, Failure) error { return nil }
