package matrix

import (
	"context"

	"go.mau.fi/util/variationselector"

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

// translate puts an operator's words into the visitor's language if the dialog is
// translated. Until that is done the error holds the room back.
func (m *Matrix) translate(ctx context.Context, h heard, said *dialog.Heard) error {
	if said.Author.Party != chat.Operator || said.Kind != chat.Message && said.Kind != chat.Edit {
		return nil
	}
	wait, failed, err := m.dialog.Translate(ctx, said.Visitor, h.Key, &said.Content)
	if err != nil {
		return err
	}
	if wait != nil {
		return errTranslating{wait}
	}
	said.Untranslated = failed
	return nil
}

// mostForeseen is how many events behind one that is being translated are translated
// at the same time, so that they do not wait one after another.
const mostForeseen = 10

// foresee begins to translate what stands behind an event that is being translated.
// What it gets wrong costs a translation, or a wait.
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
			_, _, err = m.dialog.Translate(ctx, v, e.Key, &in.Content)
		}
		if err != nil {
			return // it comes again in its turn
		}
	}
}
