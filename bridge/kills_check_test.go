package bridge_test

import (
	"cmp"
	"database/sql"
	"fmt"
	"slices"
	"time"

	_ "github.com/mattn/go-sqlite3" // to look into the bridge's database
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// differences compares what was acknowledged with what is on the other side.
// Each finding is a sentence; none means that all is well.
func (s *killTest) differences() []string {
	f := &findings{killTest: s, arrived: map[id.EventID]arrival{}, entries: map[id.EventID]chat.EntryID{}, copies: map[string]int{}}
	f.leftovers()
	for _, t := range s.all() {
		f.toMatrix(t)
		for i, tab := range t.tabs {
			f.toVisitor(t, tab, fmt.Sprintf("dialog %d, tab %d", t.number, i))
		}
	}
	return f.all
}

type findings struct {
	*killTest
	all []string
	// arrived is when each event came into the inbox, and in which order.
	arrived map[id.EventID]arrival
	// entries are the bridge's own records of which event is which entry.
	entries map[id.EventID]chat.EntryID
	// copies are how often a text is in the timelines: a homeserver that was
	// killed may not show at once what it has, and then people say it again.
	copies map[string]int
	// damaged counts events that a killed homeserver lost from its own timeline.
	damaged int
}

type arrival struct {
	position int64
	at       time.Time
	state    string
}

func (f *findings) add(format string, args ...any) {
	f.all = append(f.all, fmt.Sprintf(format, args...))
}

// rooms: one for each dialog and one for the desk, and the bot is in no other.
func (s *killTest) rooms() []string {
	f := &findings{killTest: s}
	joined, err := f.Bot(f.T).JoinedRooms(f.Context())
	if err != nil {
		return []string{fmt.Sprintf("the bot's rooms: %v", err)}
	}
	var desk id.RoomID
	seen := map[id.RoomID]bool{}
	for _, t := range f.killTest.all() {
		if seen[t.room] {
			f.add("two dialogs share the room %s", t.room)
		}
		seen[t.room] = true
	}
	for _, room := range joined.JoinedRooms {
		// A homeserver that is killed while it creates a room keeps a stump of
		// it, without the mark; the sweep leaves it once it is old enough.
		err := f.Bot(f.T).StateEvent(f.Context(), room, event.NewEventType("chat.anteroom.dialog"), "", new(map[string]any))
		var rules event.JoinRulesEventContent
		if err == nil && f.Bot(f.T).StateEvent(f.Context(), room, event.StateJoinRules, "", &rules) == nil && rules.JoinRule == event.JoinRuleInvite {
			if desk != "" {
				f.add("%s and %s are both the site's desk", desk, room)
			}
			desk = room
			continue
		}
		if err == nil && !seen[room] {
			f.add("%s is a second room of a dialog", room)
		}
	}
	return f.all
}

// leftovers: nothing waits and nothing failed in the bridge's own books.
func (f *findings) leftovers() {
	db, err := sql.Open("sqlite3", "file:"+f.Database()+"?mode=ro")
	if err != nil {
		f.add("the database: %v", err)
		return
	}
	defer func() { _ = db.Close() }()
	for _, query := range []string{
		`SELECT 'outbox', entry_id, state, error FROM outbox WHERE state IN ('pending', 'failed')`,
		`SELECT 'inbox', event_key, state, error FROM inbox WHERE state NOT IN ('done', 'parked')`,
	} {
		f.each(db, query, func(rows *sql.Rows) error {
			var table, key, state, why string
			err := rows.Scan(&table, &key, &state, &why)
			f.add("%s: %s is %s %s", table, key, state, why)
			return err
		})
	}
	f.each(db, `SELECT event_id, entry_id FROM event`, func(rows *sql.Rows) error {
		var key id.EventID
		var entry chat.EntryID
		err := rows.Scan(&key, &entry)
		f.entries[key] = entry
		return err
	})
	f.chains(db, f.asked)
	f.each(db, `SELECT event_key, position, received_at, state FROM inbox`, func(rows *sql.Rows) error {
		var key id.EventID
		var a arrival
		var at int64
		err := rows.Scan(&key, &a.position, &at, &a.state)
		a.at = time.UnixMilli(at)
		f.arrived[key] = a
		return err
	})
}

func (f *findings) each(db *sql.DB, query string, do func(*sql.Rows) error) {
	rows, err := db.QueryContext(f.Context(), query)
	if err != nil {
		f.add("the database: %v", err)
		return
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := do(rows); err != nil {
			f.add("the database: %v", err)
		}
	}
	if err := rows.Err(); err != nil {
		f.add("the database: %v", err)
	}
}

// timeline is what is said in a room, oldest first, without what was redacted.
func (f *findings) timeline(room id.RoomID) []*event.Event {
	return slices.DeleteFunc(f.everything(room), func(e *event.Event) bool {
		return e.StateKey != nil || e.Unsigned.RedactedBecause != nil || e.Type.Type == event.EventRedaction.Type
	})
}

// everything is the whole of a room, oldest first.
func (f *findings) everything(room id.RoomID) (all []*event.Event) {
	const page = 500
	for from := ""; ; {
		resp, err := f.anna.Messages(f.Context(), room, from, "", mautrix.DirectionBackward, nil, page)
		if err != nil {
			f.add("the timeline of %s: %v", room, err)
			return nil
		}
		all = append(all, resp.Chunk...)
		if resp.End == "" || resp.End == from || len(resp.Chunk) == 0 {
			slices.Reverse(all)
			return all
		}
		from = resp.End
	}
}

// toMatrix checks what operators see of a dialog.
func (f *findings) toMatrix(t *killTalk) {
	timeline := f.timeline(t.room)
	byEntry := map[chat.EntryID]int{} // the place in the timeline, from 1
	texts := map[id.EventID]string{}
	reactions := map[id.EventID]int{}
	bodies := map[string]int{}
	for i, e := range timeline {
		c := read[marks](e)
		if c.Entry != "" {
			if byEntry[c.Entry] != 0 {
				f.add("dialog %d: two events of entry %s: %s and %s (%q)", t.number, c.Entry, timeline[byEntry[c.Entry]-1].ID, e.ID, c.Body)
			}
			byEntry[c.Entry] = i + 1
		}
		switch {
		case c.Relates.Type == "m.replace":
			texts[c.Relates.Event] = c.New.Body
		case c.Relates.Type == "m.annotation" && c.Entry != "":
			reactions[c.Relates.Event]++
		case e.Type.Type == event.EventMessage.Type:
			texts[e.ID] = c.Body
			bodies[c.Body]++
		}
	}
	f.botsWords(t, timeline, byEntry)
	f.visitorsWords(t, timeline, byEntry, texts, bodies)
	for _, m := range t.operator {
		f.copies[m.text] = bodies[m.text]
		if bodies[m.text] == 0 && m.want != "" {
			fate, excused := f.lost(t, f.entries[m.event], m.text)
			if !excused {
				f.add("dialog %d: %q is not in the room (%s)", t.number, m.text, fate)
			}
			f.copies[m.text] = boolean(excused)
		}
	}
	for _, m := range t.operator {
		if want := boolean(m.key != ""); f.copies[m.text] == 1 && reactions[m.event] != want {
			f.add("dialog %d: %q has %d reactions of the visitor in the room instead of %d", t.number, m.text, reactions[m.event], want)
		}
	}
}

func (f *findings) visitorsWords(t *killTalk, timeline []*event.Event, byEntry map[chat.EntryID]int, texts map[id.EventID]string, bodies map[string]int) {
	last := map[*bridgetest.Visitor]wire.Ack{}
	lastPlace, lastText := map[*bridgetest.Visitor]int{}, map[*bridgetest.Visitor]string{}
	for _, m := range t.visitor {
		ack, ok := m.tab.AckOf(m.cid)
		if !ok {
			f.add("dialog %d: %q was never acknowledged", t.number, m.text)
			continue
		}
		if ack.Seq <= last[m.tab].Seq {
			f.add("dialog %d: %q has number %d, although it was said after number %d", t.number, m.text, ack.Seq, last[m.tab].Seq)
		}
		last[m.tab] = ack
		place := byEntry[ack.ID]
		switch {
		case f.missed(m, ack):
			continue
		case m.want == "":
			if place != 0 || bodies[m.text] != 0 {
				f.add("dialog %d: %q (%s) is in the room, although it was removed (by %v, at place %d, %d times)", t.number, m.text, ack.ID, m.made, place, bodies[m.text])
			}
			continue
		case place == 0:
			if fate, excused := f.lost(t, ack.ID, m.text); !excused {
				f.add("dialog %d: %q is not in the room (%s)", t.number, m.text, fate)
			}
			continue
		}
		if got := texts[timeline[place-1].ID]; got != m.want {
			f.add("dialog %d: %q reads %q in the room instead of %q", t.number, m.text, got, m.want)
		}
		if bodies[m.text] > 1 {
			f.add("dialog %d: %q is %d times in the room", t.number, m.text, bodies[m.text])
		}
		if place < lastPlace[m.tab] {
			f.add("dialog %d: %q is before %q in the room, but was said after it", t.number, m.text, lastText[m.tab])
		}
		lastPlace[m.tab], lastText[m.tab] = place, m.text
	}
}

// missed reports whether the operator reacted to, or removed, an event that was
// there twice for a moment, and hit the copy that the bridge took away.
func (f *findings) missed(m *said, ack wire.Ack) bool {
	return m.aim != "" && f.entries[m.aim] != ack.ID
}

func boolean(b bool) int {
	if b {
		return 1
	}
	return 0
}

// shown is a conversation as a widget folds it.
type shown struct {
	place     map[chat.EntryID]int // of messages, from 1
	times     map[string]int
	text      map[chat.EntryID]string
	reactions map[chat.EntryID]int
	gone      map[chat.EntryID]bool
}

func fold(entries []wire.Entry) shown {
	s := shown{map[chat.EntryID]int{}, map[string]int{}, map[chat.EntryID]string{}, map[chat.EntryID]int{}, map[chat.EntryID]bool{}}
	for i, e := range entries {
		switch e.Kind {
		case chat.Message:
			text := e.Text
			if e.File != nil {
				text = e.File.Name
			}
			s.place[e.ID], s.text[e.ID] = i+1, text
			s.times[text]++
			if e.Redacted {
				s.gone[e.ID] = true
			}
		case chat.Edit:
			if !e.Redacted {
				s.text[e.Target] = e.Text
			}
		case chat.Redaction:
			s.gone[e.Target] = true
		case chat.Reaction:
			// An operator's reaction that was said twice counts once, as in the widget.
			by := string(e.Target) + e.Key + e.Author.ID
			if !e.Redacted && (e.Author.Party == chat.Visitor || s.times[by] == 0) {
				s.reactions[e.Target]++
			}
			s.times[by]++
		case chat.Notice:
		}
	}
	return s
}

// toVisitor checks what a tab shows.
func (f *findings) toVisitor(t *killTalk, tab *bridgetest.Visitor, name string) {
	if n := tab.Resets(); n > 0 {
		f.add("%s was reset %d times", name, n)
	}
	for _, refusal := range tab.Refusals() {
		f.add("%s was refused: %s %s", name, refusal.Code, refusal.Text)
	}
	view := fold(tab.Entries())
	for _, m := range slices.Concat(t.visitor, t.operator) {
		f.word(t, view, m, name)
	}
	f.order(t, view, name)
}

func (f *findings) word(t *killTalk, view shown, m *said, name string) {
	entry, copies := f.entries[m.event], f.copies[m.text]
	if m.tab != nil {
		ack, _ := m.tab.AckOf(m.cid)
		if f.missed(m, ack) {
			return
		}
		entry, copies = ack.ID, boolean(m.want != "")
	}
	text, ok := view.text[entry]
	if m.want == "" {
		if ok && !view.gone[entry] {
			if fate, excused := f.unheard(t, entry, m.text); !excused {
				f.add("%s shows %q, although it was removed (by %v; %s)", name, m.text, m.made, fate)
			}
		}
		return
	}
	if !ok || view.gone[entry] {
		f.add("%s does not show %q", name, m.text)
		return
	}
	if view.times[m.text] != copies {
		f.add("%s shows %q %d times instead of %d", name, m.text, view.times[m.text], copies)
	}
	if text != m.want {
		f.add("%s shows %q instead of %q", name, text, m.want)
	}
	if want := boolean(m.key != ""); copies == 1 && view.reactions[entry] != want {
		f.add("%s shows %d reactions on %q instead of %d", name, view.reactions[entry], m.text, want)
	}
}

// order: an operator's messages are shown as they were sent. Only a homeserver
// that was killed while it held a message may hand it over late; then the
// messages are shown as they came. A copy that the homeserver hid when it was killed,
// so that the operator's client said it again, has no place in that order.
func (f *findings) order(t *killTalk, view shown, name string) {
	place := func(m *said) int { return view.place[f.entries[m.event]] }
	words := slices.DeleteFunc(slices.Clone(t.operator), func(m *said) bool { return place(m) == 0 })
	for i, m := range words {
		for _, later := range words[i+1:] {
			if place(m) > place(later) && !f.heldBack(m, later) {
				a, b := f.arrived[m.event], f.arrived[later.event]
				f.add("%s shows %q before %q, which was said earlier (%s, said at %s, arrived as %d at %s; %s, said at %s, arrived as %d at %s)", name, later.text, m.text,
					later.event, later.at.Format(moment), b.position, b.at.Format(moment), m.event, m.at.Format(moment), a.position, a.at.Format(moment))
				break // the rest of them says no more
			}
		}
	}
}

// moment is how findings print a time.
const moment = "15:04:05.000"

// backOff is the longest that Dendrite holds its pushes back after a failure.
const backOff = 64 * time.Second

// heldBack reports whether the homeserver delivered a message after a later
// one because it was killed: in between, or so shortly before that its queue
// was still held back and what was new went past it.
func (f *findings) heldBack(m, later *said) bool {
	a, b := f.arrived[m.event], f.arrived[later.event]
	return cmp.Less(b.position, a.position) && slices.ContainsFunc(f.outages, func(outage time.Time) bool {
		return outage.After(m.at.Add(-backOff)) && outage.Before(a.at)
	})
}
