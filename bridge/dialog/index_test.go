package dialog

import (
	"database/sql"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/rs/zerolog"

	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// upgraded is a core whose database an older program left; more adds to it.
func upgraded(t *testing.T, more string) *Service {
	t.Helper()
	dump, err := os.ReadFile(filepath.Join("..", "store", "testdata", "v12.sql"))
	must(t, err)
	dir := t.TempDir()
	path := filepath.Join(dir, "anteroom.db")
	db, err := sql.Open("sqlite3", path)
	must(t, err)
	_, err = db.ExecContext(t.Context(), string(dump)+more)
	must(t, err)
	must(t, db.Close())
	s, err := store.Open(t.Context(), store.Options{Type: "sqlite3", URI: path, Log: zerolog.Nop()})
	must(t, err)
	t.Cleanup(func() { _ = s.Close() })
	cfg := config.Default()
	cfg.Gateway.DataDir = filepath.Join(dir, "files")
	cfg.Sites["shop"] = config.DefaultSite("shop")
	service, err := New(cfg, s, zerolog.Nop())
	must(t, err)
	return service
}

func foundBy(t *testing.T, s *Service, words string) (names []string) {
	t.Helper()
	found, err := s.store.Find(t.Context(), store.ContactsQuery{Site: "shop", Order: store.ByNewest, Words: SearchWords(words), Limit: 1000})
	must(t, err)
	for _, f := range found {
		names = append(names, f.Visitor.Name)
	}
	return names
}

// Who wrote before there was an index is found by the same words as who is changed
// now, also when there are more of them than are indexed at once.
func TestWhoWroteBeforeTheIndexIsFound(t *testing.T) {
	s := upgraded(t, `
		INSERT INTO visitor (id, site, created_at, seen_at, language, time_zone, user_agent, page_url, number, name, search)
			WITH RECURSIVE n (i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 309)
			SELECT 'v' || i, 'shop', 1, 1, '', '', '', '', i, 'Müller’s ' || i, 'muller''s ' || i || ' #' || i FROM n;
		INSERT INTO dialog (visitor_id) SELECT id FROM visitor WHERE number >= 10;
		UPDATE visitor SET note = 'ring (after) lunch' WHERE id = 'petr';`)
	must(t, s.Index(t.Context()))
	for words, want := range map[string]int{
		"елк": 1, "vip": 1, "петр example.com": 1, "petr.elkin@ex": 1, "elkin": 1, "after": 1, "lunch": 1, "чай": 0, "müll": 300, "muller’s 77": 1, "#300": 1,
	} {
		if got := foundBy(t, s, words); len(got) != want {
			t.Errorf("%q finds %d: %q, want %d", words, len(got), got, want)
		}
	}
	before := foundBy(t, s, "e")
	must(t, s.Index(t.Context()))
	if again := foundBy(t, s, "e"); !slices.Equal(before, again) {
		t.Errorf("the second time it finds %q, and before %q", again, before)
	}
	if left, err := s.store.TakeUnindexed(t.Context(), 1); err != nil || len(left) != 0 {
		t.Errorf("left are %v (%v)", left, err)
	}
}
