package config

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/hours"
)

// Site is one website with its own widget, operators and space of rooms.
type Site struct {
	// ID is the site's key in the file.
	ID chat.SiteID `yaml:"-"`
	// Name is what visitors and operators read.
	Name string `yaml:"name"`
	// Origins are the pages that may show the widget: "https://shop.example.com",
	// or "https://*.example.com" for any subdomain. See AllowsOrigin.
	Origins   []string    `yaml:"origins"`
	Operators []id.UserID `yaml:"operators"`
	// Language is what operators read: ghosts' names, notices.
	Language Language `yaml:"language"`
	// TimeZone is the IANA name of the zone that operators' texts show times in.
	TimeZone string `yaml:"time_zone"`
	// Hours are when operators are rung; nil is always.
	Hours  *hours.Rules `yaml:"opening_hours"`
	Alerts Alerts       `yaml:"alerts"`
	// MailVisitors says which mails visitors get.
	MailVisitors MailVisitors `yaml:"mail_visitors"`
	// Invite says who is invited into a dialog's room; the others may enter it all the same.
	Invite Invite  `yaml:"invite"`
	Bot    SiteBot `yaml:"bot"`
	// Assistant is the only language model that answers on the site, Assistants are
	// several by their names. After Load all of them are in Assistants.
	Assistant  *Assistant            `yaml:"assistant"`
	Assistants map[string]*Assistant `yaml:"assistants"`
	// Canned are texts that operators send by their names, see package template.
	Canned map[string]Text `yaml:"canned"`
	// Deals say which deals operators keep of visitors.
	Deals Deals `yaml:"deals"`
	// API says which programs may read and change what the site keeps.
	API API `yaml:"api"`
	// Panel says where operators have the panel.
	Panel Panel `yaml:"panel"`
	// Webhooks are addresses that are told of what happens.
	Webhooks []Hook `yaml:"webhooks"`
	// Identity lets the site's pages say who of its users a visitor is.
	Identity Identity `yaml:"identity"`
	// Closed says when dialogs are closed, and what becomes of them.
	Closed Closed `yaml:"closed"`
	// MaxLength of a visitor's message, in characters (Unicode code points).
	MaxLength int   `yaml:"max_length"`
	Files     Files `yaml:"files"`
	// Delivered switches the receipts of the user "Delivered ✓".
	Delivered bool `yaml:"delivered"`
	// Presence switches the ghosts' presence and the state event chat.anteroom.visitor.
	Presence bool   `yaml:"presence"`
	Widget   Widget `yaml:"widget"`
}

// Invite says who is invited into a dialog's room.
type Invite string

// The operators who are invited: those who are rung (see Alerts), all of them,
// or only who has the dialog.
const (
	InviteOnDuty   Invite = "on_duty"
	InviteEveryone Invite = "everyone"
	InviteNobody   Invite = "nobody"
)

// SiteBot is what answers before a person does.
type SiteBot struct {
	Enabled bool `yaml:"enabled"`
	// Pause is how long the bot is silent after an operator wrote to the
	// visitor; 0 until the dialog is closed.
	Pause Duration `yaml:"pause"`
	// Chains is the absolute path of the folder of chains; empty for none.
	Chains string `yaml:"chains"`
	// Constants are what chains read as site.NAME.
	Constants map[string]string `yaml:"constants"`
	// Secrets are what the requests of chains send as secret.NAME. SecretFiles are
	// files that hold some of them.
	Secrets     map[string]string `yaml:"secrets"`
	SecretFiles map[string]string `yaml:"secret_files"`
	// AllowPrivate are hosts and ranges of private addresses that chains may
	// reach, beside those of Config.Outward.
	AllowPrivate []string `yaml:"allow_private"`
}

// Identity says how the site's server signs whom its pages name. Without a
// secret nobody is signed in.
type Identity struct {
	// Secret is the key of the tokens, at least 32 bytes; see gateway/identity.
	Secret     string `yaml:"secret"`
	SecretFile string `yaml:"secret_file"`
}

// Closed says when dialogs are closed, and what becomes of them.
type Closed struct {
	// AfterSilence is how long nobody writes in a dialog until it is closed; 0 is for ever.
	AfterSilence Duration `yaml:"after_silence"`
	// MoveAfter is how long a closed dialog stays among the open ones, so that
	// one that is opened again soon need not move.
	MoveAfter Duration `yaml:"move_after"`
	// ArchiveAbove is how many of the site's rooms an operator may be in until
	// the bot takes them out of closed ones; 0 for never.
	ArchiveAbove int `yaml:"archive_above"`
	// EraseAfter is how long a dialog is kept that is closed, or in which nobody says
	// anything, until its visitor is erased; 0 is for ever.
	EraseAfter Duration `yaml:"erase_after"`
}

// Files says what visitors may send.
type Files struct {
	Enabled bool `yaml:"enabled"`
	MaxSize Size `yaml:"max_size"`
	// MaxCount is how many files a visitor may choose at once; the widget offers
	// to send the rest after them.
	MaxCount int `yaml:"max_count"`
	// Types are media types and wildcards ("image/*") of the sniffed content;
	// empty means all but the dangerous ones.
	Types []string `yaml:"types"`
	// Voice is the longest voice message that a visitor may record; 0 for none.
	Voice Duration `yaml:"voice"`
}

// LongestVoice is how long a voice message may be; 0 where none are accepted.
func (f *Files) LongestVoice() time.Duration {
	if !f.Enabled {
		return 0
	}
	return time.Duration(f.Voice)
}

// Language is a language that the product speaks.
type Language string

// The languages. Operators read English or Russian. Auto is for the widget alone: the
// visitor's browser decides.
const (
	English Language = "en"
	Russian Language = "ru"
	Arabic  Language = "ar"
	Auto    Language = "auto"
)

// Languages are those that visitors are spoken to in.
func Languages() []Language { return []Language{English, Russian, Arabic} }

// Position is the corner where the widget's button sits.
type Position string

// The corners.
const (
	Right Position = "right"
	Left  Position = "left"
)

// Theme is the widget's colours.
type Theme string

// The themes. ThemeAuto follows the visitor's system.
const (
	ThemeAuto  Theme = "auto"
	ThemeLight Theme = "light"
	ThemeDark  Theme = "dark"
)

// DefaultSite returns a site with the settings that hold when the file does
// not say otherwise. It has no name, origins or operators.
func DefaultSite(siteID chat.SiteID) *Site {
	return &Site{
		ID:           siteID,
		Language:     English,
		TimeZone:     "UTC",
		Alerts:       Alerts{UnansweredAfter: Duration(5 * time.Minute)},
		MailVisitors: defaultMailVisitors(),
		Invite:       InviteOnDuty,
		Bot:          SiteBot{Constants: map[string]string{}, Secrets: map[string]string{}, SecretFiles: map[string]string{}, AllowPrivate: []string{}},
		Assistants:   map[string]*Assistant{},
		Canned:       map[string]Text{},
		Deals:        defaultDeals(),
		API:          API{Tokens: []APIToken{}},
		Panel:        defaultPanel(),
		Webhooks:     []Hook{},
		Closed:       Closed{MoveAfter: Duration(5 * time.Minute)},
		MaxLength:    512,
		Files:        Files{Enabled: true, MaxSize: 10 << 20, MaxCount: 10},
		Delivered:    true,
		Presence:     true,
		Widget:       defaultWidget(),
	}
}

// AllowsOrigin reports whether a page of this origin may show the widget. The
// origin is compared as browsers send it (RFC 6454 section 6.2); "null" and
// the empty origin are never allowed. "https://*.example.com" stands for all
// subdomains of any depth and not for example.com itself.
func (s *Site) AllowsOrigin(origin string) bool {
	got, err := url.Parse(origin)
	if err != nil || got.Scheme == "" || got.Host == "" || strings.Contains(got.Host, "*") || origin != got.Scheme+"://"+got.Host {
		return false
	}
	origin = canonicalOrigin(strings.ToLower(got.Scheme), strings.ToLower(got.Host))
	return slices.ContainsFunc(s.Origins, func(pattern string) bool {
		before, after, wild := strings.Cut(pattern, "://*.")
		if !wild {
			return origin == pattern
		}
		host, ok := strings.CutPrefix(origin, before+"://")
		// The label before the suffix must not be empty.
		return ok && len(host) > len(after)+1 && strings.HasSuffix(host, "."+after)
	})
}

// Constants are what the site's chains read as site.NAME: the bot's constants, and
// the site's own id and name.
func (s *Site) Constants() map[string]string {
	all := map[string]string{"id": string(s.ID), "name": s.Name}
	maps.Copy(all, s.Bot.Constants)
	return all
}

// IsOperator reports whether the user is an operator of this site.
func (s *Site) IsOperator(user id.UserID) bool { return slices.Contains(s.Operators, user) }

// AnswersUnasked reports whether the site's bot answers by itself: an assistant that answers
// by order alone does not, and calls nobody.
func (s *Site) AnswersUnasked() bool {
	return s.Bot.Enabled && (s.Bot.Chains != "" || s.AlwaysAnswers() != nil)
}

// AlertsOn is what operators are rung for, see Alerts.On.
func (s *Site) AlertsOn() AlertOn {
	switch {
	case s.Alerts.On != "":
		return s.Alerts.On
	case s.AnswersUnasked():
		return AlertOnHandoff
	default:
		return AlertOnMessage
	}
}

// IsOpen reports whether a moment lies within the site's opening hours.
func (s *Site) IsOpen(at time.Time) bool { return s.Hours.In(s.Location()).Open(at) }

// Location is the site's time zone; UTC if it does not exist, which Load refuses.
func (s *Site) Location() *time.Location {
	zone, err := time.LoadLocation(s.TimeZone)
	if err != nil {
		return time.UTC
	}
	return zone
}

// Origin is where the bridge's own pages are, as browsers send it (RFC 6454 section
// 6.2); empty without a public_url.
func (g *Gateway) Origin() string {
	u, err := url.Parse(g.PublicURL)
	if err != nil || u.Host == "" {
		return ""
	}
	host, valid := asciiHost(u.Hostname())
	if !valid {
		return "" // Load refuses it
	}
	if u.Port() != "" {
		host += ":" + u.Port()
	}
	return canonicalOrigin(u.Scheme, host)
}

// canonicalOrigin leaves out a scheme's default port, as browsers do.
func canonicalOrigin(scheme, host string) string {
	switch scheme {
	case "https":
		host = strings.TrimSuffix(host, ":443")
	case "http":
		host = strings.TrimSuffix(host, ":80")
	}
	return scheme + "://" + host
}
