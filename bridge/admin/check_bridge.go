package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/gorilla/websocket"
	"maunium.net/go/mautrix"

	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// bridge asks the bridge itself, as the homeserver would (Application Service
// API, "Pinging").
func (c *checker) bridge(ctx context.Context) bool {
	const name = "bridge"
	host := c.cfg.AppService.Hostname
	if addr, err := netip.ParseAddr(host); err == nil && addr.IsUnspecified() {
		host = "127.0.0.1"
	}
	address := net.JoinHostPort(host, strconv.Itoa(c.cfg.AppService.Port))
	code, err := c.pingBridge(ctx, "http://"+address)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		c.skip(name, "It is not running here (nothing listens on %s): start it with \"anteroom run\" and check again to see the rest.", address)
		return false
	case err != nil:
		c.skip(name, "It cannot be reached at %s from this machine (%s).", address, why(err))
		return false
	case code == http.StatusUnauthorized || code == http.StatusForbidden:
		c.fail(name, "What runs at %s has another hs_token: restart the bridge, so that it reads this config.", address)
		return false
	case code != http.StatusOK:
		c.fail(name, "Something answers at %s (%d), but it is not Anteroom: choose another appservice.port.", address, code)
		return false
	}
	c.good(name, "It runs and accepts the hs_token.")
	return true
}

func (c *checker) pingBridge(ctx context.Context, address string) (int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address+"/_matrix/app/v1/ping", strings.NewReader("{}"))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Authorization", "Bearer "+c.cfg.AppService.HSToken)
	request.Header.Set("Content-Type", "application/json")
	code, _, err := c.do(request)
	return code, err
}

// ping asks the homeserver to reach the bridge (MSC2659, since Matrix 1.7).
func (c *checker) ping(ctx context.Context) {
	const name = "ping"
	address := c.cfg.AppService.Address
	took, err := c.client.AppservicePing(ctx, c.cfg.AppService.ID, "anteroom-check")
	var answer mautrix.HTTPError
	switch {
	case err == nil:
		c.good(name, "The homeserver reaches the bridge at %s (%d ms).", address, took.DurationMS)
	case status(err) == http.StatusNotFound || status(err) == http.StatusMethodNotAllowed:
		c.withoutPing(ctx)
	case errors.As(err, &answer) && answer.RespError != nil && answer.RespError.ErrCode == "M_URL_NOT_SET":
		c.fail(name, "The registration on the homeserver has no url: write it anew with \"anteroom registration\" and restart the homeserver.")
	case errors.As(err, &answer) && answer.RespError != nil && answer.RespError.ErrCode == "M_BAD_STATUS":
		c.fail(name, "The homeserver reaches %s, but is refused there: the registration it uses has another hs_token or url.", address)
	case status(err) == http.StatusForbidden:
		c.fail(name, "The homeserver knows this token under another id than %q (%s): write the registration anew.", c.cfg.AppService.ID, why(err))
	case status(err) >= http.StatusInternalServerError:
		c.fail(name, "The homeserver cannot reach the bridge at %s (%s): check appservice.address from the homeserver's machine, and firewalls between.", address, why(err))
	default:
		c.fail(name, "The homeserver did not do it (%s).", why(err))
	}
}

// withoutPing does what can be done from here when the homeserver has no ping.
func (c *checker) withoutPing(ctx context.Context) {
	address := c.cfg.AppService.Address
	code, err := c.pingBridge(ctx, address)
	switch {
	case err != nil:
		c.skip("ping", "Not supported by this homeserver. From this machine %s does not answer (%s); the homeserver must reach it.", address, why(err))
	case code != http.StatusOK:
		c.fail("ping", "Not supported by this homeserver, and at %s something else answers than the bridge (%d): check appservice.address.", address, code)
	default:
		c.skip("ping", "Not supported by this homeserver, skipped; from this machine %s answers.", address)
	}
}

func (c *checker) publicURL(ctx context.Context) bool {
	const name = "public url"
	address := c.cfg.Gateway.PublicURL + "/health/ready"
	code, body, err := c.get(ctx, address)
	var health healthBody
	switch {
	case err != nil:
		c.fail(name, "%s does not answer (%s): check DNS, the certificate and that the reverse proxy runs.", address, why(err))
	case json.Unmarshal(body, &health) == nil && health.Status == "unavailable":
		c.fail(name, "%s says that the bridge takes no visitors: %s", address, health.why())
	case code == http.StatusBadGateway || code == http.StatusServiceUnavailable || code == http.StatusGatewayTimeout:
		c.fail(name, "%s gives %d: the reverse proxy does not reach the bridge at gateway.listen %s.", address, code, c.cfg.Gateway.Listen)
	case code != http.StatusOK || health.Status != "ok" && health.Status != "degraded":
		c.fail(name, "%s gives %d and not the bridge's {\"status\":\"ok\"}: the reverse proxy must hand /health/, /widget/ and /v1/ on to gateway.listen %s.", address, code, c.cfg.Gateway.Listen)
	case health.Status == "degraded":
		c.skip(name, "%s answers, and says: %s", address, health.why())
		return true
	default:
		c.good(name, "%s answers.", address)
		return true
	}
	return false
}

// healthBody is what the bridge answers at /health/ready.
type healthBody struct {
	Status  string
	Reasons []struct{ Code, Text string }
}

func (h healthBody) why() string {
	if len(h.Reasons) == 0 {
		return "it does not say why."
	}
	return h.Reasons[0].Text
}

// socket opens a WebSocket through the proxy and closes it before the hello,
// so no visitor comes of it.
func (c *checker) socket(ctx context.Context) {
	const name = "websocket"
	siteID := slices.Min(slices.Collect(maps.Keys(c.cfg.Sites)))
	// A page that the first origin allows; a name for the star if it has one.
	origin := strings.Replace(c.cfg.Sites[siteID].Origins[0], "*", "anteroom-check", 1)
	dialer := websocket.Dialer{
		Proxy:            http.ProxyFromEnvironment,
		HandshakeTimeout: checkTimeout,
		Subprotocols:     []string{wire.Subprotocol},
	}
	address := fmt.Sprintf("ws%s/v1/%s/socket", strings.TrimPrefix(c.cfg.Gateway.PublicURL, "http"), siteID)
	conn, response, err := dialer.DialContext(ctx, address, http.Header{"Origin": {origin}})
	if response != nil {
		defer func() { _ = response.Body.Close() }()
	}
	switch {
	case err == nil:
		_ = conn.Close()
		c.good(name, "%s opens.", address)
	case response != nil:
		c.fail(name, "%s is refused (%s): the reverse proxy must pass WebSocket on (Upgrade and Connection headers); the chat works without, but slower.", address, response.Status)
	default:
		c.fail(name, "%s does not open (%s).", address, why(err))
	}
}
