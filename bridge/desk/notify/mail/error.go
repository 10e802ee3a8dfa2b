package mail

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"regexp"
	"strings"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
)

// Error is why a mail was not sent.
type Error struct {
	// Status is what the server answered, or 0 when it never came to that.
	Status int
	// Reached is true if there was a connection to the server.
	Reached bool
	// Text is one plain English sentence; it may quote the server's answer.
	Text string
	Err  error

	permanent bool
	// discreet is Text without what the server said.
	discreet string
}

func (e *Error) Error() string { return e.Text }

// Discreet is for the log: servers repeat the address that they refuse.
func (e *Error) Discreet() string { return e.discreet }

func (e *Error) Unwrap() error { return e.Err }

// Permanent reports that the same mail would be refused again: the address is
// none, or the server wants neither it nor the mail. Everything about the
// connection, the log-in and the sender is temporary, however the server puts
// it, because an admin can repair that while the mail waits.
func (e *Error) Permanent() bool { return e.permanent }

// OffersNoEncryption reports whether a server that was to be asked for STARTTLS has none.
func OffersNoEncryption(err error) bool {
	return strings.Contains(err.Error(), "does not support STARTTLS") // the library has no error of its own for it
}

// OffersNoLogin reports whether a server has no way to log in that is known here.
func OffersNoLogin(err error) bool {
	return errors.Is(err, gomail.ErrNoSupportedAuthDiscovered) || strings.Contains(err.Error(), "does not support SMTP AUTH")
}

// WouldTellPassword reports whether the password was kept back, as it would go in clear.
func WouldTellPassword(err error) bool { return errors.Is(err, smtp.ErrUnencrypted) }

func permanentf(format string, args ...any) *Error {
	return &Error{Text: fmt.Sprintf(format, args...), permanent: true, discreet: "The mail cannot be sent as it is."}
}

// The longest quotation of a server's answer, in characters.
const maxQuote = 300

// The parts of a conversation with the server, as they stand in sentences.
type stage string

const (
	connecting stage = "connecting and logging in"
	sender     stage = "naming the sender"
	recipient  stage = "naming the recipient"
	content    stage = "sending the text"
)

// The answers to RCPT that are about us and not about the recipient.
const (
	authRequired   = 530
	authFailed     = 535
	encryptionNeed = 538
	tooMany        = 552 // of recipients, by RFC 5321 section 4.5.3.1.10
)

func (m *Mailer) explain(ctx context.Context, at stage, err error) *Error {
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	answer, answered := errors.AsType[*textproto.Error](err)
	timeout, late := errors.AsType[net.Error](err)
	e := &Error{Err: err}
	quote := ""
	switch {
	case answered:
		e.Status = answer.Code
		e.permanent = answer.Code >= 500 && (at == content || at == recipient && !aboutUs(answer))
		e.Text = fmt.Sprintf("The mail server %s answered %d while %s", m.options.Host, answer.Code, at)
		quote = answer.Msg
	case errors.Is(err, context.Canceled):
		e.Text = "Sending was stopped"
	case errors.Is(err, context.DeadlineExceeded) || late && timeout.Timeout():
		e.Text = fmt.Sprintf("The mail server %s did not answer in time while %s", m.options.Host, at)
	default:
		e.Text = fmt.Sprintf("The mail server %s cannot be used while %s", m.options.Host, at)
		quote = err.Error()
	}
	e.discreet = e.Text + "."
	if quote == "" {
		e.Text = e.discreet
		return e
	}
	e.Text += ": " + plain.Line(quote, maxQuote)
	if !answered && at == connecting { // nobody was named so far
		e.discreet = e.Text
	}
	return e
}

// aboutUs reports an answer to RCPT that concerns us and not the recipient.
func aboutUs(answer *textproto.Error) bool {
	switch answer.Code {
	case authRequired, authFailed, encryptionNeed, tooMany:
		return true
	}
	switch {
	case strings.HasPrefix(answer.Msg, "5.1."): // the address is none, whatever is quoted of it
		return false
	case strings.HasPrefix(answer.Msg, "5.7."): // what the server permits (RFC 3463 section 3.8)
		return true
	default: // that it does not relay for us, where it has no such codes
		return relayed.MatchString(answer.Msg)
	}
}

// relayed finds the word in a refusal: not in an address or the name of a host, of which the
// visitor may have chosen one.
var relayed = regexp.MustCompile(`(?i)(^|\s)relay(ing|ed)?([\s,;:!]|\.?$|\.\s)`)
