package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/mattn/go-sqlite3"
	"go.mau.fi/util/dbutil"
	"golang.org/x/sync/semaphore"
	"golang.org/x/sys/unix"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// ErrOlder says that the database waits to be brought up to date.
var ErrOlder = errors.New("the database is of an older version of Anteroom: start the bridge once, which brings it up to date")

// ErrDamaged says that a database's file is not whole.
var ErrDamaged = errors.New("the database is damaged")

// Beside opens a database for reading while another process may run on it, so
// without a lock, and without bringing its tables up to date.
func Beside(ctx context.Context, o Options) (*Store, error) {
	db, err := connect(o)
	if err != nil {
		return nil, err
	}
	db.Owner = "anteroom"
	db.Log = dbutil.ZeroLogger(withoutArguments(o.Log))
	db.UpgradeTable = dbutil.BuildUpgradeTable().WithFSPath(migrations, "migrations").Finish()
	var version int
	err = db.QueryRow(ctx, "SELECT version FROM "+db.VersionTable).Scan(&version)
	broken, _ := errors.AsType[sqlite3.Error](err)
	switch {
	case broken.Code == sqlite3.ErrCorrupt:
		err = fmt.Errorf("%w: %w", ErrDamaged, err)
	case err != nil:
		err = fmt.Errorf("read the database's version: %w", err)
	case version > len(db.UpgradeTable):
		err = tooNew(ctx, db)
	case version < len(db.UpgradeTable):
		err = ErrOlder
	}
	if err != nil {
		_ = db.Close()
		return nil, err
	}
	figures := newMetrics()
	return &Store{db: db, writer: newWriter(db, figures), pages: semaphore.NewWeighted(pagesAtOnce), metrics: figures, path: o.URI}, nil //nolint:contextcheck // the writer outlives the start
}

// Damage reads the database through and returns what is damaged in it, or "". It waits
// for nobody and takes about a second for each 500 MB.
func (s *Store) Damage(ctx context.Context) (string, error) {
	found, err := scanOne[string](s.db.QueryRow(ctx, `PRAGMA quick_check(1)`))
	if found == "ok" {
		found = ""
	}
	return found, err
}

// OpenRoom is the room of an open dialog, or of a site's desk.
type OpenRoom struct {
	Room    id.RoomID
	Visitor chat.VisitorID
	Site    chat.SiteID
	Number  int64
	Desk    bool
}

// OpenRooms returns the rooms of desks and of so many open dialogs, those that were
// opened last first.
func (s *Store) OpenRooms(ctx context.Context, most int) ([]OpenRoom, error) {
	rows, err := s.db.Query(ctx, `SELECT r.room_id, v.id, v.site, v.number, v.desk FROM visitor v JOIN room r ON r.visitor_id = v.id AND r.current
		WHERE v.desk OR v.id IN (SELECT visitor_id FROM dialog WHERE status = 'open' ORDER BY opened_at DESC LIMIT $1)
		ORDER BY v.desk DESC, v.site, v.number DESC`, most)
	return dbutil.NewRowIterWithError(rows, func(row dbutil.Scannable) (o OpenRoom, err error) {
		err = row.Scan(&o.Room, &o.Visitor, &o.Site, &o.Number, &o.Desk)
		return o, err
	}, err).AsList()
}

// HeldBy returns the process that has a SQLite file open as its bridge, or 0. It is not
// known on systems that do not tell (only Linux does). Trying the lock instead could
// keep a bridge from starting in that moment.
func HeldBy(path string) (pid int, known bool) {
	info, err := os.Stat(path + lockSuffix)
	if err != nil {
		return 0, false
	}
	file, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	locks, err := os.ReadFile("/proc/locks")
	if err != nil {
		return 0, false
	}
	// As in "1: FLOCK  ADVISORY  WRITE 708 fd:01:13105 0 EOF", see proc_locks(5).
	const kind, owner, place = 1, 4, 5
	device := fmt.Sprintf("%02x:%02x:%d", unix.Major(file.Dev), unix.Minor(file.Dev), file.Ino) //nolint:unconvert // not of one type everywhere
	for line := range strings.Lines(string(locks)) {
		fields := strings.Fields(line)
		if len(fields) > place && fields[kind] == "FLOCK" && fields[place] == device {
			pid, err := strconv.Atoi(fields[owner])
			return pid, err == nil
		}
	}
	return 0, true
}
