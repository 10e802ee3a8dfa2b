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

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// bridge asks the bridge itself, as the homeserver would (Application Service
// API, "Pinging").
func (c *checker) bridge(ctx context.Context) bool {
	address := here(net.JoinHostPort(c.cfg.AppService.Hostname, strconv.Itoa(c.cfg.AppService.Port)))
	near, cancel := context.WithTimeout(ctx, nearTimeout)
	defer cancel()
	code, err := c.pingBridge(near, "http://"+address)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		c.notHere(address)
		return false
	case strange(err):
		c.fail("bridge.other_program", "Something answers at %s that is not Anteroom, and does not speak HTTP: end it, or choose another appservice.port.", address)
		return false
	case err != nil && c.running:
		c.fail("bridge.silent", "%s does not answer (%s): if the bridge runs there, it hangs; restart it.", address, why(err))
		return false
	case err != nil:
		c.note("bridge.silent", "It cannot be reached at %s from this machine (%s).", address, why(err))
		return false
	case code == http.StatusUnauthorized || code == http.StatusForbidden:
		c.fail("bridge.other_token", "What runs at %s has another hs_token: restart the bridge, so that it reads this config; if another bridge runs there, choose another appservice.port.", address)
		return false
	case code != http.StatusOK:
		c.fail("bridge.other_program", "Something answers at %s (%d), but it is not Anteroom: end it, or choose another appservice.port.", address, code)
		return false
	}
	c.good("bridge", "It runs and accepts the hs_token.")
	return true
}

// notHere says why nothing listens where the bridge should.
func (c *checker) notHere(address string) {
	pid, known := store.HeldBy(c.cfg.Database.URI)
	switch {
	case !c.running:
		c.note("bridge.stopped", "It is not running here (nothing listens on %s): start it with \"anteroom run\" and check again to see the rest.", address)
	case known && pid > 0:
		c.fail("bridge.other_address", "Process %d has the database open, but nothing listens on %s: it was started with another config, or is still starting. If this stays so, restart it.", pid, address)
	default:
		c.fail("bridge.stopped", "It does not run: nothing listens on %s. Start it (\"anteroom run -c %s\", or its service), and look at the end of its log if it does not stay.", address, c.cfg.Path)
		c.portTaken("gateway.listen", c.cfg.Gateway.Listen)
		c.portTaken("metrics.listen", c.cfg.Metrics.Listen)
	}
}

// portTaken tells of another program at an address that the bridge needs to start.
func (c *checker) portTaken(key, listen string) {
	if listen == "" {
		return
	}
	conn, err := (&net.Dialer{Timeout: nearTimeout}).Dial("tcp", here(listen))
	if err != nil {
		return
	}
	_ = conn.Close()
	c.fail("bridge.port_taken", "Something else listens at %s %s, and the bridge cannot start beside it: end it, or choose another port.", key, listen)
}

// here is an address to listen on as one to connect to.
func here(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return listen
	}
	if addr, err := netip.ParseAddr(host); host == "" || err == nil && addr.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

// strange reports whether something answered that does not speak HTTP. net/http has no
// errors of its own for it; the second is of who speaks first, as mail servers do, and so is
// the third, where net/http closes the connection while it still writes.
func strange(err error) bool {
	return err != nil && (strings.Contains(err.Error(), "malformed HTTP") || strings.Contains(err.Error(), "readLoopPeekFailLocked: %!w(<nil>)") ||
		errors.Is(err, net.ErrClosed))
}

// visitors asks the bridge at its own door, past the reverse proxy, how it is.
func (c *checker) visitors(ctx context.Context) {
	address := here(c.cfg.Gateway.Listen)
	ctx, cancel := context.WithTimeout(ctx, nearTimeout)
	defer cancel()
	code, body, err := c.get(ctx, "http://"+address+"/health/live")
	var live healthBody
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		c.fail("visitors.closed", "The bridge runs, but nothing listens for visitors at gateway.listen %s: restart it, so that it reads this config.", address)
		return
	case err != nil && !strange(err):
		c.fail("visitors.silent", "%s does not answer (%s): the bridge hangs; restart it.", address, why(err))
		return
	case err == nil && crowded(body) != "":
		c.fail("visitors.crowded", "The bridge takes no more connections: %s", crowded(body))
		return
	case err != nil || json.Unmarshal(body, &live) != nil || live.Status == "":
		c.fail("visitors.other_program", "Something answers at gateway.listen %s (%d), but it is not this bridge: choose another port, or restart the bridge so that it reads this config.", address, code)
		return
	case live.Status == "unavailable":
		c.fail("visitors.hangs", "%s Restart the bridge: nothing else ends that, and nothing that was acknowledged is lost.", live.why())
		return
	}
	c.taken(ctx, address)
}

// taken asks a bridge that lives whether visitors may come.
func (c *checker) taken(ctx context.Context, address string) {
	_, body, err := c.get(ctx, "http://"+address+"/health/ready")
	var ready healthBody
	switch {
	case err == nil && crowded(body) != "":
		c.fail("visitors.crowded", "The bridge takes no more connections: %s", crowded(body))
	case err != nil || json.Unmarshal(body, &ready) != nil:
		c.fail("visitors.silent", "The bridge lives, but does not say whether it is ready: look at its log.")
	case ready.Status == "unavailable":
		c.fail("visitors."+ready.code(), "The bridge takes no visitors: %s", ready.why())
	case ready.Status == "degraded":
		c.fail("visitors."+ready.code(), "Visitors are served, but: %s", ready.why())
	default:
		c.good("visitors", "The bridge takes them at %s.", address)
	}
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
	address := c.cfg.AppService.Address
	took, err := c.client.AppservicePing(ctx, c.cfg.AppService.ID, "anteroom-check")
	var answer mautrix.HTTPError
	switch {
	case err == nil:
		c.good("ping", "The homeserver reaches the bridge at %s (%d ms).", address, took.DurationMS)
	case status(err) == http.StatusNotFound || status(err) == http.StatusMethodNotAllowed:
		c.withoutPing(ctx)
	case errors.As(err, &answer) && answer.RespError != nil && answer.RespError.ErrCode == "M_URL_NOT_SET":
		c.fail("ping.no_url", "The registration on the homeserver has no url: write it anew with \"anteroom registration\", copy it there, and restart the homeserver.")
	case errors.As(err, &answer) && answer.RespError != nil && answer.RespError.ErrCode == "M_BAD_STATUS":
		c.fail("ping.refused", "The homeserver reaches %s, but is refused there: the registration it uses has another hs_token or url.", address)
	case status(err) == http.StatusForbidden:
		c.fail("ping.other_id", "The homeserver knows this token under another id than %q (%s): write the registration anew.", c.cfg.AppService.ID, why(err))
	case status(err) >= http.StatusInternalServerError:
		c.fail("ping.unreachable", "The homeserver cannot reach the bridge at %s (%s): check appservice.address from the homeserver's machine, and firewalls between.", address, why(err))
	default:
		c.fail("ping.failed", "The homeserver did not do it (%s): see what its log says of the ping.", why(err))
	}
}

// verdictIf is bad where something is needed.
func verdictIf(needed bool) Verdict {
	if needed {
		return Bad
	}
	return Noted
}

// withoutPing does what can be done from here when the homeserver has no ping.
func (c *checker) withoutPing(ctx context.Context) {
	address := c.cfg.AppService.Address
	code, err := c.pingBridge(ctx, address)
	switch {
	case strange(err):
		c.fail("ping.other_program", "This homeserver cannot be asked, and what answers at %s does not speak HTTP: check appservice.address.", address)
	case err != nil:
		c.add(verdictIf(c.running), "ping.unsupported_silent", "This homeserver cannot be asked. From this machine %s does not answer (%s): the homeserver must reach it; check appservice.address.", address, why(err))
	case code != http.StatusOK:
		c.fail("ping.other_program", "This homeserver cannot be asked, and at %s something else answers than the bridge (%d): check appservice.address.", address, code)
	default:
		c.note("ping.unsupported", "This homeserver cannot be asked whether it reaches the bridge; from this machine %s answers.", address)
	}
}

func (c *checker) publicURL(ctx context.Context) bool {
	address := c.cfg.Gateway.PublicURL + "/health/ready"
	code, body, err := c.get(ctx, address)
	var health healthBody
	switch {
	case strange(err):
		c.fail("public_url.other_program", "What answers at %s does not speak HTTP: gateway.public_url must be the reverse proxy's address.", c.cfg.Gateway.PublicURL)
	case err != nil:
		c.fail("public_url.silent", "%s does not answer (%s): check DNS, the certificate and that the reverse proxy runs.", address, why(err))
	case crowded(body) != "":
		c.fail("public_url.crowded", "The bridge behind %s takes no more connections: %s", c.cfg.Gateway.PublicURL, crowded(body))
	case json.Unmarshal(body, &health) == nil && health.Status == "unavailable":
		c.fail("public_url.unavailable", "%s says that the bridge takes no visitors: %s", address, health.why())
	case code == http.StatusBadGateway || code == http.StatusServiceUnavailable || code == http.StatusGatewayTimeout:
		c.fail("public_url.proxy_fails", "%s gives %d: the reverse proxy does not reach the bridge at gateway.listen %s.", address, code, c.cfg.Gateway.Listen)
	case code != http.StatusOK || health.Status != "ok" && health.Status != "degraded":
		c.fail("public_url.other_program", "%s gives %d and not the bridge's {\"status\":\"ok\"}: the reverse proxy must hand /health/, /widget/ and /v1/ on to gateway.listen %s.", address, code, c.cfg.Gateway.Listen)
	case health.Status == "degraded":
		c.note("public_url.degraded", "%s answers, and says: %s", address, health.why())
		return true
	default:
		c.good("public_url", "%s answers.", address)
		return true
	}
	return false
}

// crowded is why the bridge takes no more connections, and what helps; empty if it does. It
// says so when it is asked for its health, or, if it has no room even for that, by its refusal.
func crowded(body []byte) string {
	var said struct {
		healthBody
		Refusal string `json:"code"`
	}
	if json.Unmarshal(body, &said) != nil {
		return ""
	}
	switch {
	case said.Status != "" && said.code() == "crowded":
		return said.why() + " Raise it if those are visitors."
	case said.Status == "" && said.Refusal == string(chat.CodeUnavailable):
		return "gateway.limits.connections is reached. Raise it if those are visitors."
	case said.Status == "" && said.Refusal == string(chat.CodeTooManySockets):
		return "gateway.limits.sockets_per_address is reached by the address that this question came from. If it is your reverse proxy's, add it to gateway.trusted_proxies."
	default:
		return ""
	}
}

// healthBody is what the bridge answers at /health/ready.
type healthBody struct {
	Status  string
	Reasons []struct{ Code, Text string }
}

// code is the stable name of the first reason.
func (h healthBody) code() string {
	if len(h.Reasons) == 0 {
		return "untold"
	}
	return h.Reasons[0].Code
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
		c.good("websocket", "%s opens.", address)
	case response != nil:
		c.fail("websocket.refused", "%s is refused (%s): the reverse proxy must pass WebSocket on (Upgrade and Connection headers); the chat works without, but slower.", address, response.Status)
	default:
		c.fail("websocket.fails", "%s does not open (%s): the reverse proxy must pass WebSocket on (Upgrade and Connection headers); the chat works without, but slower.", address, why(err))
	}
}
