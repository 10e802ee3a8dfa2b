package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/mattn/go-sqlite3"
	"go.mau.fi/util/dbutil"
)

// errRolledBack answers a statement of a transaction that SQLite has ended.
var errRolledBack = errors.New("SQLite has rolled back the transaction of this statement")

// openGuarded opens a SQLite file by connections that keep a transaction whole. After some
// errors, such as a full disk, SQLite rolls back all of a transaction by itself, and would
// commit each statement that still comes as one of its own
// (https://www.sqlite.org/lang_transaction.html, section 2.3).
func openGuarded(uri string) (*dbutil.Database, error) {
	pool := sql.OpenDB(guardedConnector{uri})
	pool.SetMaxOpenConns(sqliteConnections)
	pool.SetMaxIdleConns(sqliteConnections)
	return dbutil.NewWithDB(pool, "sqlite3")
}

// guardedConnector makes the connections to a URI of go-sqlite3.
type guardedConnector struct{ uri string }

// Driver is go-sqlite3.
func (c guardedConnector) Driver() driver.Driver { return &sqlite3.SQLiteDriver{} }

// Connect opens the file once more.
func (c guardedConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Driver().Open(c.uri)
	if err != nil {
		return nil, err
	}
	plain, ok := conn.(*sqlite3.SQLiteConn)
	if !ok {
		return nil, fmt.Errorf("a connection of go-sqlite3 is a %T", conn)
	}
	if _, err := plain.ExecContext(ctx, fmt.Sprintf("PRAGMA wal_autocheckpoint = %d", logPages), nil); err != nil {
		return nil, errors.Join(err, plain.Close())
	}
	return &guarded{SQLiteConn: plain}, nil
}

// guarded is a connection that runs nothing more in a transaction that is no more.
type guarded struct {
	*sqlite3.SQLiteConn
	inTx bool
}

// guardedTx is its transaction.
type guardedTx struct {
	driver.Tx
	conn *guarded
}

// BeginTx begins a transaction that is watched.
func (c *guarded) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	tx, err := c.SQLiteConn.BeginTx(ctx, opts)
	if err != nil {
		return nil, err
	}
	c.inTx = true
	return guardedTx{tx, c}, nil
}

// Commit fails if SQLite has rolled the transaction back.
func (t guardedTx) Commit() error {
	t.conn.inTx = false
	return t.Tx.Commit()
}

// Rollback of what SQLite has rolled back already is no error.
func (t guardedTx) Rollback() error {
	t.conn.inTx = false
	if t.conn.AutoCommit() {
		return nil
	}
	return t.Tx.Rollback()
}

// whole reports, as an error, that a transaction ended before its last statement.
func (c *guarded) whole() error {
	if c.inTx && c.AutoCommit() {
		return errRolledBack
	}
	return nil
}

// ExecContext fails in a transaction that is no more.
func (c *guarded) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if err := c.whole(); err != nil {
		return nil, err
	}
	return c.SQLiteConn.ExecContext(ctx, query, args)
}

// QueryContext fails in a transaction that is no more.
func (c *guarded) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if err := c.whole(); err != nil {
		return nil, err
	}
	return c.SQLiteConn.QueryContext(ctx, query, args)
}

// PrepareContext fails in a transaction that is no more.
func (c *guarded) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	if err := c.whole(); err != nil {
		return nil, err
	}
	return c.SQLiteConn.PrepareContext(ctx, query)
}
