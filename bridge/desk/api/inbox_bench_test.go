package api

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3"
	"github.com/rs/zerolog"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bot/fold"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// asks is what the inbox is asked for, and the bare query that finds the same: its
// conditions on a dialog d, and its order.
type asks struct{ name, query, from, where, order string }

const (
	byNumber   = `d.number DESC`
	byActivity = `d.said_at DESC, d.number DESC`
	byName     = `d.sort_name, d.number`
	byWait     = `CASE WHEN d.status = 'open' AND d.waiting_since > 0 AND NOT d.blocked THEN d.waiting_since
		WHEN d.status = 'open' THEN 20000000000000 - d.said_at ELSE 40000000000000 - d.said_at END, d.number`
)

// The first page as the panel asks for it, and the bare query of the numbers in it.
const (
	withCounts = "counts"
	bareCounts = `SELECT d.status, count(*) FROM dialog d WHERE d.site = 'shop' AND d.number <> 0 GROUP BY d.status
		UNION ALL SELECT 'mine', count(*) FROM dialog d WHERE d.site = 'shop' AND d.number <> 0 AND d.assignee = '@anna:example.org' AND d.status = 'open'
		UNION ALL SELECT 'unanswered', count(*) FROM dialog d WHERE d.site = 'shop' AND d.number <> 0 AND d.status = 'open' AND d.waiting_since > 0 AND NOT d.blocked
		UNION ALL SELECT 'online', count(*) FROM presence p CROSS JOIN dialog d ON d.visitor_id = p.visitor_id WHERE d.site = 'shop' AND d.number <> 0`
)

// from begins with the visitors of a condition.
func from(table, condition string) string {
	return `(SELECT DISTINCT visitor_id FROM ` + table + ` WHERE ` + condition + `) AS f CROSS JOIN `
}

// both begins with the visitors of whom two beginnings of words are known.
func both(one, other string) string {
	const of = `SELECT visitor_id FROM word WHERE site = 'shop' AND `
	return `(` + of + one + ` INTERSECT ` + of + other + `) AS f CROSS JOIN `
}

// has is a condition of a dialog that was found otherwise.
func has(table, condition string) string {
	return ` AND EXISTS (SELECT 1 FROM ` + table + ` x WHERE x.visitor_id = d.visitor_id AND ` + condition + `)`
}

// begins is the condition of the beginning of a word.
func begins(word string) string { return fmt.Sprintf(`word >= '%s' AND word < '%s~'`, word, word) }

func allAsks() []asks {
	const site, found = `site = 'shop' AND `, ` AND d.visitor_id = f.visitor_id`
	return []asks{
		{"first", "", "", "", byNumber},
		{"first-waiting", "sort=waiting", "", "", byWait},
		{"first-activity", "sort=activity", "", "", byActivity},
		{"first-name", "sort=name", "", "", byName},
		{withCounts, "counts=true&status=open&sort=waiting", "", ` AND d.status = 'open'`, byWait}, // as the panel asks
		{"filter-open", "status=open&sort=waiting", "", ` AND d.status = 'open'`, byWait},
		{"filter-closed", "status=closed&sort=activity", "", ` AND d.status = 'closed'`, byActivity},
		{"filter-mine", "assignee=@ann:example.org&sort=activity", "", ` AND d.assignee || '' = '@ann:example.org'`, byActivity},
		{"filter-nobodys", "assignee=none&status=open&sort=activity", "", ` AND d.assignee || '' = '' AND d.status = 'open'`, byActivity},
		{"filter-unanswered", "unanswered=true&sort=activity", "", ` AND d.status = 'open' AND d.waiting_since > 0 AND NOT d.blocked`, byActivity},
		{"filter-online", "online=true&sort=activity", from("presence", "true"), found, byActivity},
		{"filter-rare-tag", "tag=VIP&sort=activity", from("tag", site+"folded = 'vip'"), found, byActivity},
		{"filter-usual-tag", "tag=lead&sort=activity", "", has("tag", "folded = 'lead'"), byActivity},
		{"search-name", "q=" + url.QueryEscape("Пётр Ёлкин-77") + "&sort=waiting", from("word", site+begins("елкин-77")), found + has("word", begins("петр")), byWait},
		{"search-address", "q=anna.smith12@&sort=waiting", from("word", site+begins("anna.smith12")), found, byWait},
		{"search-usual", "q=example.com&sort=waiting", "", has("word", begins("example.com")), byWait},
		{"search-nothing", "q=nobody&sort=waiting", from("word", site+begins("nobody")), found, byWait},
		{"search-usual-words", "q=" + url.QueryEscape("smith петр") + "&sort=waiting", both(begins("smith"), begins("петр")), found, byWait},
		{"search-usual-tag", "q=" + url.QueryEscape("елкин ann") + "&tag=lead&sort=activity", both(begins("елкин"), begins("ann")), found + has("tag", "folded = 'lead'"), byActivity},
		{"search-filtered", "q=smi&status=open&tag=lead&sort=activity", "", has("word", begins("smi")) + ` AND d.status = 'open'` + has("tag", "folded = 'lead'"), byActivity},
	}
}

// BenchmarkInbox reports how long a page of 50 contacts takes among 100,000, from the
// request to the JSON: with every order, filter and search, and at the end of the
// list; and how long the bare query takes that reads the rows of the same contacts, in turns.
func BenchmarkInbox(b *testing.B) {
	const (
		contacts = 100_000
		rounds   = 60
	)
	start := time.Now()
	a, db := bigInbox(b, contacts)
	b.Logf("filled in %s", time.Since(start))
	asked := append(allAsks(), ends(b, db)...)
	for b.Loop() {
		for _, ask := range asked {
			statement := bareStatement(ask)
			request := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/?"+ask.query, nil)
			var ours, bare []time.Duration
			for range rounds {
				start := time.Now()
				n := page(b, a, request)
				ours = append(ours, time.Since(start))
				start = time.Now()
				found := rowsOf(b.Context(), b, db, statement)
				if ask.name == withCounts {
					rowsOf(b.Context(), b, db, bareCounts)
				}
				bare = append(bare, time.Since(start))
				if n != min(found, usualLimit) {
					b.Fatalf("%s lists %d contacts, and the bare query finds %d", ask.name, n, found)
				}
			}
			b.ReportMetric(median(ours), ask.name+"-ms")
			b.ReportMetric(median(bare), ask.name+"-query-ms")
			b.Logf("%-20s %6.2f ms, bare %6.2f ms: %.2f", ask.name, median(ours), median(bare), median(ours)/median(bare))
		}
	}
	b.ReportMetric(rounds, "turns") // of each
	b.ReportMetric(0, "ns/op")
}

// median is in milliseconds.
func median(times []time.Duration) float64 {
	slices.Sort(times)
	return float64(times[len(times)/2].Microseconds()) / 1000
}

// page asks for a part of the list and returns how many it holds.
func page(b *testing.B, a *API, r *http.Request) int {
	b.Helper()
	answer, err := a.contacts(r.Context(), request{Request: r, site: a.cfg.Sites["shop"], who: &principal{operator: "@anna:example.org"}})
	if err == nil {
		_, _, err = encode(answer, nil)
	}
	if err != nil {
		b.Fatal(err)
	}
	found, _ := answer.body.(Contacts)
	return len(found.Items)
}

func bareStatement(ask asks) string {
	return `SELECT v.*, d.*, (SELECT group_concat(tag) FROM tag t WHERE t.visitor_id = v.id), (SELECT group_concat(name || value) FROM variable x WHERE x.visitor_id = v.id)
		FROM ` + ask.from + `dialog d CROSS JOIN visitor v ON v.id = d.visitor_id` +
		` WHERE d.site = 'shop' AND d.number <> 0` + ask.where + fmt.Sprintf(` ORDER BY %s LIMIT %d`, ask.order, usualLimit+1)
}

// ends are the last parts of the list in each order.
func ends(b *testing.B, db *sql.DB) (all []asks) {
	b.Helper()
	for _, end := range []struct {
		order           store.Order
		key, than, back string
	}{
		{store.ByNewest, `d.number`, `<`, `d.number`},
		{store.ByActivity, `d.said_at`, `<`, `d.said_at, d.number`},
		{store.ByName, `d.sort_name`, `>`, `d.sort_name DESC, d.number DESC`},
		{store.ByWait, strings.TrimSuffix(byWait, ", d.number"), `>`, strings.ReplaceAll(byWait, "END, d.number", "END DESC, d.number DESC")},
	} {
		var p store.Place
		var key any
		if err := db.QueryRowContext(b.Context(), `SELECT d.number, `+end.key+` FROM dialog d WHERE d.site = 'shop' AND d.number <> 0 ORDER BY `+end.back+` LIMIT 1 OFFSET 60`).
			Scan(&p.Number, &key); err != nil {
			b.Fatal(err)
		}
		where := fmt.Sprintf(` AND d.number < %d`, p.Number)
		order := byNumber
		switch value := key.(type) {
		case string:
			p.Name = value
			where, order = fmt.Sprintf(` AND (d.sort_name, d.number) > ('%s', %d)`, value, p.Number), byName
		case int64:
			p.Key = value
			if end.order == store.ByNewest {
				break
			}
			where = fmt.Sprintf(` AND (%s, d.number) %s (%d, %d)`, end.key, end.than, value, p.Number)
			if order = byActivity; end.order == store.ByWait {
				order = byWait
			}
		}
		all = append(all, asks{
			"end-" + string(end.order), "sort=" + string(end.order) + "&cursor=" + *hidden(placeText(end.order, p)), "", where, order,
		})
	}
	return all
}

// rowsOf reads the rows of a query and returns how many there are.
func rowsOf(ctx context.Context, b *testing.B, db *sql.DB, statement string) (n int) {
	b.Helper()
	rows, err := db.QueryContext(ctx, statement)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		b.Fatal(err)
	}
	values, places := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		places[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(places...); err != nil {
			b.Fatal(err)
		}
		n++
	}
	if err := rows.Err(); err != nil {
		b.Fatal(err)
	}
	return n
}

// bigInbox is an API whose shop has that many contacts, and its database.
func bigInbox(tb testing.TB, contacts int) (*API, *sql.DB) {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "anteroom.db")
	s, err := store.Open(tb.Context(), store.Options{Type: "sqlite3", URI: path})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.Close() })
	cfg := config.Default()
	cfg.Homeserver.Domain, cfg.Gateway.DataDir = "example.org", tb.TempDir()
	site := config.DefaultSite("shop")
	site.Operators = []id.UserID{"@ann:example.org"}
	cfg.Sites["shop"] = site
	service, err := dialog.New(cfg, s, zerolog.Nop())
	if err != nil {
		tb.Fatal(err)
	}
	db, err := sql.Open("sqlite3", "file:"+path+"?_synchronous=off&_busy_timeout=10000&_stmt_cache_size=128&_cache_size=-4000")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = db.Close() })
	fill(tb.Context(), tb, db, contacts)
	return New(cfg, s, service, nil, nil, nowhere, zerolog.Nop()), db
}

// fill makes contacts as a shop has them: most closed, 2% open, half of these waiting.
// The database makes them by itself, which is ten times as fast as row by row, and
// its indexes when all is there.
func fill(ctx context.Context, tb testing.TB, db *sql.DB, contacts int) {
	tb.Helper()
	db.SetMaxOpenConns(1) // the temporary table is the connection's own
	indexes := indexesOf(ctx, tb, db)
	const said = `(1700000000000 + (i * 7919 % 100000) * 1000)`
	statements := []string{
		`CREATE TEMP TABLE made AS WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ` + fmt.Sprint(contacts) + `)
			SELECT i, lower(hex(randomblob(8))) AS id,
				CASE WHEN i % 2 = 0 THEN 'Пётр' ELSE substr('Anna Peter Karl ', i % 3 * 5 + 1, 5) END AS first,
				CASE WHEN i % 2 = 0 THEN 'Ёлкин' ELSE substr('Smith Jones García', i / 2 % 3 * 6 + 1, 6) END AS last, '' AS folded, '' AS address FROM n`,
		`UPDATE made SET first = trim(first), last = trim(last)`,
		`UPDATE made SET folded = replace(replace(replace(lower(last), 'Ё', 'е'), 'ё', 'е'), 'í', 'i')`,
		`UPDATE made SET address = CASE WHEN i % 2 = 0 THEN 'petr' ELSE lower(first) || '.' || folded END || i || '@example.com'`,
		`INSERT INTO visitor (id, site, created_at, seen_at, language, time_zone, user_agent, page_url, number, name, named_by)
			SELECT id, 'shop', ` + said + `, ` + said + `, 'ru', 'Europe/Berlin', 'Mozilla/5.0 (X11; Linux x86_64)', 'https://shop.example/tea', i + 1, first || ' ' || last || '-' || i, 'operator' FROM made`,
		`INSERT INTO dialog (visitor_id, site, number, sort_name, last_seq, status, opened_at, closed_at, waiting_since, said_at, assignee, last_id, last_at, last_party, last_text, unread)
			SELECT id, 'shop', i + 1, CASE WHEN i % 2 = 0 THEN 'петр' ELSE lower(first) END || ' ' || folded || '-' || i, 3, CASE WHEN i % 50 = 0 THEN 'open' ELSE 'closed' END,
				` + said + `, ` + said + `, CASE WHEN i % 100 = 0 THEN ` + said + ` ELSE 0 END, ` + said + `, CASE WHEN i % 40 = 1 OR i % 150 = 0 THEN '@ann:example.org' ELSE '' END,
				'e', ` + said + `, 'visitor', 'Hello! Do you have green tea, and how long does it keep?', 1 FROM made`,
		`INSERT INTO variable (visitor_id, name, value) SELECT id, 'email', address FROM made`,
		`INSERT INTO tag (visitor_id, site, folded, tag) SELECT id, 'shop', 'lead', 'lead' FROM made WHERE i % 3 = 0 UNION ALL SELECT id, 'shop', 'vip', 'VIP' FROM made WHERE i % 100 = 0`,
		`INSERT INTO presence (visitor_id, since) SELECT id, 1 FROM made WHERE i % 200 = 0`,
	}
	for _, word := range []string{
		`CASE WHEN i % 2 = 0 THEN 'петр' ELSE lower(first) END`, `folded || '-' || i`, `CAST(i AS TEXT)`, `CAST(i + 1 AS TEXT)`, `address`,
		`CASE WHEN i % 2 = 1 THEN substr(address, instr(address, '.') + 1) END`, `'example.com'`, `'com'`, `'email'`,
		`CASE WHEN i % 3 = 0 THEN 'lead' END`, `CASE WHEN i % 100 = 0 THEN 'vip' END`,
	} {
		statements = append(statements, `INSERT OR IGNORE INTO word (visitor_id, word, site) SELECT id, `+word+`, 'shop' FROM made WHERE `+word+` IS NOT NULL ORDER BY id`)
	}
	for _, index := range indexes {
		statements = append(statements, index.make)
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	for _, index := range indexes {
		statements = append([]string{`DROP INDEX ` + index.name}, statements...)
	}
	for _, statement := range statements {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			tb.Fatalf("%s: %v", statement, err)
		}
	}
	if err := tx.Commit(); err != nil {
		tb.Fatal(err)
	}
	db.SetMaxOpenConns(0)
	checkFill(ctx, tb, db, contacts-contacts%6-3) // an odd one, with the tag lead
	checkFill(ctx, tb, db, 0)
}

// made is an index and how it is made.
type made struct{ name, make string }

func indexesOf(ctx context.Context, tb testing.TB, db *sql.DB) (all []made) {
	tb.Helper()
	rows, err := db.QueryContext(ctx, `SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ('visitor', 'dialog', 'word', 'tag')`)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var m made
		if err := rows.Scan(&m.name, &m.make); err != nil {
			tb.Fatal(err)
		}
		all = append(all, m)
	}
	if err := rows.Err(); err != nil {
		tb.Fatal(err)
	}
	return all
}

// checkFill finds that a contact has the words that the bridge would keep of it.
func checkFill(ctx context.Context, tb testing.TB, db *sql.DB, i int) {
	tb.Helper()
	var name, sorted, address, tags, words string
	if err := db.QueryRowContext(ctx, `SELECT v.name, d.sort_name, x.value, (SELECT group_concat(tag, ' ') FROM tag t WHERE t.visitor_id = v.id),
			(SELECT group_concat(word, ' ') FROM (SELECT word FROM word w WHERE w.visitor_id = v.id ORDER BY word))
		FROM visitor v JOIN dialog d ON d.visitor_id = v.id JOIN variable x ON x.visitor_id = v.id WHERE v.number = ?`, i+1).
		Scan(&name, &sorted, &address, &tags, &words); err != nil {
		tb.Fatal(err)
	}
	want := fold.Terms(fmt.Sprintf("%s\n#%d\n%s\n%s\nemail %s", name, i+1, address, tags, address), 1000)
	slices.Sort(want)
	if words != strings.Join(want, " ") || sorted != fold.Fold(name) {
		tb.Fatalf("%s is sorted as %q and found by\n%s, want\n%s", name, sorted, words, strings.Join(want, " "))
	}
}
