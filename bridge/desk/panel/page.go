package panel

import (
	"bytes"
	"encoding/json"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"

	"github.com/anteroom-chat/anteroom/bridge/asset"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/desk/api"
)

const (
	// forever is for files whose names carry a hash of their content.
	forever = "public, max-age=31536000, immutable"
	// manifestName is the file that says what the others are for.
	manifestName = "manifest.json"
)

// pages are the files of the page by their names, and what the page begins with.
type pages struct {
	shell         *template.Template
	script, style string
	files         map[string]*asset.File
}

// readPages reads what was built; nothing of it when the manifest is not there or
// names what is not.
func readPages(built fs.FS) pages {
	none := pages{shell: template.Must(template.New("panel").Parse(shell))}
	var manifest struct {
		Panel string `json:"panel"`
		CSS   string `json:"css"`
	}
	text, err := fs.ReadFile(built, manifestName)
	if err != nil || json.Unmarshal(text, &manifest) != nil {
		return none
	}
	p := pages{shell: none.shell, script: manifest.Panel, style: manifest.CSS, files: map[string]*asset.File{}}
	names, err := fs.ReadDir(built, ".")
	if err != nil {
		return none
	}
	for _, entry := range names {
		kind, ok := asset.TypeOf(entry.Name())
		if !ok || !entry.Type().IsRegular() || entry.Name() == manifestName {
			continue
		}
		content, err := fs.ReadFile(built, entry.Name())
		if err != nil {
			return none
		}
		p.files[entry.Name()] = asset.New(kind, content)
	}
	if p.files[p.script] == nil || p.style != "" && p.files[p.style] == nil {
		return none
	}
	return p
}

func (p pages) built() bool { return p.files != nil }

// shell is the page: all else is the script's. Root and Site tell it where it is.
const shell = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Anteroom</title>
{{- if .Style}}
<link rel="stylesheet" href="{{.Root}}/panel/assets/{{.Style}}">{{end}}
{{- if .Script}}
<script type="module" src="{{.Root}}/panel/assets/{{.Script}}"></script>{{end}}
</head>
<body>
<div id="panel" data-root="{{.Root}}" data-site="{{.Site}}">{{range .Says}}<p lang="{{.Lang}}">{{.Text}}</p>{{end}}</div>
<noscript><p lang="en">The panel needs JavaScript.</p><p lang="ru">Для панели нужен JavaScript.</p></noscript>
</body>
</html>
`

// sentence is what stands on the page in one language.
type sentence struct {
	Lang config.Language
	Text string
}

func (p *Panel) servePage(w http.ResponseWriter, r *http.Request) {
	site := p.cfg.Sites[chat.SiteID(r.PathValue("site"))]
	shown := struct {
		Root, Site, Script, Style string
		Says                      []sentence
	}{Root: p.root, Script: p.pages.script, Style: p.pages.style}
	status := http.StatusOK
	switch {
	case site == nil || !site.Panel.Enabled:
		status, shown.Script, shown.Style = http.StatusNotFound, "", ""
		shown.Says = []sentence{{config.English, "There is no panel at this address."}, {config.Russian, "По этому адресу панели нет."}}
	case !p.pages.built():
		status = http.StatusServiceUnavailable
		shown.Says = []sentence{
			{config.English, "This Anteroom was compiled without the panel: build it with make."},
			{config.Russian, "Этот Anteroom собран без панели: соберите его командой make."},
		}
	default:
		shown.Site = string(site.ID)
	}
	var page bytes.Buffer
	if err := p.pages.shell.Execute(&page, shown); err != nil {
		api.Refuse(w, r, err, p.log)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-cache")
	h.Set("Content-Security-Policy", p.policy(site))
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
	w.WriteHeader(status)
	_, _ = w.Write(page.Bytes()) // who does not take it loads again
}

// policy lets the page load and ask what is its own, and be framed by the site's clients.
func (p *Panel) policy(site *config.Site) string {
	frames := "'none'"
	if site != nil && site.Panel.Enabled && len(site.Panel.Clients) > 0 {
		frames = strings.Join(site.Panel.Clients, " ")
	}
	// Not all browsers take 'self' for the socket, whose scheme is another.
	socket := "ws" + strings.TrimPrefix(p.origin, "http")
	return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self' " + socket +
		"; base-uri 'none'; form-action 'none'; frame-ancestors " + frames
}

func (p *Panel) serveAsset(w http.ResponseWriter, r *http.Request) {
	file := p.pages.files[path.Base(r.PathValue("name"))]
	if file == nil {
		api.Refuse(w, r, chat.Errorf(chat.CodeNotFound, "There is no such file."), p.log)
		return
	}
	w.Header().Set("X-Content-Type-Options", "nosniff")
	file.Serve(w, r, forever)
}
