package mail

import (
	"fmt"
	"net/mail"
	"net/url"
	"regexp"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
	"golang.org/x/net/idna"

	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
)

// maxSubject is the most characters of a subject.
const maxSubject = 200

// Message is a mail to be sent. Whatever its fields hold, they cannot add a
// header or a recipient: visitors' words go into most of them.
type Message struct {
	// ID is the first half of the Message-ID: 1 to 64 of [A-Za-z0-9._-], the
	// same at every attempt, so that the reader's side can drop a repetition.
	ID string
	// To are addresses as in "Maria <maria@example.org>", at least one. The mail
	// goes to all of them or, when the server refuses any, to nobody.
	To []string
	// Subject is made one line of at most 200 characters.
	Subject string
	// Text is the plain body.
	Text string
	// HTML is the same with formatting, or "". It is sent as it is: whoever
	// makes it escapes what others wrote.
	HTML string
	// ReplyTo is where answers should go. One that is no address is left out:
	// visitors write them.
	ReplyTo string
	// List groups the mails in the reader's client ("shop"); letters, digits,
	// dots and hyphens, or "" for none.
	List string
	// Sender is the name that the reader sees as who writes, in place of that of
	// Options.From; "" for that.
	Sender string
	// Unsubscribe is an address of the web that takes the reader from the list, by one
	// POST without a question (RFC 8058); "" for none.
	Unsubscribe string
	// Date is when it happened, the same at every attempt; zero is now.
	Date time.Time
}

var (
	idForm   = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)
	listForm = regexp.MustCompile(`^[A-Za-z0-9.-]{1,64}$`)
)

// compose makes the mail and the addresses for the envelope.
func (m *Mailer) compose(message Message) (*gomail.Msg, []string, error) {
	if !idForm.MatchString(message.ID) {
		return nil, nil, permanentf("%q cannot be the id of a mail.", message.ID)
	}
	if message.List != "" && !listForm.MatchString(message.List) {
		return nil, nil, permanentf("%q cannot be the name of a list.", message.List)
	}
	if len(message.To) == 0 {
		return nil, nil, permanentf("The mail has no recipient.")
	}
	var to []*mail.Address
	var envelope []string
	for _, text := range message.To {
		address, err := ParseAddress(text)
		if err != nil {
			return nil, nil, permanentf("%q is not an address of e-mail.", plain.Line(text, maxQuote))
		}
		to = append(to, address)
		envelope = append(envelope, address.Address)
	}
	if message.Date.IsZero() {
		message.Date = m.now()
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	from := *m.from
	if name := plain.Line(message.Sender, maxSubject); name != "" {
		from.Name = name
	}
	msg.FromMailAddress(&from)
	msg.ToMailAddress(to...)
	if address, err := ParseAddress(message.ReplyTo); err == nil {
		msg.ReplyToMailAddress(address)
	}
	msg.Subject(subject(message.Subject))
	msg.SetDateWithValue(message.Date)
	msg.SetMessageIDWithValue(message.ID + "@" + m.domain)
	// No answering machine may answer (RFC 3834; the second is for Exchange).
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetGenHeader("X-Auto-Response-Suppress", "All")
	if message.List != "" {
		msg.SetGenHeader("List-Id", "<"+strings.ToLower(message.List)+".anteroom."+m.domain+">")
	}
	if err := setUnsubscribe(msg, message.Unsubscribe); err != nil {
		return nil, nil, err
	}
	msg.SetBodyString(gomail.TypeTextPlain, plain.Clean(message.Text))
	if message.HTML != "" {
		msg.AddAlternativeString(gomail.TypeTextHTML, strings.ToValidUTF8(message.HTML, "\uFFFD"))
	}
	return msg, envelope, nil
}

// setUnsubscribe writes the two headers of RFC 8058, if there is an address.
func setUnsubscribe(msg *gomail.Msg, address string) error {
	if address == "" {
		return nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || strings.ContainsAny(address, "<>\r\n ") {
		return permanentf("%q cannot be where a mail is unsubscribed.", address)
	}
	msg.SetGenHeader("List-Unsubscribe", "<"+address+">")
	msg.SetGenHeader("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
	return nil
}

// subject makes words a subject. What looks like an encoded word (RFC 2047)
// would be shown as something else than what was written.
func subject(words string) string {
	return strings.ReplaceAll(plain.Line(words, maxSubject), "=?", "= ?")
}

// ParseAddress reads one address of e-mail, "maria@example.org" or
// "Maria <maria@example.org>". Its domain is returned in ASCII.
func ParseAddress(text string) (*mail.Address, error) {
	address, err := mail.ParseAddress(text)
	if err != nil {
		return nil, err
	}
	// RFC 5321 lets a quoted name hold anything, also what ends an SMTP command's path.
	if strings.ContainsFunc(address.Address, func(r rune) bool { return r <= ' ' || r == 0x7F || strings.ContainsRune(`<>"\\,;`, r) }) {
		return nil, fmt.Errorf("%q has characters that no mail address needs", address.Address)
	}
	at := strings.LastIndexByte(address.Address, '@')
	domain, err := idna.Lookup.ToASCII(address.Address[at+1:])
	if err != nil {
		return nil, err
	}
	return &mail.Address{Name: plain.Line(address.Name, maxSubject), Address: address.Address[:at+1] + domain}, nil
}
