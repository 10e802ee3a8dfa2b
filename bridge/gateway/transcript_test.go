package gateway

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
	"github.com/anteroom-chat/anteroom/bridge/store"
	speech "github.com/anteroom-chat/anteroom/bridge/words"
)

// download asks for the transcript of a session.
func (d *door) download(secret, format string) (*http.Response, string) {
	d.t.Helper()
	return d.ask(http.MethodPost, d.server.URL+"/v1/shop/transcript", strings.NewReader(fmt.Sprintf(`{"secret":%q,"format":%q}`, secret, format)), "Origin", shop)
}

func TestTranscriptHasWhatTheVisitorSees(t *testing.T) {
	d := openDoor(t, nil)
	secret := newSecret()
	c := d.dial()
	c.say(&wire.Hello{T: wire.TypeHello, Secret: secret, Language: "ru-RU", TimeZone: "Asia/Tokyo"})
	take[wire.Welcome](c, wire.TypeWelcome)
	first := c.message("message-1", "one <i>two</i>")
	gone := c.message("message-2", "what was removed")
	edited := c.message("message-3", "before")
	v := d.visitorOf(secret)
	d.hear(v, dialog.Heard{Content: chat.Content{Text: "answer", ReplyTo: first.ID}})
	must(t, d.dialog.Notice(t.Context(), v, "test", chat.Content{Text: "for operators only"}))
	c.say(&wire.Redact{T: wire.TypeRedact, Client: "redact-01", Target: gone.ID})
	c.say(&wire.Edit{T: wire.TypeEdit, Client: "edit-0001", Target: edited.ID, Text: "afterwards"})
	c.say(&wire.Reaction{T: wire.TypeReaction, Client: "react-001", Target: first.ID, Key: "👍"})
	for range 3 {
		await[wire.Ack](c, wire.TypeAck)
	}
	for format, want := range map[string][]string{
		"html": {`lang="ru"`, "one &lt;i&gt;two&lt;/i&gt;", "answer", "Anna", "Сообщение удалено", "afterwards", "изменено", "👍", "Asia/Tokyo, UTC"},
		"text": {"one <i>two</i>", "answer", "Anna", "Сообщение удалено", "afterwards", "изменено", "👍", "Asia/Tokyo, UTC+9"},
	} {
		response, body := d.download(secret, format)
		if response.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d %s", format, response.StatusCode, body)
		}
		for _, part := range want {
			if !strings.Contains(body, part) {
				t.Errorf("%s has no %q:\n%s", format, part, body)
			}
		}
		for _, part := range []string{"what was removed", "before", "operators only", "@anna:example.com"} {
			if strings.Contains(body, part) {
				t.Errorf("%s tells %q", format, part)
			}
		}
		h := response.Header
		if !strings.HasPrefix(h.Get("Content-Disposition"), `attachment; filename="chat-shop-20`) || h.Get("Cache-Control") != "no-store" ||
			h.Get("Content-Security-Policy") != "sandbox; default-src 'none'" || h.Get("Access-Control-Allow-Origin") != shop {
			t.Errorf("%s: headers %v", format, h)
		}
	}
}

// A dialog of many pages comes whole and in order.
func TestTranscriptOfALongDialog(t *testing.T) {
	d := openDoor(t, nil)
	secret := newSecret()
	c, _ := d.enter(secret, nil)
	c.message("message-1", "begin")
	v := d.visitor(secret)
	const many = 450
	for i := range many {
		d.hear(v, dialog.Heard{Content: chat.Content{Text: fmt.Sprintf("number %d.", i)}})
	}
	_, body := d.download(secret, "text")
	from := 0
	for i := range many {
		at := strings.Index(body[from:], fmt.Sprintf(": number %d.\n", i))
		if at < 0 {
			t.Fatalf("message %d is missing or out of order", i)
		}
		from += at
	}
}

// A browser that leaves in the middle of its transcript is no fault of the bridge.
func TestATranscriptThatIsGivenUpIsNoFault(t *testing.T) {
	out := &logs{}
	d := openDoor(t, nil)
	d.gateway.log = zerolog.New(out)
	secret := newSecret()
	c, _ := d.enter(secret, nil)
	c.message("message-1", "begin")
	v := d.visitor(secret)
	const many, long = 600, 30_000 // far more than stands in the buffers of a connection
	for i := range many {
		d.hear(v, dialog.Heard{Content: chat.Content{Text: fmt.Sprintf("number %d. ", i) + strings.Repeat("x", long)}})
	}
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(d.server.URL, "http://"))
	must(t, err)
	body := fmt.Sprintf(`{"secret":%q,"format":"text"}`, secret)
	_, err = fmt.Fprintf(conn, "POST /v1/shop/transcript HTTP/1.1\r\nHost: chat\r\nOrigin: %s\r\nContent-Length: %d\r\n\r\n%s", shop, len(body), body)
	must(t, err)
	begun := make([]byte, 100)
	_, err = io.ReadFull(conn, begun)
	must(t, err)
	if !strings.HasPrefix(string(begun), "HTTP/1.1 200") {
		t.Fatalf("answered with %q", begun)
	}
	must(t, conn.(*net.TCPConn).SetLinger(0)) //nolint:forcetypeassert // it is one
	must(t, conn.Close())
	await := time.After(20 * time.Second)
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for out.count("left before its conversation was whole") == 0 {
		select {
		case <-look.C:
		case <-await:
			t.Fatal("nothing is noted")
		}
	}
	if n := out.count(`"level":"error"`) + out.count(`"level":"warn"`); n > 0 {
		t.Errorf("%d faults are noted", n)
	}
}

func TestTranscriptIsTheSessionsOwn(t *testing.T) {
	d := openDoor(t, func(c *config.Config, _ *pacing) { c.Gateway.Limits.SocketsPerAddress = 1000 })
	secret := newSecret()
	c, _ := d.enter(secret, nil)
	c.message("message-1", "mine")
	for _, c := range []struct {
		about, body string
		code        chat.Code
	}{
		{"no session", `{"secret":"` + newSecret() + `"}`, chat.CodeBadSession},
		{"nothing", `{}`, chat.CodeBadSession},
		{"another format", `{"secret":"` + secret + `","format":"exe"}`, chat.CodeBadFrame},
	} {
		response, body := d.ask(http.MethodPost, d.server.URL+"/v1/shop/transcript", strings.NewReader(c.body), "Origin", shop)
		refusal(t, response, body, c.code)
	}
	response, body := d.ask(http.MethodPost, d.server.URL+"/v1/shop/transcript", strings.NewReader(`{"secret":"`+secret+`"}`), "Origin", "https://evil.example")
	refusal(t, response, body, chat.CodeBadOrigin)
	for range transcriptsPerHour / 2 {
		if response, body := d.download(secret, "text"); response.StatusCode != http.StatusOK {
			t.Fatalf("%d %s", response.StatusCode, body)
		}
	}
	response, body = d.download(secret, "text")
	refusal(t, response, body, chat.CodeTooFast)
	must(t, d.dialog.SignOut(t.Context(), "shop", secret, ""))
	response, body = d.download(secret, "text")
	refusal(t, response, body, chat.CodeSignedOut)
}

// Mails and transcripts speak as the widget does, whatever operators read. A language of a
// file has no words for them: they go on in the one that completes the file, and a mail's
// link leads back to a chat in its own.
func TestTranscriptsSpeakAsTheWidgetDoes(t *testing.T) {
	d := openDoor(t, func(cfg *config.Config, _ *pacing) {
		site := cfg.Sites["shop"]
		site.Language = config.Russian
		site.Widget.Sentences = map[config.Language]*speech.File{"de": sentences(t, "de", ""), "uk": sentences(t, "uk", "fallback: ru\n")}
	})
	for i, c := range []struct {
		visitor, only     config.Language
		written, goesOnIn config.Language
	}{
		{"ru-RU", config.Auto, "ru", "ru"},
		{"ar", config.Auto, "ar", "ar"},
		{"en-GB", config.Auto, "en", "en"},
		{"de-AT", config.Auto, "en", "de"},
		{"uk", config.Auto, "ru", "uk"},
		{"fr", config.Auto, "en", "en"},
		{"", config.Auto, "en", "en"},
		{"fr", "de", "en", "de"},
		{"fr", "uk", "ru", "uk"},
		{"fr", config.Arabic, "ar", "ar"},
	} {
		d.cfg.Sites["shop"].Widget.Language = c.only
		in, err := d.dialog.Enter(t.Context(), "shop", fmt.Sprintf("%043d", i), store.Device{Language: string(c.visitor)})
		must(t, err)
		l, _, err := d.dialog.Letter(t.Context(), store.Delivery{Site: "shop", Visitor: in.Visitor, Target: "ann@example.com"}, dialog.MailOrder{About: dialog.MailTranscript})
		must(t, err)
		if l.About.Language != string(c.written) || l.Language != c.goesOnIn {
			t.Errorf("to who reads %q, where the widget speaks %q: in %s, and back to a chat in %s", c.visitor, c.only, l.About.Language, l.Language)
		}
	}
}
