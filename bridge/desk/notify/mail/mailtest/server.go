// Package mailtest runs a real SMTP server on loopback for tests, with
// certificates of an authority of its own. It refuses what a test tells it to.
// Its command postbox is the same for tests that are not written in Go.
package mailtest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// The account that the server knows.
const (
	Username = "anteroom"
	Password = "correct horse" // #nosec G101 -- of a server that lives as long as a test
)

// Options say how the server behaves.
type Options struct {
	// Secure is "starttls" (offered in clear), "tls" or "none".
	Secure string
	// Certificate is one that is "expired", "ending" in three days, or for "elsewhere"; ""
	// is a good one.
	Certificate string
	// Old speaks no TLS of today.
	Old bool
	// Greeting, when set, is all that it says.
	Greeting string
	// NoLogin offers no way to log in.
	NoLogin bool
	// Login refuses senders that have not logged in.
	Login bool
	// Refuse, when set, is asked at "mail", "rcpt" and "data", with the address
	// or the body; it answers with the error that the client gets, or nil.
	Refuse func(at, what string) error
	// Address to listen on; "" is a free port of 127.0.0.1.
	Address string
	// Took, when set, is called with each mail that the server took.
	Took func(Received)
}

// Refusal is an answer with that status.
func Refusal(status int, text string) error {
	return &smtp.SMTPError{Code: status, EnhancedCode: smtp.EnhancedCode{status / 100, 0, 0}, Message: text}
}

// Received is a mail that the server took.
type Received struct {
	From string
	To   []string
	Raw  string
	TLS  bool
	User string
	HELO string
}

// Header returns a header as it came, still encoded.
func (r Received) Header(name string) string {
	m, err := mail.ReadMessage(strings.NewReader(r.Raw))
	if err != nil {
		return "unreadable: " + err.Error()
	}
	return m.Header.Get(name)
}

// Server is a running server.
type Server struct {
	Port int
	// Roots holds the authority of the server's certificate for 127.0.0.1.
	Roots *x509.CertPool
	// Authority is that authority as a file has it (PEM).
	Authority []byte

	options  Options
	smtp     *smtp.Server
	listener net.Listener
	mu       sync.Mutex
	mails    []Received
}

// Start runs a server until the test ends or Stop is called.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	s, err := Serve(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

// Serve runs a server until Stop is called; ctx is for its start alone.
func Serve(ctx context.Context, o Options) (*Server, error) {
	certificate, root, err := authority(o.Certificate)
	if err != nil {
		return nil, err
	}
	s := &Server{options: o, Roots: x509.NewCertPool(), Authority: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.Raw})}
	s.Roots.AddCert(root)
	s.smtp = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &session{server: s, conn: c}, nil }))
	s.smtp.Domain = "mail.test"
	s.smtp.AllowInsecureAuth = true
	s.smtp.ErrorLog = quiet{}
	config := &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	if o.Old {
		config.MinVersion, config.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 // #nosec G402 -- what is to be refused
	}
	if o.Address == "" {
		o.Address = "127.0.0.1:0"
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.Address)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	if tcp, ok := listener.Addr().(*net.TCPAddr); ok {
		s.Port = tcp.Port
	}
	switch o.Secure {
	case "tls":
		listener = tls.NewListener(listener, config)
	case "starttls":
		s.smtp.TLSConfig = config
	}
	s.listener = listener
	if o.Greeting != "" {
		go s.speak(listener, o.Greeting)
		return s, nil
	}
	go func() { _ = s.smtp.Serve(listener) }()
	return s, nil
}

// speak says one line to whoever connects, and takes what is said to it.
func (s *Server) speak(listener net.Listener, line string) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer func() { _ = conn.Close() }()
			_, _ = io.WriteString(conn, line+"\r\n")
			_, _ = io.Copy(io.Discard, conn)
		}()
	}
}

// Stop ends the server and its connections.
func (s *Server) Stop() {
	_ = s.listener.Close() // Serve may not have begun yet
	_ = s.smtp.Close()
}

// Mails returns what the server took so far.
func (s *Server) Mails() []Received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Received(nil), s.mails...)
}

type quiet struct{}

// Printf drops what a broken connection is worth to the server.
func (quiet) Printf(string, ...any) {}

// Println drops it too.
func (quiet) Println(...any) {}

type session struct {
	server *Server
	conn   *smtp.Conn
	user   string
	from   string
	to     []string
}

// AuthMechanisms names the ways to log in.
func (s *session) AuthMechanisms() []string {
	if s.server.options.NoLogin {
		return nil
	}
	return []string{sasl.Plain}
}

// Auth logs in by any of them.
func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, username, password string) error {
		if username != Username || password != Password {
			return smtp.ErrAuthFailed
		}
		s.user = username
		return nil
	}), nil
}

func (s *session) refuse(at, what string) error {
	if s.server.options.Refuse == nil {
		return nil
	}
	return s.server.options.Refuse(at, what)
}

// Mail begins a mail.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.server.options.Login && s.user == "" {
		return smtp.ErrAuthRequired
	}
	s.from = from
	return s.refuse("mail", from)
}

// Rcpt adds a recipient.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if err := s.refuse("rcpt", to); err != nil {
		return err
	}
	s.to = append(s.to, to)
	return nil
}

// Data takes the mail.
func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := s.refuse("data", string(raw)); err != nil {
		return err
	}
	_, secure := s.conn.TLSConnectionState()
	took := Received{From: s.from, To: s.to, Raw: string(raw), TLS: secure, User: s.user, HELO: s.conn.Hostname()}
	s.server.mu.Lock()
	s.server.mails = append(s.server.mails, took)
	s.server.mu.Unlock()
	if s.server.options.Took != nil {
		s.server.options.Took(took)
	}
	return nil
}

// Reset drops a mail that was begun.
func (s *session) Reset() { s.from, s.to = "", nil }

// Logout has nothing to free.
func (s *session) Logout() error { return nil }

// authority makes a certificate authority and a certificate of it for 127.0.0.1, or one
// with a fault.
func authority(fault string) (tls.Certificate, *x509.Certificate, error) {
	from, until := time.Now().Add(-time.Hour), time.Now().Add(90*24*time.Hour)
	root, rootKey, err := signed(&x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test authority"}, NotBefore: from, NotAfter: until,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}, nil, nil)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	serverUntil, address := until, net.IPv4(127, 0, 0, 1)
	switch fault {
	case "expired":
		serverUntil = from.Add(time.Minute)
	case "ending":
		serverUntil = time.Now().Add(3 * 24 * time.Hour)
	case "elsewhere":
		address = net.IPv4(192, 0, 2, 1)
	}
	server, serverKey, err := signed(&x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "127.0.0.1"}, NotBefore: from, NotAfter: serverUntil,
		IPAddresses: []net.IP{address}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, root, rootKey)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	return tls.Certificate{Certificate: [][]byte{server.Raw}, PrivateKey: serverKey}, root, nil
}

// signed makes a key and its certificate; without a parent that signs itself.
func signed(template, parent *x509.Certificate, parentKey *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("make a key: %w", err)
	}
	if parent == nil {
		parent, parentKey = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, parentKey)
	if err != nil {
		return nil, nil, fmt.Errorf("make a certificate: %w", err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, nil, fmt.Errorf("read a certificate: %w", err)
	}
	return certificate, key, nil
}
