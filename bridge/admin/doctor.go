package admin

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sys/unix"

	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

const (
	// lateAfter is for how long something may wait in a queue until that is a fault.
	lateAfter = 5 * time.Minute
	// fewDescriptors is the least limit of open files for more than a handful of visitors.
	fewDescriptors = 4096
	// largeLog is a write-ahead log that somebody keeps from being emptied, in bytes.
	largeLog = 256 << 20
	// certificateEnds is how long before its end a certificate is spoken of.
	certificateEnds = 14 * 24 * time.Hour
	// clockApart is how far our clock and the homeserver's may be from each other.
	clockApart = 30 * time.Second
)

// Look is how findings are written.
type Look struct {
	JSON bool
	// Colour marks faults in red and what is good in green; Width, if not 0, is where
	// lines are broken, in characters.
	Colour bool
	Width  int
}

// Doctor looks at a running installation and writes a finding for each thing: what is
// wrong and what to do. It reads the database beside the bridge, and changes nothing
// but that the bot is registered if it was not. It returns ErrFaults if something is bad.
func Doctor(ctx context.Context, cfg *config.Config, look Look, w io.Writer) error {
	c, err := newChecker(cfg)
	if err != nil {
		return err
	}
	var all []Finding
	var writeErr error
	c.report = func(f Finding) {
		c.bad = c.bad || f.Verdict == Bad
		if all = append(all, f); !look.JSON {
			_, err := io.WriteString(w, look.line(f))
			writeErr = errors.Join(writeErr, err)
		}
	}
	c.machine()
	c.database(ctx)
	c.mail(ctx)
	reachable := c.homeserver(ctx)
	if reachable {
		c.clock(ctx)
	}
	if reachable && c.bot(ctx) {
		c.roomVersion(ctx)
		c.uploads(ctx)
		c.operators(ctx)
	}
	if c.bridge(ctx) {
		if reachable {
			c.ping(ctx)
		}
		c.metrics(ctx)
		if c.publicURL(ctx) {
			c.socket(ctx)
		}
	}
	c.certificate(ctx)
	if look.JSON {
		writeErr = writeFindings(w, all, !c.bad)
	}
	return c.outcome(ctx, writeErr)
}

func writeFindings(w io.Writer, all []Finding, well bool) error {
	type line struct {
		Verdict string `json:"verdict"`
		Name    string `json:"name"`
		Text    string `json:"text"`
	}
	out := struct {
		Well     bool   `json:"well"`
		Findings []line `json:"findings"`
	}{well, make([]line, 0, len(all))}
	for _, f := range all {
		out.Findings = append(out.Findings, line{[...]string{Good: "good", Bad: "bad", Skipped: "note"}[f.Verdict], f.Name, f.Text})
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(out)
}

// line is a finding as people read it: its text is broken under itself.
func (l Look) line(f Finding) string {
	const indent = 15 // of the mark and the name
	mark := f.Verdict.String()
	if l.Colour {
		mark = [...]string{Good: "\x1b[32m", Bad: "\x1b[31m", Skipped: "\x1b[2m"}[f.Verdict] + mark + "\x1b[0m"
	}
	head := fmt.Sprintf("%s %-12s ", mark, f.Name)
	var b strings.Builder
	b.WriteString(head)
	at := indent
	for i, word := range strings.Fields(f.Text) {
		size := len([]rune(word))
		if l.Width > 2*indent && i > 0 && at+1+size > l.Width {
			b.WriteString("\n" + strings.Repeat(" ", indent))
			at = indent
		} else if i > 0 {
			b.WriteString(" ")
			at++
		}
		b.WriteString(word)
		at += size
	}
	b.WriteString("\n")
	return b.String()
}

// machine looks at what the bridge needs of this machine.
func (c *checker) machine() {
	for _, part := range []struct{ name, folder string }{{"disk", filepath.Dir(c.cfg.Database.URI)}, {"files' disk", c.cfg.Gateway.DataDir}} {
		name, folder := part.name, part.folder
		var disk unix.Statfs_t
		if err := unix.Statfs(folder, &disk); err != nil {
			c.skip(name, "%s cannot be looked at (%s).", folder, err)
			continue
		}
		free := config.Size(int64(disk.Bavail) * int64(disk.Bsize)) // #nosec G115 -- no disk has so many bytes
		if free < c.cfg.Gateway.Limits.FreeSpace {
			c.fail(name, "The disk of %s has %s left, and files are refused below %s (gateway.limits.free_space): make room, or move the folder.", folder, free.Rounded(), c.cfg.Gateway.Limits.FreeSpace.Rounded())
		} else {
			c.good(name, "The disk of %s has %s left.", folder, free.Rounded())
		}
	}
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err == nil && limit.Cur < fewDescriptors {
		c.skip("open files", "This shell allows %d, and each open chat holds one: give the bridge's service more (LimitNOFILE=65536).", limit.Cur)
	}
}

// database reads what waits and what was set aside, beside a bridge that runs.
func (c *checker) database(ctx context.Context) {
	const name = "database"
	path := c.cfg.Database.URI
	info, err := os.Stat(path)
	if err != nil {
		c.skip(name, "%s is not there yet: the bridge makes it at its first start.", path)
		return
	}
	s, err := store.Beside(ctx, store.Options{Type: string(c.cfg.Database.Type), URI: path, Log: zerolog.Nop()})
	if err != nil {
		c.fail(name, "%s cannot be read: %s.", path, err)
		return
	}
	defer func() { _ = s.Close() }()
	c.good(name, "%s can be read and has %s.", path, config.Size(info.Size()).Rounded())
	if wal, err := os.Stat(path + "-wal"); err == nil && wal.Size() > largeLog {
		c.fail(name, "Its log has %s and cannot be emptied: somebody reads an old state of it. End other programs that have the database open.", config.Size(wal.Size()).Rounded())
	}
	c.backlogs(ctx, s)
	c.troubles(ctx, s)
}

func (c *checker) backlogs(ctx context.Context, s *store.Store) {
	const name = "queues"
	waiting, err := s.Backlogs(ctx)
	if err != nil {
		c.fail(name, "What waits cannot be read: %s.", err)
		return
	}
	late := false
	for _, b := range waiting {
		age := time.Since(b.Oldest)
		advice, watched := map[store.QueueName]string{
			store.QueueOutbox:   "the homeserver is away or refuses them; the bridge's log says which",
			store.QueueInbox:    "operators' words do not reach visitors; the bridge's log says what fails",
			store.QueueBot:      "the bot is off there, or its turns fail; the bridge's log says why",
			store.QueueMails:    "the mail server does not take them; look at the line of mail",
			store.QueueWebhooks: "their receivers do not answer; !webhooks in the desk's room says which",
			store.QueueErasures: "the homeserver is away, or the bot lacks power in a room; the bridge's log says which",
		}[b.Queue]
		if watched && !b.Oldest.IsZero() && age > lateAfter {
			late = true
			c.fail(name, "%d wait in %s, the oldest for %s: %s.", b.Length, b.Queue, age.Round(time.Second), advice)
		}
	}
	if !late {
		c.good(name, "Nothing waits for longer than %d minutes.", int(lateAfter.Minutes()))
	}
}

func (c *checker) troubles(ctx context.Context, s *store.Store) {
	troubles, err := s.Troubles(ctx)
	if err != nil {
		c.fail("set aside", "What was set aside cannot be read: %s.", err)
		return
	}
	for _, t := range troubles {
		cause := strings.TrimSuffix(firstLine(t.Cause), ".")
		switch t.Of {
		case "entries":
			c.fail("set aside", "The homeserver refused %d messages for good, most of them so: %s. Their rooms were told; say them again there.", t.Count, cause)
		case "events":
			c.fail("set aside", "%d events could not be converted, most of them so: %s. Their rooms were told; please report it.", t.Count, cause)
		default:
			c.fail("set aside", "Given up were %d of kind %s, one of them so: %s. Webhooks can be tried again by !webhooks in the desk's room.", t.Count, t.Of, cause)
		}
	}
	if len(troubles) == 0 {
		c.good("set aside", "Nothing was set aside or given up.")
	}
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// clock compares ours with the homeserver's.
func (c *checker) clock(ctx context.Context) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.cfg.Homeserver.Address+"/_matrix/client/versions", nil)
	if err != nil {
		return
	}
	response, err := c.http.Do(request)
	if err != nil {
		return // the line of the homeserver has said it
	}
	_ = response.Body.Close()
	theirs, err := http.ParseTime(response.Header.Get("Date"))
	if err != nil {
		c.skip("clock", "The homeserver does not tell its time.")
		return
	}
	if apart := time.Since(theirs).Abs(); apart > clockApart {
		c.fail("clock", "This machine and the homeserver are %s apart: set both clocks (NTP), or times in dialogs are wrong and tokens refused.", apart.Round(time.Second))
		return
	}
	c.good("clock", "It agrees with the homeserver's.")
}

// metrics looks whether Prometheus is answered.
func (c *checker) metrics(ctx context.Context) {
	if !c.cfg.Metrics.Enabled {
		return
	}
	code, body, err := c.get(ctx, "http://"+c.cfg.Metrics.Listen+"/metrics")
	switch {
	case err != nil:
		c.fail("metrics", "%s does not answer (%s): restart the bridge, so that it reads this config.", c.cfg.Metrics.Listen, why(err))
	case code != http.StatusOK || !strings.Contains(string(body), "anteroom_"):
		c.fail("metrics", "%s answers %d, but not with Anteroom's metrics: choose another metrics.listen.", c.cfg.Metrics.Listen, code)
	default:
		c.good("metrics", "%s answers.", c.cfg.Metrics.Listen)
	}
}

// certificate looks when that of the public address ends.
func (c *checker) certificate(ctx context.Context) {
	address, err := url.Parse(c.cfg.Gateway.PublicURL)
	if err != nil || address.Scheme != "https" {
		return
	}
	port := address.Port()
	if port == "" {
		port = "443"
	}
	dialer := tls.Dialer{NetDialer: &net.Dialer{Timeout: checkTimeout}}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(address.Hostname(), port))
	if err != nil {
		c.fail("certificate", "%s has none that this machine trusts (%s): renew it.", address.Host, err)
		return
	}
	defer func() { _ = conn.Close() }()
	encrypted, ok := conn.(*tls.Conn)
	if !ok {
		return
	}
	ends := encrypted.ConnectionState().PeerCertificates[0].NotAfter
	if left := time.Until(ends); left < certificateEnds {
		c.fail("certificate", "That of %s ends on %s: renew it, and see why that did not happen by itself.", address.Host, ends.Format(time.DateOnly))
		return
	}
	c.good("certificate", "That of %s is good until %s.", address.Host, ends.Format(time.DateOnly))
}
