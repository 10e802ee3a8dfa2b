package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// typing carries "is typing" both ways. It is worth nothing late, so whatever
// does not get through at once is dropped.
type typing struct {
	out chan someTyping
	mu  sync.Mutex
	// who types in which dialog, as the homeserver last said.
	operators map[chat.VisitorID]roomTyping
}

type roomTyping struct {
	room  id.RoomID
	users []id.UserID
	since time.Time
}

// someTyping is a visitor who types or stopped, or the bot in its dialog.
type someTyping struct {
	visitor chat.VisitorID
	bot, on bool
}

const (
	// typingFor is how long the homeserver shows it without a repeat.
	typingFor     = 12 * time.Second
	typingTimeout = 5 * time.Second
	typingBacklog = 64
	// typingRepeat is how often visitors are told again: homeservers tell changes
	// only, and the widget forgets what is not repeated.
	typingRepeat = 5 * time.Second
	// typingMost ends what the homeserver never ended.
	typingMost = 2 * time.Minute
)

func newTyping() typing {
	return typing{out: make(chan someTyping, typingBacklog), operators: map[chat.VisitorID]roomTyping{}}
}

// VisitorTyping says that a visitor types or stopped.
func (m *Matrix) VisitorTyping(v chat.VisitorID, on bool) {
	m.typing.tell(someTyping{visitor: v, on: on})
}

// BotTyping says that the bot types in a dialog or stopped.
func (m *Matrix) BotTyping(v chat.VisitorID, on bool) {
	m.typing.tell(someTyping{visitor: v, bot: true, on: on})
}

func (t *typing) tell(some someTyping) {
	select {
	case t.out <- some:
	default:
	}
}

func (m *Matrix) runTyping(ctx context.Context) error {
	repeat := time.NewTicker(typingRepeat)
	defer repeat.Stop()
	for {
		select {
		case <-repeat.C:
			m.repeatTyping(ctx)
		case t := <-m.typing.out:
			if m.hs.gate.isOpen() {
				m.sendTyping(ctx, t)
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (m *Matrix) repeatTyping(ctx context.Context) {
	m.typing.mu.Lock()
	maps.DeleteFunc(m.typing.operators, func(_ chat.VisitorID, t roomTyping) bool { return time.Since(t.since) > typingMost })
	now := maps.Clone(m.typing.operators)
	m.typing.mu.Unlock()
	for v, t := range now {
		for _, user := range t.users {
			m.dialog.OperatorTyping(v, m.author(ctx, t.room, user), true)
		}
	}
}

func (m *Matrix) sendTyping(ctx context.Context, t someTyping) {
	room, err := m.store.RoomOf(ctx, t.visitor)
	if err != nil {
		return // no room yet
	}
	ctx, cancel := context.WithTimeout(ctx, typingTimeout)
	defer cancel()
	as := m.cfg.GhostUserID(t.visitor)
	if t.bot {
		as = m.cfg.BotUserID()
	}
	if _, err := m.hs.as(as).UserTyping(ctx, room, t.on, typingFor); err != nil {
		m.log.Debug().Err(err).Msg("Typing did not get through")
	}
}

// hearTyping compares who types in a room with who did.
func (m *Matrix) hearTyping(ctx context.Context, v chat.VisitorID, room id.RoomID, content json.RawMessage) {
	var typing event.TypingEventContent
	if err := json.Unmarshal(content, &typing); err != nil {
		return
	}
	people := slices.DeleteFunc(typing.UserIDs, m.cfg.IsOurs)
	m.typing.mu.Lock()
	before := m.typing.operators[v].users
	if len(people) == 0 {
		delete(m.typing.operators, v)
	} else {
		m.typing.operators[v] = roomTyping{room: room, users: people, since: time.Now()}
	}
	m.typing.mu.Unlock()
	for _, user := range people {
		m.dialog.OperatorTyping(v, m.author(ctx, room, user), true)
	}
	for _, user := range before {
		if !slices.Contains(people, user) {
			m.dialog.OperatorTyping(v, m.author(ctx, room, user), false)
		}
	}
}

// hearReceipts takes how far the site's operators have read. Private receipts,
// threads, guests and our own users do not count.
func (m *Matrix) hearReceipts(ctx context.Context, v chat.VisitorID, content json.RawMessage) {
	var receipts event.ReceiptEventContent
	if err := json.Unmarshal(content, &receipts); err != nil {
		return
	}
	visitor, err := m.store.Visitor(ctx, v)
	if err != nil {
		return
	}
	site, err := m.dialog.Site(visitor.Site)
	if err != nil {
		return
	}
	for at, byType := range receipts {
		for user, receipt := range byType[event.ReceiptTypeRead] {
			if !site.IsOperator(user) || receipt.ThreadID != "" && receipt.ThreadID != event.ReadReceiptThreadMain {
				continue
			}
			if err := m.operatorRead(ctx, v, at); err != nil {
				m.log.Warn().Err(err).Msg("An operator's receipt could not be recorded")
			}
		}
	}
}

// operatorRead raises the operators' mark to an event. One that is not
// converted yet is remembered until it is: receipts overtake events.
func (m *Matrix) operatorRead(ctx context.Context, v chat.VisitorID, at id.EventID) error {
	seq, err := m.store.SeqOfEvent(ctx, at)
	if errors.Is(err, store.ErrNotFound) {
		m.polls.early(v, at)
		// It may have been converted in between, when nothing was remembered yet.
		if seq, err = m.store.SeqOfEvent(ctx, at); errors.Is(err, store.ErrNotFound) {
			return nil
		}
	}
	if err != nil {
		return err
	}
	return m.dialog.Saw(ctx, v, seq)
}
