package gateway

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
)

// The bridge's own pages of a site: one that is all chat, for links and QR codes, and
// one where the site's owner sees the widget with other settings. Both are public: they
// show what the loader tells every visitor, and what is written there is a visitor's.

// ownPages are those below /{site}/, by the rest of their path.
func ownPages() map[string]func(*Gateway, http.ResponseWriter, *http.Request, *config.Site, *siteFiles) error {
	return map[string]func(*Gateway, http.ResponseWriter, *http.Request, *config.Site, *siteFiles) error{
		"chat": (*Gateway).serveChat, "chat.svg": (*Gateway).serveCode, "preview": (*Gateway).servePreview, "preview/page": (*Gateway).serveFrame,
	}
}

// ownRoutes are those pages as routes.
func ownRoutes() (all []string) {
	for name := range ownPages() {
		all = append(all, http.MethodGet+" /{site}/"+name)
	}
	return all
}

// serveOwn answers at /{site}/chat, its QR code, and /{site}/preview. It is behind all other paths,
// which a site may be called like.
func (g *Gateway) serveOwn(w http.ResponseWriter, r *http.Request) error {
	id, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	show, known := ownPages()[name]
	if !known {
		return methods{}.pick(w, r)
	}
	return methods{http.MethodGet: func(w http.ResponseWriter, r *http.Request) error {
		site, err := g.dialog.Site(chat.SiteID(id))
		if err != nil {
			return err
		}
		files, ok := g.loaders.of(site.ID)
		if !ok {
			return notBuilt()
		}
		return show(g, w, r, site, files)
	}}.pick(w, r)
}

// shown is what a page is made of.
type shown struct {
	Lang         config.Language
	Title        string
	Root         string // the path of public_url
	Site         chat.SiteID
	Icon, Touch  string // paths below the root
	Light, Dark  string
	Script       string // path below the root
	Module       bool
	Settings     template.JS
	Without      string          // what is said where scripts do not run
	WithoutLang  config.Language // of that, which may be another than the chat's
	WithoutDir   string
	Body         string // the id of what the script fills
	Scheme       string
	ShowsTheme   bool
	NotForSearch bool
	RightToLeft  bool
}

// pageShell is a page of the bridge's own: all else is the script's.
const pageShell = `<!doctype html>
<html lang="{{.Lang}}"{{if .RightToLeft}} dir="rtl"{{end}}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content">
<meta name="color-scheme" content="{{.Scheme}}">
{{- if .ShowsTheme}}
<meta name="theme-color" media="(prefers-color-scheme: light)" content="{{.Light}}">
<meta name="theme-color" media="(prefers-color-scheme: dark)" content="{{.Dark}}">{{end}}
{{- if .NotForSearch}}
<meta name="robots" content="noindex">{{end}}
<title>{{.Title}}</title>
<link rel="icon" href="{{.Root}}/{{.Icon}}">
{{- if .Touch}}
<link rel="apple-touch-icon" href="{{.Root}}/{{.Touch}}">{{end}}
{{- if .Settings}}
<script type="application/json" id="settings">{{.Settings}}</script>{{end}}
<script {{if .Module}}type="module"{{else}}async{{end}} src="{{.Root}}/{{.Script}}"></script>
</head>
<body>
{{- if .Body}}
<main id="{{.Body}}"></main>{{end}}
<noscript><p lang="{{.WithoutLang}}" dir="{{.WithoutDir}}">{{.Without}}</p></noscript>
</body>
</html>
`

// asked is the language of a page: what its address asks for, else the site's only
// one, else the first of the browser's that is known.
func asked(r *http.Request, site *config.Site) config.Language {
	if l := site.Widget.Match(r.URL.Query().Get("lang")); l != "" {
		return l
	}
	if site.Widget.Language != config.Auto {
		return site.Widget.Language
	}
	for part := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		tag, _, _ := strings.Cut(part, ";")
		if l := site.Widget.Match(tag); l != "" {
			return l
		}
	}
	return site.Widget.Unspoken()
}

// direction is that of a built-in language, as HTML has it.
func direction(l config.Language) string {
	if l == config.Arabic {
		return "rtl"
	}
	return "ltr"
}

func needsScripts(l config.Language) string {
	switch l {
	case config.Russian:
		return "Для чата нужен JavaScript."
	case config.Arabic:
		return "تحتاج المحادثة إلى JavaScript."
	default:
		return "The chat needs JavaScript."
	}
}

// pageOf is what all pages of a site have.
func (g *Gateway) pageOf(site *config.Site, files *siteFiles, l config.Language) shown {
	light, _ := site.Widget.Light()
	dark, _ := site.Widget.Dark()
	scheme := map[config.Theme]string{config.ThemeLight: "light", config.ThemeDark: "dark"}[site.Widget.Theme]
	if scheme == "" {
		scheme = "light dark"
	}
	switch site.Widget.Theme {
	case config.ThemeDark:
		light = dark
	case config.ThemeLight:
		dark = light
	case config.ThemeAuto:
	}
	below := site.Widget.Below(l)
	p := shown{
		Lang: l, Title: site.Name, Root: g.root(), Site: site.ID, Icon: "widget/" + string(site.ID) + ".svg",
		Light: light, Dark: dark, Scheme: scheme, Without: needsScripts(below), WithoutLang: below, WithoutDir: direction(below), RightToLeft: launcherWords(&site.Widget, l).Dir == "rtl",
	}
	if files.avatar != nil {
		p.Icon = "widget/" + assetsFolder + files.avatarName
		p.Touch = p.Icon
	}
	if title := site.Widget.Title.In(l); title != "" {
		p.Title = title
	}
	return p
}

// root is the path of public_url, without a slash at the end.
func (g *Gateway) root() string {
	u, err := url.Parse(g.links.public)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(u.EscapedPath(), "/")
}

// serveChat is the page that is all chat.
func (g *Gateway) serveChat(w http.ResponseWriter, r *http.Request, site *config.Site, files *siteFiles) error {
	l := asked(r, site)
	p := g.pageOf(site, files, l)
	p.ShowsTheme = true
	p.Script = "widget/" + string(site.ID) + ".js?as=" + asChat
	if site.Widget.Match(r.URL.Query().Get("lang")) == l {
		p.Script += "&lang=" + string(l)
	}
	// The site's own pages may show it as a part of theirs.
	return g.writePage(w, p, strings.Join(append([]string{"'self'"}, site.Origins...), " "))
}

// writePage answers with a page that loads and asks what is its own, and that the
// frame ancestors may show.
func (g *Gateway) writePage(w http.ResponseWriter, p shown, ancestors string) error {
	var page bytes.Buffer
	if err := g.shell.Execute(&page, p); err != nil {
		return fmt.Errorf("write a page of site %s: %w", p.Site, err)
	}
	// Not all browsers take 'self' for the socket, whose scheme is another.
	socket := "ws" + strings.TrimPrefix(g.own, "http")
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-cache")
	h.Set("Vary", "Accept-Language")
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'none'; img-src 'self'; media-src 'self'; connect-src 'self' "+socket+
		"; frame-src 'self'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'; frame-ancestors "+ancestors)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Permissions-Policy", "camera=(self), geolocation=(self), microphone=(self), payment=(), usb=()")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	_, err := w.Write(page.Bytes())
	return err
}
