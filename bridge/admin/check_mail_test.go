package admin

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/desk/notify/mail/mailtest"
)

// The mail server is tried as the bridge uses it, up to the log-in; nobody is mailed.
func TestCheckTriesTheMailServer(t *testing.T) {
	open := mailtest.Start(t, mailtest.Options{})
	login := mailtest.Start(t, mailtest.Options{Login: true})
	secure := mailtest.Start(t, mailtest.Options{Secure: "starttls"})
	elsewhere := mailtest.Start(t, mailtest.Options{Secure: "tls", Certificate: "elsewhere"})
	expired := mailtest.Start(t, mailtest.Options{Secure: "starttls", Certificate: "expired"})
	old := mailtest.Start(t, mailtest.Options{Secure: "starttls", Old: true})
	keyless := mailtest.Start(t, mailtest.Options{NoLogin: true})
	busy := mailtest.Start(t, mailtest.Options{Greeting: "421 mail.test Too many connections"})
	closed := mailtest.Start(t, mailtest.Options{Greeting: "554 mail.test No SMTP service here"})
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := listener.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // it is one
	_ = listener.Close()
	for _, c := range []struct {
		about string
		mail  config.Mail
		want  [3]string
	}{
		{"without a log-in", config.Mail{Port: open.Port, Security: config.NoTLS}, [3]string{"✓", "mail", "lets the bridge in"}},
		{"with one", config.Mail{Port: login.Port, Security: config.NoTLS, Username: mailtest.Username, Password: mailtest.Password}, [3]string{"✓", "mail", "logged in as " + mailtest.Username}},
		{"a wrong password", config.Mail{Port: login.Port, Security: config.NoTLS, Username: mailtest.Username, Password: "wrong"}, [3]string{"✗", "mail", "Look at mail.username"}},
		{"no STARTTLS", config.Mail{Port: open.Port, Security: config.StartTLS}, [3]string{"✗", "mail", "offers no encryption"}},
		{"an unknown authority", config.Mail{Port: secure.Port, Security: config.StartTLS}, [3]string{"✗", "mail", "does not trust its certificate"}},
		{"nobody there", config.Mail{Port: nobody, Security: config.NoTLS}, [3]string{"✗", "mail", "Nothing listens there"}},
		{"clear where TLS is meant", config.Mail{Port: secure.Port, Security: config.TLS}, [3]string{"✗", "mail", "set mail.security to starttls"}},
		{"a certificate for another name", config.Mail{Port: elsewhere.Port, Security: config.TLS}, [3]string{"✗", "mail", "Its certificate is for another name"}},
		{"an expired certificate", config.Mail{Port: expired.Port, Security: config.StartTLS}, [3]string{"✗", "mail", "has expired"}},
		{"old encryption", config.Mail{Port: old.Port, Security: config.StartTLS}, [3]string{"✗", "mail", "no TLS of version 1.2"}},
		{"no log-in offered", config.Mail{Port: keyless.Port, Security: config.NoTLS, Username: mailtest.Username, Password: mailtest.Password}, [3]string{"✗", "mail", "offers no log-in"}},
		{"sent away for now", config.Mail{Port: busy.Port, Security: config.NoTLS}, [3]string{"✗", "mail", "try again later"}},
		{"sent away", config.Mail{Port: closed.Port, Security: config.NoTLS}, [3]string{"✗", "mail", "does not let this machine in"}},
		{"no such name", config.Mail{Host: "mail.invalid", Port: 587, Security: config.StartTLS}, [3]string{"✗", "mail", "look at mail.host"}},
		{"TLS where clear is meant", config.Mail{Port: elsewhere.Port, Security: config.StartTLS}, [3]string{"✗", "mail", "set mail.security to tls"}},
		{"no section", config.Mail{}, [3]string{}},
	} {
		t.Run(c.about, func(t *testing.T) {
			said := triedMail(t, c.mail)
			if c.want[0] == "" {
				if said != "" {
					t.Errorf("of no mail server it says %s", said)
				}
				return
			}
			want(t, said, c.want)
			if strings.Contains(said, mailtest.Password) || strings.Contains(said, "wrong") {
				t.Errorf("it tells the password: %s", said)
			}
			t.Log(said)
		})
	}
	if n := len(open.Mails()) + len(login.Mails()) + len(secure.Mails()); n > 0 {
		t.Errorf("%d mails were sent", n)
	}
}

// triedMail is what is found of a mail server, on loopback if it has no host.
func triedMail(t *testing.T, m config.Mail) string {
	t.Helper()
	if m.Port != 0 {
		m.From = "Shop <chat@example.org>"
		if m.Host == "" {
			m.Host = "127.0.0.1"
		}
	}
	var said strings.Builder
	checker := &checker{cfg: &config.Config{Mail: m}, findings: &findings{w: &said}}
	// Who says nothing is waited for.
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	checker.mail(ctx)
	return said.String()
}

// Of a machine that cannot look names up it is not said that nothing listens there.
func TestANameThatCannotBeLookedUpIsNoServer(t *testing.T) {
	for _, err := range []error{
		&net.DNSError{Name: "mail.example.org", Err: "server misbehaving", IsTemporary: true},
		&net.DNSError{Name: "mail.example.org", Err: "connection refused", UnwrapErr: syscall.ECONNREFUSED},
	} {
		if said := advice(err, config.StartTLS); !strings.Contains(said, "DNS of this machine") {
			t.Errorf("of %v it says %s", err, said)
		}
	}
}

// tryThere names the server that a process of this test tries, as port and security.
const tryThere = "ANTEROOM_TEST_MAIL"

// A server whose authority the machine trusts lets the bridge in by both kinds of
// encryption. What a machine trusts is read once in the life of a process, so another one tries.
func TestCheckTrustsTheAuthoritiesOfTheMachine(t *testing.T) {
	if there := os.Getenv(tryThere); there != "" {
		port, security, _ := strings.Cut(there, " ")
		n, err := strconv.Atoi(port)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println(triedMail(t, config.Mail{Port: n, Security: config.MailSecurity(security), Username: mailtest.Username, Password: mailtest.Password}))
		return
	}
	for _, security := range []config.MailSecurity{config.StartTLS, config.TLS} {
		t.Run(string(security), func(t *testing.T) {
			server := mailtest.Start(t, mailtest.Options{Secure: string(security), Login: true})
			stranger := mailtest.Start(t, mailtest.Options{})
			for _, c := range []struct {
				authority []byte
				want      [3]string
			}{
				{server.Authority, [3]string{"✓", "mail", fmt.Sprintf("lets the bridge in at port %d (security %s, logged in as %s)", server.Port, security, mailtest.Username)}},
				{stranger.Authority, [3]string{"✗", "mail", "does not trust its certificate"}},
			} {
				trusted := filepath.Join(t.TempDir(), "authority.pem")
				if err := os.WriteFile(trusted, c.authority, 0o600); err != nil {
					t.Fatal(err)
				}
				cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+strings.Split(t.Name(), "/")[0]+"$") // #nosec G204 -- itself
				cmd.Env = append(os.Environ(), "SSL_CERT_FILE="+trusted, "SSL_CERT_DIR="+t.TempDir(), fmt.Sprintf("%s=%d %s", tryThere, server.Port, security))
				said, err := cmd.CombinedOutput()
				if err != nil {
					t.Fatalf("%v: %s", err, said)
				}
				want(t, string(bytes.TrimSpace(said)), c.want)
			}
			if n := len(server.Mails()); n > 0 {
				t.Errorf("%d mails were sent", n)
			}
		})
	}
}
