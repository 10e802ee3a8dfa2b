package admin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"maunium.net/go/mautrix"

	"github.com/anteroom-chat/anteroom/bridge/config"
)

// Verdict is the outcome of one check.
type Verdict int

// The verdicts. Skipped is neither good nor bad: it could not be looked at, or
// is only worth knowing.
const (
	Good Verdict = iota
	Bad
	Skipped
)

func (v Verdict) String() string {
	switch v {
	case Good:
		return "✓"
	case Bad:
		return "✗"
	default:
		return "–"
	}
}

// Finding is one line of "check --online".
type Finding struct {
	Verdict Verdict
	Name    string
	// Text is a sentence: what was found and, if bad, what to do.
	Text string
}

func (f Finding) String() string { return fmt.Sprintf("%s %-12s %s", f.Verdict, f.Name, f.Text) }

// ErrFaults says that at least one check was bad; the findings said which.
var ErrFaults = errors.New("something is wrong; see the lines with ✗")

// CheckConfig says what a config that was loaded describes, and whether its
// secrets are safe from the machine's other users.
func CheckConfig(cfg *config.Config, w io.Writer) error {
	findings := []Finding{{Good, "config", summary(cfg)}}
	if info, err := os.Stat(cfg.Path); err == nil && info.Mode().Perm()&0o004 != 0 {
		findings = append(findings, Finding{Skipped, "config", "Every user of this machine can read it and the passwords in it: chmod o= " + cfg.Path})
	}
	for _, f := range findings {
		if _, err := fmt.Fprintln(w, f); err != nil {
			return err
		}
	}
	return nil
}

func summary(cfg *config.Config) string {
	operators := map[string]bool{}
	for _, site := range cfg.Sites {
		for _, operator := range site.Operators {
			operators[operator.String()] = true
		}
	}
	return fmt.Sprintf("%s for %s; %s, %s.", cfg.BotUserID(), cfg.Homeserver.Address,
		plural(len(cfg.Sites), "site"), plural(len(operators), "operator"))
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// checkTimeout bounds one request of a check.
const checkTimeout = 30 * time.Second

type checker struct {
	cfg    *config.Config
	client *mautrix.Client // the bot
	http   *http.Client
	report func(Finding)
	bad    bool
}

// CheckOnline looks at everything that the config names on the network and
// writes a line for each. It returns ErrFaults if one of them is bad.
//
// It changes three things on the homeserver: it registers the bot if that has
// not happened yet (as the bridge does at its start), makes one room that only
// the bot is in, and leaves and forgets that room.
func CheckOnline(ctx context.Context, cfg *config.Config, w io.Writer) error {
	c, err := newChecker(cfg)
	if err != nil {
		return err
	}
	var writeErr error
	c.report = func(f Finding) {
		c.bad = c.bad || f.Verdict == Bad
		if _, err := fmt.Fprintln(w, f); err != nil {
			writeErr = err
		}
	}
	c.mail(ctx)
	reachable := c.homeserver(ctx)
	if reachable && c.bot(ctx) {
		c.encryption(ctx, c.roomVersion(ctx))
		c.uploads(ctx)
		c.operators(ctx)
		c.openID(ctx)
	}
	if c.bridge(ctx) {
		if reachable {
			c.ping(ctx)
		}
		if c.publicURL(ctx) {
			c.socket(ctx)
		}
	}
	return c.outcome(ctx, writeErr)
}

// outcome is how a look at everything ends: broken off, not written, or with faults or none.
func (c *checker) outcome(ctx context.Context, writeErr error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case writeErr != nil:
		return writeErr
	case c.bad:
		return ErrFaults
	}
	return nil
}

func newChecker(cfg *config.Config) (*checker, error) {
	client, err := mautrix.NewClient(cfg.Homeserver.Address, cfg.BotUserID(), cfg.AppService.ASToken)
	if err != nil {
		return nil, fmt.Errorf("make a client for %s: %w", cfg.Homeserver.Address, err)
	}
	client.Client = &http.Client{Timeout: checkTimeout}
	client.DefaultHTTPRetries = 0
	return &checker{cfg: cfg, client: client, http: client.Client}, nil
}

func (c *checker) good(name, format string, args ...any) {
	c.report(Finding{Good, name, fmt.Sprintf(format, args...)})
}

func (c *checker) fail(name, format string, args ...any) {
	c.report(Finding{Bad, name, fmt.Sprintf(format, args...)})
}

func (c *checker) skip(name, format string, args ...any) {
	c.report(Finding{Skipped, name, fmt.Sprintf(format, args...)})
}

// why says in a few words what went wrong: the server's own words if it
// answered, else the network's.
func why(err error) string {
	var answer mautrix.HTTPError
	if errors.As(err, &answer) {
		switch {
		case answer.RespError != nil:
			return fmt.Sprintf("%d %s %s", answer.RespError.StatusCode, answer.RespError.ErrCode, strings.TrimSuffix(answer.RespError.Err, "."))
		case answer.Response != nil:
			return answer.Response.Status
		}
	}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return fmt.Sprintf("the name %s does not exist in DNS", dns.Name)
	}
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err.Error()
	}
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err.Error()
	}
	return err.Error()
}

// status is the HTTP status of a homeserver's refusal, 0 if it gave none.
func status(err error) int {
	var answer mautrix.HTTPError
	if errors.As(err, &answer) && answer.Response != nil {
		return answer.Response.StatusCode
	}
	return 0
}
