package admin

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/smtp"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/outward"
)

// clock compares ours with the homeserver's.
func (c *checker) clock(ctx context.Context) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.cfg.Homeserver.Address+"/_matrix/client/versions", nil)
	if err != nil {
		return
	}
	response, err := c.http.Do(request)
	if err != nil {
		return // the line of the homeserver has said it
	}
	_ = response.Body.Close()
	theirs, err := http.ParseTime(response.Header.Get("Date"))
	if err != nil {
		c.note("clock.untold", "The homeserver does not tell its time.")
		return
	}
	if apart := time.Since(theirs).Abs(); apart > clockApart {
		c.fail("clock.apart", "This machine and the homeserver are %s apart: set both clocks (NTP), or times in dialogs are wrong and tokens refused.", apart.Round(time.Second))
		return
	}
	c.good("clock", "It agrees with the homeserver's.")
}

// metrics looks whether Prometheus is answered.
func (c *checker) metrics(ctx context.Context) {
	if !c.cfg.Metrics.Enabled {
		return
	}
	address := here(c.cfg.Metrics.Listen)
	code, body, err := c.get(ctx, "http://"+address+"/metrics")
	switch {
	case err != nil && !strange(err):
		c.fail("metrics.silent", "%s does not answer (%s): restart the bridge, so that it reads this config.", address, why(err))
	case err != nil || code != http.StatusOK || !strings.Contains(string(body), "anteroom_"):
		c.fail("metrics.other_program", "%s answers, but not with Anteroom's metrics: choose another metrics.listen.", address)
	default:
		c.good("metrics", "%s answers.", address)
	}
}

// certificate looks when that of the public address ends.
func (c *checker) certificate(ctx context.Context) {
	address, err := url.Parse(c.cfg.Gateway.PublicURL)
	if err != nil || address.Scheme != "https" {
		return
	}
	port := address.Port()
	if port == "" {
		port = "443"
	}
	dialer := tls.Dialer{NetDialer: &net.Dialer{Timeout: checkTimeout}}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(address.Hostname(), port))
	unverified, _ := errors.AsType[*tls.CertificateVerificationError](err)
	switch {
	case unverified != nil:
		c.fail("certificate.untrusted", "That of %s is not one that this machine trusts (%s): renew it, with its intermediate certificates.", address.Host, unverified.Err)
		return
	case err != nil:
		c.fail("certificate.none", "%s does not show one (%s): see whether the reverse proxy speaks TLS at port %s.", address.Host, why(err), port)
		return
	}
	defer func() { _ = conn.Close() }()
	if encrypted, ok := conn.(*tls.Conn); ok {
		c.until("certificate", address.Host, encrypted.ConnectionState())
	}
}

// until tells when the certificate of a connection ends.
func (c *checker) until(area, host string, state tls.ConnectionState) {
	ends := state.PeerCertificates[0].NotAfter
	if time.Until(ends) < certificateEnds {
		c.fail(area+".ends", "The certificate of %s ends on %s: renew it, and see why that did not happen by itself.", host, ends.Format(time.DateOnly))
		return
	}
	c.good(area, "The certificate of %s is good until %s.", host, ends.Format(time.DateOnly))
}

// mailCertificate looks when that of the mail server ends. Whatever else is wrong there,
// mail has told.
func (c *checker) mailCertificate(ctx context.Context) {
	m := c.cfg.Mail
	if m.Host == "" || m.Security == config.NoTLS {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	dialer := net.Dialer{}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(m.Host, strconv.Itoa(m.Port)))
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	settings := &tls.Config{ServerName: m.Host, MinVersion: tls.VersionTLS12}
	if m.Security == config.TLS {
		encrypted := tls.Client(conn, settings)
		if encrypted.HandshakeContext(ctx) == nil {
			c.until("mail", m.Host, encrypted.ConnectionState())
		}
		return
	}
	client, err := smtp.NewClient(conn, m.Host)
	if err != nil || client.StartTLS(settings) != nil {
		return
	}
	if state, ok := client.TLSConnectionState(); ok {
		c.until("mail", m.Host, state)
	}
	_ = client.Quit()
}

// webhooks looks whether each receiver answers at all, by a request that asks for nothing.
func (c *checker) webhooks(ctx context.Context) {
	allow, err := outward.ParseAllowList(c.cfg.Outward)
	if err != nil {
		return // the config was refused for it
	}
	client := outward.New(outward.Options{Allow: allow})
	defer client.Close()
	reached := 0
	for _, hook := range c.receivers() {
		_, err := client.Do(ctx, outward.Request{Method: http.MethodHead, URL: hook.url, NoRedirect: true, NoBody: true})
		fault, _ := errors.AsType[*outward.Error](err)
		switch {
		case err == nil, fault != nil && fault.Code == outward.TooManyRedirects:
			reached++
		case fault == nil:
			c.fail("webhooks.unreachable", "The receiver of %s does not answer (%s): see whether it runs.", hook.name, why(err))
		default:
			c.fail("webhooks."+string(fault.Code), "The receiver of %s cannot be told anything: %s %s", hook.name, strings.TrimSuffix(fault.Text, ".")+".", adviceOfHook(fault.Code))
		}
	}
	if n := len(c.receivers()); n > 0 && reached == n {
		c.good("webhooks", "%s.", map[bool]string{true: "The receiver answers", false: fmt.Sprintf("All %d receivers answer", n)}[n == 1])
	}
}

func adviceOfHook(code outward.Code) string {
	switch code {
	case outward.ForbiddenAddress, outward.ForbiddenName:
		return "Name it in the list outward of the config."
	case outward.Certificate:
		return "Renew its certificate, or correct the name in the url."
	case outward.Timeout, outward.Unreachable, outward.BadAnswer:
		return "See whether it runs and this machine reaches it."
	default:
		return "Correct its url."
	}
}

type receiver struct{ name, url string }

// receivers are the addresses that sites tell of what happens.
func (c *checker) receivers() (all []receiver) {
	for _, id := range slices.Sorted(maps.Keys(c.cfg.Sites)) {
		site := c.cfg.Sites[id]
		if site.Alerts.Webhook.URL != "" {
			all = append(all, receiver{fmt.Sprintf("sites.%s.alerts.webhook", id), site.Alerts.Webhook.URL})
		}
		for _, hook := range site.Webhooks {
			all = append(all, receiver{fmt.Sprintf("sites.%s.webhooks %q", id, hook.Name), hook.URL})
		}
	}
	return all
}
