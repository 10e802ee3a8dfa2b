// Package config holds the bridge's settings: their types, their defaults, and
// Load, which reads them from a YAML file and refuses everything that it does
// not understand.
//
// Load reports all faults at once, each with its line. Nothing outside this
// package reads the environment; nothing changes a Config after Load.
//
// Relative paths in the file are relative to the folder that holds it. After
// Load every path is absolute and every secret is in its field, wherever it
// came from: the key itself, the key with "_file" behind it, or the
// environment (see EnvASToken and its neighbours).
package config

import (
	"maps"
	"path/filepath"
	"slices"

	"github.com/rs/zerolog"
	"go.mau.fi/zeroconfig"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// Config is all of config.yaml.
type Config struct {
	// Path is the absolute path of the file; empty if the config was not loaded from one.
	Path string `yaml:"-"`

	Homeserver Homeserver `yaml:"homeserver"`
	AppService AppService `yaml:"appservice"`
	Database   Database   `yaml:"database"`
	Gateway    Gateway    `yaml:"gateway"`
	Metrics    Metrics    `yaml:"metrics"`
	Mail       Mail       `yaml:"mail"`
	// Outward are hosts and ranges of private addresses that webhooks may reach;
	// others of one's own network are refused.
	Outward []string              `yaml:"outward"`
	Sites   map[chat.SiteID]*Site `yaml:"sites"`
	// Logging without writers means: to standard output, pretty on a terminal, else JSON.
	Logging zeroconfig.Config `yaml:"logging"`
}

// Homeserver says where the Matrix homeserver is.
type Homeserver struct {
	// Address is the URL of the client-server API, without a path.
	Address string `yaml:"address"`
	// Domain is the server name, the part after the colon in user ids.
	Domain string `yaml:"domain"`
	// RoomVersion of new rooms: "10", "11" or "12"; empty for the server's
	// default if that is one of the three.
	RoomVersion string `yaml:"room_version"`
	// Federate lets users of other homeservers into the rooms. A room keeps for
	// ever what it was created with (m.federate).
	Federate bool `yaml:"federate"`
}

// AppService is how the homeserver knows and reaches the bridge.
type AppService struct {
	ID string `yaml:"id"`
	// Address is the URL under which the homeserver reaches Hostname and Port.
	Address string `yaml:"address"`
	// Hostname and Port are what the bridge listens on for the homeserver.
	Hostname string `yaml:"hostname"`
	Port     int    `yaml:"port"`

	// ASToken is what the bridge shows to the homeserver, HSToken the reverse.
	ASToken     string `yaml:"as_token"`
	ASTokenFile string `yaml:"as_token_file"`
	HSToken     string `yaml:"hs_token"`
	HSTokenFile string `yaml:"hs_token_file"`

	Bot Bot `yaml:"bot"`
}

// Bot is the bridge's own user, who owns the rooms.
type Bot struct {
	// Username is the localpart of the bot's user id.
	Username    string `yaml:"username"`
	DisplayName string `yaml:"displayname"`
	// Avatar is an mxc:// URI, or empty.
	Avatar string `yaml:"avatar"`
}

// DatabaseType names an SQL dialect.
type DatabaseType string

// The databases; the store refuses Postgres for now.
const (
	SQLite   DatabaseType = "sqlite3"
	Postgres DatabaseType = "postgres"
)

// Database says where the journal is kept.
type Database struct {
	Type DatabaseType `yaml:"type"`
	// URI is the absolute path of the file for SQLite, a postgres:// URL otherwise.
	URI     string `yaml:"uri"`
	URIFile string `yaml:"uri_file"`
}

// StatePath is where the cache of mautrix's state store lives: beside the
// database, and as disposable as a cache is.
func (d Database) StatePath() string { return filepath.Join(filepath.Dir(d.URI), "state.db") }

// LockPath is the file whose lock keeps a second process off the database.
func (d Database) LockPath() string { return d.URI + ".lock" }

// Gateway is the visitors' door.
type Gateway struct {
	// Listen is host:port of the HTTP server for visitors.
	Listen string `yaml:"listen"`
	// PublicURL is the gateway as browsers reach it, without a slash at the end.
	PublicURL string `yaml:"public_url"`
	// TrustedProxies are those whose X-Forwarded-For is believed.
	TrustedProxies []Prefix `yaml:"trusted_proxies"`
	// Places is how visitors' places are found.
	Places Places `yaml:"places"`
	// StoreAddresses keeps a keyed hash of each visitor's last address, so that
	// operators can block addresses.
	StoreAddresses bool `yaml:"store_addresses"`
	// DataDir holds uploads from their arrival until the homeserver has them; absolute.
	DataDir string `yaml:"data_dir"`
	Limits  Limits `yaml:"limits"`
}

// Metrics are figures for Prometheus.
type Metrics struct {
	Enabled bool `yaml:"enabled"`
	// Listen is host:port of an HTTP server of its own, whose path is /metrics.
	Listen string `yaml:"listen"`
}

// Places says what knows where visitors are, beside their browsers' time zones.
type Places struct {
	// Database is the absolute path of a City or Country file (.mmdb), or empty.
	Database string `yaml:"database"`
	// CountryHeader and CityHeader are what a CDN in front adds, or empty. They
	// are believed from trusted proxies.
	CountryHeader string `yaml:"country_header"`
	CityHeader    string `yaml:"city_header"`
}

// Limits protect the bridge from its visitors. "Address" is one IPv4 address
// or one IPv6 /64.
type Limits struct {
	// SocketsPerVisitor and SocketsPerAddress count open connections. An address
	// may also say hello SocketsPerAddress times in ten seconds, and twice as
	// often at once.
	SocketsPerVisitor int `yaml:"sockets_per_visitor"`
	SocketsPerAddress int `yaml:"sockets_per_address"`
	// Connections are those that visitors and operators' panels hold open altogether,
	// whatever they do on them. One address may hold ConnectionsPerSocket times
	// SocketsPerAddress of them.
	Connections int `yaml:"connections"`
	// MessagesPerMinute counts messages, edits, redactions and reactions of one
	// visitor; MessagesBurst may come at once.
	MessagesPerMinute int `yaml:"messages_per_minute"`
	MessagesBurst     int `yaml:"messages_burst"`
	// SessionsPerMinute counts the hellos of one address that make a new
	// visitor: browsers that the site does not know yet.
	SessionsPerMinute int `yaml:"sessions_per_minute"`
	// DialogsPerHour counts the rooms that one address may cause,
	// SiteDialogsPerHour those of a whole site.
	DialogsPerHour     int `yaml:"dialogs_per_hour"`
	SiteDialogsPerHour int `yaml:"site_dialogs_per_hour"`
	// UploadsPerHour counts files of one visitor; FilesWaiting is how many of
	// them may be announced or staged and not yet sent.
	UploadsPerHour int `yaml:"uploads_per_hour"`
	FilesWaiting   int `yaml:"files_waiting"`
	// UploadBytesPerHour are the bytes of files that one address may announce.
	UploadBytesPerHour Size `yaml:"upload_bytes_per_hour"`
	// FreeSpace is what files must leave free on the disk of DataDir.
	FreeSpace Size `yaml:"free_space"`
	// FrameBytes is the largest frame of the widget.
	FrameBytes Size `yaml:"frame_bytes"`
}

// ConnectionsPerSocket is how many connections an address may hold for each of its
// sockets: browsers open up to six more to load a page, and keep them for a while.
const ConnectionsPerSocket = 8

// Default returns the settings that hold when the file does not say otherwise.
// It has no sites, no tokens, and relative paths.
func Default() *Config {
	level := zerolog.InfoLevel
	return &Config{
		Homeserver: Homeserver{Federate: true},
		AppService: AppService{
			ID:       "anteroom",
			Hostname: "127.0.0.1",
			Port:     29360,
			Bot:      Bot{Username: "anteroom", DisplayName: "Anteroom"},
		},
		Database: Database{Type: SQLite, URI: filepath.Join("data", "anteroom.db")},
		Gateway: Gateway{
			Listen:         "127.0.0.1:29361",
			StoreAddresses: true,
			DataDir:        filepath.Join("data", "files"),
			Limits: Limits{
				SocketsPerVisitor:  20,
				SocketsPerAddress:  200,
				Connections:        30_000,
				MessagesPerMinute:  30,
				MessagesBurst:      10,
				SessionsPerMinute:  30,
				DialogsPerHour:     30,
				SiteDialogsPerHour: 1000,
				UploadsPerHour:     60,
				FilesWaiting:       10,
				UploadBytesPerHour: 500 << 20,
				FreeSpace:          256 << 20,
				FrameBytes:         64 << 10,
			},
		},
		Metrics: Metrics{Listen: "127.0.0.1:29362"},
		Mail:    Mail{Port: 587, Security: StartTLS},
		Sites:   map[chat.SiteID]*Site{},
		Logging: zeroconfig.Config{MinLevel: &level},
	}
}

// DeliveredLocalpart names the reserved user whose receipts say "delivered".
const DeliveredLocalpart = "anteroom_delivered"

// Talking are the sites whose bots answer, sorted.
func (cfg *Config) Talking() (sites []chat.SiteID) {
	for _, id := range slices.Sorted(maps.Keys(cfg.Sites)) {
		if cfg.Sites[id].Talks() {
			sites = append(sites, id)
		}
	}
	return sites
}

// BotUserID is the bridge's own user.
func (cfg *Config) BotUserID() id.UserID {
	return id.NewUserID(cfg.AppService.Bot.Username, cfg.Homeserver.Domain)
}

// DeliveredUserID is the reserved user whose receipts say "delivered".
func (cfg *Config) DeliveredUserID() id.UserID {
	return id.NewUserID(DeliveredLocalpart, cfg.Homeserver.Domain)
}

// GhostUserID is the user that speaks for a visitor.
func (cfg *Config) GhostUserID(v chat.VisitorID) id.UserID {
	return id.NewUserID(v.Localpart(), cfg.Homeserver.Domain)
}

// RoomAlias is the alias of a visitor's room.
func (cfg *Config) RoomAlias(v chat.VisitorID) id.RoomAlias {
	return id.NewRoomAlias(v.Localpart(), cfg.Homeserver.Domain)
}

// IsOurs reports whether the user is the bot, the delivered user, or a ghost.
func (cfg *Config) IsOurs(user id.UserID) bool {
	if user == cfg.BotUserID() || user == cfg.DeliveredUserID() {
		return true
	}
	_, ok := cfg.VisitorOf(user)
	return ok
}

// VisitorOf is the inverse of GhostUserID; false for any other user.
func (cfg *Config) VisitorOf(user id.UserID) (chat.VisitorID, bool) {
	localpart, domain, err := user.Parse()
	if err != nil || domain != cfg.Homeserver.Domain {
		return "", false
	}
	return chat.VisitorOfLocalpart(localpart)
}
