package figures

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3"

	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// BenchmarkFigures reports how long the figures of 92 days take with 100,000 dialogs and
// a million messages in them, of one day, and how long it took to count all of that when
// the tables were made.
func BenchmarkFigures(b *testing.B) {
	path := filepath.Join(b.TempDir(), "anteroom.db")
	s, err := store.Open(b.Context(), store.Options{Type: "sqlite3", URI: path})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	now := time.Date(2026, 11, 26, 18, 0, 0, 0, time.UTC)
	counted := fill(b, path, now)
	site := config.DefaultSite("shop")
	for b.Loop() {
		for days, unit := range map[int]string{1: "day-ms", MostDays: "92days-ms"} {
			begin := time.Now()
			f, err := Of(b.Context(), s, site, now, days)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(time.Since(begin).Microseconds())/1000, unit)
			if days == MostDays && (f.Total.Asked < 300_000 || f.FirstAnswer.Counted < 90_000 || f.Visitors < 90_000 || len(f.Operators) != 7) {
				b.Fatalf("%+v", f)
			}
		}
	}
	b.ReportMetric(float64(counted.Milliseconds()), "count-all-ms")
}

// fill makes dialogs that began in the last 92 days, ten messages in each, and counts them
// as the migration does.
func fill(b *testing.B, path string, now time.Time) (counted time.Duration) {
	b.Helper()
	db, err := sql.Open("sqlite3", "file:"+path+"?_synchronous=OFF")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	begin := now.AddDate(0, 0, -MostDays).Add(time.Hour).UnixMilli()
	each := (now.UnixMilli() - begin) / 100_000
	run := func(statement string, args ...any) {
		if _, err := db.ExecContext(b.Context(), statement, args...); err != nil {
			b.Fatalf("%s: %v", statement, err)
		}
	}
	run(`INSERT INTO visitor (id, site, created_at, seen_at, language, time_zone, user_agent, number, name)
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 100000)
		SELECT printf('v%015d', i), 'shop', ?1 + i*?2, ?1 + i*?2, 'en', '', '', i, 'Ann' FROM n`, begin, each)
	run(`INSERT INTO dialog (visitor_id, last_seq, status, opened_at, closed_at, said_at, rating, rating_of)
		SELECT id, 10, CASE WHEN number % 10 = 0 THEN 'open' ELSE 'closed' END, created_at, created_at + 3600000, created_at, number % 5 + 1, CASE WHEN number % 4 = 0 THEN 5 ELSE 0 END FROM visitor`)
	run(`INSERT INTO entry (id, visitor_id, seq, kind, party, author_id, author_name, author_avatar, client_id, target, content, at, origin)
		WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i+1 FROM n WHERE i < 999999)
		SELECT printf('e%015d', i), printf('v%015d', i/10+1), i%10+1, 'message', CASE i%3 WHEN 0 THEN 'visitor' WHEN 1 THEN 'operator' ELSE 'bot' END,
			CASE i%3 WHEN 1 THEN '@op'||(i%7)||':x' ELSE '' END, '', '', '', '', '{"text":"Do you have green tea, and how long does it keep?"}',
			?1 + (i/10+1)*?2 + i%10*60000, 'o'||i FROM n`, begin, each)
	migration, err := os.ReadFile("../../store/migrations/15-figures.sql")
	if err != nil {
		b.Fatal(err)
	}
	_, counting, _ := strings.Cut(string(migration), "INSERT INTO")
	start := time.Now()
	run("INSERT INTO" + counting)
	return time.Since(start)
}
