package gateway

import (
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// serveMails is told what a visitor wants of mails: its conversation, or that what it
// does not read goes on by mail. It answers with what holds then.
func (g *Gateway) serveMails(w http.ResponseWriter, r *http.Request) error {
	var asked wire.Mails
	site, in, err := g.resume(w, r, &asked, func() string { return asked.Secret })
	if err != nil {
		return err
	}
	if asked.Transcript || asked.Answers != nil {
		address := g.callerOf(r).address
		if _, wait := g.limits.mails.Take(address, time.Now()); wait > 0 {
			return tooFast("Too many mails are asked for from here.", wait)
		}
		if asked.Client != "" && !asked.Client.Valid() {
			return chat.Errorf(chat.CodeBadFrame, "The key of what is wanted (cid) is none.")
		}
		wish := dialog.MailWish{Client: asked.Client, Transcript: asked.Transcript, Answers: asked.Answers, To: asked.To}
		if err := g.dialog.WishMails(r.Context(), in, wish); err != nil {
			return err
		}
	}
	state, known, err := g.dialog.Mails(r.Context(), site, in.Visitor)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return writeJSON(w, http.StatusOK, wire.MailsAre{Known: masked(known), Answers: state == dialog.MailsOn})
}

// masked is an address as its owner knows it again and nobody else learns it: operators
// may have noted it.
func masked(address string) string {
	name, domain, ok := strings.Cut(address, "@")
	if !ok {
		return ""
	}
	_, size := utf8.DecodeRuneInString(name)
	return name[:size] + "…@" + domain
}

// serveReturn lets a browser in by the link of a mail.
func (g *Gateway) serveReturn(w http.ResponseWriter, r *http.Request) error {
	var said wire.Return
	site, err := g.readPost(w, r, &said)
	if err != nil {
		return err
	}
	if _, err := g.admitAddress(r.Context(), site.ID, g.callerOf(r)); err != nil {
		return err
	}
	pass, err := g.dialog.ComeBack(r.Context(), site.ID, said.Link, said.Secret, said.Fresh)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return writeJSON(w, http.StatusOK, wire.Identified{Secret: pass.Secret, Session: pass.Session})
}

// serveBack is the page to which mails lead. Whoever opens it has to press a button
// before the link is spent: programs that look at mails open their links too.
func (g *Gateway) serveBack(w http.ResponseWriter, r *http.Request) error {
	site, err := g.dialog.Site(chat.SiteID(r.PathValue("site")))
	if err != nil {
		return err
	}
	files, ok := g.loaders.of(site.ID)
	script, built := g.loaders.built.assets[backAsset]
	if !ok || !built {
		return notBuilt()
	}
	l := pageLanguage(r, site)
	p := g.pageOf(site, files, l)
	p.Script, p.Module, p.Body, p.NotForSearch = "widget/"+assetsFolder+script, true, "back", true
	// The page's own words are in few languages; the chat behind it goes on in the visitor's.
	words := backWordsOf(p.WithoutLang)
	p.Without, p.Lang, p.RightToLeft = words.Script, p.WithoutLang, p.WithoutDir == "rtl"
	settings := struct {
		Site  chat.SiteID     `json:"site"`
		Name  string          `json:"name"`
		Root  string          `json:"root"`
		Lang  config.Language `json:"lang"` // the chat's
		Dir   string          `json:"dir"`
		Color string          `json:"color"`
		Ink   string          `json:"ink"`
		Words backWords       `json:"words"`
	}{site.ID, site.Name, g.root(), l, p.WithoutDir, "", "", words}
	settings.Color, settings.Ink = site.Widget.Light()
	told, err := json.Marshal(settings)
	if err != nil {
		return fmt.Errorf("write a page of site %s: %w", site.ID, err)
	}
	p.Settings = template.JS(told) //nolint:gosec // Marshal escapes what could end the element
	return g.writePage(w, p, "'none'")
}

// pageLanguage is what a mail says its reader reads, else as asked.
func pageLanguage(r *http.Request, site *config.Site) config.Language {
	if l := site.Widget.Match(r.URL.Query().Get("l")); l != "" {
		return l
	}
	return asked(r, site)
}

// backWords are what the page says to which mails lead.
type backWords struct {
	Title string `json:"title"`
	Text  string `json:"text"`
	Open  string `json:"open"`
	Spent string `json:"spent"`
	// Again is said where the link is not in the address any more, as after a reload.
	Again   string `json:"again"`
	Chat    string `json:"chat"`
	Trouble string `json:"trouble"`
	Blocked string `json:"blocked"`
	Script  string `json:"-"`
}

func backWordsOf(l config.Language) backWords {
	switch l {
	case config.Russian:
		return backWords{
			Title: "Ваш разговор", Text: "Он откроется в этом браузере и останется здесь. Открывайте его только на своём устройстве.",
			Open: "Открыть разговор", Spent: "По этой ссылке разговор уже открыли, или её срок истёк. Он остался там, где вы его начали или открыли.",
			Again: "Откройте ссылку ещё раз прямо из письма.",
			Chat:  "Написать нам", Trouble: "Связаться с сервером не удалось. Попробуйте ещё раз.", Blocked: "Служба поддержки закрыла эту переписку.",
			Script: "Чтобы открыть разговор, нужен JavaScript.",
		}
	case config.Arabic:
		return backWords{
			Title: "محادثتك", Text: "ستُفتح في هذا المتصفح وتبقى فيه. افتحها على جهازك فقط.",
			Open: "فتح المحادثة", Spent: "فُتحت المحادثة بهذا الرابط من قبل أو انتهت صلاحيته. هي باقية حيث بدأتها أو فتحتها.",
			Again: "افتح الرابط مرة أخرى من الرسالة نفسها.",
			Chat:  "راسلنا", Trouble: "تعذر الوصول إلى الخادم. حاول مرة أخرى.", Blocked: "أغلق فريق الدعم هذه المحادثة.",
			Script: "يلزم JavaScript لفتح المحادثة.",
		}
	default:
		return backWords{
			Title: "Your conversation", Text: "It opens in this browser and stays here. Open it on a device of your own only.",
			Open: "Open the conversation", Spent: "The conversation was opened by this link before, or the link has expired. It is still where you began or opened it.",
			Again: "Open the link once more from the mail itself.",
			Chat:  "Write to us", Trouble: "The server cannot be reached. Please try again.", Blocked: "This conversation was closed by the support team.",
			Script: "Opening the conversation needs JavaScript.",
		}
	}
}
