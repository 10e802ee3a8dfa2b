package matrix

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/matrix/convert"
	"github.com/anteroom-chat/anteroom/bridge/matrix/recipe"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// hearName takes over what operators call a visitor.
func (m *Matrix) hearName(ctx context.Context, h heard) error {
	var content event.RoomNameEventContent
	_ = json.Unmarshal(h.head.Content, &content)
	name := plain.Line(content.Name, dialog.MaxName)
	if h.conv.who.Desk || !h.current || m.cfg.IsOurs(h.head.Sender) || plain.Blank(name) {
		return nil
	}
	if err := m.store.SetApplied(ctx, string(h.conv.visitor), whatRoomName, content.Name); err != nil {
		return err
	}
	return second(m.dialog.Rename(ctx, h.conv.visitor, name, store.NamedByOperator))
}

// command has an operator's command carried out.
func (m *Matrix) command(ctx context.Context, h heard, in convert.Incoming) error {
	allowed, err := m.mayCommand(ctx, h)
	if err != nil {
		return err
	}
	marks, err := m.store.Marks(ctx, h.conv.visitor)
	if err != nil {
		return err
	}
	answered, err := m.wasAnswered(ctx, h)
	if err != nil {
		return err
	}
	author := m.author(ctx, h.Room, h.head.Sender)
	err = m.dialog.Command(ctx, dialog.Command{
		Site: h.conv.site, Visitor: h.conv.who, Sender: h.head.Sender, Name: author.Name, Avatar: author.Avatar,
		Allowed: allowed, Text: in.Content.Text, Mentions: mentions(h.head.Content), Event: h.head.ID, Answered: answered,
	}, func(ctx context.Context) error { return m.store.KeepArrival(ctx, h.Position, marks.Last) })
	m.queue.prefer(h.conv.visitor) // somebody waits for the answer, however much else does
	return err
}

// wasAnswered reports whether an answer of the bot to a command is still to be heard. The
// command was carried out then, and a restored database hears both once more.
func (m *Matrix) wasAnswered(ctx context.Context, h heard) (bool, error) {
	if h.head.ID == "" {
		return false, nil
	}
	naming, err := m.store.NewArrivalsNaming(ctx, h.Room, h.head.ID)
	return slices.ContainsFunc(naming, func(e store.InboxEvent) bool {
		head := readHead(e.Raw)
		return head.Sender == m.cfg.BotUserID() && entryKey(head.Content).Valid() && answers(head.Content) == h.head.ID
	}), err
}

// answers is the event that a content is an answer to, "" if it is none. What stands in a
// thread is one to the event that begins it.
func answers(content json.RawMessage) id.EventID {
	var c struct {
		Relates event.RelatesTo `json:"m.relates_to"`
	}
	_ = json.Unmarshal(content, &c) // what cannot be read is no answer
	return c.Relates.GetReplyTo()
}

// mayCommand reports whether the sender is an operator of the site or has an
// operator's power in the room.
func (m *Matrix) mayCommand(ctx context.Context, h heard) (bool, error) {
	if h.conv.site.IsOperator(h.head.Sender) {
		return true, nil
	}
	var levels event.PowerLevelsEventContent
	if err := m.hs.as(m.cfg.BotUserID()).StateEvent(ctx, h.Room, event.StatePowerLevels, "", &levels); err != nil {
		return false, fmt.Errorf("read the power levels of %s: %w", h.Room, err)
	}
	return levels.GetUserLevel(h.head.Sender) >= recipe.OperatorLevel, nil
}

// mentions are the users whom a message names (specification, "User and room mentions").
func mentions(content json.RawMessage) []id.UserID {
	var c struct {
		Mentions event.Mentions `json:"m.mentions"`
	}
	_ = json.Unmarshal(content, &c) // odd content mentions nobody
	return c.Mentions.UserIDs
}
