package storm_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/storm/record"
)

// settle is how long figures may take to come down: ghosts are polled for a while after
// their visitors left, and idle connections are closed after a minute and a half.
const settle = 2 * time.Minute

// figures records goroutines and memory of the bridge. In the end they are given time.
func (s *storm) figures(when string) {
	var first [2]int64
	if when == "end" {
		first = s.first()
	}
	deadline := time.Now().Add(settle)
	var now [2]int64
	bridgetest.AwaitFor(s.T, 2*settle, "the bridge tells its figures", func() bool {
		var ok bool
		if now, ok = s.measure(); !ok {
			return false
		}
		const near = 16
		return when == "start" || now[0] <= first[0]+near && (bridgetest.RaceEnabled || now[1] <= first[1]+48<<20) || time.Now().After(deadline)
	})
	resident := record.Op("resident")
	if bridgetest.RaceEnabled {
		resident = "resident-with-race-detector" // whose own memory only grows
	}
	for i, name := range []record.Op{"goroutines", resident} {
		s.out.Write(record.Line{Kind: record.Figure, Op: name, Text: when, Seq: now[i]})
	}
}

// first are the figures of the start.
func (s *storm) first() (at [2]int64) {
	lines, err := record.Load(s.folder)
	if err != nil {
		s.Fatal(err)
	}
	for _, l := range lines {
		if l.Kind == record.Figure && l.Op == "goroutines" {
			at[0] = l.Seq
		}
		if l.Kind == record.Figure && l.Op != "goroutines" {
			at[1] = l.Seq
		}
	}
	return at
}

func (s *storm) measure() (now [2]int64, ok bool) {
	resp, err := get(s.Context(), s.metrics)
	if err != nil {
		return now, false
	}
	defer func() { _ = resp.Body.Close() }()
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), " ")
		n, err := strconv.ParseFloat(value, 64)
		switch {
		case err != nil:
		case name == "go_goroutines":
			now[0] = int64(n)
		case name == "process_resident_memory_bytes":
			now[1] = int64(n)
		}
	}
	return now, now[0] > 0 && now[1] > 0
}

// prove writes down what the other side has and lets the checker judge. A homeserver
// shows some things late, so what is found has to stay.
func (s *storm) prove() {
	checker := s.build()
	deadline := time.Now().Add(patience / 2)
	var found, summary string
	bridgetest.AwaitFor(s.T, 2*patience, "the checker judges", func() bool {
		s.dump()
		var out, words bytes.Buffer
		cmd := exec.CommandContext(s.Context(), checker, s.folder)
		cmd.Stdout, cmd.Stderr = &out, &words
		err := cmd.Run()
		found, summary = out.String(), words.String()
		return err == nil || time.Now().After(deadline)
	})
	s.Logf("%d faults in %s (%s); %s", s.faults, time.Since(s.began).Round(time.Second), kinds(s.kinds), strings.TrimSpace(summary))
	if found != "" || !strings.Contains(summary, " 0 findings") {
		s.Errorf("the checker says:\n%s%s", found, summary)
	}
	if os.Getenv("STORM_FAULTS") == "" {
		for _, lack := range lacking(s.span, s.kinds, s.messages) {
			s.Errorf("this storm proves nothing: %s", lack)
		}
	}
}

func (s *storm) build() string {
	path, err := filepath.Abs(filepath.Join("..", "..", "build", "test", "checker"))
	if err != nil {
		s.Fatal(err)
	}
	cmd := exec.CommandContext(s.Context(), "go", "build", "-o", path, "./checker")
	if out, err := cmd.CombinedOutput(); err != nil {
		s.Fatalf("build the checker: %v\n%s", err, out)
	}
	return path
}

// dump writes the journal and the rooms beside what clients recorded.
func (s *storm) dump() {
	ctx := s.Context()
	db, err := sql.Open("sqlite3", "file:"+s.Database()+"?mode=ro&_busy_timeout=5000")
	if err != nil {
		s.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	copied := filepath.Join(s.folder, record.Journal)
	_ = os.Remove(copied) // of the try before
	if _, err := db.ExecContext(ctx, `VACUUM INTO ?`, copied); err != nil {
		s.Fatal(err)
	}
	bot := s.Bot(s.T)
	rooms := record.Rooms{Bot: string(bot.UserID), Delivered: "@anteroom_delivered:localhost"}
	for _, o := range s.operators {
		rooms.Operators = append(rooms.Operators, string(o.UserID))
	}
	if err := db.QueryRowContext(ctx, `SELECT COUNT(*) FROM entry WHERE kind = 'message'`).Scan(&s.messages); err != nil {
		s.Fatal(err)
	}
	known := map[string]string{} // event → room
	s.rows(db, `SELECT event_id, room_id FROM event WHERE NOT twin`, func(event, room string) { known[event] = room })
	joined := s.joined(ctx, bot)
	s.rows(db, `SELECT room_id, '' FROM room`, func(room, _ string) {
		at := id.RoomID(room)
		rooms.Rooms = append(rooms.Rooms, record.Room{
			ID: room, Events: s.timeline(ctx, bot, at), Deleted: slices.Contains(s.deleted, at) && !slices.Contains(joined, at),
		})
	})
	for _, room := range s.strays(joined, db) {
		rooms.Rooms = append(rooms.Rooms, record.Room{ID: string(room), Events: s.timeline(ctx, bot, room)})
	}
	for i := range rooms.Rooms {
		room := &rooms.Rooms[i]
		has := map[string]bool{}
		for _, e := range room.Events {
			has[e.ID] = true
		}
		for event, in := range known {
			if in != room.ID || has[event] {
				continue
			}
			var e record.Event
			url := bot.BuildClientURL("v3", "rooms", room.ID, "event", event)
			if _, err := bot.MakeRequest(ctx, http.MethodGet, url, nil, &e); err == nil && len(e.Unsigned.Because) == 0 {
				room.Apart = append(room.Apart, e)
			}
		}
	}
	for i := range rooms.Rooms {
		for k := range rooms.Rooms[i].Events {
			e := &rooms.Rooms[i].Events[k]
			e.Sum = s.fileOf(ctx, e)
		}
	}
	if err := record.SaveRooms(s.folder, rooms); err != nil {
		s.Fatal(err)
	}
}

// joined are the rooms that the bot is in.
func (s *storm) joined(ctx context.Context, bot *mautrix.Client) []id.RoomID {
	var joined *mautrix.RespJoinedRooms
	bridgetest.AwaitFor(s.T, patience, "the homeserver lists the bot's rooms", func() (ok bool) {
		var err error
		joined, err = bot.JoinedRooms(ctx)
		return err == nil
	})
	return joined.JoinedRooms
}

// strays are those of the joined rooms that the bridge's books have not.
func (s *storm) strays(joined []id.RoomID, db *sql.DB) []id.RoomID {
	known := map[id.RoomID]bool{}
	s.rows(db, `SELECT room_id, '' FROM room UNION SELECT room_id, '' FROM site_room UNION SELECT room_id, '' FROM bucket`,
		func(room, _ string) { known[id.RoomID(room)] = true })
	return slices.DeleteFunc(joined, func(room id.RoomID) bool { return known[room] })
}

// fileOf is the sum of the bytes that an operator's client gets for a message's file, or
// why it gets none; empty for what has none.
func (s *storm) fileOf(ctx context.Context, e *record.Event) string {
	var content struct {
		URL id.ContentURIString `json:"url"`
	}
	if e.Type != event.EventMessage.Type || json.Unmarshal(e.Content, &content) != nil || content.URL == "" {
		return ""
	}
	if known := s.files[content.URL]; known != "" {
		return known
	}
	body, err := s.operators[0].DownloadBytes(ctx, content.URL.ParseOrIgnore())
	if err != nil {
		return err.Error()
	}
	s.files[content.URL] = sum(body)
	return s.files[content.URL]
}

// sum is how a recording names a file's bytes.
func sum(body []byte) string {
	hash := sha256.Sum256(body)
	return hex.EncodeToString(hash[:])
}

func (s *storm) rows(db *sql.DB, query string, row func(a, b string)) {
	rows, err := db.QueryContext(s.Context(), query)
	if err != nil {
		s.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var a, b string
		if err := rows.Scan(&a, &b); err != nil {
			s.Fatal(err)
		}
		row(a, b)
	}
	if err := rows.Err(); err != nil {
		s.Fatal(err)
	}
}

// timeline is the whole of a room, oldest first. Dendrite goes on a depth below a page's
// oldest event, and leaves out what has the same: each page begins a depth further up.
func (s *storm) timeline(ctx context.Context, bot *mautrix.Client, room id.RoomID) (all []record.Event) {
	known := map[string]bool{}
	for from := ""; ; {
		var page struct {
			Chunk []record.Event `json:"chunk"`
			End   string         `json:"end"`
		}
		query := map[string]string{"dir": "b", "limit": "500"}
		if from != "" {
			query["from"] = from
		}
		url := bot.BuildURLWithQuery(mautrix.ClientURLPath{"v3", "rooms", room, "messages"}, query)
		if _, err := bot.MakeRequest(ctx, http.MethodGet, url, nil, &page); err != nil {
			break // it was deleted, or the homeserver lost it: the checker sees what that means
		}
		news := false
		for _, e := range page.Chunk {
			if !known[e.ID] {
				known[e.ID], news = true, true
				all = append(all, e)
			}
		}
		if page.End == "" || !news {
			break
		}
		var depth, place int64
		if _, err := fmt.Sscanf(page.End, "t%d_%d", &depth, &place); err != nil {
			s.Fatalf("no token of Dendrite's: %q", page.End)
		}
		from = fmt.Sprintf("t%d_%d", depth+1, place)
	}
	for i, k := 0, len(all)-1; i < k; i, k = i+1, k-1 {
		all[i], all[k] = all[k], all[i]
	}
	return all
}
