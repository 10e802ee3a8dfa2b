package config

import (
	"fmt"
	"net/mail"
	"regexp"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/anteroom-chat/anteroom/bridge/hours"
)

// Mail is the server through which the bridge writes to operators; without a
// host no mail is sent.
type Mail struct {
	Host string `yaml:"host"`
	Port int    `yaml:"port"`
	// Security is how the connection is protected.
	Security     MailSecurity `yaml:"security"`
	Username     string       `yaml:"username"`
	Password     string       `yaml:"password"`
	PasswordFile string       `yaml:"password_file"`
	// From is who writes: "Tea Shop chat <chat@example.com>".
	From string `yaml:"from"`
}

// MailSecurity is how the connection to the mail server is protected.
type MailSecurity string

// The ways to protect it.
const (
	StartTLS MailSecurity = "starttls"
	TLS      MailSecurity = "tls"
	NoTLS    MailSecurity = "none"
)

// AlertOn says what operators are rung for.
type AlertOn string

// What rings: a visitor's first message, or only the hand-off to a person and
// a visitor whom nobody answers.
const (
	AlertOnMessage AlertOn = "message"
	AlertOnHandoff AlertOn = "handoff"
)

// Alerts say who is told that somebody writes, beside the desk's room.
type Alerts struct {
	// On says what operators are rung for; empty is AlertOnMessage on a site
	// without a bot and AlertOnHandoff on one with chains, see Site.AlertsOn.
	On AlertOn `yaml:"alert_on"`
	// UnansweredAfter is how long a visitor waits until the operators are told
	// once more; 0 for never.
	UnansweredAfter Duration `yaml:"unanswered_after"`
	// Emails are addresses that get a mail.
	Emails []string `yaml:"emails"`
	// Webhook is told by a POST, signed after the Standard Webhooks specification.
	Webhook Webhook `yaml:"webhook"`
}

// Webhook is an address of others that is told of events.
type Webhook struct {
	URL string `yaml:"url"`
	// Secret signs: "whsec_" and 24 to 64 bytes in base64.
	Secret     string `yaml:"secret"`
	SecretFile string `yaml:"secret_file"`
}

// Duration is a time span; in the file "90s", "5m", "2h" or "30d", or 0. A day
// is 24 hours.
type Duration time.Duration

// UnmarshalText reads a span with its unit.
func (d *Duration) UnmarshalText(text []byte) error {
	if string(text) == "0" {
		*d = 0
		return nil
	}
	const day, mostDays = 24 * time.Hour, 100_000
	if days, ok := strings.CutSuffix(string(text), "d"); ok {
		if n, err := strconv.ParseUint(days, 10, 32); err == nil && n <= mostDays {
			*d = Duration(time.Duration(n) * day) // #nosec G115 -- see mostDays
			return nil
		}
	}
	span, err := time.ParseDuration(string(text))
	if err != nil || span < 0 {
		return fmt.Errorf("%q is not a time span: write it like 90s, 5m, 2h or 30d, or 0", text)
	}
	*d = Duration(span)
	return nil
}

// decodeHours reads opening hours, whose faults know their places.
func (d *document) decodeHours(node *yaml.Node, rules **hours.Rules, path string) {
	parsed, faults := hours.Parse(node)
	for _, f := range faults {
		key := path
		if f.Key != "" {
			key = join(path, f.Key)
		}
		d.rejected[key] = true
		d.faults = append(d.faults, Fault{File: d.file, Line: f.Line, Column: f.Column, Text: key + ": " + f.Text})
	}
	*rules = parsed
}

func (d *document) validateMail(m *Mail) {
	if m.Host == "" {
		return
	}
	d.host("mail.host", m.Host)
	d.number("mail.port", m.Port, 1, 65535)
	oneOf(d, "mail.security", m.Security, StartTLS, TLS, NoTLS)
	if _, err := mail.ParseAddress(m.From); err != nil {
		d.fault("mail.from", "mail.from: %q is not an address; write it like \"Tea Shop chat <chat@example.com>\".", m.From)
	}
	if (m.Username == "") != (m.Password == "") {
		d.fault("mail.username", "mail.username and mail.password belong together: give both or neither.")
	}
}

var webhookSecret = regexp.MustCompile(`^whsec_[A-Za-z0-9+/]{32,88}={0,2}$`)

// The shortest and longest wait until an unanswered visitor is announced.
const (
	leastUnanswered = 10 * time.Second
	mostUnanswered  = 24 * time.Hour
)

func (d *document) validateAlerts(cfg *Config, a *Alerts, path string) {
	oneOf(d, path+".alert_on", a.On, "", AlertOnMessage, AlertOnHandoff)
	d.span(path+".unanswered_after", a.UnansweredAfter, leastUnanswered, mostUnanswered)
	seen := map[string]bool{}
	for i, address := range a.Emails {
		itemPath := fmt.Sprintf("%s.emails[%d]", path, i)
		parsed, err := mail.ParseAddress(address)
		switch {
		case err != nil:
			d.fault(itemPath, "%s.emails: %q is not an address like ann@example.com.", path, address)
			continue
		case seen[parsed.Address]:
			d.fault(itemPath, "%s.emails names %s twice.", path, parsed.Address)
		}
		seen[parsed.Address] = true
		a.Emails[i] = parsed.Address
	}
	if len(a.Emails) > 0 && cfg.Mail.Host == "" {
		d.fault(path+".emails", "%s.emails: without mail.host no mail can be sent.", path)
	}
	if a.Webhook.URL == "" {
		return
	}
	d.url(path+".webhook.url", &a.Webhook.URL, withPath)
	d.webhookSecret(path+".webhook", a.Webhook)
}
