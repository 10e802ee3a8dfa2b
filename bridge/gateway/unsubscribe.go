package gateway

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
)

// serveStop asks whether the reader of a mail wants no more of them, and serveStopped
// does it: browsers by the page's button, mail programs by one POST (RFC 8058), without
// a page of ours in between. Programs that look at mails only open links, which changes nothing.
func (g *Gateway) serveStop(w http.ResponseWriter, r *http.Request) error {
	return g.stopPage(w, r, false)
}

func (g *Gateway) serveStopped(w http.ResponseWriter, r *http.Request) error {
	if _, wait := g.limits.hellos.Take(g.callerOf(r).address, time.Now()); wait > 0 {
		return tooFast("Too many requests come from here.", wait)
	}
	const most = 4 << 10
	r.Body = http.MaxBytesReader(w, r.Body, most)
	// A body that cannot be read says no more than its address: no more mails.
	_ = r.ParseMultipartForm(most) //nolint:gosec // see MaxBytesReader
	site, err := g.dialog.Site(chat.SiteID(r.PathValue("site")))
	if err != nil {
		return err
	}
	// That a link is none of ours is the page's to say.
	if err := g.dialog.StopMails(r.Context(), site.ID, r.URL.Query().Get("a"), r.PostForm.Get("again") == "1"); err != nil && !isNoLink(err) {
		return err
	}
	return g.stopPage(w, r, true)
}

func isNoLink(err error) bool { return errors.Is(err, &chat.Error{Code: chat.CodeLinkExpired}) }

// stopStyle has the places of two colours. The colours of the system follow its scheme.
const stopStyle = `body{margin:0;min-height:100vh;box-sizing:border-box;padding:24px;display:grid;align-content:center;justify-items:center;font:17px/1.5 system-ui,sans-serif;` +
	`background:Canvas;background:color-mix(in srgb,CanvasText 5%%,Canvas);color:CanvasText}` +
	`main{box-sizing:border-box;width:100%%;max-width:32em;padding:32px;border-radius:16px;background:Canvas;border:1px solid color-mix(in srgb,CanvasText 15%%,Canvas);overflow-wrap:anywhere}` +
	`b{display:block;margin:0 0 4px}h1{margin:0;font-size:24px;line-height:1.25}p{margin:14px 0 22px}p:last-child{margin-bottom:0}` +
	`button{font:inherit;font-weight:600;border:0;border-radius:10px;padding:13px 24px;background:%s;color:%s;cursor:pointer}` +
	`@media (prefers-color-scheme:dark){body{background:Canvas}main{background:color-mix(in srgb,CanvasText 8%%,Canvas)}}` +
	`button:focus-visible{outline:3px solid CanvasText;outline-offset:2px}`

const stopShell = `<!doctype html>
<html lang="{{.Lang}}" dir="{{.Dir}}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>{{.Title}}</title>
<link rel="icon" href="{{.Icon}}">
<style>{{.Style}}</style>
</head>
<body>
<main>
<b><bdi>{{.Site}}</bdi></b>
<h1>{{.Title}}</h1>
<p>{{.Text}}</p>
{{- if .Button}}
<form method="post"><input type="hidden" name="again" value="{{if .Stopped}}1{{end}}"><button>{{.Button}}</button></form>
{{- end}}
</main>
</body>
</html>
`

// stopPage shows what holds of an address; done says that somebody has just changed it.
func (g *Gateway) stopPage(w http.ResponseWriter, r *http.Request, done bool) error {
	site, err := g.dialog.Site(chat.SiteID(r.PathValue("site")))
	if err != nil {
		return err
	}
	stopped, err := g.dialog.MailsStopped(r.Context(), site.ID, r.URL.Query().Get("a"))
	if err != nil && !isNoLink(err) {
		return err
	}
	words := stopWordsOf(pageLanguage(r, site))
	status, text, button := http.StatusOK, fmt.Sprintf(words.ask, site.Name), words.stop
	switch {
	case err != nil:
		status, text, button = chat.CodeLinkExpired.Status(), words.noLink, ""
	case stopped:
		text, button = fmt.Sprintf(words.stopped, site.Name), words.again
	case done:
		text = fmt.Sprintf(words.allowed, site.Name)
	}
	color, ink := site.Widget.Light()
	style := fmt.Sprintf(stopStyle, color, ink)
	sum := sha256.Sum256([]byte(style))
	var page bytes.Buffer
	if err := g.stopShell.Execute(&page, map[string]any{
		"Lang": words.lang, "Dir": words.dir, "Site": site.Name, "Title": words.title, "Text": text, "Button": button, "Stopped": stopped,
		"Icon":  g.root() + "/widget/" + string(site.ID) + ".svg",
		"Style": template.CSS(style), // #nosec G203 -- ours, with colours that the config has checked
	}); err != nil {
		return fmt.Errorf("write the page for unsubscribing: %w", err)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; img-src 'self'; style-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(status)
	_, err = w.Write(page.Bytes())
	return err
}

// stopWords are what the page says; lang is their language, which may be another than the chat's.
type stopWords struct{ lang, dir, title, ask, stop, stopped, again, allowed, noLink string }

func stopWordsOf(l config.Language) stopWords {
	switch l {
	case config.Russian:
		return stopWords{
			"ru", "ltr", "Письма из чата", "Больше не присылать на ваш адрес письма из чата «%s»?", "Не присылать",
			"Письма из чата «%s» на ваш адрес больше не приходят.", "Присылать снова", "Письма из чата «%s» снова приходят на ваш адрес.",
			"Это не вся ссылка, или она изменилась по дороге. Откройте её ещё раз прямо из письма.",
		}
	case config.Arabic:
		return stopWords{
			"ar", "rtl", "رسائل المحادثة", "هل تريد إيقاف رسائل محادثة \u2068%s\u2069 إلى عنوانك؟", "إيقاف الرسائل",
			"لن تصل رسائل محادثة \u2068%s\u2069 إلى عنوانك بعد الآن.", "إرسالها مجددًا", "ستصل رسائل محادثة \u2068%s\u2069 إلى عنوانك من جديد.",
			"الرابط ناقص أو تغيّر في الطريق. افتحه مرة أخرى من الرسالة نفسها.",
		}
	default:
		return stopWords{
			"en", "ltr", "Mails from the chat", "Stop the mails from the chat of %s to your address?", "Stop them",
			"Your address gets no more mails from the chat of %s.", "Send them again", "Your address gets mails from the chat of %s again.",
			"This is not the whole link, or it was changed on its way. Open it once more from the mail itself.",
		}
	}
}
