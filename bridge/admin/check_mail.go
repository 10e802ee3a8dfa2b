package admin

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strings"
	"syscall"

	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/desk/notify/mail"
)

// mail asks the mail server whether it would take mails, and sends none.
func (c *checker) mail(ctx context.Context) {
	m := c.cfg.Mail
	if m.Host == "" {
		return
	}
	mailer, err := mail.Of(m)
	if err != nil {
		c.fail("mail.config", "The section mail cannot be used: %s.", why(err))
		return
	}
	if err := mailer.Try(ctx); err != nil {
		c.fail("mail.fails", "%s (port %d, security %s%s). %s", err, m.Port, m.Security, as(m, ", as "), advice(err, m.Security))
		return
	}
	c.good("mail", "The server %s lets the bridge in at port %d (security %s%s); no mail was sent.", m.Host, m.Port, m.Security, as(m, ", logged in as "))
}

// as names the account of a mail server, if one is used.
func as(m config.Mail, before string) string {
	if m.Username == "" {
		return ""
	}
	return before + m.Username
}

// The answers of RFC 4954 section 6 that are about the account, and of RFC 5321 section
// 4.2.3 by which a server sends a client away.
const (
	loginRequired = 530
	loginTooWeak  = 534
	loginFailed   = 535
	notNow        = 421
)

// advice is what to look at after a server could not be used.
func advice(err error, security config.MailSecurity) string {
	if answer, ok := errors.AsType[*mail.Error](err); ok && answer.Status != 0 {
		return adviceOfAnswer(answer.Status)
	}
	for _, of := range []func(error, config.MailSecurity) string{adviceOfTLS, adviceOfNetwork} {
		if said := of(err, security); said != "" {
			return said
		}
	}
	switch {
	case mail.OffersNoLogin(err):
		return "It offers no log-in that the bridge knows: many do so with encryption alone (mail.security), and one that needs none wants no mail.username."
	case mail.WouldTellPassword(err):
		return "The password would go over the network in clear: set mail.security to starttls or tls."
	case mail.OffersNoEncryption(err):
		return "It offers no encryption at this port: set mail.security to tls with port 465, or to none if it is on this machine."
	default:
		return "Look at the section mail of the config."
	}
}

// adviceOfNetwork is advice on a connection that did not come about, or a server that says
// nothing; empty if that was not it.
func adviceOfNetwork(err error, security config.MailSecurity) string {
	name, _ := errors.AsType[*net.DNSError](err)
	e, _ := errors.AsType[*mail.Error](err)
	timeout, _ := errors.AsType[net.Error](err)
	late := errors.Is(err, context.DeadlineExceeded) || timeout != nil && timeout.Timeout()
	switch {
	case name != nil && name.IsNotFound:
		return "No such name is known: look at mail.host."
	case name != nil && !name.IsTimeout:
		return "The name could not be looked up: look at mail.host, and at the DNS of this machine."
	case errors.Is(err, syscall.ECONNREFUSED):
		return "Nothing listens there: look at mail.host and mail.port."
	case late && (e == nil || !e.Reached):
		return "No connection came about: look at mail.host, and whether a firewall, or the host of this machine, lets nothing out to this port."
	case late && security != config.TLS:
		return "A server that says nothing may speak TLS from the first byte at this port: then set mail.security to tls."
	default:
		return ""
	}
}

// adviceOfAnswer is advice on what a server answered before any mail was named.
func adviceOfAnswer(status int) string {
	switch status {
	case loginRequired, loginTooWeak, loginFailed:
		return "Look at mail.username and mail.password."
	case notNow:
		return "It sends the bridge away for now: try again later, and if that stays so, ask whoever runs it."
	default:
		return "It does not let this machine in: ask whoever runs it."
	}
}

// adviceOfTLS is advice on encryption that did not come about; empty if that was not it.
func adviceOfTLS(err error, _ config.MailSecurity) string {
	_, unverified := errors.AsType[*tls.CertificateVerificationError](err)
	_, inClear := errors.AsType[tls.RecordHeaderError](err)
	_, otherName := errors.AsType[x509.HostnameError](err)
	invalid, _ := errors.AsType[x509.CertificateInvalidError](err)
	switch {
	case otherName:
		return "Its certificate is for another name: write that one in mail.host."
	case unverified && invalid.Reason == x509.Expired && invalid.Cert != nil:
		return "Its certificate has expired or is not valid yet: renew it, or set the clock of this machine."
	case unverified:
		return "This machine does not trust its certificate: install the authority's (or name it by SSL_CERT_FILE), or use another server."
	case inClear:
		return "It does not speak TLS from the first byte at this port: set mail.security to starttls, or the port to 465."
	case strings.Contains(err.Error(), "protocol version"): // crypto/tls has no error of its own for it
		return "It speaks no TLS of version 1.2 or newer: upgrade it, or use another server."
	default:
		return ""
	}
}
