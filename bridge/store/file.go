package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// FileState is how far a file has come.
type FileState string

// The states of a file.
const (
	Announced FileState = "announced" // the visitor's widget wants to send it
	Staged    FileState = "staged"    // the visitor's bytes are on our disk
	Remote    FileState = "remote"    // the bytes are on the homeserver (MXC is set)
	Removed   FileState = "removed"   // its message was redacted
)

// File is a file of a dialog. MXC is set once the homeserver has it.
type File struct {
	chat.File
	Visitor chat.VisitorID
	Party   chat.Party
	State   FileState
	MXC     id.ContentURIString
	Entry   chat.EntryID
}

// AddFile records a file. client is the widget's key of an announced upload,
// else empty; announcing the same key again returns the first file.
func (s *Store) AddFile(ctx context.Context, f File, client chat.ClientID, now time.Time) (kept File, err error) {
	err = s.Write(ctx, func(ctx context.Context) error {
		if client != "" {
			kept, err = scanFile(s.db.QueryRow(ctx, selectFile+`WHERE visitor_id = $1 AND client_id = $2 AND client_id <> ''`, f.Visitor, client))
			if err == nil || !errors.Is(err, ErrNotFound) {
				return err
			}
		}
		kept = f
		return s.exec(ctx, `INSERT INTO file (id, visitor_id, party, state, kind, name, type, size, width, height, duration,
			mxc, entry_id, client_id, created_at, waveform) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
			f.ID, f.Visitor, f.Party, f.State, f.Kind, f.Name, f.Type, f.Size, f.Width, f.Height, f.Duration,
			f.MXC, f.Entry, client, milliseconds(now), waveform(f.Waveform))
	})
	return kept, err
}

// StageFile records that an announced file's bytes are on disk, with what was
// found out about them. It reports false if the file is no longer just announced.
func (s *Store) StageFile(ctx context.Context, f chat.File) (bool, error) {
	return s.execChanged(ctx, `UPDATE file SET state = 'staged', kind = $2, type = $3, size = $4, width = $5, height = $6, name = $7, duration = $8
		WHERE id = $1 AND state = 'announced'`, f.ID, f.Kind, f.Type, f.Size, f.Width, f.Height, f.Name, f.Duration)
}

// AttachFile gives a file its message.
func (s *Store) AttachFile(ctx context.Context, file chat.FileID, entry chat.EntryID) error {
	return s.exec(ctx, `UPDATE file SET entry_id = $2 WHERE id = $1`, file, entry)
}

// SetFileMXC records that the homeserver has the file.
func (s *Store) SetFileMXC(ctx context.Context, file chat.FileID, mxc id.ContentURIString) error {
	return s.exec(ctx, `UPDATE file SET mxc = $2 WHERE id = $1`, file, mxc)
}

const selectFile = `SELECT id, visitor_id, party, state, kind, name, type, size, width, height, duration, mxc, entry_id, waveform FROM file `

func scanFile(row dbutil.Scannable) (f File, err error) {
	var wave string
	err = noRows(row.Scan(&f.ID, &f.Visitor, &f.Party, &f.State, &f.Kind, &f.Name, &f.Type, &f.Size,
		&f.Width, &f.Height, &f.Duration, &f.MXC, &f.Entry, &wave))
	if err == nil && wave != "" {
		err = json.Unmarshal([]byte(wave), &f.Waveform)
	}
	return f, err
}

// waveform is one as the table has it.
func waveform(wave []int) string {
	if len(wave) == 0 {
		return ""
	}
	text, _ := json.Marshal(wave) // of whole numbers always succeeds
	return string(text)
}

// File returns a file of the visitor's own dialog, or ErrNotFound.
func (s *Store) File(ctx context.Context, v chat.VisitorID, file chat.FileID) (File, error) {
	return scanFile(s.db.QueryRow(ctx, selectFile+`WHERE visitor_id = $1 AND id = $2`, v, file))
}

// UploadsUnsent returns the files that the homeserver has of the visitor's entries that
// wait to be sent.
func (s *Store) UploadsUnsent(ctx context.Context, v chat.VisitorID) ([]File, error) {
	rows, err := s.db.Query(ctx, selectFile+`WHERE visitor_id = $1 AND mxc <> '' AND entry_id IN (SELECT entry_id FROM outbox WHERE visitor_id = $1 AND state = 'pending')`, v)
	return dbutil.NewRowIterWithError(rows, func(row dbutil.Scannable) (File, error) { return scanFile(row) }, err).AsList()
}

// Files returns those of the files that there are, by their ids.
func (s *Store) Files(ctx context.Context, ids []chat.FileID) (map[chat.FileID]File, error) {
	found := make(map[chat.FileID]File, len(ids))
	if len(ids) == 0 {
		return found, nil
	}
	places, args := make([]string, len(ids)), make([]any, len(ids))
	for i, id := range ids {
		places[i], args[i] = fmt.Sprintf("$%d", i+1), id
	}
	rows, err := s.db.Query(ctx, selectFile+`WHERE id IN (`+strings.Join(places, ", ")+`)`, args...)
	err = dbutil.NewRowIterWithError(rows, func(row dbutil.Scannable) (File, error) { return scanFile(row) }, err).
		Iter(func(f File) (bool, error) { found[f.ID] = f; return true, nil })
	return found, err
}

// CountLooseFiles returns how many files of the visitor wait for the message
// that carries them: staged, or announced after the given time.
func (s *Store) CountLooseFiles(ctx context.Context, v chat.VisitorID, since time.Time) (int, error) {
	return scanOne[int](s.db.QueryRow(ctx, `SELECT count(*) FROM file WHERE visitor_id = $1 AND entry_id = '' AND party = 'visitor'
		AND (state = 'staged' OR created_at > $2)`, v, milliseconds(since)))
}

// DropFile forgets an announced file whose bytes were refused.
func (s *Store) DropFile(ctx context.Context, file chat.FileID) error {
	return s.exec(ctx, `DELETE FROM file WHERE id = $1 AND state = 'announced'`, file)
}

// TakeLooseFiles forgets files that never got a message since before the given
// time and returns their ids, so that their bytes can be removed; at most limit.
func (s *Store) TakeLooseFiles(ctx context.Context, before time.Time, limit int) (ids []chat.FileID, err error) {
	err = s.Write(ctx, func(ctx context.Context) error {
		rows, err := s.db.Query(ctx, `DELETE FROM file WHERE id IN (SELECT id FROM file WHERE entry_id = '' AND created_at < $1 LIMIT $2)
			RETURNING id`, milliseconds(before), limit)
		ids, err = dbutil.NewRowIterWithError(rows, dbutil.ScanSingleColumn[chat.FileID], err).AsList()
		return err
	})
	return ids, err
}
