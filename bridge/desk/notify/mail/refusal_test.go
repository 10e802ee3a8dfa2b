package mail_test

import (
	"strings"
	"testing"

	"github.com/emersion/go-smtp"

	"github.com/anteroom-chat/anteroom/bridge/desk/notify/mail"
	"github.com/anteroom-chat/anteroom/bridge/desk/notify/mail/mailtest"
)

func TestRefusalIsPermanentOnlyWhenItIsAboutThisMail(t *testing.T) {
	for _, c := range []struct {
		at        string
		status    int
		permanent bool
	}{
		{"rcpt", 450, false},
		{"rcpt", 451, false},
		{"rcpt", 452, false},
		{"rcpt", 550, true},
		{"rcpt", 551, true},
		{"rcpt", 552, false},
		{"rcpt", 530, false},
		{"mail", 450, false},
		{"mail", 550, false},
		{"data", 451, false},
		{"data", 554, true},
		{"data", 552, true},
	} {
		s := mailtest.Start(t, mailtest.Options{Secure: "none", Refuse: func(at, _ string) error {
			if at == c.at {
				return mailtest.Refusal(c.status, "because\tof\x07 that")
			}
			return nil
		}})
		e := failure(t, mailer(t, options(s, mail.None)).Send(t.Context(), message()), c.permanent)
		if e.Status != c.status || !strings.Contains(e.Text, "because") || strings.ContainsAny(e.Text, "\x07\n\t") {
			t.Errorf("%s %d: %d, %q", c.at, c.status, e.Status, e.Text)
		}
	}
}

// A server that does not relay for us refuses us, and no recipient: the mail waits until
// that is repaired.
func TestARefusalToRelayIsNotPermanent(t *testing.T) {
	for _, c := range []struct {
		status    int
		code      smtp.EnhancedCode
		text      string
		permanent bool
	}{
		{554, smtp.EnhancedCode{5, 7, 1}, "<maria@example.org>: Relay access denied", false},
		{550, smtp.EnhancedCode{5, 7, 1}, "Delivery not authorized", false},
		{550, smtp.NoEnhancedCode, "relay not permitted", false},
		{550, smtp.NoEnhancedCode, "<maria@example.org>... Relaying denied", false},
		{550, smtp.EnhancedCode{5, 1, 1}, "<maria@relay.example.org>: no such user", true},
		{550, smtp.NoEnhancedCode, "no such user", true},
		{550, smtp.NoEnhancedCode, "<bob@relay.example.org>: no such user", true},
		{550, smtp.NoEnhancedCode, "relay.example.org knows no such user", true},
	} {
		s := mailtest.Start(t, mailtest.Options{Secure: "none", Refuse: func(at, _ string) error {
			if at == "rcpt" {
				return &smtp.SMTPError{Code: c.status, EnhancedCode: c.code, Message: c.text}
			}
			return nil
		}})
		e := failure(t, mailer(t, options(s, mail.None)).Send(t.Context(), message()), c.permanent)
		if e.Status != c.status || !strings.Contains(e.Text, c.text) {
			t.Errorf("%d %s: %d, %q", c.status, c.text, e.Status, e.Text)
		}
	}
}

func TestOneRefusedRecipientKeepsTheMailFromAll(t *testing.T) {
	s := mailtest.Start(t, mailtest.Options{Secure: "none", Refuse: func(at, what string) error {
		if at == "rcpt" && what == "gone@example.org" {
			return mailtest.Refusal(550, "no such user")
		}
		return nil
	}})
	m := message()
	m.To = append(m.To, "gone@example.org", "ivan@example.org")
	fails(t, mailer(t, options(s, mail.None)).Send(t.Context(), m), true)
	if n := len(s.Mails()); n != 0 {
		t.Errorf("%d mails were sent", n)
	}
}
