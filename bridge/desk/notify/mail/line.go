package mail

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
)

// line is the connection under the library's client, which closes it neither
// when it fails on the way nor when the caller goes away.
type line struct {
	tls *tls.Config

	mu     sync.Mutex
	conn   net.Conn
	closed bool
}

func (l *line) dial(ctx context.Context, network, address string) (net.Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		_ = conn.Close()
		return nil, context.Canceled
	}
	l.conn = conn
	return conn, nil
}

func (l *line) dialTLS(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := l.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	secure := tls.Client(conn, l.tls)
	return secure, secure.HandshakeContext(ctx)
}

// reached reports whether there was a connection.
func (l *line) reached() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.conn != nil
}

// close ends whatever is under way on the line, and whatever would begin.
func (l *line) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	if l.conn != nil {
		_ = l.conn.Close()
	}
}
