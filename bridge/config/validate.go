package config

import (
	"cmp"
	"fmt"
	"maps"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.mau.fi/zeroconfig"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bot/typo"
	"github.com/anteroom-chat/anteroom/bridge/outward"
)

// validate checks every value and brings URLs and origins into the form that
// the rest of the bridge compares.
func (d *document) validate(cfg *Config, needTokens bool) {
	d.validateHomeserver(&cfg.Homeserver)
	d.validateAppService(&cfg.AppService, needTokens)
	d.validateDatabase(&cfg.Database)
	d.validateGateway(&cfg.Gateway)
	d.hostPort("metrics.listen", cfg.Metrics.Listen)
	d.validateListeners(cfg)
	if cfg.Database.Type == SQLite && cfg.Database.URI != "" && cfg.Database.URI == cfg.Gateway.DataDir {
		d.fault("gateway.data_dir", "gateway.data_dir and database.uri are the same path: one is a folder, the other a file.")
	}
	d.validateMail(&cfg.Mail)
	if _, err := outward.ParseAllowList(cfg.Outward); err != nil {
		d.fault("outward", "outward: %s.", strings.TrimSuffix(err.Error(), "."))
	}
	d.validateLogging(&cfg.Logging)
	if len(cfg.Sites) == 0 {
		d.fault("sites", "There is no site: describe at least one under sites.")
	}
	for _, siteID := range slices.Sorted(maps.Keys(cfg.Sites)) {
		d.validateSite(cfg, cfg.Sites[siteID], "sites."+string(siteID))
	}
}

// The grammars of the Matrix specification's appendices: server names, and
// user ids' localparts.
var (
	serverName = regexp.MustCompile(`^([A-Za-z0-9.-]{1,230}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?$`)
	localpart  = regexp.MustCompile(`^[a-z0-9._=/+-]{1,100}$`)
	plainName  = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)
)

func (d *document) validateHomeserver(h *Homeserver) {
	d.url("homeserver.address", &h.Address, rootOnly)
	switch {
	case h.Domain == "":
		d.fault("homeserver.domain", "homeserver.domain is missing: it is the part after the colon in your users' ids.")
	case strings.Contains(h.Domain, "/"):
		d.fault("homeserver.domain", "homeserver.domain is a server name like example.com, without https:// and slashes.")
	case !serverName.MatchString(h.Domain):
		d.fault("homeserver.domain", "homeserver.domain: %q is not a server name.", h.Domain)
	}
	oneOf(d, "homeserver.room_version", h.RoomVersion, "", "10", "11", "12")
}

func (d *document) validateAppService(a *AppService, needTokens bool) {
	if !plainName.MatchString(a.ID) {
		d.fault("appservice.id", "appservice.id must be 1 to 64 letters, digits, dots, dashes or underscores.")
	}
	d.number("appservice.port", a.Port, 1, 65535)
	d.host("appservice.hostname", a.Hostname)
	switch {
	case a.Address != "":
		d.url("appservice.address", &a.Address, withPath)
	case isWildcard(a.Hostname):
		d.fault("appservice.address", "appservice.address is missing: with hostname %s the homeserver cannot know where to reach the bridge.", a.Hostname)
	default:
		a.Address = "http://" + net.JoinHostPort(a.Hostname, strconv.Itoa(a.Port))
	}
	d.token("appservice.as_token", EnvASToken, a.ASToken, needTokens)
	d.token("appservice.hs_token", EnvHSToken, a.HSToken, needTokens)
	if a.ASToken != "" && a.ASToken == a.HSToken {
		d.fault("appservice.hs_token", "appservice.hs_token must differ from as_token.")
	}
	d.validateBot(&a.Bot)
}

func (d *document) validateBot(b *Bot) {
	if !localpart.MatchString(b.Username) {
		d.fault("appservice.bot.username", "appservice.bot.username must be 1 to 100 characters of a-z, 0-9 and ._=/+-, without @ and domain.")
	} else if strings.HasPrefix(b.Username, "anteroom_") {
		d.fault("appservice.bot.username", "appservice.bot.username must not begin with anteroom_: such names belong to visitors.")
	}
	d.words("appservice.bot.displayname", b.DisplayName, 1, 100)
	if b.Avatar != "" {
		if uri, err := id.ParseContentURI(b.Avatar); err != nil || uri.IsEmpty() {
			d.fault("appservice.bot.avatar", "appservice.bot.avatar must be an mxc:// address, as Matrix clients show it for an uploaded picture.")
		}
	}
}

func (d *document) token(path, env, value string, needed bool) {
	const least, most = 32, 255
	switch {
	case value == "" && needed:
		d.fault(path, `%s is missing: run "anteroom registration" once, which makes it; if the bridge has it from the environment, set %s here, too.`, path, env)
	case value == "":
	case len(value) < least || len(value) > most:
		d.fault(path, "%s must be %d to %d characters long; it is a password between the two servers.", path, least, most)
	case strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' }):
		d.fault(path, "%s must be plain ASCII without spaces.", path)
	}
}

// serverAddress is what programs for PostgreSQL and MySQL take: a URL, or libpq's
// "host=… dbname=…".
var serverAddress = regexp.MustCompile(`(?i)^\s*(postgres(ql)?|mysql|mariadb):|\b(host|dbname)=`)

func (d *document) validateDatabase(db *Database) {
	if !oneOf(d, "database.type", db.Type, SQLite, Postgres) {
		return
	}
	// The value may hold a password, so no fault quotes it.
	switch {
	case db.Type == Postgres:
		d.fault("database.type", "database.type: postgres is not supported yet; use sqlite3, and name a file in database.uri, such as data/anteroom.db.")
	case db.Type == SQLite && db.URI == "":
		d.fault("database.uri", "database.uri is empty: name the file, such as data/anteroom.db.")
	case db.Type == SQLite && serverAddress.MatchString(db.URI):
		d.fault("database.uri", "database.uri is the address of a database server, and the bridge keeps its data in a SQLite file alone: name the file, such as data/anteroom.db.")
	case db.Type == SQLite && (strings.Contains(db.URI, ":") || strings.Contains(db.URI, "?")):
		d.fault("database.uri", "database.uri must be the path of a file, without file: and parameters; the bridge adds the right ones itself.")
	}
}

// LeastFrame has room for the longest hello: an address and a referrer of 2,048
// ASCII characters each, and a title of 256 that JSON may write in six bytes
// each (widget/src/chat/page.ts).
const LeastFrame Size = 16 << 10

// headerName is a token of RFC 9110 section 5.6.2, without its odder characters.
var headerName = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)

func (d *document) validatePlaces(g *Gateway) {
	for _, h := range []struct{ path, name string }{
		{"gateway.places.country_header", g.Places.CountryHeader}, {"gateway.places.city_header", g.Places.CityHeader},
	} {
		if h.name != "" && !headerName.MatchString(h.name) {
			d.fault(h.path, "%s: %q is not the name of a header; write it like CF-IPCountry.", h.path, h.name)
		}
	}
	if g.Places.CityHeader != "" && g.Places.CountryHeader == "" {
		d.fault("gateway.places.city_header", "gateway.places.city_header counts only together with country_header.")
	}
	if g.Places.CountryHeader != "" && len(g.TrustedProxies) == 0 {
		d.fault("gateway.places.country_header", "gateway.places.country_header: without gateway.trusted_proxies nobody's headers are believed.")
	}
}

func (d *document) validateGateway(g *Gateway) {
	if d.hostPort("gateway.listen", g.Listen) {
		g.Listen = strings.TrimSpace(g.Listen)
	}
	d.publicURL("gateway.public_url", &g.PublicURL)
	for i, p := range g.TrustedProxies {
		if p.IsValid() && p.Bits() == 0 {
			d.fault(fmt.Sprintf("gateway.trusted_proxies[%d]", i), "gateway.trusted_proxies must not hold the whole internet: any visitor could then claim any address.")
		}
	}
	if g.DataDir == "" {
		d.fault("gateway.data_dir", "gateway.data_dir is empty: name a folder, such as data/files.")
	}
	d.validatePlaces(g)
	l := g.Limits
	for _, limit := range []struct {
		name       string
		value, top int
	}{
		{"sockets_per_visitor", l.SocketsPerVisitor, 1000},
		{"sockets_per_address", l.SocketsPerAddress, 1_000_000},
		{"connections", l.Connections, 1_000_000},
		{"messages_per_minute", l.MessagesPerMinute, 10_000},
		{"messages_burst", l.MessagesBurst, 1000},
		{"sessions_per_minute", l.SessionsPerMinute, 1_000_000},
		{"dialogs_per_hour", l.DialogsPerHour, 1_000_000},
		{"site_dialogs_per_hour", l.SiteDialogsPerHour, 1_000_000},
		{"uploads_per_hour", l.UploadsPerHour, 10_000},
		{"files_waiting", l.FilesWaiting, 1000},
	} {
		d.number("gateway.limits."+limit.name, limit.value, 1, limit.top)
	}
	d.size("gateway.limits.upload_bytes_per_hour", l.UploadBytesPerHour, leastFile, 1<<40)
	d.size("gateway.limits.free_space", l.FreeSpace, 0, 1<<40)
	d.size("gateway.limits.frame_bytes", l.FrameBytes, LeastFrame, 1<<20)
}

// validateListeners refuses two listeners on one address.
func (d *document) validateListeners(cfg *Config) {
	gateway, homeserver := cfg.Gateway.Listen, net.JoinHostPort(cfg.AppService.Hostname, strconv.Itoa(cfg.AppService.Port))
	if port, same := onePort(gateway, homeserver); same {
		d.fault("gateway.listen", "gateway.listen and appservice.hostname with appservice.port both want port %s: give them different ports.", port)
	}
	if !cfg.Metrics.Enabled {
		return
	}
	if port, same := onePort(cfg.Metrics.Listen, gateway); same {
		d.fault("metrics.listen", "metrics.listen and gateway.listen both want port %s: give them different ports.", port)
	}
	if port, same := onePort(cfg.Metrics.Listen, homeserver); same {
		d.fault("metrics.listen", "metrics.listen and appservice.hostname with appservice.port both want port %s: give them different ports.", port)
	}
}

// onePort reports whether two that listen want the same port of the same network, and which.
// What is no host:port is told elsewhere, and wants none here.
func onePort(one, other string) (port string, same bool) {
	a, port, err := net.SplitHostPort(one)
	b, otherPort, otherErr := net.SplitHostPort(other)
	if err != nil || otherErr != nil || port != otherPort {
		return port, false
	}
	return port, a == b || isWildcard(a) || isWildcard(b) || isLoopback(a) && isLoopback(b)
}

func (d *document) validateLogging(l *zeroconfig.Config) {
	for i, w := range l.Writers {
		path := fmt.Sprintf("logging.writers[%d]", i)
		oneOf(d, path+".type", w.Type, zeroconfig.WriterTypeStdout, zeroconfig.WriterTypeStderr, zeroconfig.WriterTypeFile,
			zeroconfig.WriterTypeSyslog, zeroconfig.WriterTypeSyslogCEE, zeroconfig.WriterTypeJournald)
		oneOf(d, path+".format", w.Format, "", zeroconfig.LogFormatJSON, zeroconfig.LogFormatPretty, zeroconfig.LogFormatPrettyColored)
		if w.Type == zeroconfig.WriterTypeFile && w.Filename == "" {
			d.fault(path+".filename", "%s.filename is missing: name the log file.", path)
		}
	}
}

// oneOf reports whether the value is among those allowed, and notes a fault if not.
func oneOf[T ~string](d *document, path string, value T, allowed ...T) bool {
	if slices.Contains(allowed, value) {
		return true
	}
	names := make([]string, 0, len(allowed))
	for _, a := range allowed {
		if a != "" {
			names = append(names, string(a))
		}
	}
	hint := ""
	if near := typo.Meant(string(value), names); near != "" {
		hint = fmt.Sprintf("; did you mean %q?", near)
	}
	text := fmt.Sprintf("%s must be %s, not %q", path, orList(names), value)
	d.fault(path, "%s%s", text, cmp.Or(hint, "."))
	return false
}

func orList(names []string) string {
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}
