package admin

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"strings"
	"syscall"

	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/desk/notify/mail"
)

// mail asks the mail server whether it would take mails, and sends none.
func (c *checker) mail(ctx context.Context) {
	const name = "mail"
	m := c.cfg.Mail
	if m.Host == "" {
		return
	}
	mailer, err := mail.Of(m)
	if err != nil {
		c.fail(name, "The section mail cannot be used: %s.", why(err))
		return
	}
	if err := mailer.Try(ctx); err != nil {
		c.fail(name, "%s (port %d, security %s%s). %s", err, m.Port, m.Security, as(m, ", as "), advice(err))
		return
	}
	c.good(name, "The server %s lets the bridge in at port %d (security %s%s); no mail was sent.", m.Host, m.Port, m.Security, as(m, ", logged in as "))
}

// as names the account of a mail server, if one is used.
func as(m config.Mail, before string) string {
	if m.Username == "" {
		return ""
	}
	return before + m.Username
}

// The answers of RFC 4954 section 6 that are about the account.
const (
	loginRequired = 530
	loginTooWeak  = 534
	loginFailed   = 535
)

// advice is what to look at after a server could not be used.
func advice(err error) string {
	answer, _ := errors.AsType[*mail.Error](err)
	_, unverified := errors.AsType[*tls.CertificateVerificationError](err)
	_, inClear := errors.AsType[tls.RecordHeaderError](err)
	_, otherName := errors.AsType[x509.HostnameError](err)
	switch {
	case answer != nil && (answer.Status == loginRequired || answer.Status == loginTooWeak || answer.Status == loginFailed):
		return "Look at mail.username and mail.password."
	case otherName:
		return "Its certificate is for another name: write that one in mail.host."
	case unverified:
		return "This machine does not trust its certificate: install the authority's, or use another server."
	case inClear:
		return "It does not speak TLS from the first byte at this port: set mail.security to starttls, or the port to 465."
	case errors.Is(err, syscall.ECONNREFUSED):
		return "Nothing listens there: look at mail.host and mail.port."
	case strings.Contains(err.Error(), "does not support STARTTLS"): // the library has no error of its own for it
		return "It offers no encryption at this port: set mail.security to tls with port 465, or to none if it is on this machine."
	default:
		return "Look at the section mail of the config."
	}
}
