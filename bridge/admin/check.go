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
	"sync/atomic"
	"time"

	"maunium.net/go/mautrix"

	"github.com/anteroom-chat/anteroom/bridge/config"
)

// CheckConfig says what a config that was loaded describes, and whether its
// secrets are safe from the machine's other users.
func CheckConfig(cfg *config.Config, look Look, w io.Writer) error {
	found := &findings{look: look, w: w}
	found.config(cfg)
	return found.end()
}

func (f *findings) config(cfg *config.Config) {
	f.good("config", "%s", summary(cfg))
	if info, err := os.Stat(cfg.Path); err == nil && info.Mode().Perm()&0o004 != 0 {
		f.note("config.readable", "Every user of this machine can read it and the passwords in it: chmod o= %s", cfg.Path)
	}
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

const (
	// checkTimeout bounds one request of a check.
	checkTimeout = 30 * time.Second
	// nearTimeout bounds one to the bridge itself, on this machine.
	nearTimeout = 5 * time.Second
)

type checker struct {
	*findings
	cfg    *config.Config
	client *mautrix.Client // the bot
	http   *http.Client
	// limited counts the homeserver's answers 429.
	limited atomic.Int64
	// running is set where the bridge should run.
	running bool
}

// CheckOnline looks at everything that the config names on the network and
// writes a line for each. It returns ErrFaults if one of them is bad.
//
// It changes three things on the homeserver: it registers the bot if that has
// not happened yet (as the bridge does at its start), makes one room that only
// the bot is in, and leaves and forgets that room.
func CheckOnline(ctx context.Context, cfg *config.Config, look Look, w io.Writer) error {
	c, err := newChecker(cfg, &findings{look: look, w: w, brokenOff: ctx.Err})
	if err != nil {
		return err
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
	c.limits()
	return c.outcome(ctx)
}

// outcome is how a look at everything ends: broken off, not written, or with faults or none.
func (c *checker) outcome(ctx context.Context) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return c.end()
}

func newChecker(cfg *config.Config, found *findings) (*checker, error) {
	c := &checker{findings: found, cfg: cfg, http: &http.Client{Timeout: checkTimeout}}
	client, err := mautrix.NewClient(cfg.Homeserver.Address, cfg.BotUserID(), cfg.AppService.ASToken)
	if err != nil {
		return nil, fmt.Errorf("make a client for %s: %w", cfg.Homeserver.Address, err)
	}
	client.Client = &http.Client{Timeout: checkTimeout, Transport: countLimits{&c.limited}}
	client.DefaultHTTPRetries = 0
	c.client = client
	return c, nil
}

// countLimits counts the answers by which a server asks for patience.
type countLimits struct{ count *atomic.Int64 }

// RoundTrip does what http.DefaultTransport does.
func (t countLimits) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := http.DefaultTransport.RoundTrip(request)
	if err == nil && response.StatusCode == http.StatusTooManyRequests {
		t.count.Add(1)
	}
	return response, err
}

// limits tells of a homeserver that slows the bridge down, which no application service should be.
func (c *checker) limits() {
	if n := c.limited.Load(); n > 0 {
		c.fail("homeserver.limited", "The homeserver answered %s of this look with 429: set rate_limited: false in the registration that it uses and restart it, or messages wait there whenever there are many.", plural(int(n), "request"))
	}
}

// why says in a few words what went wrong: the server's own words if it
// answered, else the network's. What net/http says of those who do not speak
// HTTP, or not in time, is nothing for people.
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
	if strange(err) {
		return "what is there does not speak HTTP"
	}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		if dns.IsNotFound {
			return fmt.Sprintf("the name %s does not exist in DNS", dns.Name)
		}
		return fmt.Sprintf("DNS does not say where %s is", dns.Name)
	}
	var late net.Error
	if errors.As(err, &late) && late.Timeout() {
		return "it takes too long"
	}
	if errors.Is(err, io.EOF) {
		return "it hangs up"
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
