package storm_test

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	dice "math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
	"github.com/anteroom-chat/anteroom/bridge/storm/record"
)

// talk is one visitor's dialog.
type talk struct {
	s      *storm
	number int
	secret string
	dice   *dice.Rand
	tabs   []*tab
	bots   bool        // it talks with the bot, and no operator comes
	falls  atomic.Bool // it falls silent

	mu      sync.Mutex
	count   int
	own     []*own
	entry   chat.EntryID // one that was acknowledged: the journal knows by it who this is
	visitor string       // the journal's name for this visitor
	last    []string
}

// own is a message of the visitor; each is the business of one tab.
type own struct {
	tab   *tab
	key   chat.ClientID
	entry chat.EntryID
	gone  bool
	file  bool
}

const (
	// A quarter of the visitors talk with the bot, a third have two tabs.
	everyBot, everyTwoTabs = 4, 3
	// unanswered is how much a tab may have waiting before its visitor stops to write.
	unanswered = 8
)

func newTalk(s *storm, number int) *talk {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret)
	t := &talk{s: s, number: number, secret: base64.RawURLEncoding.EncodeToString(secret), dice: s.dice(diceTalks + number), bots: number%everyBot == 0}
	t.tabs = append(t.tabs, t.open(0, "1"))
	if number%everyTwoTabs == 0 {
		t.tabs = append(t.tabs, t.open(1, "2"))
	}
	return t
}

// text is a new text; all begin with the dialog's mark.
func (t *talk) text(who, what string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count++
	return fmt.Sprintf("d%d %s %04d %s", t.number, who, t.count, what)
}

// talk writes, edits, removes, reads and sends files until the time is over or it falls silent.
func (t *talk) talk(ctx context.Context) {
	for !t.falls.Load() && pause(ctx, time.Duration(200+t.dice.IntN(1200))*time.Millisecond) {
		tab := t.tabs[t.dice.IntN(len(t.tabs))]
		if tab.waiting() > unanswered || t.s.busy.Load() {
			continue
		}
		switch n := t.dice.IntN(24); {
		case n < 12:
			t.say(tab, "tea")
		case n < 15:
			tab.read()
		case n < 18:
			t.edit(tab)
		case n < 20:
			t.redact(tab)
		case n < 21:
			t.file(ctx, tab)
		case n < 22:
			t.react(tab)
		case n < 23 && t.bots:
			t.say(tab, "begin")
		default:
			tab.mu.Lock()
			if t.dice.IntN(4) == 0 {
				tab.drop() // a page that is left and opened again
			}
			tab.mu.Unlock()
		}
	}
}

func (t *talk) say(tab *tab, what string) {
	text := t.text("visitor", what)
	m := &own{tab: tab}
	t.mu.Lock()
	defer t.mu.Unlock()
	m.key = tab.send(&wire.Message{T: wire.TypeMessage, Text: text}, record.Line{Op: record.Message, Text: text})
	t.own = append(t.own, m)
}

func (t *talk) file(ctx context.Context, tab *tab) {
	name := t.text("visitor", "file.txt")
	body := []byte("the content of " + name)
	id, ok := tab.upload(ctx, name, body)
	if !ok {
		return
	}
	m := &own{tab: tab, file: true}
	t.mu.Lock()
	defer t.mu.Unlock()
	m.key = tab.send(&wire.Message{T: wire.TypeMessage, File: id}, record.Line{Op: record.File, Text: name, Sum: sum(body)})
	t.own = append(t.own, m)
}

// pick is a message of a tab that it shows and that was not removed.
func (t *talk) pick(tab *tab, files bool) *own {
	t.mu.Lock()
	defer t.mu.Unlock()
	tab.mu.Lock()
	defer tab.mu.Unlock()
	const recent = 20
	var may []*own
	for _, m := range t.own[max(0, len(t.own)-recent):] {
		if m.tab == tab && tab.known[m.entry] && !m.gone && (files || !m.file) {
			may = append(may, m)
		}
	}
	if len(may) == 0 {
		return nil
	}
	return may[t.dice.IntN(len(may))]
}

func (t *talk) edit(tab *tab) {
	if m := t.pick(tab, false); m != nil {
		text := t.text("visitor", "edited")
		tab.send(&wire.Edit{T: wire.TypeEdit, Target: m.entry, Text: text}, record.Line{Op: record.Edit, Text: text, Target: string(m.entry)})
	}
}

func (t *talk) redact(tab *tab) {
	m := t.pick(tab, true)
	if m == nil {
		return
	}
	t.mu.Lock()
	m.gone = true
	t.mu.Unlock()
	tab.send(&wire.Redact{T: wire.TypeRedact, Target: m.entry}, record.Line{Op: record.Redact, Target: string(m.entry)})
}

// react puts an emoji on an operator's message.
func (t *talk) react(tab *tab) {
	tab.mu.Lock()
	var target chat.EntryID
	for _, e := range tab.shown {
		if e.Kind == chat.Message && e.Author.Party == chat.Operator && !e.Redacted {
			target = e.ID
		}
	}
	tab.mu.Unlock()
	if target != "" {
		tab.send(&wire.Reaction{T: wire.TypeReaction, Target: target, Key: "🎉"}, record.Line{Op: record.React, Target: string(target)})
	}
}

func (t *talk) acked(ack wire.Ack) {
	// The caller holds its tab's lock, and say holds ours while it waits for that one.
	go func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		for _, m := range t.own {
			if m.key == ack.Client {
				m.entry = ack.ID
			}
		}
		t.entry = ack.ID
	}()
}

// lastWords are what operators said last.
func (t *talk) lastWords() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]string(nil), t.last...)
}

// readAll opens a new tab that reads the whole dialog.
func (t *talk) readAll() {
	tab := t.open(2, "all")
	bridgetest.AwaitFor(t.s.T, patience, tab.who+" reads all", func() bool { return !tab.page() })
	tab.mu.Lock()
	tab.note(record.Line{Kind: record.Whole})
	tab.mu.Unlock()
	tab.close()
}
