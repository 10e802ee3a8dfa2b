package gateway

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// A site that begins to ask, or asks with other words, takes nothing of who is known and
// has not agreed to them: by no way in, and not by links that were given out before.
func TestEveryWayInAsksForConsent(t *testing.T) {
	d := openDoor(t, func(c *config.Config, _ *pacing) {
		c.Sites["shop"].MailVisitors.Answers = true
		c.Sites["shop"].Identity.Secret = "0123456789abcdef0123456789abcdef"
	})
	secret := newSecret()
	c, _ := d.enter(secret, nil)
	c.message("message-1", "mine")
	c.say(&wire.Upload{T: wire.TypeUpload, Client: "upload-01", Name: "a.txt", Size: 5})
	upload := await[wire.Upload](c, wire.TypeUpload).URL
	v := d.visitorOf(secret) // who is online now, and not once the socket is closed
	_ = c.conn.Close()
	const words = "We keep what you write."
	d.cfg.Sites["shop"].Widget.Consent = config.Text{"": words}
	hello := fmt.Sprintf(`{"t":"hello","secret":%q}`, secret)
	agreed := fmt.Sprintf(`{"t":"hello","secret":%q,"consent":%q}`, secret, config.ConsentHash(words))
	ways := map[string]string{
		"transcript": fmt.Sprintf(`{"secret":%q,"format":"text"}`, secret),
		"mails":      fmt.Sprintf(`{"secret":%q,"answers":true,"to":"maria@example.org"}`, secret),
		"identity":   fmt.Sprintf(`{"secret":%q,"person":{"name":"Maria"}}`, secret),
		"frames":     `{"hello":` + hello + `}`,
	}
	for way, body := range ways {
		response, answer := d.ask(http.MethodPost, d.server.URL+"/v1/shop/"+way, strings.NewReader(body), "Origin", shop)
		t.Log(way)
		refusal(t, response, answer, chat.CodeConsentNeeded)
	}
	response, answer := d.ask(http.MethodPut, upload, strings.NewReader("bytes"), "Origin", shop)
	refusal(t, response, answer, chat.CodeConsentNeeded)
	if choice, err := d.store.MailChoice(t.Context(), v); err == nil {
		t.Errorf("an address was kept: %+v", choice)
	}
	// Of who agrees all of it is taken, by the same bodies.
	response, answer = d.ask(http.MethodPost, d.server.URL+"/v1/shop/frames", strings.NewReader(`{"hello":`+agreed+`}`), "Origin", shop)
	if response.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", response.StatusCode, answer)
	}
	for _, way := range []string{"transcript", "mails"} {
		if response, answer := d.ask(http.MethodPost, d.server.URL+"/v1/shop/"+way, strings.NewReader(ways[way]), "Origin", shop); response.StatusCode != http.StatusOK {
			t.Errorf("%s: %d %s", way, response.StatusCode, answer)
		}
	}
}

// A link may ask for a language that the site's own pages have not: who agrees to what is
// asked there has agreed.
func TestALinksLanguageAsksForWhatTheBridgeTakes(t *testing.T) {
	d := openDoor(t, func(c *config.Config, _ *pacing) {
		w := &c.Sites["shop"].Widget
		w.Language, w.Consent = config.English, config.Text{config.English: "We keep what you write.", config.Russian: "Мы храним то, что вы пишете."}
	})
	_, body := d.ask(http.MethodGet, "/widget/shop.js?as=chat&lang=ru", nil)
	c := d.dial()
	c.say(&wire.Hello{T: wire.TypeHello, Secret: newSecret(), Consent: told(t, body).Consents[config.Russian]})
	take[wire.Welcome](c, wire.TypeWelcome)
}

// What is agreed to with an identity is kept as what is with a hello: here by another
// text of the site than the hello's.
func TestIdentitiesKeepWhatWasAgreedTo(t *testing.T) {
	const english, russian = "We keep what you write.", "Мы храним то, что вы пишете."
	d := openDoor(t, func(c *config.Config, _ *pacing) {
		c.Sites["shop"].Widget.Consent = config.Text{config.English: english, config.Russian: russian}
	})
	secret := newSecret()
	c := d.dial()
	c.say(&wire.Hello{T: wire.TypeHello, Secret: secret, Consent: config.ConsentHash(english)})
	take[wire.Welcome](c, wire.TypeWelcome)
	body := fmt.Sprintf(`{"secret":%q,"person":{"name":"Maria"},"consent":%q}`, secret, config.ConsentHash(russian))
	if response, answer := d.ask(http.MethodPost, d.server.URL+"/v1/shop/identity", strings.NewReader(body), "Origin", shop); response.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", response.StatusCode, answer)
	}
	if kept, err := d.store.Consents(t.Context(), d.visitorOf(secret)); err != nil || len(kept) != 2 {
		t.Errorf("kept: %+v (%v)", kept, err)
	}
}
