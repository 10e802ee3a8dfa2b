// Package mail sends one e-mail by SMTP to the server that the config names,
// and says whether a failure is for good. It keeps nothing: what has to survive
// is kept by the queue above it, which sends again with the same Message-ID.
package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/mail"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// DefaultTimeout is for one mail, from the connection to the server's last word.
const DefaultTimeout = 30 * time.Second

// Security is how the connection is protected.
type Security string

// The ways to protect a connection. There is no "if the server happens to
// offer it": whoever sits between could take the offer away.
const (
	StartTLS Security = "starttls" // begins in clear and must be upgraded; usually port 587
	TLS      Security = "tls"      // from the first byte; usually port 465
	None     Security = "none"     // in clear, for a server on the same machine or network
)

// Options say where mails go.
type Options struct {
	Host     string
	Port     int
	Security Security
	// Username and Password log in; both empty means without. Without
	// encryption they are sent to a server on the same machine only.
	Username, Password string
	// From is who sends: "Anteroom <chat@example.org>".
	From string
	// HELO is what the bridge calls itself to the server; "" is the domain of From.
	HELO string
	// Timeout is for one mail; 0 is DefaultTimeout.
	Timeout time.Duration
	// RootCAs are the certificate authorities to trust; nil trusts the system's.
	RootCAs *x509.CertPool
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Mailer sends mails, each over a connection of its own. It is safe for
// concurrent use.
type Mailer struct {
	options Options
	from    *mail.Address
	domain  string
	now     func() time.Time
}

// New checks the options; it connects to nobody.
func New(o Options) (*Mailer, error) {
	from, err := ParseAddress(o.From)
	switch {
	case o.Host == "":
		return nil, fmt.Errorf("the mail server has no host")
	case o.Port < 1 || o.Port > 65535:
		return nil, fmt.Errorf("the mail server's port %d is not between 1 and 65535", o.Port)
	case o.Security != StartTLS && o.Security != TLS && o.Security != None:
		return nil, fmt.Errorf("%q is no way to protect the connection to the mail server: choose starttls, tls or none", o.Security)
	case (o.Username == "") != (o.Password == ""):
		return nil, fmt.Errorf("the mail server's user name and password must be given together")
	case err != nil:
		return nil, fmt.Errorf("%q is not an address that mails can come from", o.From)
	}
	m := &Mailer{options: o, from: from, domain: from.Address[strings.LastIndexByte(from.Address, '@')+1:], now: o.Now}
	if m.options.HELO == "" {
		m.options.HELO = m.domain
	}
	if m.options.Timeout <= 0 {
		m.options.Timeout = DefaultTimeout
	}
	if m.now == nil {
		m.now = time.Now
	}
	return m, nil
}

// Send sends a mail and returns when the server has taken it over. Its error is
// an *Error. After a temporary one the server may have it all the same (the
// connection broke before its last word): send it again under the same ID.
func (m *Mailer) Send(ctx context.Context, message Message) error {
	msg, envelope, err := m.compose(message)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, m.options.Timeout)
	defer cancel()
	line := &line{tls: m.tls()}
	defer line.close()
	// The library looks at its context while it dials only.
	defer context.AfterFunc(ctx, line.close)()
	if at, err := m.talk(ctx, line, msg, envelope); err != nil {
		return m.explain(ctx, at, err)
	}
	return nil
}

// Try connects to the server, protects the connection, logs in, and leaves again without
// a mail. Its error is an *Error.
func (m *Mailer) Try(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, m.options.Timeout)
	defer cancel()
	line := &line{tls: m.tls()}
	defer line.close()
	defer context.AfterFunc(ctx, line.close)()
	client, err := gomail.NewClient(m.options.Host, m.settings(line)...)
	if err != nil {
		return m.explain(ctx, connecting, err)
	}
	conn, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		e := m.explain(ctx, connecting, err)
		e.Reached = line.reached()
		return e
	}
	_ = conn.Quit()
	return nil
}

// talk holds the conversation with the server and says where it broke off.
func (m *Mailer) talk(ctx context.Context, l *line, msg *gomail.Msg, envelope []string) (stage, error) {
	client, err := gomail.NewClient(m.options.Host, m.settings(l)...)
	if err != nil {
		return connecting, err
	}
	conn, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return connecting, err
	}
	if err := conn.Mail(m.from.Address); err != nil {
		return sender, err
	}
	for _, address := range envelope {
		if err := conn.Rcpt(address); err != nil {
			return recipient, err
		}
	}
	body, err := conn.Data()
	if err != nil {
		return content, err
	}
	if _, err := msg.WriteTo(body); err != nil {
		return content, err // closing the body would send the half of it
	}
	if err := body.Close(); err != nil {
		return content, err
	}
	// The server has the mail: whatever happens to the good-bye is no failure.
	_ = conn.Quit()
	return "", nil
}

func (m *Mailer) settings(l *line) []gomail.Option {
	settings := []gomail.Option{
		gomail.WithPort(m.options.Port), gomail.WithHELO(m.options.HELO), gomail.WithTimeout(m.options.Timeout),
		gomail.WithTLSConfig(m.tls()),
	}
	switch m.options.Security {
	case TLS:
		settings = append(settings, gomail.WithSSL(), gomail.WithDialContextFunc(l.dialTLS))
	case StartTLS:
		settings = append(settings, gomail.WithTLSPolicy(gomail.TLSMandatory), gomail.WithDialContextFunc(l.dial))
	case None:
		settings = append(settings, gomail.WithTLSPolicy(gomail.NoTLS), gomail.WithDialContextFunc(l.dial))
	}
	if m.options.Username != "" {
		settings = append(settings, gomail.WithUsername(m.options.Username), gomail.WithPassword(m.options.Password),
			gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthSCRAMSHA1, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin, gomail.SMTPAuthCramMD5))
	}
	return settings
}

func (m *Mailer) tls() *tls.Config {
	return &tls.Config{ServerName: m.options.Host, RootCAs: m.options.RootCAs, MinVersion: tls.VersionTLS12}
}
