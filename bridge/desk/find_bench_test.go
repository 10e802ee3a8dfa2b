package desk

import (
	"context"
	"database/sql"
	"fmt"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bot/fold"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
)

// BenchmarkFindDialogs reports how long "!find" takes among 10,000 closed dialogs, from
// the command to its durable answer, and how long the bare query of the names
// takes on the same file, in turns.
func BenchmarkFindDialogs(b *testing.B) {
	const (
		dialogs = 10_000
		rounds  = 100
	)
	ctx := b.Context()
	d, site, path := startDesk(b)
	bare, err := sql.Open("sqlite3", "file:"+path)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = bare.Close() })
	fill(ctx, b, bare, dialogs)
	room, err := d.dialog.DeskOf(ctx, site.ID)
	if err != nil {
		b.Fatal(err)
	}
	words := []string{"ёлкин 77", "berlin 1234", "нет такого", "#9999"}
	for b.Loop() {
		var found, asked time.Duration
		for i := range rounds {
			word := words[i%len(words)]
			start := time.Now()
			if err := d.dialog.Command(ctx, dialog.Command{
				Site: site, Visitor: room, Sender: "@ann:example.org", Allowed: true, Text: "!find " + word, Event: id.EventID(fmt.Sprintf("$%d", i)),
			}, func(context.Context) error { return nil }); err != nil {
				b.Fatal(err)
			}
			found += time.Since(start)
			start = time.Now()
			query(ctx, b, bare, fold.Words(word))
			asked += time.Since(start)
		}
		b.ReportMetric(float64(found.Microseconds())/rounds/1000, "find-ms")
		b.ReportMetric(float64(asked.Microseconds())/rounds/1000, "query-ms")
		b.ReportMetric(rounds, "turns")
	}
}

// fill makes closed dialogs with names, places and tags as they come.
func fill(ctx context.Context, b *testing.B, db *sql.DB, dialogs int) {
	b.Helper()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	for i := range dialogs {
		name := fmt.Sprintf("Berlin Nov 26, 09:%02d (%d)", i%60, i)
		if i%2 == 0 {
			name = fmt.Sprintf("Пётр Ёлкин %d", i)
		}
		v := chat.NewVisitorID()
		type insertion struct {
			statement string
			arguments []any
		}
		inserts := []insertion{
			{
				`INSERT INTO visitor (id, site, created_at, seen_at, language, time_zone, user_agent, number, name, named_by)
				VALUES (?, 'shop', ?, ?, 'ru', 'Europe/Berlin', 'Mozilla/5.0', ?, ?, 'bridge')`,
				[]any{v, i, i, i + 1, name},
			},
			{
				`INSERT INTO dialog (visitor_id, site, number, sort_name, last_seq, status, opened_at, closed_at, said_at) VALUES (?, 'shop', ?, ?, 2, 'closed', ?, ?, ?)`,
				[]any{v, i + 1, fold.Fold(name), i, i, i},
			},
		}
		for _, word := range fold.Terms(fmt.Sprintf("%s\n#%d\nVIP\nlead\nanna%d@example.com", name, i+1, i), 1000) {
			inserts = append(inserts, insertion{`INSERT INTO word (visitor_id, word, site) VALUES (?, ?, 'shop')`, []any{v, word}})
		}
		for _, insert := range inserts {
			if _, err := tx.ExecContext(ctx, insert.statement, insert.arguments...); err != nil {
				b.Fatal(err)
			}
		}
	}
	if err := tx.Commit(); err != nil {
		b.Fatal(err)
	}
}

// query is the least that finds names.
func query(ctx context.Context, b *testing.B, db *sql.DB, words []string) {
	b.Helper()
	statement, arguments := `SELECT v.id, v.name FROM visitor v JOIN dialog d ON d.visitor_id = v.id WHERE v.site = 'shop'`, []any{}
	for _, word := range words {
		statement += ` AND v.id IN (SELECT visitor_id FROM word WHERE site = 'shop' AND word >= ? AND word < ?)`
		arguments = append(arguments, word, word+"~")
	}
	rows, err := db.QueryContext(ctx, statement+` ORDER BY d.said_at DESC LIMIT 21`, arguments...)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var v, name string
		if err := rows.Scan(&v, &name); err != nil {
			b.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		b.Fatal(err)
	}
}
