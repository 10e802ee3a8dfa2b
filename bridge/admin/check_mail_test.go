package admin

import (
	"net"
	"strings"
	"testing"

	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/desk/notify/mail/mailtest"
)

// The mail server is tried as the bridge uses it, up to the log-in; nobody is mailed.
func TestCheckTriesTheMailServer(t *testing.T) {
	open := mailtest.Start(t, mailtest.Options{})
	login := mailtest.Start(t, mailtest.Options{Login: true})
	secure := mailtest.Start(t, mailtest.Options{Secure: "starttls"})
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
		{"no section", config.Mail{}, [3]string{}},
	} {
		t.Run(c.about, func(t *testing.T) {
			if c.mail.Port != 0 {
				c.mail.Host, c.mail.From = "127.0.0.1", "Shop <chat@example.org>"
			}
			var said strings.Builder
			checker := &checker{cfg: &config.Config{Mail: c.mail}, report: func(f Finding) { said.WriteString(f.String() + "\n") }}
			checker.mail(t.Context())
			if c.want[0] == "" {
				if said.Len() > 0 {
					t.Errorf("of no mail server it says %s", &said)
				}
				return
			}
			want(t, said.String(), c.want)
			if strings.Contains(said.String(), mailtest.Password) || strings.Contains(said.String(), "wrong") {
				t.Errorf("it tells the password: %s", &said)
			}
			t.Log(said.String())
		})
	}
	if n := len(open.Mails()) + len(login.Mails()) + len(secure.Mails()); n > 0 {
		t.Errorf("%d mails were sent", n)
	}
}
