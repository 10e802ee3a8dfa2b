package bridge_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// said is a message and what becomes of it.
type said struct {
	text string // as it was first said; unique
	want string // what it has to say in the end, "" when it has to be gone
	key  string // of the other side's reaction to it
	plan []step // what still has to happen to it
	made []step // what happened to it

	tab *bridgetest.Visitor // of a visitor's message
	cid chat.ClientID
	aim id.EventID // what the operator reacted to or removed

	event id.EventID // of an operator's message, once the homeserver answered
	at    time.Time
}

// step is something that happens to a message later.
type step int

const (
	edit step = iota
	redact
	react  // the other side puts an emoji on it
	remove // an operator removes a visitor's message
)

// plan is what becomes of a message. Each message is the business of one
// person, so that it is known what it has to be in the end.
func (s *killTest) plan(visitors bool) []step {
	plans := [][]step{nil, nil, nil, nil, {edit}, {edit}, {edit, edit}, {redact}, {edit, redact}, {react}, {react}, {edit, react}}
	if visitors {
		plans = append(plans, []step{remove})
	}
	return plans[s.dice.IntN(len(plans))]
}

// killTalk is one dialog.
type killTalk struct {
	number   int
	tabs     []*bridgetest.Visitor
	visitor  []*said
	operator []*said
	count    int
	bot      []string // what the bot has to have said
	// hand is the operator at this dialog: one thing after another.
	hand chan func(context.Context)

	mu   sync.Mutex // guards what the hand changes: events, room, busy
	busy int
	room id.RoomID
}

// newTalk is a new visitor; the first one has two tabs.
func (s *killTest) newTalk(number int) *killTalk {
	const backlog = 10_000
	t := &killTalk{number: number, tabs: []*bridgetest.Visitor{s.Visitor()}, hand: make(chan func(context.Context), backlog)}
	if t.number == 0 {
		t.tabs = append(t.tabs, t.tabs[0].Tab())
	}
	s.hands.Go(func() {
		for {
			select {
			case do, open := <-t.hand:
				if !open {
					return
				}
				do(s.Context())
				t.mu.Lock()
				t.busy--
				t.mu.Unlock()
			case <-s.Context().Done():
				return
			}
		}
	})
	return t
}

func (t *killTalk) newText(who string) string {
	t.count++
	return fmt.Sprintf("dialog %d, %s, %04d", t.number, who, t.count)
}

// say is a visitor's new message.
func (t *killTalk) say(s *killTest) {
	tab := t.tabs[s.dice.IntN(len(t.tabs))]
	m := &said{text: t.newText("visitor"), tab: tab, plan: s.plan(true)}
	m.want = m.text
	m.cid = tab.Say(m.text)
	t.visitor = append(t.visitor, m)
}

// answer is an operator's new message, once there is a room.
func (t *killTalk) answer(s *killTest) {
	if !t.known(s) {
		return
	}
	m := &said{text: t.newText("operator"), plan: s.plan(false)}
	m.want = m.text
	t.operator = append(t.operator, m)
	t.do(func(ctx context.Context) {
		at := time.Now()
		sent := t.put(ctx, s, event.EventMessage, map[string]any{"msgtype": "m.text", "body": m.text})
		t.mu.Lock()
		defer t.mu.Unlock()
		m.event, m.at = sent, at
	})
}

// known reports whether the operator is in the dialog's room.
func (t *killTalk) known(s *killTest) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.room == "" {
		mine := map[chat.EntryID]bool{}
		for _, m := range t.visitor {
			if ack, ok := m.tab.AckOf(m.cid); ok {
				mine[ack.ID] = true
			}
		}
		if e := s.anna.Find(func(e *event.Event) bool { return mine[read[marks](e).Entry] }); e != nil {
			t.room = e.RoomID
		}
	}
	return t.room != ""
}

func (t *killTalk) do(what func(context.Context)) {
	t.mu.Lock()
	t.busy++
	t.mu.Unlock()
	t.hand <- what
}

// testKey marks the operator's events, to find one whose answer got lost.
const testKey = "test.key"

// put sends as an operator's client does. When the homeserver did not answer,
// it looks whether the event is there before it sends again.
func (t *killTalk) put(ctx context.Context, s *killTest, kind event.Type, content map[string]any) id.EventID {
	key := string(chat.NewEntryID())
	content[testKey] = key
	for {
		resp, err := s.anna.SendMessageEvent(ctx, t.room, kind, content, mautrix.ReqSendEvent{TransactionID: key})
		if err == nil {
			return resp.EventID
		}
		for {
			found, err := t.sent(ctx, s, key)
			if found != "" {
				return found
			}
			if err == nil {
				break
			}
			if !pause(ctx) {
				return ""
			}
		}
	}
}

// pause lets a moment pass, and reports whether the test goes on.
func pause(ctx context.Context) bool {
	select {
	case <-time.After(20 * time.Millisecond):
		return true
	case <-ctx.Done():
		return false
	}
}

func (t *killTalk) sent(ctx context.Context, s *killTest, key string) (id.EventID, error) {
	const recent = 200
	resp, err := s.anna.Messages(ctx, t.room, "", "", mautrix.DirectionBackward, nil, recent)
	if err != nil {
		return "", err
	}
	for _, e := range resp.Chunk {
		if read[marks](e).Test == key {
			return e.ID, nil
		}
	}
	return "", nil
}

// marks are the keys of contents that the test looks at.
type marks struct {
	Test    string       `json:"test.key"`
	Entry   chat.EntryID `json:"chat.anteroom.id"`
	Body    string       `json:"body"`
	MsgType string       `json:"msgtype"`
	New     struct {
		Body string `json:"body"`
	} `json:"m.new_content"`
	Relates struct {
		Type  string     `json:"rel_type"`
		Event id.EventID `json:"event_id"`
		Key   string     `json:"key"`
	} `json:"m.relates_to"`
}

func read[T any](e *event.Event) (content T) {
	_ = json.Unmarshal(e.Content.VeryRaw, &content) // a redacted event has none of it
	return content
}

// goOn does the next planned thing to each message to which it can be done.
func (t *killTalk) goOn(s *killTest) {
	for _, m := range t.visitor {
		if len(m.plan) > 0 && t.happenVisitor(s, m) {
			m.made, m.plan = append(m.made, m.plan[0]), m.plan[1:]
		}
	}
	for _, m := range t.operator {
		if len(m.plan) > 0 && t.happenOperator(s, m) {
			m.made, m.plan = append(m.made, m.plan[0]), m.plan[1:]
		}
	}
}

// happenVisitor does the next thing to a visitor's message, if it can be done now.
func (t *killTalk) happenVisitor(s *killTest, m *said) bool {
	ack, ok := m.tab.AckOf(m.cid)
	if !ok {
		return false
	}
	switch m.plan[0] {
	case edit:
		m.want = t.newText("visitor, edited " + m.text)
		m.tab.Send(&wire.Edit{T: wire.TypeEdit, Target: ack.ID, Text: m.want})
	case redact:
		m.want = ""
		m.tab.Send(&wire.Redact{T: wire.TypeRedact, Target: ack.ID})
	case react, remove:
		at := s.anna.Find(func(e *event.Event) bool { return read[marks](e).Entry == ack.ID })
		if at == nil || !t.known(s) {
			return false
		}
		m.aim = at.ID
		if m.plan[0] == remove {
			m.want = ""
			t.do(func(ctx context.Context) { t.redact(ctx, s, at.ID) })
			return true
		}
		m.key = "👍"
		t.do(func(ctx context.Context) { t.put(ctx, s, event.EventReaction, reactionTo(at.ID, m.key)) })
	}
	return true
}

func reactionTo(target id.EventID, key string) map[string]any {
	return map[string]any{"m.relates_to": map[string]any{"rel_type": "m.annotation", "event_id": target, "key": key}}
}

// redact can be repeated without harm, so it is.
func (t *killTalk) redact(ctx context.Context, s *killTest, target id.EventID) {
	key := string(chat.NewEntryID())
	for {
		if _, err := s.anna.RedactEvent(ctx, t.room, target, mautrix.ReqRedact{TxnID: key}); err == nil || !pause(ctx) {
			return
		}
	}
}

// happenOperator does the next thing to an operator's message, if it can be done now.
func (t *killTalk) happenOperator(s *killTest, m *said) bool {
	t.mu.Lock()
	target := m.event
	t.mu.Unlock()
	if target == "" {
		return false
	}
	switch m.plan[0] {
	case edit:
		text := t.newText("operator, edited " + m.text)
		m.want = text
		t.do(func(ctx context.Context) {
			t.put(ctx, s, event.EventMessage, map[string]any{
				"msgtype": "m.text", "body": "* " + text,
				"m.new_content": map[string]any{"msgtype": "m.text", "body": text},
				"m.relates_to":  map[string]any{"rel_type": "m.replace", "event_id": target},
			})
		})
	case redact, remove:
		m.want = ""
		t.do(func(ctx context.Context) { t.redact(ctx, s, target) })
	case react:
		tab := t.tabs[s.dice.IntN(len(t.tabs))]
		i := slices.IndexFunc(tab.Entries(), func(e wire.Entry) bool { return e.Kind == chat.Message && e.Text == m.text })
		if i < 0 {
			return false
		}
		m.key = "🎉"
		tab.Send(&wire.Reaction{T: wire.TypeReaction, Target: tab.Entries()[i].ID, Key: m.key})
	}
	return true
}

// done reports whether nothing is planned any more.
func (t *killTalk) done() bool {
	planned := func(m *said) bool { return len(m.plan) > 0 }
	return !slices.ContainsFunc(t.visitor, planned) && !slices.ContainsFunc(t.operator, planned)
}

// quiet reports whether nobody has anything to send, and what was said has come
// to the other side in some form.
func (t *killTalk) quiet(s *killTest) bool {
	if !t.known(s) {
		return len(t.visitor) == 0
	}
	t.mu.Lock()
	busy := t.busy
	t.mu.Unlock()
	if busy > 0 {
		return false
	}
	for _, tab := range t.tabs {
		if !tab.AllAcked() {
			return false
		}
		heard := map[string]bool{}
		for _, e := range tab.Entries() {
			heard[e.Text] = true
		}
		for _, m := range t.operator {
			if m.want != "" && !heard[m.text] && !slices.Contains(m.plan, redact) {
				return false
			}
		}
	}
	seen := map[chat.EntryID]bool{}
	for _, e := range s.anna.Timeline(t.room) {
		seen[read[marks](e).Entry] = true
	}
	for _, m := range t.visitor {
		if ack, ok := m.tab.AckOf(m.cid); !ok || m.want != "" && !seen[ack.ID] {
			return false
		}
	}
	return true
}
