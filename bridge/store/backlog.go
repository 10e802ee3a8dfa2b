package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// QueueName names one of the house's durable queues for ever: metrics carry it.
type QueueName string

// The queues. What waits in them by right is not counted: what blocked visitors wrote,
// greetings to visitors who never wrote, and what is for a bot that is switched off.
const (
	QueueOutbox     QueueName = "outbox"     // entries on their way to Matrix
	QueueInbox      QueueName = "inbox"      // events of the homeserver that are to be converted
	QueueParked     QueueName = "parked"     // events that wait for another event, or for their room
	QueueBot        QueueName = "bot"        // what the bot has yet to hear
	QueueRequests   QueueName = "requests"   // requests of chains
	QueueAssistants QueueName = "assistants" // answers that assistants are to write
	QueueErrands    QueueName = "errands"    // what assistants are to write for operators
	QueueMails      QueueName = "mails"
	QueueWebhooks   QueueName = "webhooks"
	QueueErasures   QueueName = "erasures" // visitors who are still to be removed from the homeserver
	QueueMoves      QueueName = "moves"    // dialogs whose rooms are to be listed elsewhere
)

// Backlog is what waits in one queue.
type Backlog struct {
	Queue QueueName
	// Length is at most MostCounted.
	Length int64
	// Oldest is when what has waited longest came in; zero when nothing waits.
	Oldest time.Time
	// Ageless queues do not keep when something came in: Oldest is always zero.
	Ageless bool
}

// MostCounted is up to where rows are counted: a longer queue is counted as this long,
// so that a look costs the same whatever happened.
const MostCounted = 100_000

// lookAt is a look at a queue.
type lookAt struct {
	queue QueueName
	query string
}

// talkingSites stands for the sites whose bots are switched on.
const talkingSites = `{talking}`

// statement is the look with its arguments.
func (l lookAt) statement(sites []chat.SiteID) (statement string, args []any) {
	q := query{args: []any{MostCounted}}
	if !strings.Contains(l.query, talkingSites) {
		return l.query, q.args
	}
	// PostgreSQL takes no empty list, and no site is called "".
	return strings.ReplaceAll(l.query, talkingSites, q.list(append([]any{""}, anys(sites)...))), q.args
}

// backlogs are the looks at the queues. Each goes by an index that has nothing but what
// waits, or through a table that has nothing else. $1 is MostCounted.
var backlogs = []lookAt{ //nolint:gochecknoglobals // a constant that the language cannot write
	// A greeting that is older than the dialog began to wait when its visitor acted. CROSS
	// has SQLite look at the dialog first, which most greetings fall out by. What others than
	// a blocked visitor say and remove goes on, if there is a room.
	{QueueOutbox, `SELECT coalesce(sum(waiting), 0), coalesce(min(since), 0) FROM (
		SELECT w.waiting, CASE WHEN e.at < d.opened_at THEN d.opened_at ELSE e.at END AS since
		FROM (SELECT visitor_id, min(seq) AS first, count(*) AS waiting FROM outbox WHERE state = 'pending' GROUP BY visitor_id LIMIT $1) w
		CROSS JOIN dialog d CROSS JOIN entry e WHERE d.visitor_id = w.visitor_id AND NOT d.blocked
		AND (d.number > 0 OR d.visitor_id IN (SELECT id FROM visitor WHERE desk)) AND e.visitor_id = w.visitor_id AND e.seq = w.first
		UNION ALL SELECT 1, e.at FROM (SELECT DISTINCT visitor_id FROM outbox WHERE state = 'pending' LIMIT $1) w
		CROSS JOIN dialog d CROSS JOIN outbox o CROSS JOIN entry e WHERE d.visitor_id = w.visitor_id AND d.blocked
		AND EXISTS (SELECT 1 FROM room WHERE visitor_id = w.visitor_id AND current) AND o.visitor_id = w.visitor_id AND o.state = 'pending'
		AND e.visitor_id = o.visitor_id AND e.seq = o.seq AND e.party <> 'visitor') AS u`},
	{QueueInbox, counted(`inbox WHERE state = 'new'`, `SELECT received_at FROM inbox WHERE state = 'new' ORDER BY position LIMIT 1`)},
	{QueueParked, counted(`inbox WHERE state = 'parked'`, `SELECT min(received_at) FROM inbox WHERE state = 'parked'`)},
	// What the bot is to hear of who is shut out waits for the end of that, by right; see ShutOut.
	// So does what it was to hear when it was switched off.
	{QueueBot, `SELECT count(*), coalesce(min(at), 0) FROM (SELECT i.at FROM bot_input i WHERE NOT EXISTS (SELECT 1 FROM dialog d WHERE d.visitor_id = i.visitor_id AND d.blocked)
		AND NOT EXISTS (SELECT 1 FROM address a JOIN visitor v ON v.id = a.visitor_id JOIN blocked_address b ON b.site = v.site AND b.hash = a.hash WHERE a.visitor_id = i.visitor_id)
		AND EXISTS (SELECT 1 FROM visitor v WHERE v.id = i.visitor_id AND v.site IN (` + talkingSites + `))
		ORDER BY i.position LIMIT $1) AS w`},
	{QueueRequests, counted(`bot_request`, ageless)},
	{QueueAssistants, `SELECT count(*), coalesce(min(at), 0) FROM (SELECT r.at FROM assistant_request r
		WHERE EXISTS (SELECT 1 FROM visitor v WHERE v.id = r.visitor_id AND v.site IN (` + talkingSites + `)) LIMIT $1) AS w`},
	{QueueErrands, counted(`errand`, ageless)},
	{QueueMails, deliveries(Mail)},
	{QueueWebhooks, deliveries(Webhook)},
	{QueueErasures, counted(`erasure`, `SELECT min(requested_at) FROM erasure`)},
	{QueueMoves, counted(`dialog WHERE move > 0`, ageless)},
}

// ageless is the time of a queue whose rows do not keep when they came in: they have only
// when they are due, or nothing.
const ageless = `SELECT -1`

func counted(of, oldest string) string {
	return `SELECT (SELECT count(*) FROM (SELECT 1 FROM ` + of + ` LIMIT $1) AS w), coalesce((` + oldest + `), 0)`
}

func deliveries(kind DeliveryKind) string {
	// What is tried once more is as old as that.
	return `SELECT count(*), coalesce(min(since), 0) FROM (SELECT CASE WHEN ended_at > 0 THEN ended_at ELSE created_at END AS since FROM delivery
		WHERE kind = '` + string(kind) + `' AND state = 'pending' LIMIT $1) AS w`
}

// Backlogs returns what waits in each queue, in a fixed order; talking are the sites whose
// bots are switched on. It reads beside the writer, and ends with ctx.
func (s *Store) Backlogs(ctx context.Context, talking []chat.SiteID) ([]Backlog, error) {
	found := make([]Backlog, 0, len(backlogs))
	for _, b := range backlogs {
		var length, oldest int64
		statement, args := b.statement(talking)
		if err := s.db.QueryRow(ctx, statement, args...).Scan(&length, &oldest); err != nil {
			return nil, fmt.Errorf("look at the queue %s: %w", b.queue, err)
		}
		backlog := Backlog{Queue: b.queue, Length: length, Ageless: oldest < 0}
		if oldest > 0 {
			backlog.Oldest = time.UnixMilli(oldest)
		}
		found = append(found, backlog)
	}
	return found, nil
}

// SetAside is what could not be brought to its end and is kept.
type SetAside struct {
	// Events of the homeserver that cannot be converted; Entries that it refuses.
	// Both are at most MostCounted.
	Events, Entries int64
}

// SetAside returns how much was set aside.
func (s *Store) SetAside(ctx context.Context) (a SetAside, err error) {
	err = s.db.QueryRow(ctx, `SELECT (SELECT count(*) FROM (SELECT 1 FROM inbox WHERE state = 'failed' LIMIT $1) AS i),
		(SELECT count(*) FROM (SELECT 1 FROM outbox WHERE state = 'failed' LIMIT $1) AS o)`, MostCounted).Scan(&a.Events, &a.Entries)
	return a, err
}

// Standing is how many dialogs are open, and in how many a visitor waits for a person.
type Standing struct {
	Open, Waiting int64
	// Since is when the one who has waited longest began to; zero if nobody waits.
	Since time.Time
}

// Standing counts dialogs, each kind up to MostCounted.
func (s *Store) Standing(ctx context.Context) (at Standing, err error) {
	var since int64
	err = s.db.QueryRow(ctx, `SELECT (SELECT count(*) FROM (SELECT 1 FROM dialog WHERE status = 'open' LIMIT $1) AS o),
		(SELECT count(*) FROM (SELECT 1 FROM dialog WHERE waiting_since > 0 AND status = 'open' AND NOT blocked LIMIT $1) AS w),
		coalesce((SELECT waiting_since FROM dialog WHERE waiting_since > 0 AND status = 'open' AND NOT blocked ORDER BY waiting_since LIMIT 1), 0)`,
		MostCounted).Scan(&at.Open, &at.Waiting, &since)
	if since > 0 {
		at.Since = time.UnixMilli(since)
	}
	return at, err
}
