package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"

	"github.com/rs/zerolog"
	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix/id"
	"maunium.net/go/mautrix/sqlstatestore"
)

// MetaCopy is the meta key that a backup sets in its copy: a database that is
// opened with it was restored, and has missed what came after.
const MetaCopy = "copy"

// MetaBeside is the meta key of a database that began while the homeserver knew another
// one of this bridge: somebody misspelt its path, or has not put a backup back yet.
const MetaBeside = "beside"

// StateCache is mautrix's store of registered users, members and power levels.
// It is a cache in a file of its own, because its many small writes would
// starve those of the journal; losing it costs requests and nothing else.
type StateCache struct {
	*sqlstatestore.SQLStateStore
	db *dbutil.Database
}

// OpenStateCache opens the cache in the SQLite file of that path.
func OpenStateCache(ctx context.Context, path string, log zerolog.Logger) (*StateCache, error) {
	uri := (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: sqliteOptions}).String()
	db, err := dbutil.NewFromConfig("anteroom", dbutil.Config{PoolConfig: dbutil.PoolConfig{
		Type: "sqlite3-fk-wal", URI: uri, MaxOpenConns: sqliteConnections, MaxIdleConns: sqliteConnections,
	}}, nil)
	if err != nil {
		return nil, fmt.Errorf("open the state cache %s: %w", path, err)
	}
	cache := &StateCache{SQLStateStore: sqlstatestore.NewSQLStateStore(db, dbutil.ZeroLogger(withoutArguments(log)), true), db: db}
	if err := cache.Upgrade(ctx); err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("prepare the state cache %s: %w", path, err)
	}
	return cache, nil
}

// Close frees the file.
func (c *StateCache) Close() error { return c.db.Close() }

// Forget empties the cache, when the homeserver was restored from a backup.
func (c *StateCache) Forget(ctx context.Context) error {
	var err error
	for _, table := range []string{"mx_registrations", "mx_user_profile", "mx_room_state"} {
		_, execErr := c.Exec(ctx, "DELETE FROM "+table)
		err = errors.Join(err, execErr)
	}
	return err
}

// ForgetRoom drops what is known of an erased visitor's room and ghost, also
// from the file's log.
func (c *StateCache) ForgetRoom(ctx context.Context, room id.RoomID, ghost id.UserID) error {
	_, profiles := c.Exec(ctx, `DELETE FROM mx_user_profile WHERE room_id = $1`, room)
	_, state := c.Exec(ctx, `DELETE FROM mx_room_state WHERE room_id = $1`, room)
	_, registered := c.Exec(ctx, `DELETE FROM mx_registrations WHERE user_id = $1`, ghost)
	_, scrubbed := emptyLog(ctx, c.db)
	return errors.Join(profiles, state, registered, scrubbed)
}

// MarkCopy marks a closed copy of the database as a backup, so that the bridge
// that opens it once knows that it missed something. Call it before the copy is used.
func MarkCopy(ctx context.Context, path string) (err error) {
	uri := (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: "mode=rw"}).String()
	db, err := sql.Open("sqlite3", uri)
	if err != nil {
		return fmt.Errorf("mark the copy: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.ExecContext(ctx, `INSERT INTO meta (key, value) VALUES ($1, '1') ON CONFLICT (key) DO UPDATE SET value = '1'`, MetaCopy); err != nil {
		return fmt.Errorf("mark the copy: %w", err)
	}
	return nil
}
