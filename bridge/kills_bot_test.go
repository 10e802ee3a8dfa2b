package bridge_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"maunium.net/go/mautrix/event"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// chatting is how many visitors of the kill test talk with the bot, and with nobody else.
const chatting = 2

// killChain counts its rounds: it asks the visitor, asks a server, and pauses.
const killChain = `
on:
  - keywords: [begin]
steps:
  - set: { n: "{{ (n ?? 0) + 1 }}" }
  - ask: "{{ n }}: which word?"
    save: word
  - request: { method: POST, url: "%s/words", json: { word: "{{ word }}" }, save: { reply: .reply }, timeout: 30s }
  - say: "{{ n }}: {{ reply }}"
  - pause: 1s
  - say: "{{ n }}: done"
`

// askedServer is whom the kill test's chain asks: it says a word back, and remembers by
// which key each was asked for.
type askedServer struct {
	*httptest.Server
	mu    sync.Mutex
	asked map[string][]string
}

func newAskedServer(t *testing.T) *askedServer {
	t.Helper()
	a := &askedServer{asked: map[string][]string{}}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var said struct{ Word string }
		if err := json.NewDecoder(r.Body).Decode(&said); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		a.mu.Lock()
		a.asked[said.Word] = append(a.asked[said.Word], r.Header.Get("Idempotency-Key"))
		a.mu.Unlock()
		_ = json.NewEncoder(w).Encode(map[string]string{"reply": "you said " + said.Word})
	}))
	t.Cleanup(a.Close)
	return a
}

// site are the settings of a site with that chain.
func (a *askedServer) site(t *testing.T) string {
	t.Helper()
	site, _ := botOf(t, map[string]string{"count": fmt.Sprintf(killChain, a.URL)}, "      allow_private: [127.0.0.1]\n")
	return site
}

// killChat is a dialog of a visitor with the bot. Its bot is what the bot has to
// have said, in order: three things a round.
type killChat struct {
	*killTalk
	rounds, words int
}

func (s *killTest) newChat() *killChat {
	const numbers = 1000 // which talks do not reach
	return &killChat{killTalk: s.newTalk(numbers + len(s.chats))}
}

// write is a word of the visitor.
func (c *killChat) write(text string) {
	m := &said{text: text, want: text, tab: c.tabs[0]}
	m.cid = m.tab.Say(text)
	c.visitor = append(c.visitor, m)
}

// begin has the visitor begin another round, once the one before is over.
func (c *killChat) begin() {
	if c.goOn(); len(botSaid(c.tabs[0])) < len(c.bot) {
		return
	}
	c.rounds++
	word := fmt.Sprintf("word %d of chat %d", c.rounds, c.number)
	c.write(fmt.Sprintf("begin %d of chat %d", c.rounds, c.number))
	c.bot = append(c.bot, fmt.Sprintf("%d: which word?", c.rounds), fmt.Sprintf("%d: you said %s", c.rounds, word), fmt.Sprintf("%d: done", c.rounds))
}

// goOn has the visitor answer the question of the round, when it is asked.
func (c *killChat) goOn() {
	if c.words < c.rounds && slices.Contains(botSaid(c.tabs[0]), fmt.Sprintf("%d: which word?", c.rounds)) {
		c.words++
		c.write(fmt.Sprintf("word %d of chat %d", c.words, c.number))
	}
}

// quiet reports whether the round is over, and the room has all of it.
func (c *killChat) quiet(s *killTest) bool {
	c.goOn()
	if len(botSaid(c.tabs[0])) < len(c.bot) || !c.killTalk.quiet(s) {
		return false
	}
	seen := map[chat.EntryID]bool{}
	for _, e := range s.anna.Timeline(c.room) {
		seen[read[marks](e).Entry] = true
	}
	return !slices.ContainsFunc(c.tabs[0].Entries(), func(e wire.Entry) bool { return ofBot(e) && !seen[e.ID] })
}

func ofBot(e wire.Entry) bool { return e.Author.Party == chat.Bot && e.Kind == chat.Message }

// all are all dialogs.
func (s *killTest) all() []*killTalk {
	all := slices.Clone(s.talks)
	for _, c := range s.chats {
		all = append(all, c.killTalk)
	}
	return all
}

// botsWords checks that the bot said what it has to have said in a dialog, once and in
// that order, to the visitor and in the room.
func (f *findings) botsWords(t *killTalk, timeline []*event.Event, byEntry map[chat.EntryID]int) {
	if got := botSaid(t.tabs[0]); !slices.Equal(got, t.bot) {
		f.add("dialog %d: the bot said %q instead of %q", t.number, got, t.bot)
	}
	heard, last := map[chat.EntryID]bool{}, 0
	for _, e := range t.tabs[0].Entries() {
		if !ofBot(e) {
			continue
		}
		heard[e.ID] = true
		place := byEntry[e.ID]
		switch {
		case place == 0:
			if fate, excused := f.lost(t, e.ID, e.Text); !excused {
				f.add("dialog %d: the bot's %q is not in the room (%s)", t.number, e.Text, fate)
			}
		case place < last:
			f.add("dialog %d: the bot's %q is in the room before what it said earlier", t.number, e.Text)
		default:
			last = place
			if body := read[marks](timeline[place-1]).Body; body != e.Text {
				f.add("dialog %d: the bot's %q reads %q in the room", t.number, e.Text, body)
			}
		}
	}
	notices := 0
	for _, e := range timeline {
		c := read[marks](e)
		if e.Sender != f.Bot(f.T).UserID || heard[c.Entry] {
			continue
		}
		// That the operator has taken over is told in the room, once.
		if notices++; c.MsgType != string(event.MsgNotice) || notices > 1 || len(t.bot) > 0 {
			f.add("dialog %d: the bot says %q", t.number, c.Body)
		}
	}
}

// chains checks what the bridge has of the chains: nothing waits, the state counts
// as many rounds as were made, and each request had one key of its own.
func (f *findings) chains(db *sql.DB, server *askedServer) {
	for _, query := range []string{
		`SELECT 'bot_input', input_key FROM bot_input`, `SELECT 'bot_request', id FROM bot_request`,
	} {
		f.each(db, query, func(rows *sql.Rows) error {
			var table, key string
			err := rows.Scan(&table, &key)
			f.add("%s: %s waits", table, key)
			return err
		})
	}
	var counted, made []int
	f.each(db, `SELECT CAST(value AS INTEGER) FROM variable WHERE name = 'n'`, func(rows *sql.Rows) error {
		var n int
		err := rows.Scan(&n)
		counted = append(counted, n)
		return err
	})
	for _, c := range f.chats {
		made = append(made, c.rounds)
	}
	slices.Sort(counted)
	slices.Sort(made)
	if !slices.Equal(counted, made) {
		f.add("the chains count %d rounds, and the visitors made %d", counted, made)
	}
	server.mu.Lock()
	defer server.mu.Unlock()
	words, of := 0, map[string]string{}
	for _, c := range f.chats {
		for n := range c.words {
			word := fmt.Sprintf("word %d of chat %d", n+1, c.number)
			keys := slices.Clone(server.asked[word])
			words++
			if times := len(keys); times == 0 || times > 1+f.killedInAll() {
				f.add("the server was asked for %q %d times", word, times)
				continue
			}
			if keys = slices.Compact(keys); len(keys) > 1 || keys[0] == "" || of[keys[0]] != "" {
				f.add("the server was asked for %q with the keys %q, of which one was that of %q", word, keys, of[keys[0]])
			}
			of[keys[0]] = word
		}
	}
	if words != len(server.asked) {
		f.add("the server was asked for %d words instead of %d", len(server.asked), words)
	}
}

// killedInAll is how often the bridge was killed.
func (s *killTest) killedInAll() (n int) {
	for _, times := range s.killed {
		n += times
	}
	return n
}
