package config

import (
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat/template"
	"github.com/anteroom-chat/anteroom/bridge/gateway/identity"
	"github.com/anteroom-chat/anteroom/bridge/outward"
)

var (
	color     = regexp.MustCompile(`^#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$`)
	hostName  = regexp.MustCompile(`^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?$`)
	mediaType = regexp.MustCompile(`^[a-z0-9][a-z0-9.+-]*/(\*|[a-z0-9][a-z0-9.+-]*)$`)
)

// maxMessageLength keeps a message of four-byte characters, as text and as
// formatted text, below the 65,536 bytes of a Matrix event.
const maxMessageLength = 7000

func (d *document) validateSite(cfg *Config, s *Site, path string) {
	d.words(path+".name", s.Name, 1, 100)
	d.validateOrigins(cfg, s, path+".origins")
	d.validateOperators(cfg, s, path+".operators")
	oneOf(d, path+".language", s.Language, English, Russian)
	if zone, err := time.LoadLocation(s.TimeZone); err != nil || s.TimeZone == "" || zone == time.Local {
		d.fault(path+".time_zone", "%s.time_zone: %q is not a time zone; write it like Europe/Berlin or UTC.", path, s.TimeZone)
	}
	d.validateAlerts(cfg, &s.Alerts, path+".alerts")
	d.validateMailVisitors(cfg, &s.MailVisitors, path+".mail_visitors")
	oneOf(d, path+".invite", s.Invite, InviteOnDuty, InviteEveryone, InviteNobody)
	d.validateSiteBot(&s.Bot, path+".bot")
	d.validateAssistants(s, path)
	d.validateCanned(s.Canned, path+".canned")
	d.validateDeals(&s.Deals, path+".deals")
	d.validateAPI(&s.API, path+".api")
	d.validatePanel(&s.Panel, path+".panel")
	d.validateHooks(s.Webhooks, path+".webhooks")
	if secret := s.Identity.Secret; secret != "" || s.Identity.SecretFile != "" {
		if err := identity.CheckSecret([]byte(secret)); err != nil {
			d.fault(path+".identity.secret", "%s.identity.secret: %s.", path, err)
		}
	}
	d.validateClosed(&s.Closed, path+".closed")
	d.number(path+".max_length", s.MaxLength, 1, maxMessageLength)
	d.validateFiles(cfg, &s.Files, path+".files")
	d.validateWidget(&s.Widget, path+".widget")
	d.validateFrames(cfg, s, path)
}

// validateFrames wants all that visitors may say to fit into a frame: one that is too large
// ends the connection.
func (d *document) validateFrames(cfg *Config, s *Site, path string) {
	frame := cfg.Gateway.Limits.FrameBytes
	if frame < LeastFrame {
		return // which is told
	}
	if need := frameFor(s.MaxLength); s.MaxLength <= maxMessageLength && need > frame {
		d.fault(path+".max_length", "%s.max_length: messages of %d characters need gateway.limits.frame_bytes of at least %d.", path, s.MaxLength, need)
	}
	d.validateFormFrames(&s.Widget.Forms, frame, path+".widget.forms")
}

// frameFor is the frame that so many characters need. JSON writes some in six bytes; the
// rest of a frame needs a few hundred.
func frameFor(characters int) Size { return Size(6*characters + 1024) }

// validateFormFrames wants the answers to each form to fit into a frame.
func (d *document) validateFormFrames(forms *Forms, frame Size, path string) {
	for name, form := range forms.All() {
		characters := 0
		for i := range form.Fields {
			characters += len(form.Fields[i].Variable()) + form.Fields[i].Limit()
		}
		if need := frameFor(characters); need > frame {
			at := path + "." + name
			d.fault(at, "%s: what is filled in may have %d characters, which need gateway.limits.frame_bytes of at least %d.", at, characters, need)
		}
	}
}

// chainWord is what names a constant or a secret in a chain.
var chainWord = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,63}$`)

func (d *document) validateSiteBot(b *SiteBot, path string) {
	d.span(path+".pause", b.Pause, time.Minute, 365*day)
	for _, words := range []struct {
		key   string
		names map[string]string
	}{{"constants", b.Constants}, {"secrets", b.Secrets}, {"secret_files", b.SecretFiles}} {
		for _, name := range slices.Sorted(maps.Keys(words.names)) {
			if !chainWord.MatchString(name) {
				itemPath := join(path+"."+words.key, name)
				d.fault(itemPath, "%s.%s: %q cannot be named in a chain: use a letter and then letters, digits and underscores.", path, words.key, name)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(b.Secrets)) {
		itemPath := join(path+".secrets", name)
		if b.Secrets[name] == "" {
			d.fault(itemPath, "%s is empty: write the secret, or leave the key out.", itemPath)
		}
	}
	for i, entry := range b.AllowPrivate {
		if _, err := outward.ParseAllowList([]string{entry}); err != nil {
			d.fault(fmt.Sprintf("%s.allow_private[%d]", path, i), "%s.allow_private: %s.", path, strings.TrimSuffix(err.Error(), "."))
		}
	}
}

// cannedName is one word, as a command takes it.
var cannedName = regexp.MustCompile(`^[\p{L}\p{N}_-]{1,32}$`)

func (d *document) validateCanned(canned map[string]Text, path string) {
	for _, name := range slices.Sorted(maps.Keys(canned)) {
		itemPath := join(path, name)
		if !cannedName.MatchString(name) {
			d.fault(itemPath, "%s: %q cannot name a text: use 1 to 32 letters, digits, _ and -.", path, name)
		}
		if len(canned[name]) == 0 {
			d.fault(itemPath, "%s is empty: write what operators want to send.", itemPath)
		}
		for _, language := range slices.Sorted(maps.Keys(canned[name])) {
			text := canned[name][language]
			textPath := itemPath
			if language != "" {
				textPath = join(itemPath, string(language))
			}
			if count := utf8.RuneCountInString(text); strings.TrimSpace(text) == "" || count > maxMessageLength {
				d.fault(textPath, "%s must have 1 to %d characters, not %d.", textPath, maxMessageLength, count)
			}
			if _, err := template.Parse(text); err != nil {
				d.fault(textPath, "%s: %s.", textPath, err.Error())
			}
		}
	}
}

func (d *document) validateOrigins(cfg *Config, s *Site, path string) {
	if len(s.Origins) == 0 {
		d.fault(path, "%s is empty: name the pages that may show the chat, like https://shop.example.com.", path)
	}
	seen := map[string]bool{}
	for i := range s.Origins {
		itemPath := fmt.Sprintf("%s[%d]", path, i)
		origin, problem := parseOrigin(s.Origins[i])
		if problem != "" {
			d.fault(itemPath, "%s: %s", path, problem)
			continue
		}
		s.Origins[i] = origin
		if seen[origin] {
			d.fault(itemPath, "%s names %s twice.", path, origin)
		}
		seen[origin] = true
		if public, err := url.Parse(cfg.Gateway.PublicURL); err == nil && public.Scheme == "http" &&
			!isLoopback(public.Hostname()) && strings.HasPrefix(origin, "https://") {
			d.fault(itemPath, "%s: browsers do not let the page %s talk to gateway.public_url, which is not https.", path, origin)
		}
	}
}

// parseOrigin returns the origin as browsers send it, or what is wrong with it.
func parseOrigin(s string) (origin, problem string) {
	switch s {
	case "*", "https://*", "http://*":
		return "", fmt.Sprintf("%q would let any page in the world use your operators; name the pages.", s)
	case "null":
		return "", `"null" is what sandboxed and local pages of anybody send; it is never allowed.`
	}
	u, err := url.Parse(s)
	if err != nil || !isWeb(u) || u.User != nil || !validPort(u) {
		return "", fmt.Sprintf("%q is not an origin: write it like https://shop.example.com.", s)
	}
	if u.Path != "" || strings.ContainsAny(s, "?#") {
		return "", fmt.Sprintf("%q must be without a path and slash: write %s://%s.", s, u.Scheme, u.Host)
	}
	host, problem := originHost(s, u.Hostname())
	if problem != "" {
		return "", problem
	}
	if u.Port() != "" {
		host += ":" + u.Port()
	}
	return canonicalOrigin(u.Scheme, host), ""
}

// originHost returns the host of the origin s as browsers write it, or what is wrong with it.
func originHost(s, host string) (_, problem string) {
	host, wild := strings.CutPrefix(host, "*.")
	if strings.Contains(host, "*") {
		return "", fmt.Sprintf("%q: a * may only stand for whole names in front, like https://*.example.com.", s)
	}
	if wild && !strings.Contains(host, ".") {
		return "", fmt.Sprintf("%q is too wide: name at least two parts after the *, like https://*.example.com.", s)
	}
	host, ok := asciiHost(host)
	if !ok {
		return "", fmt.Sprintf("%q has no valid host name.", s)
	}
	if !wild {
		return host, ""
	}
	if suffix, _ := publicsuffix.PublicSuffix(strings.TrimSuffix(host, ".")); suffix == strings.TrimSuffix(host, ".") {
		return "", fmt.Sprintf("%q is too wide: anybody can have a name under %s; name a domain of your own, like https://*.example.com.", s, suffix)
	}
	return "*." + host, ""
}

// asciiHost writes a host as browsers do in the Origin header: lower case,
// international names in their xn-- form, IPv6 in brackets.
func asciiHost(host string) (string, bool) {
	if addr, err := netip.ParseAddr(host); err == nil {
		if addr.Is6() {
			return "[" + addr.String() + "]", true
		}
		return addr.String(), true
	}
	ascii, err := browserNames().ToASCII(host)
	return ascii, err == nil && hostName.MatchString(ascii)
}

// browserNames reads names as browsers do (URL Standard, "domain to ASCII"):
// with hyphens anywhere, and with what is no letter, digit or hyphen, of which
// hostName lets the underscore pass, because such names are in use.
func browserNames() *idna.Profile {
	return idna.New(idna.MapForLookup(), idna.BidiRule(), idna.CheckHyphens(false), idna.StrictDomainName(false))
}

func (d *document) validateOperators(cfg *Config, s *Site, path string) {
	if len(s.Operators) == 0 {
		d.fault(path, "%s is empty: name at least one user like @ann:example.com who will answer.", path)
	}
	seen := map[id.UserID]bool{}
	for i, operator := range s.Operators {
		itemPath := fmt.Sprintf("%s[%d]", path, i)
		_, domain, err := operator.ParseAndValidateRelaxed()
		switch {
		case err != nil || !serverName.MatchString(domain):
			d.fault(itemPath, "%s: %q is not a Matrix user id; write it like \"@ann:example.com\", in quotes.", path, operator)
		case cfg.IsOurs(operator):
			d.fault(itemPath, "%s: %s belongs to the bridge and cannot be an operator.", path, operator)
		case seen[operator]:
			d.fault(itemPath, "%s names %s twice.", path, operator)
		case !cfg.Homeserver.Federate && domain != cfg.Homeserver.Domain:
			d.fault(itemPath, "%s: %s is of another homeserver and cannot enter while homeserver.federate is false.", path, operator)
		}
		seen[operator] = true
	}
}

// mostArchiveAbove is more rooms than any client bears.
const mostArchiveAbove = 100_000

func (d *document) validateClosed(c *Closed, path string) {
	d.span(path+".after_silence", c.AfterSilence, time.Minute, 3650*day)
	d.span(path+".move_after", c.MoveAfter, 0, day)
	d.span(path+".erase_after", c.EraseAfter, day, 36500*day)
	d.number(path+".archive_above", c.ArchiveAbove, 0, mostArchiveAbove)
}

// leastFile is the least that the largest file of a site can be.
const leastFile Size = 1 << 10

// voiceBytes are those of a second of a voice message, as browsers record them: twice
// what they are asked for, since some know better.
const voiceBytes = 8 << 10

// mostFiles is the most files that a site may let visitors choose at once.
const mostFiles = 100

func (d *document) validateFiles(cfg *Config, f *Files, path string) {
	d.size(path+".max_size", f.MaxSize, leastFile, 1<<30)
	d.number(path+".max_count", f.MaxCount, 1, mostFiles)
	if limit := cfg.Gateway.Limits.UploadBytesPerHour; f.Enabled && f.MaxSize > limit && limit >= leastFile {
		d.fault(path+".max_size", "%s.max_size: files of %s need gateway.limits.upload_bytes_per_hour of at least %[2]s, not %s.", path, f.MaxSize, limit)
	}
	d.span(path+".voice", f.Voice, 5*time.Second, 15*time.Minute)
	if needs := Size(time.Duration(f.Voice).Seconds() * voiceBytes); f.Enabled && needs > f.MaxSize {
		d.fault(path+".voice", "%s.voice: a voice message of %s can have %s, which is more than %[1]s.max_size.", path, spell(time.Duration(f.Voice)), needs)
	}
	seen := map[string]bool{}
	for i, t := range f.Types {
		itemPath := fmt.Sprintf("%s.types[%d]", path, i)
		t = strings.ToLower(t)
		f.Types[i] = t
		if problem := typeProblem(t); problem != "" {
			d.fault(itemPath, "%s.types: %s", path, problem)
		} else if seen[t] {
			d.fault(itemPath, "%s.types names %s twice.", path, t)
		}
		seen[t] = true
	}
}
