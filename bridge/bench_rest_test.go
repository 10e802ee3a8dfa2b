package bridge_test

import (
	"database/sql"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/killpoint"
)

// restTurns is how often a bridge is started to be looked at.
const restTurns = 5

// BenchmarkRest reports the resident memory of a bridge with an empty database, when
// it no longer changes, and what of it are not pages of the program's file, which the
// kernel may drop; medians of several starts.
func BenchmarkRest(b *testing.B) {
	b.Setenv(killpoint.Profiles, "") // a profile takes memory, too
	for b.Loop() {
		s := bridgetest.Start(b, bridgetest.Options{})
		var rest, own []float64
		for range restTurns {
			s.StopBridge(b)
			s.StartBridge(b, "")
			rest = append(rest, atRest(b, s.BridgePID()))
			own = append(own, memoryOf(b, s.BridgePID(), "RssAnon:"))
		}
		b.ReportMetric(middle(rest), "rest-MiB")
		b.ReportMetric(middle(own), "own-MiB")
		b.ReportMetric(restTurns, "turns")
	}
	b.ReportMetric(0, "ns/op")
}

// BenchmarkStart reports how long a bridge takes from its process's start to the open
// door, with an empty database and with 100,000 dialogs in it, and its resident memory
// with these when it no longer changes; medians of several starts. The homeserver is away,
// as it does not know the rooms of dialogs that were only written into the database, and
// a bridge that makes them anew is not at rest.
func BenchmarkStart(b *testing.B) {
	b.Setenv(killpoint.Profiles, "") // a profile takes memory, too
	for b.Loop() {
		s := bridgetest.Start(b, bridgetest.Options{})
		if err := s.Homeserver.Stop(); err != nil {
			b.Fatal(err)
		}
		var empty, full, rest, own []float64
		start := func() float64 {
			s.StopBridge(b)
			at := time.Now()
			s.StartBridge(b, "")
			return time.Since(at).Seconds()
		}
		for range restTurns {
			empty = append(empty, start())
		}
		s.StopBridge(b)
		fillDialogs(b, s.Database(), 100_000)
		s.StartBridge(b, "") // writes the log of the filling back, which no usual start has to
		for range restTurns {
			full = append(full, start())
			rest = append(rest, atRest(b, s.BridgePID()))
			own = append(own, memoryOf(b, s.BridgePID(), "RssAnon:"))
		}
		b.ReportMetric(middle(own), "own-MiB")
		b.ReportMetric(middle(empty), "empty-start-s")
		b.ReportMetric(middle(full), "start-s")
		b.ReportMetric(middle(rest), "rest-MiB")
		b.ReportMetric(restTurns, "turns")
	}
	b.ReportMetric(0, "ns/op")
}

func middle(all []float64) float64 {
	slices.Sort(all)
	return all[len(all)/2]
}

// atRest waits until a process's resident memory has stayed the same for a while, and
// returns it in MiB.
func atRest(b *testing.B, pid int) float64 {
	b.Helper()
	const still, near = 10 * time.Second, 1.0 // MiB that may come and go between two collections
	mark, since := memoryOf(b, pid, "VmRSS:"), time.Now()
	bridgetest.Await(b, "the memory stays the same", func() bool {
		if now := memoryOf(b, pid, "VmRSS:"); now < mark-near || now > mark+near {
			mark, since = now, time.Now()
		}
		return time.Since(since) >= still
	})
	return mark
}

// memoryOf is a figure of a process's status, in MiB.
func memoryOf(b *testing.B, pid int, name string) float64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	_, line, _ := strings.Cut(string(status), name)
	kilobytes, err := strconv.ParseFloat(strings.Fields(line)[0], 64)
	if err != nil {
		b.Fatal(err)
	}
	return kilobytes / 1024
}

// fillDialogs makes dialogs as a shop has them, each with a room and a message: most
// closed, 2% open, half of these waiting.
func fillDialogs(b *testing.B, file string, dialogs int) {
	b.Helper()
	db, err := sql.Open("sqlite3", "file:"+file+"?mode=rw&_txlock=immediate&_busy_timeout=10000")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1) // the temporary table is the connection's own
	const said = `(1700000000000 + (i * 7919 % 100000) * 1000)`
	for _, statement := range []string{
		`CREATE TEMP TABLE made AS WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ` + strconv.Itoa(dialogs) + `)
			SELECT i, lower(hex(randomblob(8))) AS id FROM n`,
		`INSERT INTO visitor (id, site, created_at, seen_at, language, time_zone, user_agent, page_url, number, name, named_by)
			SELECT id, 'shop', ` + said + `, ` + said + `, 'ru', 'Europe/Berlin', 'Mozilla/5.0 (X11; Linux x86_64)', 'https://shop.example/tea', i + 1, 'Visitor ' || i, 'operator' FROM made`,
		`INSERT INTO dialog (visitor_id, site, number, sort_name, last_seq, status, opened_at, closed_at, waiting_since, said_at, last_id, last_at, last_party, last_text, unread)
			SELECT id, 'shop', i + 1, 'visitor ' || i, 1, CASE WHEN i % 50 = 0 THEN 'open' ELSE 'closed' END, ` + said + `, ` + said + `,
				CASE WHEN i % 100 = 0 THEN ` + said + ` ELSE 0 END, ` + said + `, 'e' || id, ` + said + `, 'visitor', 'Do you have green tea?', 1 FROM made`,
		`INSERT INTO entry (id, visitor_id, seq, kind, party, author_id, author_name, author_avatar, client_id, target, content, redacted, at, origin)
			SELECT 'e' || id, id, 1, 'message', 'visitor', '', '', '', 'client-1', '', '{"text":"Do you have green tea?"}', false, ` + said + `, 'client-1' FROM made`,
		`INSERT INTO counter (name, value) VALUES ('number of shop', ` + strconv.Itoa(dialogs) + `)`,
		`INSERT INTO outbox (entry_id, visitor_id, seq, state) SELECT 'e' || id, id, 1, 'sent' FROM made`,
		`INSERT INTO room (room_id, visitor_id, current, created_at, counted) SELECT '!' || id || ':localhost', id, true, ` + said + `, true FROM made`,
	} {
		if _, err := db.ExecContext(b.Context(), statement); err != nil {
			b.Fatalf("%s: %v", statement, err)
		}
	}
}
