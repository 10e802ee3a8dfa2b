// Package outward is the one HTTP client for addresses that somebody else names:
// a webhook of the config, a chain's request, a CRM. Whoever can choose such an
// address could otherwise make the bridge talk to what only the bridge can reach:
// services on its own machine and network, a cloud's metadata.
//
// What it guarantees for every request, redirects included:
//   - only http and https, no credentials in the URL;
//   - no connection but to public addresses and those that the admin's allow
//     list names. The address is looked at when the socket is about to connect,
//     after the name was resolved, so that a name cannot change in between;
//   - at most three redirects, never from https to http. To another origin
//     neither the caller's headers nor a body go along, and it is never told
//     where the request came from;
//   - one time limit for everything, and limits for headers and body as they
//     are after decompression;
//   - no cookies, and no proxy: HTTP_PROXY and its kin are ignored, because a
//     proxy would resolve the name itself and reach what we refuse.
package outward

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"
)

// The limits where Options name none.
const (
	DefaultTimeout = 20 * time.Second
	DefaultMaxBody = 1 << 20 // bytes
)

const (
	userAgent         = "Anteroom"
	maxRedirects      = 3
	maxHeaderBytes    = 64 << 10
	connectTimeout    = 10 * time.Second
	idleTimeout       = 30 * time.Second
	idleConnsInAll    = 32
	idleConnsEachHost = 2
)

// Options say what a client may do. The zero value is safe.
type Options struct {
	Allow AllowList
	// Timeout is for a whole request, body and redirects included; 0 is DefaultTimeout.
	Timeout time.Duration
	// MaxBody is the most bytes of an answer's body; 0 is DefaultMaxBody.
	MaxBody int64
	// Resolver finds addresses of names; nil is the system's.
	Resolver *net.Resolver
	// RootCAs are the certificate authorities to trust; nil trusts the system's.
	RootCAs *x509.CertPool
}

// Client makes requests. It is safe for concurrent use.
type Client struct {
	http    http.Client
	allow   AllowList
	timeout time.Duration
	maxBody int64
}

// Request is what to ask.
type Request struct {
	// Method is GET if empty.
	Method string
	URL    string
	// Header may hold secrets: none of it goes to another origin than the URL's.
	Header http.Header
	Body   []byte
	// NoRedirect refuses every redirect.
	NoRedirect bool
	// NoBody leaves the answer's body unread, whatever its size.
	NoBody bool
}

// Response is an answer, whatever its status.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// New makes a client. Close it when it is no longer needed.
func New(o Options) *Client {
	c := &Client{allow: o.Allow, timeout: o.Timeout, maxBody: o.MaxBody}
	if c.timeout <= 0 {
		c.timeout = DefaultTimeout
	}
	if c.maxBody <= 0 {
		c.maxBody = DefaultMaxBody
	}
	c.http = http.Client{
		Transport: &http.Transport{
			Proxy:                  nil, // see the package's comment
			DialContext:            c.dialer(o.Resolver),
			TLSClientConfig:        &tls.Config{RootCAs: o.RootCAs, MinVersion: tls.VersionTLS12},
			ForceAttemptHTTP2:      true,
			TLSHandshakeTimeout:    connectTimeout,
			MaxResponseHeaderBytes: maxHeaderBytes,
			MaxIdleConns:           idleConnsInAll,
			MaxIdleConnsPerHost:    idleConnsEachHost,
			IdleConnTimeout:        idleTimeout,
		},
		CheckRedirect: c.redirect,
	}
	return c
}

// Close frees idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// dialer returns a dial function that looks at each address right before the
// socket connects to it.
func (c *Client) dialer(resolver *net.Resolver) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, hostPort string) (net.Conn, error) {
		host, _, err := net.SplitHostPort(hostPort)
		if err != nil {
			return nil, err
		}
		d := net.Dialer{Timeout: connectTimeout, Resolver: resolver}
		if !c.allow.host(host) {
			d.ControlContext = func(_ context.Context, _, address string, _ syscall.RawConn) error {
				return c.look(host, address)
			}
		}
		return d.DialContext(ctx, network, hostPort)
	}
}

func (c *Client) look(host, address string) error {
	found, err := netip.ParseAddrPort(address)
	if err != nil {
		return errorf(ForbiddenName, err, "The address of %s cannot be read.", host)
	}
	if !c.allow.permits(found.Addr()) {
		return errorf(ForbiddenName, nil, "%s leads to %s, which is not a public address: add either to the allow list if this is intended.", host, found.Addr())
	}
	return nil
}

type noRedirect struct{}

// redirect judges the next request of a chain of redirects and strips it.
func (c *Client) redirect(next *http.Request, via []*http.Request) error {
	if next.Context().Value(noRedirect{}) != nil {
		return http.ErrUseLastResponse
	}
	if len(via) > maxRedirects {
		return errorf(TooManyRedirects, nil, "%s redirects more than %d times.", via[0].URL.Hostname(), maxRedirects)
	}
	if fault := checkURL(next.URL, c.allow); fault != nil {
		return fault
	}
	if via[len(via)-1].URL.Scheme == "https" && next.URL.Scheme != "https" {
		return errorf(InsecureRedirect, nil, "%s redirects from https to http.", via[0].URL.Hostname())
	}
	// The page before may hold a secret in its URL.
	next.Header.Del("Referer")
	abroad := func(r *http.Request) bool { return !sameOrigin(r.URL, via[0].URL) }
	if !abroad(next) && !slices.ContainsFunc(via, abroad) {
		return nil
	}
	if next.Body != nil && next.Body != http.NoBody {
		return errorf(RedirectWithBody, nil, "%s redirects to another host, which must not get what was sent: name that host instead.", via[0].URL.Hostname())
	}
	clear(next.Header)
	next.Header.Set("User-Agent", userAgent)
	return nil
}

func sameOrigin(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && normalHost(a.Hostname()) == normalHost(b.Hostname()) && port(a) == port(b)
}

func port(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	default:
		return "80"
	}
}

// Do makes a request and reads the whole answer. Its error is an *Error, or
// that of ctx when the caller ended it. Every status is an answer, not an
// error; with NoRedirect those that redirect too.
func (c *Client) Do(ctx context.Context, r Request) (*Response, error) {
	if err := CheckURL(r.URL, c.allow); err != nil {
		return nil, err
	}
	limited, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	if r.NoRedirect {
		limited = context.WithValue(limited, noRedirect{}, true)
	}
	request, err := http.NewRequestWithContext(limited, r.Method, r.URL, bytes.NewReader(r.Body))
	if err != nil {
		return nil, errorf(BadRequest, nil, "%q is not a method of HTTP.", r.Method)
	}
	request.Header = r.Header.Clone()
	if request.Header == nil {
		request.Header = http.Header{}
	}
	request.Header.Set("User-Agent", userAgent)
	host := request.URL.Hostname()
	answer, err := c.http.Do(request)
	if err != nil {
		return nil, c.explain(ctx, host, err)
	}
	defer func() { _ = answer.Body.Close() }()
	result := &Response{Status: answer.StatusCode, Header: answer.Header}
	if r.NoBody {
		return result, nil
	}
	result.Body, err = io.ReadAll(io.LimitReader(answer.Body, c.maxBody+1))
	if err != nil {
		return nil, c.explain(ctx, host, err)
	}
	if int64(len(result.Body)) > c.maxBody {
		return nil, errorf(TooLarge, nil, "The answer of %s is larger than %d bytes.", host, c.maxBody)
	}
	return result, nil
}

// explain makes the client's error of one of the net's. The URL, which Go's own
// errors quote, is left out.
func (c *Client) explain(ctx context.Context, host string, err error) error {
	if outer, ok := errors.AsType[*url.Error](err); ok {
		err = outer.Err
	}
	if ours, ok := errors.AsType[*Error](err); ok {
		return ours
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if timeout, ok := errors.AsType[net.Error](err); errors.Is(err, context.DeadlineExceeded) || ok && timeout.Timeout() {
		return errorf(Timeout, err, "%s did not answer within %s.", host, c.timeout)
	}
	return explainNet(host, err)
}

func explainNet(host string, err error) *Error {
	dns, lookup := errors.AsType[*net.DNSError](err)
	switch {
	case lookup && dns.IsNotFound:
		return errorf(Unreachable, err, "The name %s was not found.", dns.Name)
	case lookup:
		return errorf(Unreachable, err, "The name %s could not be looked up.", dns.Name)
	case errors.Is(err, http.ErrSchemeMismatch):
		return errorf(BadAnswer, err, "%s speaks http where https was asked for.", host)
	case certificate(err):
		return errorf(Certificate, err, "The certificate of %s was refused: %s.", host, plainCause(err))
	case lost(err):
		return errorf(Unreachable, err, "There is no connection to %s: %s.", host, plainCause(err))
	case strings.HasPrefix(err.Error(), "net/http: invalid header"):
		return errorf(BadRequest, nil, "A header of the request has a name or value that HTTP does not allow.")
	default:
		return errorf(BadAnswer, err, "%s answered what is not HTTP or has too large headers.", host)
	}
}

func lost(err error) bool {
	_, ok := errors.AsType[*net.OpError](err)
	return ok || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET)
}

func certificate(err error) bool {
	_, verify := errors.AsType[*tls.CertificateVerificationError](err)
	_, alert := errors.AsType[tls.AlertError](err)
	_, record := errors.AsType[tls.RecordHeaderError](err)
	return verify || alert || record
}

// plainCause is the innermost reason, such as "connection refused".
func plainCause(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err.Error()
		}
		err = inner
	}
}
