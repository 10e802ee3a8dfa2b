package mail_test

import (
	"context"
	"errors"
	"io"
	"mime"
	"net"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/desk/notify/mail"
	"github.com/anteroom-chat/anteroom/bridge/desk/notify/mail/mailtest"
)

func options(s *mailtest.Server, security mail.Security) mail.Options {
	return mail.Options{
		Host: "127.0.0.1", Port: s.Port, Security: security, From: "Чат <chat@shop.example>", RootCAs: s.Roots, Timeout: 10 * time.Second,
	}
}

func mailer(t *testing.T, o mail.Options) *mail.Mailer {
	t.Helper()
	m, err := mail.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func message() mail.Message {
	return mail.Message{
		ID: "abcdefghijklmnopqrstuvwxyz", To: []string{"Maria <maria@example.org>"}, Subject: "A new chat", Text: "Somebody asks for tea.\n",
		List: "shop", Date: time.Date(2026, 3, 14, 15, 9, 26, 0, time.FixedZone("", 3*3600)),
	}
}

// failure returns the mail's typed error.
func failure(t *testing.T, err error, permanent bool) *mail.Error {
	t.Helper()
	e, ok := errors.AsType[*mail.Error](err)
	if !ok {
		t.Fatalf("got %v, want a *mail.Error", err)
	}
	if e.Permanent() != permanent {
		t.Errorf("%q is permanent: %t, want %t", e, e.Permanent(), permanent)
	}
	return e
}

func fails(t *testing.T, err error, permanent bool) {
	t.Helper()
	_ = failure(t, err, permanent)
}

// received returns the one mail that the server took.
func received(t *testing.T, s *mailtest.Server) mailtest.Received {
	t.Helper()
	mails := s.Mails()
	if len(mails) != 1 {
		t.Fatalf("the server took %d mails, want 1", len(mails))
	}
	return mails[0]
}

func decoded(t *testing.T, header string) string {
	t.Helper()
	text, err := new(mime.WordDecoder).DecodeHeader(header)
	if err != nil {
		t.Fatalf("%q: %v", header, err)
	}
	return text
}

func TestMailIsSentByEveryKindOfConnection(t *testing.T) {
	for _, security := range []mail.Security{mail.StartTLS, mail.TLS, mail.None} {
		t.Run(string(security), func(t *testing.T) {
			s := mailtest.Start(t, mailtest.Options{Secure: string(security), Login: security != mail.None})
			o := options(s, security)
			if security != mail.None {
				o.Username, o.Password = mailtest.Username, mailtest.Password
			}
			if err := mailer(t, o).Send(t.Context(), message()); err != nil {
				t.Fatal(err)
			}
			got := received(t, s)
			if got.TLS != (security != mail.None) || got.User != o.Username || got.HELO != "shop.example" {
				t.Errorf("encrypted: %t, as %q, from %q", got.TLS, got.User, got.HELO)
			}
			if got.From != "chat@shop.example" || strings.Join(got.To, " ") != "maria@example.org" {
				t.Errorf("from %q to %q", got.From, got.To)
			}
			for name, want := range map[string]string{
				"Message-Id": "<abcdefghijklmnopqrstuvwxyz@shop.example>", "To": `"Maria" <maria@example.org>`, "Subject": "A new chat",
				"Date": "Sat, 14 Mar 2026 15:09:26 +0300", "Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All",
				"List-Id": "<shop.anteroom.shop.example>", "Reply-To": "", "User-Agent": "", "X-Mailer": "",
			} {
				if header := got.Header(name); header != want {
					t.Errorf("%s is %q, want %q", name, header, want)
				}
			}
			if from := decoded(t, got.Header("From")); from != "Чат <chat@shop.example>" {
				t.Errorf("From is %q", from)
			}
		})
	}
}

func TestWrongLoginWaitsForTheAdmin(t *testing.T) {
	s := mailtest.Start(t, mailtest.Options{Secure: "starttls", Login: true})
	o := options(s, mail.StartTLS)
	o.Username, o.Password = mailtest.Username, "wrong"
	e := failure(t, mailer(t, o).Send(t.Context(), message()), false)
	if e.Status != 535 || strings.Contains(e.Error(), "wrong") {
		t.Errorf("%d: %v", e.Status, e)
	}
	e = failure(t, mailer(t, options(s, mail.StartTLS)).Send(t.Context(), message()), false)
	if e.Status != 502 {
		t.Errorf("without a login: %d: %v", e.Status, e)
	}
}

func TestServerThatIsAStrangerGetsNothing(t *testing.T) {
	for _, security := range []mail.Security{mail.StartTLS, mail.TLS} {
		s := mailtest.Start(t, mailtest.Options{Secure: string(security)})
		o := options(s, security)
		o.RootCAs = nil
		fails(t, mailer(t, o).Send(t.Context(), message()), false)
		if n := len(s.Mails()); n != 0 {
			t.Errorf("%s: %d mails were sent", security, n)
		}
	}
	// A server that does not offer STARTTLS, perhaps because somebody took the offer away.
	s := mailtest.Start(t, mailtest.Options{Secure: "none"})
	fails(t, mailer(t, options(s, mail.StartTLS)).Send(t.Context(), message()), false)
	if n := len(s.Mails()); n != 0 {
		t.Errorf("%d mails were sent in clear", n)
	}
}

func TestAddressThatIsNoneIsPermanent(t *testing.T) {
	s := mailtest.Start(t, mailtest.Options{Secure: "none"})
	m := mailer(t, options(s, mail.None))
	for _, to := range [][]string{nil, {""}, {"maria"}, {"maria@"}, {"maria@example.org, ivan@example.org"}, {"maria@example.org\r\nRCPT TO:<evil@example.org>"}, {"<maria@exa mple.org>"}} {
		message := message()
		message.To = to
		fails(t, m.Send(t.Context(), message), true)
	}
	for _, change := range []func(*mail.Message){
		func(m *mail.Message) { m.ID = "" },
		func(m *mail.Message) { m.ID = "a>\r\nX-Evil: b" },
		func(m *mail.Message) { m.List = "a>\r\nX-Evil: b" },
	} {
		message := message()
		change(&message)
		fails(t, m.Send(t.Context(), message), true)
	}
	if n := len(s.Mails()); n != 0 {
		t.Errorf("%d mails were sent", n)
	}
}

func TestInternationalDomainIsWrittenInASCII(t *testing.T) {
	s := mailtest.Start(t, mailtest.Options{Secure: "none"})
	m := message()
	m.To = []string{"Мария <maria@почта.рф>"}
	if err := mailer(t, options(s, mail.None)).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	got := received(t, s)
	if got.To[0] != "maria@xn--80a1acny.xn--p1ai" || decoded(t, got.Header("To")) != "Мария <maria@xn--80a1acny.xn--p1ai>" {
		t.Errorf("to %q, header %q", got.To, got.Header("To"))
	}
}

// What visitors write ends up in all of these.
func TestWordsCannotBecomeHeadersOrRecipients(t *testing.T) {
	s := mailtest.Start(t, mailtest.Options{Secure: "none"})
	const evil = "Привет\r\nBcc: evil@example.org\r\n\r\n<script>\nX-Evil: 1\x00\u2028X-Evil: 2"
	m := message()
	m.To = []string{`"Maria\" <x@y>, " <maria@example.org>`}
	m.Subject = evil + strings.Repeat("ы", 1000)
	m.Text = evil + "\r.\r\n.\r\nQUIT\r\n..dots\n" + strings.Repeat("long ", 2000)
	m.HTML = "<p>" + evil + "</p>\r\n.\r\n"
	m.ReplyTo = "Evil\r\nX-Evil: 3 <evil@example.org>"
	if err := mailer(t, options(s, mail.None)).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	got := received(t, s)
	if strings.Join(got.To, " ") != "maria@example.org" {
		t.Errorf("the envelope names %q", got.To)
	}
	parsed, err := netmail.ReadMessage(strings.NewReader(got.Raw))
	if err != nil {
		t.Fatal(err)
	}
	for name := range parsed.Header {
		switch name {
		case "From", "To", "Subject", "Date", "Message-Id", "Mime-Version", "Content-Type", "Auto-Submitted", "X-Auto-Response-Suppress", "List-Id":
		default:
			t.Errorf("there is a header %s: %q", name, parsed.Header[name])
		}
	}
	subject := decoded(t, parsed.Header.Get("Subject"))
	if !strings.HasPrefix(subject, "Привет Bcc: evil@example.org <script> X-Evil: 1 X-Evil: 2ы") || len([]rune(subject)) != 200 {
		t.Errorf("the subject has %d characters: %q", len([]rune(subject)), subject)
	}
	if to, err := parsed.Header.AddressList("To"); err != nil || len(to) != 1 || to[0].Address != "maria@example.org" {
		t.Errorf("To is %v (%v)", to, err)
	}
	for number, line := range strings.Split(got.Raw, "\r\n") {
		if len(line) > 998 || strings.ContainsAny(line, "\r\n\x00") {
			t.Errorf("line %d has %d bytes: %.80q", number+1, len(line), line)
		}
	}
}

func TestSubjectIsShownAsItWasWritten(t *testing.T) {
	s := mailtest.Start(t, mailtest.Options{Secure: "none"})
	m := mailer(t, options(s, mail.None))
	for _, c := range [][2]string{
		{"Новый чат: Москва, 14 марта — «есть зелёный чай?» 🍵", "Новый чат: Москва, 14 марта — «есть зелёный чай?» 🍵"},
		{"=?utf-8?q?Your_password_expired?=", "= ?utf-8?q?Your_password_expired?="},
		{"  much   space ", "much space"},
		{strings.Repeat("w", 300), strings.Repeat("w", 200)},
	} {
		message := message()
		message.Subject = c[0]
		if err := m.Send(t.Context(), message); err != nil {
			t.Fatal(err)
		}
		mails := s.Mails()
		if got := decoded(t, mails[len(mails)-1].Header("Subject")); got != c[1] {
			t.Errorf("%q is shown as %q", c[0], got)
		}
	}
}

func TestBothBodiesAndTheAnswerAddressArrive(t *testing.T) {
	s := mailtest.Start(t, mailtest.Options{Secure: "none"})
	m := message()
	m.HTML, m.ReplyTo = "<p>Кто-то спрашивает</p>", "Анна <anna@example.org>"
	if err := mailer(t, options(s, mail.None)).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	got := received(t, s)
	if reply := decoded(t, got.Header("Reply-To")); reply != "Анна <anna@example.org>" {
		t.Errorf("Reply-To is %q", reply)
	}
	kind, parameters, err := mime.ParseMediaType(got.Header("Content-Type"))
	if err != nil || kind != "multipart/alternative" || parameters["boundary"] == "" {
		t.Errorf("%s (%v)", got.Header("Content-Type"), err)
	}
	if !strings.Contains(got.Raw, "Somebody asks for tea.") || !strings.Contains(got.Raw, "=D0=9A=D1=82=D0=BE") {
		t.Errorf("the mail is\n%s", got.Raw)
	}
}

// A listener that takes connections and does with them what the test says.
func listen(t *testing.T, talk func(net.Conn)) *mailtest.Server {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go talk(conn)
		}
	}()
	return &mailtest.Server{Port: listener.Addr().(*net.TCPAddr).Port}
}

func TestServerThatHangsEndsByTheTimeLimit(t *testing.T) {
	silent := func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn); _ = conn.Close() }
	// One that says nothing after the greeting, and one that is slow all the time.
	greets := func(conn net.Conn) { _, _ = io.WriteString(conn, "220 hello\r\n"); silent(conn) }
	drips := func(conn net.Conn) {
		defer func() { _ = conn.Close() }()
		for {
			if _, err := io.WriteString(conn, "220-a\r\n"); err != nil {
				return
			}
			wait := time.NewTimer(20 * time.Millisecond)
			<-wait.C
		}
	}
	for name, talk := range map[string]func(net.Conn){"silent": silent, "greets": greets, "drips": drips} {
		for _, security := range []mail.Security{mail.StartTLS, mail.TLS, mail.None} {
			o := options(listen(t, talk), security)
			o.Timeout = 200 * time.Millisecond
			start := time.Now()
			fails(t, mailer(t, o).Send(t.Context(), message()), false)
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("%s, %s: took %s", name, security, took)
			}
		}
	}
	o := options(listen(t, greets), mail.None)
	o.Timeout = time.Minute
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	start := time.Now()
	fails(t, mailer(t, o).Send(ctx, message()), false)
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("a caller who went away waited %s", took)
	}
}

func TestServerThatIsDownIsTemporary(t *testing.T) {
	s := mailtest.Start(t, mailtest.Options{Secure: "none"})
	s.Stop()
	e := failure(t, mailer(t, options(s, mail.None)).Send(t.Context(), message()), false)
	if e.Status != 0 || !strings.Contains(e.Text, "refused") {
		t.Errorf("%d: %s", e.Status, e.Text)
	}
}

// The server took the mail and broke off before the good-bye: sending it again
// would make two of it.
func TestConnectionLostAfterTheLastWordIsNoFailure(t *testing.T) {
	s := listen(t, func(conn net.Conn) {
		defer func() { _ = conn.Close() }()
		buffer := make([]byte, 64<<10)
		said := ""
		_, _ = io.WriteString(conn, "220 hello\r\n")
		for {
			n, err := conn.Read(buffer)
			if err != nil {
				return
			}
			said += string(buffer[:n])
			switch {
			case strings.HasSuffix(said, "\r\n.\r\n"):
				_, _ = io.WriteString(conn, "250 taken\r\n")
				return
			case strings.HasPrefix(said, "DATA"):
				if said == "DATA\r\n" {
					_, _ = io.WriteString(conn, "354 go on\r\n")
				}
			case strings.HasSuffix(said, "\r\n"):
				_, _ = io.WriteString(conn, "250 ok\r\n")
				said = ""
			}
		}
	})
	if err := mailer(t, options(s, mail.None)).Send(t.Context(), message()); err != nil {
		t.Error(err)
	}
}

func TestOptionsThatCannotWorkAreRefused(t *testing.T) {
	good := mail.Options{Host: "mail.example.org", Port: 587, Security: mail.StartTLS, From: "chat@example.org"}
	if _, err := mail.New(good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*mail.Options){
		"host": func(o *mail.Options) { o.Host = "" }, "port": func(o *mail.Options) { o.Port = 70000 },
		"security": func(o *mail.Options) { o.Security = "ssl" }, "from": func(o *mail.Options) { o.From = "chat" },
		"password": func(o *mail.Options) { o.Username = "me" },
	} {
		o := good
		change(&o)
		if _, err := mail.New(o); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}
