package store

import (
	"context"
	"errors"
	"fmt"

	"go.mau.fi/util/dbutil"
)

// ErrOlder says that the database waits to be brought up to date.
var ErrOlder = errors.New("the database is of an older version of Anteroom: start the bridge once, which brings it up to date")

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
	switch {
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
	return &Store{db: db, writer: newWriter(db, figures), metrics: figures, path: o.URI}, nil //nolint:contextcheck // the writer outlives the start
}
