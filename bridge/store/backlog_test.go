package store

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// crowd are dialogs with one entry each that waits for Matrix: a hundred whose visitors
// wrote, ten of them blocked, two of those with a room, where an operator spoke in one, and a thousand whose visitors were greeted and never wrote.
const crowd = `
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
INSERT INTO visitor (id, site, created_at, seen_at, language, time_zone, user_agent, number)
SELECT 'v' || i, 'shop', 0, 0, '', '', '', CASE WHEN i <= 100 THEN i ELSE 0 END FROM n`

func openCrowded(t *testing.T, visitors int) *Store {
	t.Helper()
	s, err := Open(t.Context(), Options{Type: "sqlite3", URI: filepath.Join(t.TempDir(), "anteroom.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	for _, statement := range []string{
		crowd,
		`INSERT INTO dialog (visitor_id, last_seq, status, opened_at, number, blocked) SELECT id, 1, 'open', 1000, number, number BETWEEN 1 AND 10 AND $1 > 0 FROM visitor`,
		`INSERT INTO entry (id, visitor_id, seq, kind, party, author_id, author_name, author_avatar, client_id, target, content, at, origin)
			SELECT 'e' || id, id, 1, 'message', 'bot', '', '', '', '', '', '{}', CASE WHEN number = 11 THEN 500 ELSE 5000 + $1 END, 'x' FROM visitor`,
		`UPDATE entry SET party = CASE WHEN visitor_id IN ('v1', 'v3') THEN 'operator' ELSE 'visitor' END WHERE $1 > 0 AND visitor_id IN (SELECT visitor_id FROM dialog WHERE blocked)`,
		`INSERT INTO room (room_id, visitor_id, current, created_at) SELECT 'r' || id, id, true, 0 FROM visitor WHERE $1 > 0 AND number IN (1, 2)`,
		`INSERT INTO outbox (entry_id, visitor_id, seq, state) SELECT id, visitor_id, seq, 'pending' FROM entry WHERE $1 > 0`,
	} {
		if err := s.exec(t.Context(), statement, visitors); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	return s
}

func backlog(t *testing.T, s *Store, queue QueueName) Backlog {
	t.Helper()
	all, err := s.Backlogs(t.Context(), []chat.SiteID{"blog", "shop"})
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range all {
		if b.Queue == queue {
			return b
		}
	}
	t.Fatalf("there is no queue %s", queue)
	return Backlog{}
}

// What waits by right is no backlog: words of blocked visitors, greetings to who never
// wrote. A greeting waits from when its visitor did. An operator's words to who is blocked
// are on their way like others, if there is a room.
func TestBacklogsCountWhatIsLate(t *testing.T) {
	s := openCrowded(t, 1100)
	if b := backlog(t, s, QueueOutbox); b.Length != 91 || !b.Oldest.Equal(time.UnixMilli(1000)) {
		t.Errorf("the outbox has %+v", b)
	}
	if b := backlog(t, s, QueueInbox); b.Length != 0 || !b.Oldest.IsZero() {
		t.Errorf("the inbox has %+v", b)
	}
	if err := s.StoreArrivals(t.Context(), []Arrival{{Key: "$1", Room: "!r", Raw: []byte("{}")}, {Key: "$2", Room: "!r", Raw: []byte("{}")}}, time.UnixMilli(7000)); err != nil {
		t.Fatal(err)
	}
	if b := backlog(t, s, QueueInbox); b.Length != 2 || !b.Oldest.Equal(time.UnixMilli(7000)) {
		t.Errorf("the inbox has %+v", b)
	}
	if err := s.FailArrival(t.Context(), 1, "odd"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Settle(t.Context(), "ev50", Failed, "refused"); err != nil {
		t.Fatal(err)
	}
	if a, err := s.SetAside(t.Context()); err != nil || a != (SetAside{Events: 1, Entries: 1}) {
		t.Errorf("set aside are %+v (%v)", a, err)
	}
}

// What the bot has yet to hear of who is shut out waits by right, for as long as that lasts.
func TestTheBotIsNotLateForWhoIsShutOut(t *testing.T) {
	s := openCrowded(t, 12)
	for v := 10; v <= 12; v++ { // the tenth is blocked
		if err := s.exec(t.Context(), `INSERT INTO bot_input (visitor_id, input_key, at, event) VALUES ($1, 'closed', $2, '{}')`, fmt.Sprintf("v%d", v), 7000+v); err != nil {
			t.Fatal(err)
		}
	}
	if b := backlog(t, s, QueueBot); b.Length != 2 || !b.Oldest.Equal(time.UnixMilli(7011)) {
		t.Errorf("beside one who is blocked: %+v", b)
	}
	for _, statement := range []string{
		`INSERT INTO address (visitor_id, hash) VALUES ('v11', 'h')`,
		`INSERT INTO blocked_address (site, hash, visitor_id, since) SELECT site, 'h', id, 1 FROM visitor WHERE id = 'v11'`,
	} {
		if err := s.exec(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	if b := backlog(t, s, QueueBot); b.Length != 1 || !b.Oldest.Equal(time.UnixMilli(7012)) {
		t.Errorf("beside one whose address is blocked, too: %+v", b)
	}
}

// What the bot of a site has to hear and to answer that is switched off, or gone from the config,
// waits until somebody switches it on.
func TestABotThatIsOffIsNotLate(t *testing.T) {
	s := openCrowded(t, 12)
	for _, statement := range []string{
		`UPDATE visitor SET site = 'off' WHERE id = 'v11'`,
		`INSERT INTO bot_input (visitor_id, input_key, at, event) VALUES ('v11', 'closed', 7011, '{}'), ('v12', 'closed', 7012, '{}')`,
		`INSERT INTO assistant_request (visitor_id, id, assistant, at, next_at) VALUES ('v11', 'r', 'assistant', 7011, 0), ('v12', 'r', 'assistant', 7012, 0)`,
	} {
		if err := s.exec(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	for _, queue := range []QueueName{QueueBot, QueueAssistants} {
		if b := backlog(t, s, queue); b.Length != 1 || !b.Oldest.Equal(time.UnixMilli(7012)) {
			t.Errorf("beside a site whose bot is off: %+v", b)
		}
	}
	none, err := s.Backlogs(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range none {
		if (b.Queue == QueueBot || b.Queue == QueueAssistants) && (b.Length != 0 || !b.Oldest.IsZero()) {
			t.Errorf("without any bot: %+v", b)
		}
	}
}

// A scrape reads no table through that grows with what was ever said.
func TestBacklogsReadNoTableThrough(t *testing.T) {
	s := openCrowded(t, 10)
	for _, b := range backlogs {
		statement, args := b.statement([]chat.SiteID{"blog", "shop"})
		for _, line := range plan(t, s, statement, args) {
			for _, big := range []string{"SCAN inbox", "SCAN outbox", "SCAN o", "SCAN room", "SCAN dialog", "SCAN d", "SCAN e", "SCAN v", "SCAN entry", "SCAN visitor", "SCAN delivery"} {
				if line == big || strings.HasPrefix(line, big+" ") && !strings.Contains(line, "INDEX") {
					t.Errorf("the queue %s: %s", b.queue, line)
				}
			}
		}
	}
}

// What waits has an age wherever it keeps when it came in; a queue that does not says so,
// rather than that nothing waits.
func TestBacklogsTellForHowLong(t *testing.T) {
	s := openCrowded(t, 1)
	if err := s.StoreArrivals(t.Context(), []Arrival{{Key: "$1", Room: "!r", Raw: []byte("{}")}, {Key: "$2", Room: "!r", Raw: []byte("{}")}}, time.UnixMilli(7000)); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		`UPDATE inbox SET state = 'parked', received_at = 7000 + position WHERE position >= $1`,
		`INSERT INTO bot_request (visitor_id, id, request, next_at) VALUES ('v1', 'r', '{}', $1)`,
		`INSERT INTO errand (visitor_id, id, kind, errand, next_at) VALUES ('v1', 'r', 'draft', '{}', $1)`,
		`UPDATE dialog SET move = $1`,
	} {
		if err := s.exec(t.Context(), statement, 1); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	if b := backlog(t, s, QueueParked); b.Length != 2 || !b.Oldest.Equal(time.UnixMilli(7001)) || b.Ageless {
		t.Errorf("parked are %+v", b)
	}
	ageless := []QueueName{QueueRequests, QueueErrands, QueueMoves}
	for _, queue := range ageless {
		if b := backlog(t, s, queue); b.Length != 1 || !b.Oldest.IsZero() {
			t.Errorf("the queue %s has %+v", queue, b)
		}
	}
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(newLook(s, []chat.SiteID{"shop"}))
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]map[QueueName]float64{}
	for _, f := range families {
		told[f.GetName()] = map[QueueName]float64{}
		for _, m := range f.GetMetric() {
			for _, label := range m.GetLabel() {
				told[f.GetName()][QueueName(label.GetValue())] = m.GetGauge().GetValue()
			}
		}
	}
	for _, b := range backlogs {
		age, aged := told["anteroom_queue_oldest_age_seconds"][b.queue]
		if aged == slices.Contains(ageless, b.queue) {
			t.Errorf("the queue %s has an age: %t", b.queue, aged)
		}
		if length := told["anteroom_queue_length"][b.queue]; aged && (age > 0) != (length > 0) {
			t.Errorf("in the queue %s wait %v for %v seconds", b.queue, length, age)
		}
	}
}
