package matrix

import (
	"context"
	"slices"

	"go.mau.fi/util/variationselector"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/matrix/convert"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// sendDraft has a draft of the assistant sent if an event is the reaction by which an
// operator wants that.
func (m *Matrix) sendDraft(ctx context.Context, h heard, in convert.Incoming) (sends bool, err error) {
	if in.Kind != chat.Reaction || variationselector.Remove(in.Content.Key) != dialog.SendMark {
		return false, nil
	}
	draft, err := m.store.EntryOf(ctx, in.Target)
	if err != nil || draft.Content.Draft == nil || draft.Visitor != h.conv.visitor {
		return false, ignoreNotFound(err) // one that is not known yet is parked as any other
	}
	if sent, err := m.wasSent(ctx, h, draft); err != nil {
		return false, err
	} else if sent {
		return true, m.ignore(ctx, h)
	}
	allowed, err := m.mayCommand(ctx, h)
	if err != nil {
		return false, err
	}
	marks, err := m.store.Marks(ctx, h.conv.visitor)
	if err != nil {
		return false, err
	}
	return true, m.dialog.SendDraft(ctx, dialog.Sending{
		Draft: draft, Operator: m.author(ctx, h.Room, h.head.Sender), Allowed: allowed, Event: h.Key,
	}, func(ctx context.Context) error { return m.store.FinishArrival(ctx, h.Position, marks.Last) })
}

// wasSent reports whether what a draft became is still to be heard: it was sent, and a
// restored database hears of that once more.
func (m *Matrix) wasSent(ctx context.Context, h heard, draft chat.Entry) (bool, error) {
	command := id.EventID(draft.Content.Draft.For)
	if command == "" {
		return false, nil
	}
	naming, err := m.store.NewArrivalsNaming(ctx, h.Room, command)
	return slices.ContainsFunc(naming, func(e store.InboxEvent) bool {
		head := readHead(e.Raw)
		return head.Sender == m.cfg.BotUserID() && entryKey(head.Content).Valid() && operatorKey(head.Content) != "" && answers(head.Content) == command
	}), err
}

// draftOf returns the draft that an event of ours is what became of, or "" if it is of none.
func (m *Matrix) draftOf(ctx context.Context, h heard) (chat.EntryID, error) {
	command := answers(h.head.Content)
	if command == "" || !m.cfg.IsOurs(h.head.Sender) || operatorKey(h.head.Content) == "" {
		return "", nil
	}
	draft, err := m.dialog.DraftFor(ctx, h.conv.visitor, command)
	return draft.ID, ignoreNotFound(err)
}

// translate puts an operator's words into the visitor's language if the dialog is
// translated. Until that is done the error holds the room back; the bot does not wait
// for it to make way.
func (m *Matrix) translate(ctx context.Context, h heard, said *dialog.Heard) error {
	if said.Author.Party != chat.Operator || said.Kind != chat.Message && said.Kind != chat.Edit {
		return nil
	}
	if said.ID != "" {
		return nil // what the bridge said for an operator, which is taken back, went as it was
	}
	wait, failed, err := m.dialog.Translate(ctx, said.Visitor, h.Key, &said.Content)
	if err != nil {
		return err
	}
	if wait != nil {
		if said.Kind == chat.Message {
			if err := m.dialog.MakeWay(ctx, *said); err != nil {
				return err
			}
		}
		return errTranslating{wait}
	}
	said.Untranslated = failed
	return nil
}

// mostForeseen is how many events behind one that is being translated are translated
// at the same time, so that they do not wait one after another.
const mostForeseen = 10

// foresee begins to translate what stands behind an event that is being translated, and
// has the bot make way for it, as it may not have done for the first, which may be an
// edit. What it gets wrong costs a translation, or a wait.
func (m *Matrix) foresee(ctx context.Context, events []store.InboxEvent) {
	for _, e := range events[:min(len(events), mostForeseen)] {
		head := readHead(e.Raw)
		if head.StateKey != nil || m.cfg.IsOurs(head.Sender) {
			continue
		}
		in := convert.FromMatrix(e.Raw)
		if in.Verdict != convert.Deliver || in.Kind != chat.Message && in.Kind != chat.Edit {
			continue
		}
		v, _, err := m.store.DialogOf(ctx, e.Room)
		if err == nil {
			err = m.foreseeOne(ctx, v, e.Key, head.Sender, in)
		}
		if err != nil {
			return // it comes again in its turn
		}
	}
}

func (m *Matrix) foreseeOne(ctx context.Context, v chat.VisitorID, event string, sender id.UserID, in convert.Incoming) error {
	wait, _, err := m.dialog.Translate(ctx, v, event, &in.Content)
	if err != nil || wait == nil || in.Kind != chat.Message {
		return err
	}
	if to, err := m.movedTo(ctx, v); err != nil || to != "" {
		return err // it will not come to the visitor
	}
	return m.dialog.MakeWay(ctx, dialog.Heard{
		Visitor: v, Kind: in.Kind, Author: chat.Author{Party: chat.Operator, ID: string(sender)}, Origin: event,
	})
}
