// Command fill puts thousands of messages into a dialog for the browser's tests
// and measurements: at the speed of a person, or of a homeserver, that would take
// all day. It writes into the SQLite file of a running bridge, which reads what it
// says at the next question; the bridge's tasks know nothing of these messages,
// so none of them goes to Matrix.
package main

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"os"
	"time"

	_ "github.com/mattn/go-sqlite3"
)

func main() {
	file := flag.String("db", "", "write into the SQLite `file`")
	visitor := flag.String("visitor", "", "add to the dialog of the visitor with this `id`")
	count := flag.Int("messages", 5000, "add so many messages")
	flag.Parse()
	if err := fill(context.Background(), *file, *visitor, *count); err != nil {
		fmt.Fprintln(os.Stderr, "fill:", err)
		os.Exit(1)
	}
}

// A message every three minutes, in turns of one to four words' lines by the
// visitor and by an operator; each fiftieth has a reaction.
const messages = `
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
INSERT INTO entry (id, visitor_id, seq, kind, party, author_id, author_name, author_avatar, client_id, target, content, redacted, at, origin)
SELECT 'filled' || ?1 || i, ?1, ?3 + i + i / 50, 'message',
	CASE WHEN i % 5 < 2 THEN 'visitor' ELSE 'operator' END, CASE WHEN i % 5 < 2 THEN '' ELSE 'anna' END, CASE WHEN i % 5 < 2 THEN '' ELSE 'Anna' END, '',
	'', '', json_object('text', 'Message ' || i || '.' || substr(' With words that take a line or two, or three if there are many of them, as people write', 1, (i * 37) % 88)),
	false, ?4 - (?2 - i) * 180000, 'fill ' || i FROM n`

const reactions = `
INSERT INTO entry (id, visitor_id, seq, kind, party, author_id, author_name, author_avatar, client_id, target, content, redacted, at, origin)
SELECT 'on ' || id, visitor_id, seq - 1, 'reaction', 'operator', 'anna', 'Anna', '', '', id, '{"key":"👍"}', false, at, 'on ' || origin
FROM entry WHERE visitor_id = ?1 AND origin LIKE 'fill %' AND (seq - ?2) % 51 = 0`

func fill(ctx context.Context, file, visitor string, count int) error {
	db, err := sql.Open("sqlite3", "file:"+file+"?mode=rw&_txlock=immediate&_busy_timeout=10000")
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	defer db.Close() //nolint:errcheck // what counts was committed
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // after a commit it does nothing
	var last int64
	if err := tx.QueryRowContext(ctx, `SELECT last_seq FROM dialog WHERE visitor_id = ?1`, visitor).Scan(&last); err != nil {
		return fmt.Errorf("find the dialog of %q: %w", visitor, err)
	}
	if _, err := tx.ExecContext(ctx, messages, visitor, count, last, time.Now().UnixMilli()); err != nil {
		return fmt.Errorf("add messages: %w", err)
	}
	if _, err := tx.ExecContext(ctx, reactions, visitor, last); err != nil {
		return fmt.Errorf("add reactions: %w", err)
	}
	if _, err := tx.ExecContext(ctx, `UPDATE dialog SET last_seq = (SELECT max(seq) FROM entry WHERE visitor_id = ?1) WHERE visitor_id = ?1`, visitor); err != nil {
		return fmt.Errorf("number the dialog: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}
