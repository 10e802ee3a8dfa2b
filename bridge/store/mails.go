package store

import (
	"context"
	"errors"
	"strings"
	"time"

	"go.mau.fi/util/dbutil"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// WaitForMail has it looked at that time whether a visitor has read, unless that is
// planned already.
func (s *Store) WaitForMail(ctx context.Context, v chat.VisitorID, due time.Time) error {
	return s.exec(ctx, `INSERT INTO mail_wait (visitor_id, due_at) VALUES ($1, $2) ON CONFLICT (visitor_id) DO NOTHING`, v, milliseconds(due))
}

// PutOffMail looks at another time.
func (s *Store) PutOffMail(ctx context.Context, v chat.VisitorID, due time.Time) error {
	return s.exec(ctx, `UPDATE mail_wait SET due_at = $2 WHERE visitor_id = $1`, v, milliseconds(due))
}

// EndMailWait looks no more.
func (s *Store) EndMailWait(ctx context.Context, v chat.VisitorID) error {
	return s.exec(ctx, `DELETE FROM mail_wait WHERE visitor_id = $1`, v)
}

// DueMails returns for whom it is to be looked, those first who are due longest, at most limit.
func (s *Store) DueMails(ctx context.Context, now time.Time, limit int) ([]chat.VisitorID, error) {
	rows, err := s.db.Query(ctx, `SELECT visitor_id FROM mail_wait WHERE due_at <= $1 ORDER BY due_at LIMIT $2`, milliseconds(now), limit)
	return dbutil.NewRowIterWithError(rows, dbutil.ScanSingleColumn[chat.VisitorID], err).AsList()
}

// IsMailDue reports whether it is still to be looked for a visitor.
func (s *Store) IsMailDue(ctx context.Context, v chat.VisitorID, now time.Time) (bool, error) {
	return scanOne[bool](s.db.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM mail_wait WHERE visitor_id = $1 AND due_at <= $2)`, v, milliseconds(now)))
}

// NextMail returns when the next look is due; the zero time for never.
func (s *Store) NextMail(ctx context.Context) (time.Time, error) {
	at, err := scanOne[int64](s.db.QueryRow(ctx, `SELECT COALESCE(min(due_at), 0) FROM mail_wait`))
	return moment(at), err
}

// Unmailed returns the first and the last message for the visitor that it has not read
// and no mail told of; ErrNotFound without any.
func (s *Store) Unmailed(ctx context.Context, v chat.VisitorID) (first, last chat.Entry, err error) {
	const unread = `SELECT id, visitor_id, seq, kind, party, author_id, author_name, author_avatar, client_id, target, content, redacted, at
		FROM entry e WHERE e.visitor_id = $1 AND e.kind = 'message' AND e.party <> 'visitor' AND NOT e.redacted
		AND e.seq > (SELECT CASE WHEN read_seq > mailed_seq THEN read_seq ELSE mailed_seq END FROM dialog WHERE visitor_id = $1)`
	first, err = scanEntry(s.db.QueryRow(ctx, unread+` ORDER BY seq LIMIT 1`, v))
	if err != nil {
		return first, last, err
	}
	last, err = scanEntry(s.db.QueryRow(ctx, unread+` ORDER BY seq DESC LIMIT 1`, v))
	return first, last, err
}

// SetMailed records up to which number a mail tells of messages.
func (s *Store) SetMailed(ctx context.Context, v chat.VisitorID, seq int64) error {
	return s.exec(ctx, `UPDATE dialog SET mailed_seq = $2 WHERE visitor_id = $1 AND mailed_seq < $2`, v, seq)
}

// UnsetMailed records that mails have told of messages up to that number alone.
func (s *Store) UnsetMailed(ctx context.Context, v chat.VisitorID, seq int64) error {
	return s.exec(ctx, `UPDATE dialog SET mailed_seq = $2 WHERE visitor_id = $1 AND mailed_seq > $2`, v, seq)
}

// IsMailedUpTo reports whether mails have told of messages up to exactly that number.
func (s *Store) IsMailedUpTo(ctx context.Context, v chat.VisitorID, seq int64) (bool, error) {
	return scanOne[bool](s.db.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM dialog WHERE visitor_id = $1 AND mailed_seq = $2)`, v, seq))
}

// HasAnswer reports whether an operator or the bot said something after the visitor first
// did; what has an origin that begins so is no answer.
func (s *Store) HasAnswer(ctx context.Context, v chat.VisitorID, but string) (bool, error) {
	return scanOne[bool](s.db.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM entry WHERE visitor_id = $1 AND kind = 'message' AND party <> 'visitor'
		AND NOT redacted AND origin NOT LIKE $2
		AND seq > (SELECT min(seq) FROM entry WHERE visitor_id = $1 AND kind = 'message' AND party = 'visitor'))`, v, but+"%"))
}

// MailsTo is how many mails were queued since a time whose origin begins so, and when
// the first of them was, without those that had nothing to say; of a visitor, to a mailbox (in large or small letters,
// and with whatever behind a "+" before its "@"), or of the site for which neither is given.
func (s *Store) MailsTo(ctx context.Context, site chat.SiteID, v chat.VisitorID, mailbox, origin string, since time.Time) (n int, first time.Time, err error) {
	q := query{}
	which := `kind = 'mail' AND site = ` + q.arg(site) + ` AND origin LIKE ` + q.arg(origin+"%") + ` AND created_at > ` + q.arg(milliseconds(since)) + ` AND state <> 'dropped'`
	if v != "" {
		which += ` AND visitor_id = ` + q.arg(v)
	}
	if mailbox != "" {
		name, domain, _ := strings.Cut(strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(mailbox), "@")
		which += ` AND (lower(target) = lower(` + q.arg(mailbox) + `) OR lower(target) LIKE lower(` + q.arg(name+"+%@"+domain) + `) ESCAPE '!')`
	}
	var at int64
	err = s.db.QueryRow(ctx, `SELECT count(*), COALESCE(min(created_at), 0) FROM delivery WHERE `+which, q.args...).Scan(&n, &at)
	return n, moment(at), err
}

// Mailed is a mail of a visitor, and what became of it.
type Mailed struct {
	At     time.Time
	To     string
	Origin string
	State  DeliveryState
}

// MailsOf are the mails of a visitor whose origin begins so that are still kept, the
// newest first, at most limit; without those that had nothing to say.
func (s *Store) MailsOf(ctx context.Context, v chat.VisitorID, origin string, limit int) ([]Mailed, error) {
	rows, err := s.db.Query(ctx, `SELECT created_at, target, origin, state FROM delivery
		WHERE visitor_id = $1 AND kind = 'mail' AND origin LIKE $2 AND state <> 'dropped' ORDER BY created_at DESC, id LIMIT $3`, v, origin+"%", limit)
	return dbutil.NewRowIterWithError(rows, func(row dbutil.Scannable) (m Mailed, err error) {
		var at int64
		err = row.Scan(&at, &m.To, &m.Origin, &m.State)
		m.At = moment(at)
		return m, err
	}, err).AsList()
}

// IsMailQueued reports whether a site's mail of that origin was queued for a target, whatever became of it.
func (s *Store) IsMailQueued(ctx context.Context, site chat.SiteID, target, origin string) (bool, error) {
	return scanOne[bool](s.db.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM delivery WHERE site = $1 AND kind = 'mail' AND target = $2 AND origin = $3)`, site, target, origin))
}

// MailChoice is what a visitor said of mails.
type MailChoice struct {
	// Address is where to; empty if only that it wants none.
	Address string
	Off     bool
	At      time.Time
}

// MailChoice returns what a visitor said of mails, or ErrNotFound.
func (s *Store) MailChoice(ctx context.Context, v chat.VisitorID) (c MailChoice, err error) {
	var at int64
	err = noRows(s.db.QueryRow(ctx, `SELECT address, off, at FROM mail_choice WHERE visitor_id = $1`, v).Scan(&c.Address, &c.Off, &at))
	c.At = moment(at)
	return c, err
}

// SetMailChoice keeps what a visitor says of mails.
func (s *Store) SetMailChoice(ctx context.Context, v chat.VisitorID, c MailChoice) error {
	return s.exec(ctx, `INSERT INTO mail_choice (visitor_id, address, off, at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (visitor_id) DO UPDATE SET address = $2, off = $3, at = $4`, v, c.Address, c.Off, milliseconds(c.At))
}

// StopMails has an address, by its hash, get no mails of a site any more; AllowMails takes that back.
func (s *Store) StopMails(ctx context.Context, site chat.SiteID, hash string, now time.Time) error {
	return s.exec(ctx, `INSERT INTO mail_stop (site, hash, at) VALUES ($1, $2, $3) ON CONFLICT (site, hash) DO NOTHING`, site, hash, milliseconds(now))
}

// AllowMails is explained beside StopMails.
func (s *Store) AllowMails(ctx context.Context, site chat.SiteID, hash string) error {
	return s.exec(ctx, `DELETE FROM mail_stop WHERE site = $1 AND hash = $2`, site, hash)
}

// MailsStopped reports whether an address wants no mails of a site.
func (s *Store) MailsStopped(ctx context.Context, site chat.SiteID, hash string) (bool, error) {
	return scanOne[bool](s.db.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM mail_stop WHERE site = $1 AND hash = $2)`, site, hash))
}

// AddMailLink keeps a link back into a dialog, by its hash.
func (s *Store) AddMailLink(ctx context.Context, v chat.VisitorID, hash string, expires time.Time) error {
	return s.exec(ctx, `INSERT INTO mail_link (hash, visitor_id, expires_at) VALUES ($1, $2, $3)`, hash, v, milliseconds(expires))
}

// MailLink returns whose a link is, also one that opens nothing any more, and whether it still does; or ErrNotFound.
func (s *Store) MailLink(ctx context.Context, hash string, now time.Time) (v chat.VisitorID, opens bool, err error) {
	var expires, used int64
	err = noRows(s.db.QueryRow(ctx, `SELECT visitor_id, expires_at, used_at FROM mail_link WHERE hash = $1`, hash).Scan(&v, &expires, &used))
	return v, used == 0 && milliseconds(now) < expires, err
}

// UseMailLink spends a link. It reports whether it was this call that did.
func (s *Store) UseMailLink(ctx context.Context, hash string, now time.Time) (bool, error) {
	return s.execChanged(ctx, `UPDATE mail_link SET used_at = $2 WHERE hash = $1 AND used_at = 0 AND expires_at > $2`, hash, milliseconds(now))
}

// RevokeMailLinks shuts all links into a visitor's dialog.
func (s *Store) RevokeMailLinks(ctx context.Context, v chat.VisitorID, now time.Time) error {
	return s.exec(ctx, `UPDATE mail_link SET used_at = $2 WHERE visitor_id = $1 AND used_at = 0`, v, milliseconds(now))
}

// SweepMailLinks forgets links that expired before a time, at most limit. It reports
// whether there were some.
func (s *Store) SweepMailLinks(ctx context.Context, before time.Time, limit int) (some bool, err error) {
	return s.execChanged(ctx, `DELETE FROM mail_link WHERE hash IN (SELECT hash FROM mail_link WHERE expires_at < $1 LIMIT $2)`, milliseconds(before), limit)
}

// KnownAddress is the e-mail address of a contact; empty if none is known.
func (s *Store) KnownAddress(ctx context.Context, v chat.VisitorID) (string, error) {
	address, _, err := s.Variable(ctx, v, "email")
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	return address, err
}
